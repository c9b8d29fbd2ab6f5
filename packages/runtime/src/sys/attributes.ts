/**
 * Builds a structure that goes to the kernel: fields by offset, pointers to other bytes.
 * Keeps everything that it points to referenced, so that nothing is collected during the call.
 */
import type { Kernel } from './kernel.js';

export class Attributes {
  readonly bytes: Uint8Array;
  readonly #kernel: Kernel;
  readonly #view: DataView;
  readonly #kept: Uint8Array[] = [];

  constructor(kernel: Kernel, size: number) {
    this.#kernel = kernel;
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  u64(offset: number, value: number | bigint): this {
    this.#view.setBigUint64(offset, BigInt(value), true);
    return this;
  }

  pointer(offset: number, target: Uint8Array): this {
    this.#kept.push(target);
    return this.u64(offset, this.#kernel.address(target));
  }

  /** A pointer to NUL-terminated text. */
  textPointer(offset: number, text: string): this {
    return this.pointer(offset, new TextEncoder().encode(`${text}\0`));
  }

  /** Text inside the structure, cut to fit with a NUL after it. */
  text(offset: number, text: string, size: number): this {
    const encoded = new TextEncoder().encode(text).subarray(0, size - 1);
    this.bytes.set(encoded, offset);
    return this;
  }

  getU32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  getU64(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }
}
