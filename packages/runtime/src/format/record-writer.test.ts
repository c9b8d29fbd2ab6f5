import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { FormatPiece, LeafEncoding } from '@stapkit/object';
import { OutputBuffer } from './output-buffer.js';
import { compileFormat } from './printf.js';
import type { Scalar } from './printf.js';
import { RecordView, compileLocator } from './record-view.js';
import { compileRecordWriter } from './record-writer.js';
import type { SiteArgument } from './record-writer.js';

function encode(leaves: readonly LeafEncoding[], values: readonly Scalar[]): Uint8Array {
  const parts = leaves.map((leaf, index) => {
    const value = values[index] ?? 0n;
    if (typeof value === 'bigint') {
      const word = Buffer.alloc(8);
      word.writeBigInt64LE(value);
      return word;
    }
    if (leaf.kind === 'fixed') return Buffer.concat([Buffer.from(value, 'latin1'), Buffer.alloc(leaf.bytes - value.length)]);
    const word = Buffer.alloc(8);
    word.writeBigInt64LE(BigInt(value.length));
    return Buffer.concat([word, Buffer.from(value, 'latin1'), Buffer.alloc((8 - (value.length % 8)) % 8)]);
  });
  return new Uint8Array(Buffer.concat(parts));
}

function write(pieces: readonly FormatPiece[], leaves: readonly LeafEncoding[], values: readonly Scalar[]): string {
  const view = new RecordView();
  const bytes = encode(leaves, values);
  view.use(bytes);
  compileLocator(leaves)(view, 0, bytes.length);
  const args = leaves.map((encoding, leaf): SiteArgument => ({ kind: 'leaf', leaf, encoding }));
  const out = new OutputBuffer(16);
  compileRecordWriter(pieces, args)(out, view);
  return out.take().toString('latin1');
}

const EDGES = [0n, 9n, 10n, -1n, 0xffff_ffffn, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, -(1n << 53n), (1n << 63n) - 1n, -(1n << 63n), 999_999_999n, 1_000_000_000n, -1_000_000_001n];
const long = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));
const byteText = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 70 });
const width = fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined });

test('writes what the generic printf writes: numbers', () => {
  fc.assert(fc.property(long, fc.constantFrom('d', 'u', 'o', 'x', 'X', 'p', 'c', 'b'), fc.constantFrom(undefined, '0', '+', '-', ' ', '#'), width, width, (value, conversion, flag, wide, precision) => {
    const pieces = [{ literal: '<' }, { conversion, ...(flag && { flag }), ...(wide !== undefined && { width: wide }), ...(precision !== undefined && { precision }) }, { literal: '>' }] as FormatPiece[];
    expect(write(pieces, [{ kind: 'long' }], [value])).toBe(compileFormat(pieces)([value]));
  }), { numRuns: 3000 });
});

test('writes what the generic printf writes: strings and mixed leaves', () => {
  fc.assert(fc.property(byteText, byteText, long, width, fc.constantFrom(undefined, '-'), (one, two, value, wide, flag) => {
    const text = { conversion: 's', ...(flag && { flag }), ...(wide !== undefined && { width: wide }) };
    const pieces = [text, { literal: '|' }, text, { literal: '|' }, { conversion: 'd' }, { literal: 'end\n' }] as FormatPiece[];
    const leaves: LeafEncoding[] = [{ kind: 'variable' }, { kind: 'fixed', bytes: 72 }, { kind: 'long' }];
    expect(write(pieces, leaves, [one, two, value])).toBe(compileFormat(pieces)([one, two, value]));
  }), { numRuns: 1000 });
});

test('a fixed string may fill its slot to the last byte', () => {
  expect(write([{ conversion: 's' }], [{ kind: 'fixed', bytes: 8 }], ['12345678'])).toBe('12345678');
});

test('a `*` takes its own leaf', () => {
  expect(write([{ conversion: 'd', width: '*' }, { literal: '!' }], [{ kind: 'long' }, { kind: 'long' }], [-4n, 7n])).toBe('7   !');
});

test('an entry that is shorter than its leaves is refused', () => {
  const view = new RecordView();
  view.use(new Uint8Array(16));
  expect(() => { compileLocator([{ kind: 'long' }, { kind: 'fixed', bytes: 16 }])(view, 0, 16); }).toThrow('shorter than its print site says');
});
