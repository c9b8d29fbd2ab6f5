/** What the host executor and the session need of a map; the loader makes them, tests fake them. */
import type { MapMetadata } from '@stapkit/object';

export type UpdateOutcome = 'ok' | 'exists' | 'absent' | 'full';

export interface BpfMap {
  readonly metadata: MapMetadata;
  readonly fd: number;
  /**
   * undefined when absent. Per-CPU maps give all possible CPUs' values one after another,
   * each rounded up to 8 bytes; `update` takes the same.
   */
  lookup(key: Uint8Array): Uint8Array | undefined;
  /** any: BPF_ANY, create: BPF_NOEXIST, existing: BPF_EXIST. 'full' is E2BIG/ENOMEM. Other errors throw SyscallError. */
  update(key: Uint8Array, value: Uint8Array, mode: 'any' | 'create' | 'existing'): UpdateOutcome;
  delete(key: Uint8Array): boolean;
  /** A snapshot of all entries, in no order; by BPF_MAP_LOOKUP_BATCH where the kernel has it. */
  entries(): readonly { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Array maps with BPF_F_MMAPABLE: the values, shared with the kernel. Atomics on it are atomic against BPF. */
  readonly memory?: ArrayBuffer;
  close(): void;
}
