/** Files that readers take pieces of: a binary with 300 MB of debug information is never read as a whole. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '@stapkit/debuginfo';

/** The file, held open until nobody uses it. undefined: it is not there, not readable, or no plain file. */
export function openFileSource(path: string): ByteSource | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    closeSync(descriptor);
    return undefined;
  }
  return new FileSource(descriptor, stat.size);
}

const unused = new FinalizationRegistry((descriptor: number) => {
  closeSync(descriptor);
});

class FileSource implements ByteSource {
  readonly length: number;
  readonly #descriptor: number;

  constructor(descriptor: number, length: number) {
    this.#descriptor = descriptor;
    this.length = length;
    unused.register(this, descriptor);
  }

  read(start: number, end: number): Uint8Array {
    const from = Math.min(start, this.length);
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end, this.length) - from));
    let have = 0;
    while (have < bytes.length) {
      const count = readSync(this.#descriptor, bytes, have, bytes.length - have, from + have);
      // Cut short while we read: readers say what is missing.
      if (count === 0) return bytes.subarray(0, have);
      have += count;
    }
    return bytes;
  }

  readInto(target: Uint8Array, start: number): number {
    let have = 0;
    while (have < target.length) {
      const count = readSync(this.#descriptor, target, have, target.length - have, start + have);
      if (count === 0) break;
      have += count;
    }
    return have;
  }
}
