/** What loading gives to the session. */
import type { ObjectMetadata } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';

/** A batch reader over the ring buffer: `record` is valid only during the call. */
export interface RecordSource {
  /** Reads all records that are there (at most `limit`); gives how many. */
  drain(handle: (record: Uint8Array) => void, limit: number): number;
}

export interface AttachOutcome {
  /** Index of the plan in metadata.plans. */
  readonly plan: number;
  /** Index of the way taken, e.g. 0 fentry, 1 kprobe. */
  readonly way: number;
  /** Why better ways were passed over, one line each ("fentry: EPERM from a security policy"). */
  readonly passedOver: readonly string[];
}

export interface LoadedObject {
  readonly metadata: ObjectMetadata;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly records: RecordSource | undefined;
  readonly possibleCpus: number;
  /** Attaches every plan. Throws AttachError when a plan's last way fails; then nothing stays attached. Probes do nothing until the session state is `running`. */
  attach(options: { readonly targetPid?: number }): readonly AttachOutcome[];
  /** Detaches all; maps stay readable. Idempotent. */
  detach(): void;
  /** Closes every file descriptor. Idempotent. */
  close(): void;
}
