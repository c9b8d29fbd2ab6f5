import { expect, test } from '@jest/globals';
import type { IrBody, IrInstruction, IrProgram } from '@stapkit/object';
import { findIrProblems, verifyIr } from './verify.js';

function program(instruction: IrInstruction | undefined, body: Partial<IrBody> = {}): IrProgram {
  const whole: IrBody = {
    registers: [{ type: 'long' }, { type: 'string' }],
    blocks: [{ instructions: instruction === undefined ? [] : [instruction], terminator: { kind: 'return' } }],
    loops: [],
    ...body,
  };
  return {
    globals: [{ kind: 'long', name: 'n', initial: 0n }, { kind: 'array', name: 'a', keys: [{ type: 'long' }], value: 'long', wrap: false, ordered: false }],
    functions: [],
    probes: [{ name: 'begin', point: 'begin', where: 'host', attach: { kind: 'begin', priority: 0 }, body: whole, location: { file: 'x', line: 1, column: 1 } }],
    sites: [],
    fields: [],
  };
}

test.each<[string, IrInstruction]>([
  ['result r7 does not exist', { op: 'move', dst: 7, src: { long: 1n } }],
  ['has a constant that is not a string', { op: 'move', dst: 1, src: { long: 1n } }],
  ['input r1 is a string, not a long', { op: 'unary', fn: 'neg', dst: 0, src: { register: 1 } }],
  ['has a constant beyond 64 bits', { op: 'move', dst: 0, src: { long: 1n << 64n } }],
  ['site 3 does not exist', { op: 'print', site: 3, args: [] }],
  ['global 9 does not exist', { op: 'load-global', dst: 0, global: 9 }],
  ["'n' is not an array", { op: 'array-get', dst: 0, global: 0, keys: [] }],
  ['has 2 inputs, not 1', { op: 'array-get', dst: 0, global: 1, keys: [{ long: 1n }, { long: 2n }] }],
  ['does not fit an array of long', { op: 'stat-add', global: 1, keys: [{ long: 1n }], value: { long: 1n } }],
  ["intrinsic 'nonesuch' does not exist", { op: 'intrinsic', name: 'nonesuch', args: [] }],
  ['entry slot 0 does not exist', { op: 'read-entry', dst: 0, slot: 0 }],
  ['field 2 does not exist', { op: 'field-address', dst: 0, base: { long: 1n }, field: 2 }],
])('%s', (problem, instruction) => {
  expect(findIrProblems(program(instruction))).toEqual([expect.stringContaining(problem)]);
  expect(() => { verifyIr(program(instruction)); }).toThrow(problem);
});

test('targets and loops must exist', () => {
  const body: Partial<IrBody> = { blocks: [{ instructions: [], terminator: { kind: 'jump', target: 4 } }], loops: [{ header: 0, blocks: [3] }] };
  expect(findIrProblems(program(undefined, body))).toHaveLength(3);
});

test('a sound program passes', () => {
  expect(findIrProblems(program({ op: 'array-add', global: 1, keys: [{ register: 0 }], value: { long: 1n } }))).toEqual([]);
});
