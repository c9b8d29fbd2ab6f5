/** The `globals` map as this process sees it: the session's words and the scripts' scalar globals, shared with the kernel. */
import type { BpfMap } from '../bpf/map.js';
import { InternalError } from '../format/script-error.js';

/** Byte offsets count from the start of the map's only value. Words are 64-bit and atomic against BPF programs. */
export class GlobalMemory {
  private readonly words: BigInt64Array;
  private readonly bytes: Uint8Array;

  constructor(map: BpfMap | undefined) {
    if (map?.memory === undefined) throw new InternalError('the globals map is not mapped into memory');
    this.words = new BigInt64Array(map.memory, 0, map.memory.byteLength >>> 3);
    this.bytes = new Uint8Array(map.memory);
  }

  load(offset: number): bigint {
    return Atomics.load(this.words, offset >>> 3);
  }

  store(offset: number, value: bigint): void {
    Atomics.store(this.words, offset >>> 3, value);
  }

  /** Adds atomically and gives the value before. */
  add(offset: number, value: bigint): bigint {
    return Atomics.add(this.words, offset >>> 3, value);
  }

  /** The text of a slot. Not atomic: a kernel handler that writes it meanwhile may show half of each. */
  text(offset: number, slotBytes: number): string {
    return readText(this.bytes, offset, slotBytes);
  }

  storeText(offset: number, slotBytes: number, text: string): void {
    writeText(this.bytes, offset, slotBytes, text);
  }
}

/** The text in a NUL-padded slot. */
export function readText(bytes: Uint8Array, offset: number, slotBytes: number): string {
  let end = offset;
  while (end < offset + slotBytes && bytes[end] !== 0) end += 1;
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, end - offset).toString('latin1');
}

/** Writes text into a slot, cut to leave one NUL, the rest of the slot NUL. */
export function writeText(bytes: Uint8Array, offset: number, slotBytes: number, text: string): void {
  const length = Math.min(text.length, slotBytes - 1);
  for (let index = 0; index < length; index += 1) bytes[offset + index] = text.charCodeAt(index);
  bytes.fill(0, offset + length, offset + slotBytes);
}
