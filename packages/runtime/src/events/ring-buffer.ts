/**
 * Reads a BPF ring buffer (kernel/bpf/ringbuf.c, since 5.8) through two mappings: the page
 * with our own position, which we write, and the page with the kernel's position followed by
 * the data, which we only read. The kernel maps the data twice, one after the other,
 * so that a record which wraps around the end still lies in one piece.
 *
 * A record starts with 8 bytes: its length with the bits "busy" (still being filled) and
 * "discard" (given back), and a page offset that only the kernel uses.
 */
import type { Kernel, MemoryMapping } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import { BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT, BPF_RINGBUF_HDR_SZ } from '../sys/uapi.js';
import type { RecordHandler, RecordSource } from '../load/loaded-object.js';

const BUSY = BPF_RINGBUF_BUSY_BIT;
const LENGTH_MASK = BPF_RINGBUF_DISCARD_BIT - 1;
/** The kernel gets space back after this much was read, so that it need not wait for the end of a long batch. */
const GIVE_BACK_BYTES_MAX = 256 * 1024;

export class RingBuffer implements RecordSource {
  readonly #kernel: Kernel;
  readonly #consumerPage: MemoryMapping;
  readonly #producerAndData: MemoryMapping;
  /** Our position, all 64 bits of it, as the kernel reads it. */
  readonly #consumed: BigInt64Array;
  /** The low words suffice to compare positions: a ring is smaller than 4 GiB. */
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;
  readonly #dataStart: number;
  /** Low 32 bits of our position. */
  #position: number;
  #open = true;

  private constructor(kernel: Kernel, consumerPage: MemoryMapping, producerAndData: MemoryMapping, size: number) {
    this.#kernel = kernel;
    this.#consumerPage = consumerPage;
    this.#producerAndData = producerAndData;
    this.#consumed = new BigInt64Array(consumerPage.buffer, 0, 1);
    this.#words = new Int32Array(producerAndData.buffer);
    this.#bytes = new Uint8Array(producerAndData.buffer);
    this.#mask = size - 1;
    this.#dataStart = kernel.pageSize;
    this.#position = Number(BigInt.asUintN(32, Atomics.load(this.#consumed, 0)));
  }

  /** `size`: max_entries of the map, in bytes. Throws SyscallError. The map's descriptor stays the caller's. */
  static open(kernel: Kernel, fd: number, size: number): RingBuffer {
    const { pageSize } = kernel;
    const consumer = kernel.map(fd, pageSize, true, 0);
    if (typeof consumer === 'number') throw syscallError(kernel, 'mmap', consumer, 'mapping the ring buffer');
    const data = kernel.map(fd, pageSize + 2 * size, false, pageSize);
    if (typeof data === 'number') {
      kernel.unmap(consumer);
      throw syscallError(kernel, 'mmap', data, 'mapping the ring buffer');
    }
    return new RingBuffer(kernel, consumer, data, size);
  }

  drain(handle: RecordHandler, limit: number): number {
    if (!this.#open) return 0;
    const words = this.#words;
    const bytes = this.#bytes;
    const mask = this.#mask;
    const dataStart = this.#dataStart;
    let position = this.#position;
    let count = 0;
    try {
      while (count < limit) {
        // Word 0 of the mapping is the low half of the kernel's position.
        let available = (Atomics.load(words, 0) - position) >>> 0;
        if (available === 0) break;
        let stopped = false;
        while (available > 0 && count < limit) {
          const at = dataStart + (position & mask);
          const header = Atomics.load(words, at >>> 2);
          if ((header & BUSY) !== 0) {
            stopped = true;
            break;
          }
          const length = header & LENGTH_MASK;
          const step = (length + BPF_RINGBUF_HDR_SZ + 7) & ~7;
          position = (position + step) >>> 0;
          available -= step;
          if ((header & BPF_RINGBUF_DISCARD_BIT) === 0) {
            count++;
            handle(bytes, at + BPF_RINGBUF_HDR_SZ, at + BPF_RINGBUF_HDR_SZ + length);
          }
          if (((position - this.#position) >>> 0) >= GIVE_BACK_BYTES_MAX) this.#giveBack(position);
        }
        if (stopped) break;
      }
    } finally {
      this.#giveBack(position);
    }
    return count;
  }

  /** Bytes that wait to be read, busy and discarded records included. */
  get pendingBytes(): number {
    return this.#open ? (Atomics.load(this.#words, 0) - this.#position) >>> 0 : 0;
  }

  /** Idempotent. Afterwards `drain` finds nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#kernel.unmap(this.#consumerPage);
    this.#kernel.unmap(this.#producerAndData);
  }

  #giveBack(position: number): void {
    const read = (position - this.#position) >>> 0;
    if (read === 0) return;
    this.#position = position;
    Atomics.store(this.#consumed, 0, Atomics.load(this.#consumed, 0) + BigInt(read));
  }
}
