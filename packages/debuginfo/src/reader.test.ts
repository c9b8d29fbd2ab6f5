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
