/** Where the calling conventions of both architectures put parameters and results: tables of C types. */
import { describe, expect, test } from '@jest/globals';
import type { Dwarf, DwarfMember, DwarfType } from '@stapkit/debuginfo';
import { printTyped } from '../../semantic/printer.test-support.js';
import type { TypedExpression } from '../../semantic/typed-tree.js';
import { SourceText, type Span } from '../../source/index.js';
import { numberNode } from '../arithmetic.js';
import { TargetProblem } from '../target-access.js';
import type { ObjectTypes } from './aapcs64.js';
import { callerGuard } from './caller-guard.js';
import { parameterAtEntry } from './calling-convention.js';
import type { Located, MachineState } from './evaluate.js';
import type { ProbedPlace } from './probed-code.js';
import { locateResult } from './return-value.js';

const span: Span = { source: new SourceText('x.stp', 'x', 'user'), start: 0, end: 1 };
const register = (number: number): TypedExpression => ({ kind: 'register', type: 'long', register: number, of: 'probe', span });
const state: MachineState = {
  space: 'user', register, cfa: () => register(100), frameBase: () => register(101), runtimeAddress: (address) => numberNode(address, span), scalarOf: () => undefined, addressAt: () => 0n,
  variableValue: () => { throw new TargetProblem('no', span); },
  atEntry: () => ({ state, keep: (expression) => ({ kind: 'entry', type: 'long', expression, span }) }),
};

/** A small C: types by their names, structures by the names of their members' types. */
class Types implements ObjectTypes {
  readonly #all: { readonly type: DwarfType; readonly size: number; readonly alignment: number }[] = [];
  readonly #names = new Map<string, number>();

  readonly resolve = ((id: number) => this.#at(id).type) as Dwarf['resolve'];
  readonly sizeOf = (id: number): number => this.#at(id).size;

  #at(id: number): { readonly type: DwarfType; readonly size: number; readonly alignment: number } {
    const found = this.#all[id - 1];
    if (found === undefined) throw new Error(`no type ${id}`);
    return found;
  }

  /** "int", "double", "char[3]", "{double long}", "<float int>" (union), "packed{char long}". */
  id(text: string): number {
    let id = this.#names.get(text);
    if (id === undefined) {
      const made = this.#make(text);
      id = this.#all.push({ ...made, type: { ...made.type, id: this.#all.length + 1 } });
      this.#names.set(text, id);
    }
    return id;
  }

  #make(text: string): { readonly type: DwarfType; readonly size: number; readonly alignment: number } {
    const array = /^(.*)\[(\d+)\]$/.exec(text);
    if (array !== null) {
      const element = this.id(array[1] ?? '');
      return { type: { kind: 'array', id: 0, name: '', elementTypeId: element, lowerBound: 0, length: Number(array[2]), isVector: false }, size: this.sizeOf(element) * Number(array[2]), alignment: this.#at(element).alignment };
    }
    const composite = /^(packed)?([{<])(.*)[}>]$/.exec(text);
    if (composite !== null) return this.#composite(split(composite[3] ?? ''), composite[2] === '<', composite[1] !== undefined);
    const [size, encoding] = BASES[text] ?? [];
    if (size === undefined || encoding === undefined) throw new Error(`no type ${text}`);
    return { type: { kind: 'base', id: 0, name: text, size, encoding }, size, alignment: encoding === 'complex-float' ? size / 2 : size };
  }

  #composite(names: readonly string[], isUnion: boolean, isPacked: boolean): { readonly type: DwarfType; readonly size: number; readonly alignment: number } {
    let end = 0;
    let size = 0;
    let alignment = 1;
    const members = names.map((name, index): DwarfMember => {
      const typeId = this.id(name);
      const own = isPacked ? 1 : this.#at(typeId).alignment;
      alignment = Math.max(alignment, own);
      const offset = isUnion ? 0 : Math.ceil(end / own) * own;
      end = offset + this.sizeOf(typeId);
      size = Math.max(size, end);
      return { name: `m${index}`, typeId, index, offsetBits: offset * 8, bitSize: 0, isBase: false, isArtificial: false };
    });
    size = Math.ceil(size / alignment) * alignment;
    return { type: { kind: isUnion ? 'union' : 'struct', id: 0, name: 's', size, isDeclaration: false, members, staticMembers: [], variantParts: [] }, size, alignment };
  }
}

const BASES: Readonly<Record<string, readonly [size: number, encoding: 'signed' | 'signed-char' | 'float' | 'complex-float']>> = {
  char: [1, 'signed-char'], short: [2, 'signed'], int: [4, 'signed'], long: [8, 'signed'], int128: [16, 'signed'], float: [4, 'float'], double: [8, 'float'], longdouble: [16, 'float'], complexdouble: [16, 'complex-float'],
};

/** Words, with what is in brackets as one. */
function split(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '<') depth++;
    if (character === '}' || character === '>') depth--;
    if (depth > 0 || (character !== ' ' && at < text.length)) continue;
    if (at > start) words.push(text.slice(start, at));
    start = at + 1;
  }
  return words;
}

const printed = (one: TypedExpression): string => printTyped(one).replaceAll('probe register ', 'r');
function shown(located: Located | undefined): string {
  if (located === undefined) return 'unknown';
  if (located.kind === 'memory') return `[${printed(located.address)}]`;
  if (located.kind === 'value') return printed(located.expression);
  return located.parts.map(({ bytes, content }) => `${bytes}:${content.kind === 'value' ? printed(content.expression) : 'v'}`).join(' ');
}

/** Every parameter of a function, separated by commas. */
function parameters(arch: 'x86_64' | 'aarch64', list: string, result = 'int'): string {
  const dwarf = new Types();
  const fn = { isExternal: true, returnTypeId: dwarf.id(result), unit: { language: 'c' }, parameters: split(list).map((name) => ({ typeId: dwarf.id(name) })) };
  return fn.parameters.map((_parameter, index) => shown(parameterAtEntry(fn, index, { dwarf, arch, state, span }))).join(', ');
}

describe('parameters on arm64', () => {
  test.each([
    ['int long double char', '4:r0, 8:r1, 8:v, 1:r2'],
    ['{double long} int', '8:r0 8:r1, 4:r2'],
    ['{long double} {int float}', '8:r0 8:r1, 8:r2'],
    ['{double double} int', '16:v, 4:r0'],
    ['{float float float float} int', '16:v, 4:r0'],
    ['{float[4]} {{float} float} int', '16:v, 8:v, 4:r0'],
    ['{float[5]} int', '[r0], 4:r1'],
    ['<float int> <float float[2]> int', '4:r0, 8:v, 4:r1'],
    ['{float double} int', '8:r0 8:r1, 4:r2'],
    ['{double double double double} int', '32:v, 4:r0'],
    ['{long long long} int', '[r0], 4:r1'],
    ['{char[3]} int', '3:r0, 4:r1'],
    ['{char[11]} int', '8:r0 3:r1, 4:r2'],
    ['{} int', ', 4:r0'],
    ['int int128 int', '4:r0, 8:r2 8:r3, 4:r4'],
    ['int {int128} int', '4:r0, 8:r2 8:r3, 4:r4'],
    ['packed{char long} int', '8:r0 1:r1, 4:r2'],
    ['complexdouble longdouble int', '16:v, 16:v, 4:r0'],
    ['long long long long long long long {long long} long', '8:r0, 8:r1, 8:r2, 8:r3, 8:r4, 8:r5, 8:r6, [r31], [(r31 + 16)]'],
    ['long long long long long long long long {long long long} char int', '8:r0, 8:r1, 8:r2, 8:r3, 8:r4, 8:r5, 8:r6, 8:r7, [*(r31)], [(r31 + 8)], [(r31 + 16)]'],
    ['long long long long long long long long int int128', '8:r0, 8:r1, 8:r2, 8:r3, 8:r4, 8:r5, 8:r6, 8:r7, [r31], [(r31 + 16)]'],
    ['{double double double} {double double double} {double double double} double int', '24:v, 24:v, [r31], [(r31 + 24)], 4:r0'],
  ])('%s', (list, want) => {
    expect(parameters('aarch64', list)).toBe(want);
  });
  test('a result in memory takes no argument register', () => {
    expect(parameters('aarch64', 'int', '{long long long}')).toBe('4:r0');
  });
});

describe('parameters on x86-64', () => {
  test.each([
    ['int long double char', '4:r5, 8:r4, 8:v, 1:r1'],
    ['{double long} int', '8:v 8:r5, 4:r4'],
    ['{float float int} int', '8:v 4:r5, 4:r4'],
    ['{long long long} int', '[(r7 + 8)], 4:r5'],
    ['complexdouble {complexdouble} int', '8:v 8:v, 8:v 8:v, 4:r5'],
    ['longdouble int', '[(r7 + 8)], 4:r5'],
    ['long long long long long long int longdouble int', '8:r5, 8:r4, 8:r1, 8:r2, 8:r8, 8:r9, [(r7 + 8)], [(r7 + 24)], [(r7 + 40)]'],
    ['packed{char long} int', '[(r7 + 8)], 4:r5'],
  ])('%s', (list, want) => {
    expect(parameters('x86_64', list)).toBe(want);
  });
  test('a result in memory takes the first argument register', () => {
    expect(parameters('x86_64', 'int', '{long long long}')).toBe('4:r4');
  });
});

test.each([
  ['aarch64', '{double long}', '8:r0 8:r1'],
  ['aarch64', '{float int}', '8:r0'],
  ['aarch64', '{float float float}', '12:v'],
  ['aarch64', '{long long long}', '[@entry(r8)]'],
  ['aarch64', '{double double double}', '24:v'],
  ['aarch64', '{double double double double double}', '[@entry(r8)]'],
  ['aarch64', 'long', 'r0'],
  ['x86_64', '{double long}', '8:v 8:r0'],
  ['x86_64', '{long double}', '8:r0 8:v'],
  ['x86_64', '{long int}', '8:r0 8:r1'],
  ['x86_64', '{double double}', '8:v 8:v'],
  ['x86_64', '{complexdouble}', '8:v 8:v'],
  ['x86_64', '{long long long}', '[r0]'],
] as const)('the result on %s: %s', (arch, text, want) => {
  const dwarf = new Types();
  const type = { kind: 'dwarf', dwarf: dwarf as unknown as Dwarf, id: dwarf.id(text) } as const;
  expect(shown(locateResult(type, dwarf, arch, state, '$return', span))).toBe(want);
});

test.each([
  ['aarch64', 'user', 0x1000n, false, '((r30 & 281474976710655) == 4660)'],
  ['x86_64', 'user', 0x1000n, false, '(*(r7) == 4660)'],
  // Behind the prologue a return probe has replaced the address: the entry is asked.
  ['x86_64', 'user', 0x1008n, false, '@entry((*(r7) == 4660))'],
  ['aarch64', 'user', 0x1008n, false, '@entry(((r30 & 281474976710655) == 4660))'],
  ['x86_64', 'user', 0x1008n, true, '(r16 == 4660)'],
  ['aarch64', 'user', 0x1000n, true, '(r32 == 4660)'],
  ['x86_64', 'kernel', 0x1000n, true, '@entry((*(r7) == 4660))'],
] as const)('who called, on %s, in %s space at %x, at its return: %s', (arch, space, pc, isReturn, want) => {
  const place = { program: { isFixed: true }, arch, space, pc, body: { entryPc: 0x1000n }, entryPc: 0x1000n, instructionPointerBias: 0 } as unknown as ProbedPlace;
  expect(printed(callerGuard(place, [0x1234n], isReturn, span))).toBe(want);
});

test('where a function returns to, in a program that may lie anywhere', () => {
  const place = { program: { isFixed: false, elf: { type: 'dyn' } }, arch: 'x86_64', space: 'user', pc: 0x1008n, body: { entryPc: 0x1000n }, entryPc: 0x1000n, instructionPointerBias: 0 } as unknown as ProbedPlace;
  expect(printed(callerGuard(place, [0x1234n, 0x1300n], true, span))).toBe('((r16 == @entry((r16 + 556))) || (r16 == @entry((r16 + 760))))');
});
