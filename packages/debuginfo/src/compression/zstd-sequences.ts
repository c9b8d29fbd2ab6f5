/** Sequences of a Zstandard block: how many literals to copy, and from where to repeat (RFC 8878, section 3.1.1.3.2). */
import type { ByteReader } from '../reader.js';
import { byteAt } from '../table-access.js';
import { BackwardBits } from './zstd-bits.js';
import { buildFseTable, FseState, readFseTable, singleSymbolTable } from './zstd-fse.js';
import type { FseTable } from './zstd-fse.js';

interface Code {
  readonly maxSymbol: number;
  readonly maxAccuracyLog: number;
  readonly predefined: FseTable;
}
const repeated = (value: number, count: number): number[] => Array.from({ length: count }, () => value);

const LITERAL_LENGTHS: Code = {
  maxSymbol: 35, maxAccuracyLog: 9,
  predefined: buildFseTable([4, 3, ...repeated(2, 11), 1, 1, 1, ...repeated(2, 9), 3, 2, ...repeated(1, 5), ...repeated(-1, 4)], 6),
};
const OFFSETS: Code = {
  maxSymbol: 31, maxAccuracyLog: 8,
  predefined: buildFseTable([...repeated(1, 6), 2, 2, 2, ...repeated(1, 15), ...repeated(-1, 5)], 5),
};
const MATCH_LENGTHS: Code = {
  maxSymbol: 52, maxAccuracyLog: 9,
  predefined: buildFseTable([1, 4, 3, ...repeated(2, 6), ...repeated(1, 37), ...repeated(-1, 7)], 6),
};

const LITERAL_BITS = [...repeated(0, 16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BITS = [...repeated(0, 32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
/** Each code starts where the one before ends. */
function baselines(bits: readonly number[], first: number): number[] {
  let next = first;
  return bits.map((count) => {
    const base = next;
    next += 1 << count;
    return base;
  });
}
const LITERAL_BASES = baselines(LITERAL_BITS.map((bits, code) => (code === 25 ? 6 : bits)), 0);
const MATCH_BASES = baselines(MATCH_BITS, 3);

/** Tables that a later block may use again. */
export interface SequenceTables {
  readonly literalLengths: FseTable;
  readonly offsets: FseTable;
  readonly matchLengths: FseTable;
}

/** What sequences do; offsets as they are coded: 1 to 3 name recent ones. */
export type UseSequence = (literalLength: number, matchLength: number, offsetValue: number) => void;

/** Reads all sequences of the block that ends with the reader's bytes. */
export function readSequences(reader: ByteReader, previous: SequenceTables | undefined, use: UseSequence): SequenceTables | undefined {
  const at = reader.offset;
  const first = reader.u8();
  if (first === 0) return previous;
  const count = first < 128 ? first : first < 255 ? ((first - 128) << 8) + reader.u8() : reader.u16() + 0x7f00;
  const modes = reader.u8();
  if ((modes & 3) !== 0) throw reader.error('zstd: reserved bits are set', at);
  const tables = {
    literalLengths: readTable(reader, modes >>> 6, LITERAL_LENGTHS, previous?.literalLengths),
    offsets: readTable(reader, (modes >>> 4) & 3, OFFSETS, previous?.offsets),
    matchLengths: readTable(reader, (modes >>> 2) & 3, MATCH_LENGTHS, previous?.matchLengths),
  };
  const stream = reader.take(reader.remaining);
  const bits = new BackwardBits(reader, stream, reader.offset - stream.length);
  const literalLengths = new FseState(tables.literalLengths, bits);
  const offsets = new FseState(tables.offsets, bits);
  const matchLengths = new FseState(tables.matchLengths, bits);
  for (let left = count; left > 0; left--) {
    const offsetCode = offsets.symbol;
    const offset = 2 ** offsetCode + bits.take(offsetCode);
    const matchCode = matchLengths.symbol;
    const match = (MATCH_BASES[matchCode] as number) + bits.take(MATCH_BITS[matchCode] as number);
    const literalCode = literalLengths.symbol;
    const literals = (LITERAL_BASES[literalCode] as number) + bits.take(LITERAL_BITS[literalCode] as number);
    if (left > 1) {
      literalLengths.advance(bits);
      matchLengths.advance(bits);
      offsets.advance(bits);
    }
    if (bits.left < 0) throw bits.error('more sequences than bits');
    use(literals, match, offset);
  }
  if (bits.left !== 0) throw bits.error('sequences that do not end with their stream');
  return tables;
}

function readTable(reader: ByteReader, mode: number, code: Code, previous: FseTable | undefined): FseTable {
  if (mode === 0) return code.predefined;
  if (mode === 2) return readFseTable(reader, code.maxSymbol, code.maxAccuracyLog);
  if (mode === 3) {
    if (previous === undefined) throw reader.error('zstd: a table of an earlier block, but there is none');
    return previous;
  }
  const symbol = reader.take(1);
  if (byteAt(symbol, 0) > code.maxSymbol) throw reader.error(`zstd: symbol ${byteAt(symbol, 0)}, at most ${code.maxSymbol}`);
  return singleSymbolTable(byteAt(symbol, 0));
}
