/** Finite state entropy tables (RFC 8878, section 4.1.1). */
import type { ByteReader } from '../reader.js';
import { byteAt } from '../table-access.js';
import type { BackwardBits } from './zstd-bits.js';

export interface FseTable {
  readonly accuracyLog: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly baselines: Uint16Array;
}

const highestBit = (value: number): number => 31 - Math.clz32(value);

/** Reads a table's description at the reader's offset. */
export function readFseTable(reader: ByteReader, maxSymbol: number, maxAccuracyLog: number): FseTable {
  const { bytes, offset } = reader;
  let bit = 0;
  const peek = (count: number): number => {
    const at = offset + (bit >>> 3);
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >>> (bit & 7)) & ((1 << count) - 1);
  };
  const accuracyLog = peek(4) + 5;
  bit += 4;
  if (accuracyLog > maxAccuracyLog) throw reader.error(`zstd: a table of accuracy ${accuracyLog}, at most ${maxAccuracyLog}`, offset);
  const counts: number[] = [];
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    if (counts.length > maxSymbol) throw reader.error('zstd: a table with too many symbols', offset);
    const bits = highestBit(remaining + 1) + 1;
    const value = peek(bits);
    const lowMask = (1 << (bits - 1)) - 1;
    const threshold = (1 << bits) - 1 - (remaining + 1);
    const isShort = (value & lowMask) < threshold;
    bit += isShort ? bits - 1 : bits;
    const count = (isShort ? value & lowMask : value > lowMask ? value - threshold : value) - 1;
    remaining -= Math.abs(count);
    counts.push(count);
    if (count !== 0) continue;
    for (let repeat = 3; repeat === 3;) {
      repeat = peek(2);
      bit += 2;
      for (let left = repeat; left > 0; left--) counts.push(0);
      if (counts.length > maxSymbol + 1) throw reader.error('zstd: a table with too many symbols', offset);
    }
  }
  if (remaining !== 0 || counts.length > maxSymbol + 1) throw reader.error('zstd: a table that does not add up', offset);
  reader.skip((bit + 7) >>> 3);
  return buildFseTable(counts, accuracyLog);
}

/** @param counts -1 means less than one of the table's cells. Must add up to the table's size. */
export function buildFseTable(counts: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => (count === -1 ? 1 : count));
  let high = size;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[--high] = symbol;
  });
  const step = (size >>> 1) + (size >>> 3) + 3;
  let position = 0;
  counts.forEach((count, symbol) => {
    for (let left = count; left > 0; left--) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1); while (position >= high && high > 0);
    }
  });
  const bitCounts = new Uint8Array(size);
  const baselines = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = byteAt(symbols, state);
    const value = next[symbol] ?? 1;
    next[symbol] = value + 1;
    const bits = accuracyLog - highestBit(value);
    bitCounts[state] = bits;
    baselines[state] = (value << bits) - size;
  }
  return { accuracyLog, symbols, bitCounts, baselines };
}

/** A table that always gives one symbol. */
export const singleSymbolTable = (symbol: number): FseTable => ({ accuracyLog: 0, symbols: Uint8Array.of(symbol), bitCounts: Uint8Array.of(0), baselines: Uint16Array.of(0) });

/** Where a decoder is in its table. */
export class FseState {
  readonly #table: FseTable;
  #state: number;

  constructor(table: FseTable, bits: BackwardBits) {
    this.#table = table;
    this.#state = bits.take(table.accuracyLog);
  }

  get symbol(): number {
    return byteAt(this.#table.symbols, this.#state);
  }

  advance(bits: BackwardBits): void {
    const { bitCounts, baselines } = this.#table;
    this.#state = (baselines[this.#state] as number) + bits.take(byteAt(bitCounts, this.#state));
  }
}
