import { expect, test } from '@jest/globals';
import { DebugInfoError } from './errors.js';
import { ByteReader } from './reader.js';

const bytes = Uint8Array.from([1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 5, 6, 7, 8, 9, 10, 11, 0x7f, 0x68, 0x69, 0, 0x21]);

test('reads little-endian values one after another', () => {
  const reader = new ByteReader(bytes, '.x');
  expect([reader.u8(), reader.u8(), reader.u16(), reader.i32(), reader.u64(), reader.cString(), reader.remaining]).toEqual([1, 2, 0x0403, -1, 0x7f0b0a0908070605n, 'hi', 1]);
});

test.each<[string, (reader: ByteReader) => unknown, string]>([
  ['a cut word', (reader) => { reader.skip(18); return reader.u32(); }, '.x+0x12: 4 bytes wanted, 2 left'],
  ['an offset behind the end', (reader) => { reader.offset = 99; return reader.u8(); }, '.x+0x63: 1 bytes wanted, 0 left'],
  ['a negative length', (reader) => reader.take(-1), '.x+0x0: -1 bytes wanted, 20 left'],
  ['text without end', (reader) => { reader.offset = 19; return reader.cString(); }, '.x+0x13: text without end'],
  ['a size beyond 2^53', (reader) => { reader.skip(8); return reader.size(); }, '.x+0x8: 0x7f0b0a0908070605 is too large for a size or offset'],
])('%s says where', (_name, read, message) => {
  expect(() => read(new ByteReader(bytes, '.x'))).toThrow(DebugInfoError);
  expect(() => read(new ByteReader(bytes, '.x'))).toThrow(message);
});

test('an error carries section, offset and detail', () => {
  const error = new DebugInfoError('.BTF', 0x10, 'wrong');
  expect([error.section, error.offset, error.detail, error.message, error.name]).toEqual(['.BTF', 16, 'wrong', '.BTF+0x10: wrong', 'DebugInfoError']);
});

test.each<[string, number[], bigint, bigint]>([
  ['0', [0], 0n, 0n],
  ['63', [0x3f], 63n, 63n],
  ['64 / -64', [0x40], 64n, -64n],
  ['127 / -1', [0x7f], 127n, -1n],
  ['128', [0x80, 0x01], 128n, 128n],
  ['padded 1', [0x81, 0x80, 0x80, 0x00], 1n, 1n],
  ['padded by more than 64 bits', [0x81, ...Array.from({ length: 20 }, () => 0x80), 0x00], 1n, 1n],
  ['-129 (DWARF 5, figure C.2)', [0xff, 0x7e], 16255n, -129n],
  ['2^27 + 5 across the first word', [0x85, 0x80, 0x80, 0x40], (64n << 21n) + 5n, -(64n << 21n) + 5n],
  ['2^28', [0x80, 0x80, 0x80, 0x80, 0x01], 1n << 28n, 1n << 28n],
  ['2^53 - 1', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], (1n << 53n) - 1n, (1n << 53n) - 1n],
])('LEB128 %s', (_name, encoded, unsigned, signed) => {
  const reader = (): ByteReader => new ByteReader(Uint8Array.from([...encoded, 0xaa]), '.x');
  expect([reader().uleb(), reader().ulebBig(), reader().sleb(), reader().slebBig()]).toEqual([Number(unsigned), unsigned, Number(signed), signed]);
  for (const read of ['uleb', 'sleb', 'ulebBig', 'slebBig'] as const) {
    const one = reader();
    one[read]();
    expect(one.offset).toBe(encoded.length);
  }
});

const ALL_ONES = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
test('LEB128 of 64 bits', () => {
  const reader = (): ByteReader => new ByteReader(Uint8Array.from(ALL_ONES), '.x');
  expect(reader().ulebBig()).toBe(0xffff_ffff_ffff_ffffn);
  expect(reader().slebBig()).toBe(-1n);
  expect(() => reader().uleb()).toThrow('.x+0x0: an unsigned LEB128 beyond 2^53');
  expect(new ByteReader(Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]), '.x').slebBig()).toBe(-(1n << 63n));
  expect(() => new ByteReader(Uint8Array.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]), '.x').sleb()).toThrow('.x+0x0: a signed LEB128 beyond 2^53');
  expect(() => new ByteReader(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03]), '.x').ulebBig()).toThrow('beyond 64 bits');
  for (const read of ['uleb', 'sleb', 'ulebBig', 'slebBig'] as const) expect(() => new ByteReader(Uint8Array.from([0x80, 0x80]), '.x')[read]()).toThrow('.x+0x0: a LEB128 without end');
});

test('integers of any size', () => {
  const read = (count: number): bigint => new ByteReader(bytes, '.x', 1).unsigned(count);
  expect([read(1), read(2), read(3), read(4), read(8)]).toEqual([2n, 0x0302n, 0x040302n, 0xff040302n, 0x05ff_ffff_ff04_0302n]);
  expect(() => read(9)).toThrow('an integer of 9 bytes');
});
