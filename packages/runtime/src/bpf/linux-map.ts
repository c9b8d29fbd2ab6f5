/** A map of the running kernel, by its file descriptor. */
import type { MapMetadata } from '@stapkit/object';
import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC, ENOTSUPP } from '../sys/errno.js';
import { Attributes } from '../sys/attributes.js';
import type { Kernel, MemoryMapping } from '../sys/kernel.js';
import { syscallError } from '../sys/syscall-error.js';
import * as uapi from '../sys/uapi.js';
import type { BpfMap, UpdateOutcome } from './map.js';

export interface MapEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Batch {
  readonly capacity: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

const ELEMENT_BYTES = 32;
const BATCH_BYTES = 56;
/** Entries and bytes asked for in one batch call. A hash bucket must fit, else the kernel says ENOSPC and we ask for more. */
const BATCH_ENTRIES = 4096;
const BATCH_MOST_BYTES = 256 << 10;
const UPDATE_FLAGS = { any: uapi.BPF_ANY, create: uapi.BPF_NOEXIST, existing: uapi.BPF_EXIST } as const;

export class LinuxMap implements BpfMap {
  readonly metadata: MapMetadata;
  readonly fd: number;
  readonly memory?: ArrayBuffer;
  readonly #kernel: Kernel;
  /** Bytes that the kernel copies for a value: of all possible CPUs for per-CPU maps. */
  readonly #valueBytes: number;
  readonly #mapping: MemoryMapping | undefined;
  /** One structure and one buffer for all calls on single elements: a lookup allocates only its result. */
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  readonly #element: Attributes;
  /** BPF_MAP_DELETE_ELEM refuses a structure with more than the key in it. */
  readonly #deletion: Attributes;
  /** For batches: maps that are emptied many times a second must not cost fresh memory each time. */
  #batch: Batch | undefined;
  #open = true;

  /** Takes over `fd`. Throws SyscallError when a mappable array cannot be mapped. */
  constructor(kernel: Kernel, metadata: MapMetadata, fd: number, possibleCpus: number) {
    this.#kernel = kernel;
    this.metadata = metadata;
    this.fd = fd;
    const perCpu = metadata.type === 'percpu_array' || metadata.type === 'percpu_hash';
    this.#valueBytes = perCpu ? roundUp8(metadata.valueBytes) * possibleCpus : metadata.valueBytes;
    this.#key = new Uint8Array(Math.max(metadata.keyBytes, 8));
    this.#value = new Uint8Array(Math.max(this.#valueBytes, 8));
    this.#element = new Attributes(kernel, ELEMENT_BYTES).u32(0, fd).pointer(8, this.#key).pointer(16, this.#value);
    this.#deletion = new Attributes(kernel, ELEMENT_BYTES).u32(0, fd).pointer(8, this.#key);
    if (metadata.type === 'array' && (metadata.flags & uapi.BPF_F_MMAPABLE) !== 0) {
      this.#mapping = this.#map();
      this.memory = this.#mapping.buffer;
    }
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#setKey(key);
    const result = this.#call(uapi.BPF_MAP_LOOKUP_ELEM, 0);
    if (result === -ENOENT) return undefined;
    if (result < 0) throw this.#error('BPF_MAP_LOOKUP_ELEM', result);
    return this.#value.slice(0, this.#valueBytes);
  }

  update(key: Uint8Array, value: Uint8Array, mode: 'any' | 'create' | 'existing'): UpdateOutcome {
    if (value.length !== this.#valueBytes) throw new RangeError(`map ${this.metadata.name}: a value has ${this.#valueBytes} bytes, not ${value.length}`);
    this.#setKey(key);
    this.#value.set(value);
    const result = this.#call(uapi.BPF_MAP_UPDATE_ELEM, UPDATE_FLAGS[mode]);
    if (result >= 0) return 'ok';
    if (result === -EEXIST) return 'exists';
    if (result === -ENOENT) return 'absent';
    if (result === -E2BIG || result === -ENOMEM || result === -ENOSPC) return 'full';
    throw this.#error('BPF_MAP_UPDATE_ELEM', result);
  }

  delete(key: Uint8Array): boolean {
    this.#setKey(key);
    const result = this.#kernel.bpf(uapi.BPF_MAP_DELETE_ELEM, this.#deletion.bytes);
    if (result === -ENOENT) return false;
    if (result < 0) throw this.#error('BPF_MAP_DELETE_ELEM', result);
    return true;
  }

  entries(): readonly MapEntry[] {
    if (this.metadata.type === 'array' || this.metadata.type === 'percpu_array') return this.#arrayEntries();
    return this.#batchEntries() ?? this.#entriesOneByOne();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#mapping !== undefined) this.#kernel.unmap(this.#mapping);
    this.#kernel.close(this.fd);
  }

  #map(): MemoryMapping {
    const { pageSize } = this.#kernel;
    const bytes = roundUp8(this.metadata.valueBytes) * this.metadata.maxEntries;
    const mapping = this.#kernel.map(this.fd, Math.ceil(bytes / pageSize) * pageSize, true, 0);
    if (typeof mapping === 'number') throw syscallError(this.#kernel, 'mmap', mapping, `mapping map ${this.metadata.name}`);
    return mapping;
  }

  #setKey(key: Uint8Array): void {
    if (!this.#open) throw new Error(`map ${this.metadata.name} is closed`);
    if (key.length !== this.metadata.keyBytes) throw new RangeError(`map ${this.metadata.name}: a key has ${this.metadata.keyBytes} bytes, not ${key.length}`);
    this.#key.set(key);
  }

  #call(command: number, flags: number): number {
    return this.#kernel.bpf(command, this.#element.u64(24, flags).bytes);
  }

  #arrayEntries(): MapEntry[] {
    return Array.from({ length: this.metadata.maxEntries }, (_, index) => {
      const key = new Uint8Array(4);
      new DataView(key.buffer).setUint32(0, index, true);
      const value = this.lookup(key);
      if (value === undefined) throw new Error(`map ${this.metadata.name} has no element ${index}`);
      return { key, value };
    });
  }

  #batchOf(capacity: number): Batch {
    if (this.#batch?.capacity === capacity) return this.#batch;
    const [keys, values] = [new Uint8Array(capacity * this.metadata.keyBytes), new Uint8Array(capacity * this.#valueBytes)];
    this.#batch = { capacity, keys, values };
    return this.#batch;
  }

  /** undefined where the kernel has no batch look-up for this type (hash maps: since 5.6). */
  #batchEntries(): MapEntry[] | undefined {
    const { keyBytes, maxEntries } = this.metadata;
    const valueBytes = this.#valueBytes;
    const entries: MapEntry[] = [];
    // The kernel keeps its place in this buffer: a bucket number for hash maps (4 bytes), else a key.
    let position: Uint8Array | undefined;
    let capacity = this.#batch?.capacity ?? Math.min(maxEntries, BATCH_ENTRIES, Math.max(64, Math.floor(BATCH_MOST_BYTES / (keyBytes + valueBytes))));
    for (;;) {
      const { keys, values } = this.#batchOf(capacity);
      const next = new Uint8Array(Math.max(keyBytes, 8));
      const attributes = new Attributes(this.#kernel, BATCH_BYTES)
        .pointer(8, next).pointer(16, keys).pointer(24, values).u32(32, capacity).u32(36, this.fd); // out_batch, keys, values, count, map_fd
      if (position !== undefined) attributes.pointer(0, position); // in_batch
      const result = this.#kernel.bpf(uapi.BPF_MAP_LOOKUP_BATCH, attributes.bytes);
      if ((result === -EINVAL || result === -ENOTSUPP) && position === undefined) return undefined;
      if (result === -ENOSPC) {
        capacity *= 2;
        continue;
      }
      if (result < 0 && result !== -ENOENT) throw this.#error('BPF_MAP_LOOKUP_BATCH', result);
      const count = attributes.getU32(32);
      // Copied in one piece: the next batch comes into the same memory.
      const [ownKeys, ownValues] = [keys.slice(0, count * keyBytes), values.slice(0, count * valueBytes)];
      for (let index = 0; index < count; index++) {
        entries.push({ key: ownKeys.subarray(index * keyBytes, (index + 1) * keyBytes), value: ownValues.subarray(index * valueBytes, (index + 1) * valueBytes) });
      }
      if (result === -ENOENT) return entries;
      position = next;
    }
  }

  /** When another deletes the key that we stand on, the kernel starts again from the first one; so keys are remembered. */
  #entriesOneByOne(): MapEntry[] {
    const entries = new Map<string, MapEntry>();
    const attributes = new Attributes(this.#kernel, ELEMENT_BYTES).u32(0, this.fd);
    let steps = 0;
    for (;;) {
      const next = new Uint8Array(this.metadata.keyBytes);
      const result = this.#kernel.bpf(uapi.BPF_MAP_GET_NEXT_KEY, attributes.pointer(16, next).bytes);
      if (result === -ENOENT) return [...entries.values()];
      if (result < 0) throw this.#error('BPF_MAP_GET_NEXT_KEY', result);
      const value = this.lookup(next);
      if (value !== undefined) entries.set(Buffer.from(next).toString('latin1'), { key: next, value });
      attributes.pointer(8, next);
      // Endless restarts under a storm of deletes: what was seen so far is the snapshot.
      if (++steps > 4 * this.metadata.maxEntries + 16) return [...entries.values()];
    }
  }

  #error(command: string, result: number): Error {
    return syscallError(this.#kernel, `bpf(${command})`, result, `map ${this.metadata.name}`);
  }
}

function roundUp8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
