/** What loading gives to the session. */
import type { ObjectMetadata } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';

/**
 * Given one record: bytes[start..end). `bytes` is the ring buffer's whole mapping, the same
 * object at every call (so a DataView over it can be kept); the record's bytes are valid only
 * during the call. `start` is a multiple of 8. No view is made per record: that is what lets
 * one process read more than a million records a second.
 */
export type RecordHandler = (bytes: Uint8Array, start: number, end: number) => void;

/** A batch reader over the ring buffer. */
export interface RecordSource {
  /** Reads all records that are there (at most `limit`); gives how many. A handler that throws ends the batch; its record counts as read. */
  drain(handle: RecordHandler, limit: number): number;
}

export interface AttachOutcome {
  /** Index of the plan in metadata.plans. */
  readonly plan: number;
  /** Index of the way taken, e.g. 0 fentry, 1 kprobe. */
  readonly way: number;
  /** Why better ways were passed over, one line each ("fentry: EPERM from a security policy"). */
  readonly passedOver: readonly string[];
  /** Of a wildcard's functions, those that could not be probed. */
  readonly skipped?: readonly string[];
}

/** Hits of which the handlers know nothing. */
export interface MissedHits {
  /**
   * Programs that the kernel has not started at their place: a program does not run twice at a time on a CPU, be it
   * in an interrupt or in a thread that came in its place there (preemptible kernels); of kprobes, none while another BPF program of
   * perf events does. 0 before Linux 5.12, which does not count.
   */
  readonly runs: number;
  /** Returns that the kernel did not follow, as more calls were under way than a return probe has places for. Not all kernels count them. */
  readonly returns: number;
}

export interface LoadedObject {
  readonly metadata: ObjectMetadata;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly records: RecordSource | undefined;
  readonly possibleCpus: number;
  /** Attaches every plan. Throws AttachError when a plan's last way fails; then nothing stays attached. Probes do nothing until the session state is `running`. */
  attach(options: { readonly targetPid?: number }): readonly AttachOutcome[];
  /** Since this was asked before. */
  takeMissedHits(): MissedHits;
  /** Detaches all; maps stay readable. Idempotent. */
  detach(): void;
  /** Closes every file descriptor. Idempotent. */
  close(): void;
}
