/**
 * Code that a process made while it ran: /tmp/perf-PID.map (tools/perf/Documentation/jit-interface.txt: "START SIZE name" a line,
 * both in hex) and jitdump files (jitdump-specification.txt), which the process maps so that they are found.
 */

import { lastBefore } from '@stapkit/debuginfo';

export interface JitFunction {
  readonly start: bigint;
  readonly size: number;
  readonly name: string;
}

export function parsePerfMap(text: string): JitFunction[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/i.exec(line);
    return match === null ? [] : [{ start: BigInt(`0x${match[1] ?? '0'}`), size: Number.parseInt(match[2] ?? '0', 16), name: match[3] ?? '' }];
  });
}

const JITDUMP_MAGIC = 0x4a69_5444;
const CODE_LOAD = 0;
const CODE_MOVE = 1;
const LOAD_NAME_OFFSET = 56;

/** The functions that a jitdump file tells of; [] when it is none. Written by this machine's byte order; a record that is not whole yet ends it. */
export function parseJitdump(bytes: Uint8Array): JitFunction[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 40 || view.getUint32(0, true) !== JITDUMP_MAGIC) return [];
  const functions = new Map<bigint, JitFunction>();
  const inOrder: JitFunction[] = [];
  const add = (index: bigint, found: JitFunction): void => {
    functions.set(index, found);
    inOrder.push(found);
  };
  for (let at = view.getUint32(8, true); at + 16 <= bytes.length;) {
    const [id, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (size < 16 || at + size > bytes.length) break;
    if (id === CODE_LOAD && size > LOAD_NAME_OFFSET) {
      const end = bytes.indexOf(0, at + LOAD_NAME_OFFSET);
      const name = Buffer.from(bytes.subarray(at + LOAD_NAME_OFFSET, end < 0 ? at + size : Math.min(end, at + size))).toString('latin1');
      add(view.getBigUint64(at + 48, true), { start: view.getBigUint64(at + 32, true), size: Number(view.getBigUint64(at + 40, true)), name });
    } else if (id === CODE_MOVE && size >= 64) {
      const index = view.getBigUint64(at + 56, true);
      const moved = functions.get(index);
      if (moved !== undefined) add(index, { ...moved, start: view.getBigUint64(at + 40, true) });
    }
    at += size;
  }
  return inOrder;
}

/** Functions by address; of several at one place the one told last, as code is thrown away and its place used again. */
export class JitTable {
  readonly #starts: readonly bigint[];
  readonly #functions: readonly JitFunction[];

  constructor(functions: readonly JitFunction[]) {
    const latest = new Map(functions.map((one) => [one.start, one]));
    this.#functions = [...latest.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
    this.#starts = this.#functions.map(({ start }) => start);
  }

  at(address: bigint): JitFunction | undefined {
    const last = lastBefore(this.#starts.length, (index) => (this.#starts[index] ?? 0n) <= address);
    const found = this.#functions[last];
    return found !== undefined && address < found.start + BigInt(found.size) ? found : undefined;
  }
}
