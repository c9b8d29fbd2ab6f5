/** The stack machine of location expressions, with registers r0 … and a frame that are known by name. */
import { describe, expect, test } from '@jest/globals';
import { decodeExpression } from '@stapkit/debuginfo';
import { printTyped } from '../../semantic/printer.test-support.js';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import { SourceText, type Span } from '../../source/index.js';
import { numberNode } from '../arithmetic.js';
import { TargetProblem } from '../target-access.js';
import { readParts } from '../value-parts.js';
import { evaluate, type Located, type MachineState } from './evaluate.js';

const span: Span = { source: new SourceText('x.stp', 'x', 'user'), start: 0, end: 1 };
const register = (number: number): TypedExpression => ({ kind: 'register', type: 'long', register: number, of: 'probe', span });

const state: MachineState = {
  space: 'user',
  register,
  cfa: () => register(100),
  frameBase: () => register(101),
  runtimeAddress: (address) => numberNode(address + 0x1000n, span),
  scalarOf: (type) => (type === 0x10 ? { bytes: 4, signed: true } : undefined),
  addressAt: (index) => BigInt(index) * 16n,
  variableValue: () => { throw new TargetProblem('no', span); },
  atEntry: () => ({ state, keep: (expression) => ({ kind: 'entry', type: 'long', expression, span }) }),
};

function shown(located: Located): string {
  switch (located.kind) {
    case 'memory': return `[${printTyped(located.address)}]`;
    case 'value': return printTyped(located.expression);
    case 'parts': return located.parts.map(({ offset, bytes, content }) => `${offset}+${bytes} ${content.kind === 'value' ? printTyped(content.expression) : content.kind === 'memory' ? `[${printTyped(content.address)}]` : '-'}`).join(', ');
  }
}

const run = (bytes: readonly number[]): string => {
  try {
    return shown(evaluate(decodeExpression(Uint8Array.from(bytes), { version: 5, addressSize: 8, offsetSize: 4 }), state, '$x', span));
  } catch (problem) {
    if (problem instanceof TargetProblem) return `!${problem.message}`;
    throw problem;
  }
};

describe('what compilers write', () => {
  test.each([
    ['a register', [0x55], 'probe register 5'],
    ['frame base - 20', [0x91, 0x6c], '[(probe register 101 + -20)]'],
    ['register + offset', [0x77, 0x08], '[(probe register 7 + 8)]'],
    ['CFA', [0x9c], '[probe register 100]'],
    ['a global', [0x03, 0x34, 0x12, 0, 0, 0, 0, 0, 0], '[8756]'],
    ['an address of .debug_addr', [0xa1, 0x02], '[4128]'],
    ['a constant', [0x08, 0x2a, 0x9f], '42'],
    ['register * 2 + 1', [0x70, 0x00, 0x32, 0x1e, 0x23, 0x01, 0x9f], '((probe register 0 * 2) + 1)'],
    ['what a pointer in the frame leads to', [0x91, 0x70, 0x06, 0x23, 0x04], '[(*((probe register 101 + -16)) + 4)]'],
    ['a value of the entry', [0xa3, 0x01, 0x55, 0x9f], '@entry(probe register 5)'],
    ['GNU\'s value of the entry', [0xf3, 0x01, 0x55, 0x31, 0x1c, 0x9f], '(@entry(probe register 5) - 1)'],
    ['two registers', [0x50, 0x93, 0x08, 0x51, 0x93, 0x08], '0+8 probe register 0, 8+8 probe register 1'],
    ['half of it optimized away', [0x93, 0x04, 0x50, 0x93, 0x04], '0+4 -, 4+4 probe register 0'],
    ['known bytes', [0x9e, 0x03, 0x01, 0x02, 0x03], '0+3 197121'],
    ['converted to an int', [0x75, 0x00, 0xa8, 0x10, 0xa8, 0x00, 0x9f], '((probe register 5 << 32) >> 32)'],
    ['swap, over, rot', [0x31, 0x32, 0x16, 0x1c, 0x9f], '1'],
    ['a branch that is taken', [0x35, 0x31, 0x28, 0x01, 0x00, 0x32, 0x9f], '5'],
    ['a branch that is not taken', [0x35, 0x30, 0x28, 0x01, 0x00, 0x32, 0x9f], '2'],
  ])('%s', (_name, bytes, want) => {
    expect(run(bytes)).toBe(want);
  });
});

describe('what cannot be read says why', () => {
  test.each([
    ['thread-local', [0x08, 0x10, 0xe0], 'thread-local'],
    ['implicit pointer', [0xa0, 0x10, 0, 0, 0, 0x00], 'what it points to was optimized away'],
    ['empty', [], 'optimized away'],
    ['a stack that is too short', [0x22], 'damaged'],
    ['a branch by a register', [0x70, 0x00, 0x28, 0x00, 0x00], 'known only when the program runs'],
    ['floating point', [0xa5, 0x11, 0x20, 0x9f], 'floating point'],
  ])('%s', (_name, bytes, want) => {
    expect(run(bytes)).toContain(want);
  });

  test('an endless branch ends', () => {
    expect(run([0x31, 0x2f, 0xfc, 0xff])).toBe('[1]');
  });
});

test('scalars of pieces are put together', () => {
  const located = evaluate(decodeExpression(Uint8Array.from([0x50, 0x93, 0x04, 0x51, 0x93, 0x04]), { version: 5, addressSize: 8, offsetSize: 4 }), state, '$x', span);
  if (located.kind !== 'parts') throw new Error('no parts');
  const wanted = { space: 'user', text: '$x', span } as const;
  expect(printTyped(readParts(located.parts, 4, { bytes: 4, signed: true }, wanted))).toBe('((((probe register 1 << 32) >>> 32) << 32) >> 32)');
  expect(printTyped(readParts(located.parts, 0, { bytes: 8, signed: false }, wanted))).toContain('|');
  expect(() => readParts(located.parts, 6, { bytes: 4, signed: false }, wanted)).toThrow('optimized away here, at least in part');
});
