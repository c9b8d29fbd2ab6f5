/** Reading the ring buffer in batches: between them timers, signals and the writer get their turn. */
import type { LoadedObject } from '../load/loaded-object.js';
import type { RecordDecoder } from './record-decoder.js';
import type { SessionClock } from './clock.js';

/** Most records of a batch. */
export const BATCH = 16_384;
/** A batch is read in slices, and is over after a while: each record with a stack may take a millisecond. */
const SLICE = 128;
const BATCH_NS = 100_000_000n;
/** Batches that a due timer waits for at most: a flood of records must not hold it up for good. */
const BATCHES_BEFORE_TICK = 16;

export class RecordBatches {
  readonly #records: LoadedObject['records'];
  readonly #handle: RecordDecoder['handle'];
  readonly #clock: Pick<SessionClock, 'monotonicNs'>;

  constructor(records: LoadedObject['records'], handle: RecordDecoder['handle'], clock: Pick<SessionClock, 'monotonicNs'>) {
    this.#records = records;
    this.#handle = handle;
    this.#clock = clock;
  }

  /** @returns how many records there were; {@link BATCH} when there may be more */
  read(): number {
    const until = this.#clock.monotonicNs() + BATCH_NS;
    for (let done = 0; done < BATCH;) {
      const read = this.#records?.drain(this.#handle, SLICE) ?? 0;
      done += read;
      if (read < SLICE) return done;
      if (this.#clock.monotonicNs() >= until) break;
    }
    return BATCH;
  }

  /** Goes on to the end of what is there, or for some batches. @param read what the last batch was @returns the same of the last now */
  readOn(read: number): number {
    let last = read;
    for (let batch = 0; batch < BATCHES_BEFORE_TICK && last === BATCH; batch += 1) last = this.read();
    return last;
  }
}
