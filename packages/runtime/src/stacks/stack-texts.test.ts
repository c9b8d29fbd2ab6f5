import { expect, test } from '@jest/globals';
import { STACK_HEADER_BYTES } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { PackedTexts } from '../host/packed-texts.js';
import type { AddressNames } from './address-names.js';
import { StackTable } from './stack-table.js';
import { NamedStackTexts } from './stack-texts.js';

/** The map that stacks come through. */
function mapOf(stacks: Readonly<Record<number, { kind: 1 | 2; pid: number; addresses: readonly bigint[] }>>): BpfMap & { readonly left: () => number } {
  const contents = new Map(Object.entries(stacks).map(([id, { kind, pid, addresses }]) => {
    const value = new Uint8Array(STACK_HEADER_BYTES + 8 * 10);
    const view = new DataView(value.buffer);
    view.setUint32(0, kind, true);
    view.setUint32(4, pid, true);
    addresses.forEach((address, index) => { view.setBigUint64(STACK_HEADER_BYTES + 8 * index, address, true); });
    return [BigInt(id), value] as const;
  }));
  const idOf = (key: Uint8Array): bigint => new DataView(key.buffer, key.byteOffset).getBigInt64(0, true);
  return {
    metadata: { name: 'stacks', type: 'hash', keyBytes: 8, valueBytes: 96, maxEntries: 16, flags: 0 }, fd: -1,
    lookup: (key) => contents.get(idOf(key)), update: () => 'ok', delete: (key) => contents.delete(idOf(key)), close: () => undefined,
    entries: () => [...contents].map(([id, value]) => {
      const key = new Uint8Array(8);
      new DataView(key.buffer).setBigInt64(0, id, true);
      return { key, value };
    }),
    left: () => contents.size,
  };
}

const KERNEL: Readonly<Record<string, [string, bigint, number]>> = { bpf_trace_run3: [`bpf_trace_run3`, 0xf000n, 0x100], read: ['vfs_read', 0xf100n, 0x40], sys: ['ksys_read', 0xf140n, 0x40] };
const names: AddressNames = {
  kernel(address) {
    const found = Object.values(KERNEL).find(([, start, size]) => address >= start && address < start + BigInt(size));
    return found === undefined ? {} : { name: found[0], offset: Number(address - found[1]), size: found[2], module: 'kernel' };
  },
  user: (pid, address) => (address < 0x1000n ? {} : address < 0x2000n ? { module: '/bin/x', moduleOffset: address - 0x1000n, moduleSize: 0x1000n } : { name: `f${pid}`, offset: 4, size: 0x10, module: '/bin/x' }),
  line: (pid, address) => (pid === 7 && address === 0x2004n ? { file: '/src/x.c', line: 12 } : undefined),
  sight: () => undefined,
};

const stacks = {
  1: { kind: 1, pid: 0, addresses: [0xe000n, 0xf010n, 0xf110n, 0xf180n] },
  2: { kind: 2, pid: 7, addresses: [0x2004n, 0x1010n, 0x10n] },
} as const;

function texts(stringLimit = 511, maxFrames?: number): NamedStackTexts {
  return new NamedStackTexts({ table: new StackTable(mapOf(stacks), () => undefined), names, stringLimit, maxFrames });
}

test('a kernel stack, without the frames of BPF; the address that a call returns to is of the caller', () => {
  expect(texts().text(1n)).toBe('0xf110 0xf180 ');
  expect(texts().lines(1n, 0n)).toBe(' 0xf110 : vfs_read+0x10/0x40 [kernel]\n 0xf180\n');
  expect(texts().lines(1n, 1n)).toBe('vfs_read+0x10 [kernel]\n0xf180\n');
  expect(texts().lines(1n, 2n)).toBe('vfs_read+0x10\n0xf180\n');
});

test('a user stack: a function, a module, nothing known', () => {
  expect(texts().lines(2n, 0n)).toBe(' 0x2004 : f7+0x4/0x10 [/bin/x]\n 0x1010 [/bin/x+0x10/0x1000]\n 0x10\n');
  expect(texts().lines(2n, 1n)).toBe('f7+0x4 [x]\n0x1010 [x+0x10]\n0x10\n');
  expect(texts().lines(2n, 2n)).toBe('f7+0x4\n0x1010\n0x10\n');
  expect(texts().lines(2n, 3n)).toBe(' 0x2004 : f7+0x4/0x10 at /src/x.c:12 [/bin/x]\n 0x1010 [/bin/x+0x10/0x1000]\n 0x10\n');
});

test('no stack, depth, count', () => {
  expect([texts().text(0n), texts().lines(0n, 0n), texts().text(99n)]).toEqual(['', '', '']);
  expect([0n, 1n, 2n, -1n].map((depth) => texts().address(1n, depth))).toEqual([0xf110n, 0xf180n, 0n, 0n]);
  expect([0n, 1n, 5n, -1n].map((count) => texts().callers(2n, count))).toEqual(['', '0x2004 ', '0x2004 0x1010 0x10 ', '0x2004 0x1010 0x10 ']);
  expect(texts(511, 1).text(1n)).toBe('0xf110 ');
});

test('strings hold whole frames, what is printed has no limit', () => {
  expect(texts(16).text(1n)).toBe('0xf110 0xf180 ');
  expect(texts(13).text(1n)).toBe('0xf110 ');
  expect(texts(20).lines(2n, 1n)).toBe('f7+0x4 [x]\n');
  expect(texts(1).lines(2n, 0n)).toContain('0x10\n');
});

test('addresses in a text: of the process that they were captured in, else of the one that is given', () => {
  const made = texts();
  expect(made.addressLines(made.text(2n), 99n, 2n)).toBe('f7+0x4\n0x1010\n0x10\n');
  expect(made.addressLines('0x2004', 99n, 2n)).toBe('f99+0x4\n');
  expect(made.addressLines('f110 junk 0x2004', 0n, 2n)).toBe('vfs_read+0x10\n0x2004\n');
  // The address as the text has it, then what symdata() says.
  const symbols = ' f110 : vfs_read+0x10/0x40 [kernel]\n 0x2004 : 0x2004\n';
  expect([4n, 5n].map((style) => made.addressLines('f110 junk 0x2004', 0n, style))).toEqual([symbols, symbols]);
  expect(texts(40).addressLines('f110 0x2004', 0n, 5n)).toBe(' f110 : vfs_read+0x10/0x40 [kernel]\n');
  expect(made.addressLines('0x1010', 7n, 4n)).toBe(' 0x1010 : 0x1010 [/bin/x+0x10/0x1000]\n');
});

test.each<[bigint, bigint, bigint, string]>([
  [0xf110n, 0n, 0n, 'vfs_read'], [0xf110n, 0n, 1n, 'vfs_read+0x10/0x40 [kernel]'], [0xf110n, 0n, 2n, 'kernel'], [0xf110n, 0n, 5n, '0xf110'],
  [0x10n, 7n, 0n, '0x10'], [0x10n, 7n, 1n, '0x10'], [0x1010n, 7n, 1n, '0x1010 [/bin/x+0x10/0x1000]'], [0x10n, 7n, 2n, ''], [-1n, 0n, 0n, '0xffffffffffffffff'],
  [0x2004n, 7n, 3n, '/src/x.c'], [0x2004n, 7n, 4n, '12'], [0x2004n, 7n, 5n, '/src/x.c:12'],
])('address %p of process %p, fact %p: %s', (address, pid, fact, expected) => {
  expect(texts().fact(address, pid, fact)).toBe(expected);
});

test('a module that is none is told of', () => {
  const told: string[] = [];
  const made = new NamedStackTexts({ table: new StackTable(mapOf(stacks), () => undefined), names, stringLimit: 511, maxFrames: undefined, onNoModule: (name) => told.push(name) });
  expect([made.fact(0x10n, 7n, 2n), made.fact(0x1010n, 7n, 2n), made.fact(0xe000n, 0n, 2n), made.fact(0xf110n, 0n, 2n), made.fact(0x10n, 7n, 0n)]).toEqual(['', '/bin/x', '', 'kernel', '0x10']);
  expect(told).toEqual(['umodname', 'modname']);
});

test('the table is emptied, told of each stack once, and knows them all after', () => {
  const map = mapOf(stacks);
  const seen: number[] = [];
  const table = new StackTable(map, ({ pid }) => seen.push(pid));
  expect(table.get(2n)?.addresses).toHaveLength(3);
  table.fetch();
  expect([map.left(), seen]).toEqual([0, [7, 0]]);
  expect(table.get(1n)?.kind).toBe('kernel');
});

test('packed texts are made once, and found by what they stand for', () => {
  const made: string[] = [];
  const packed = new PackedTexts(({ intrinsic, args }) => {
    made.push(intrinsic);
    return `text of ${args[0] === 3n ? 2n : args[0]}`;
  });
  const word = (value: number): string => `\x01\x02stk\x03\x80\x81${String.fromCharCode(0x80 | value)}${'\x80'.repeat(15)}`;
  expect([word(1), word(2), word(2), word(3), 'plain'].map(packed.unpack)).toEqual(['text of 1', 'text of 2', 'text of 2', 'text of 2', 'plain']);
  expect(made).toHaveLength(3);
  expect(packed.forms('text of 2')).toEqual([word(2), word(3)]);
  expect(packed.forms('plain')).toEqual(['plain']);
});
