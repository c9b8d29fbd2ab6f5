/** For tests: a clock that moves only when the session waits, and a loaded object whose records are made by hand. */
import type { LeafEncoding, ObjectMetadata, ProgramMetadata } from '@stapkit/object';
import { SESSION } from '@stapkit/object';
import { createMemoryMaps } from '../host/memory-map.js';
import type { LoadedObject, MissedHits } from '../load/loaded-object.js';
import type { SessionClock } from './clock.js';

export class FakeClock implements SessionClock {
  now = 1_000_000_000n;
  /** Called with the time since the clock started, in ms, before each wait ends. */
  onTick: (milliseconds: number) => void = () => undefined;
  private woken = false;

  monotonicNs(): bigint {
    return this.now;
  }

  realtimeNs(): bigint {
    return this.now + 5_000_000_000n;
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.woken) this.now += BigInt(Math.round(milliseconds * 1e6));
    this.woken = false;
    await new Promise((resolve) => { setImmediate(resolve); });
    this.onTick(Number(this.now - 1_000_000_000n) / 1e6);
  }

  wake(): void {
    this.woken = true;
  }
}

/** One entry of a record. */
export function entry(site: number, leaves: readonly LeafEncoding[] = [], values: readonly (bigint | string)[] = []): Buffer {
  const parts = leaves.map((leaf, index) => {
    const value = values[index] ?? 0n;
    if (typeof value === 'bigint') {
      const word = Buffer.alloc(8);
      word.writeBigInt64LE(value);
      return word;
    }
    const bytes = Buffer.from(value, 'latin1');
    if (leaf.kind === 'fixed') return Buffer.concat([bytes, Buffer.alloc(leaf.bytes - bytes.length)]);
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(bytes.length));
    return Buffer.concat([length, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  });
  const header = Buffer.alloc(8);
  header.writeUInt32LE(site, 0);
  header.writeUInt32LE(8 + parts.reduce((sum, part) => sum + part.length, 0), 4);
  return Buffer.concat([header, ...parts]);
}

/** A loaded object with a ring buffer that the test fills; `log` says what was done with it. */
export class FakeObject implements LoadedObject {
  readonly metadata: ObjectMetadata;
  readonly maps: ReturnType<typeof createMemoryMaps>;
  readonly possibleCpus = 1;
  readonly log: string[] = [];
  readonly waiting: Buffer[] = [];
  readonly words: BigInt64Array;
  attachError: Error | undefined;
  /** Since the session asked before. */
  missed = { runs: 0, returns: 0 };
  /** Called when the session detaches, once. */
  onDetach: () => void = () => undefined;
  readonly records = {
    drain: (handle: (bytes: Uint8Array, start: number, end: number) => void, limit: number): number => {
      let count = 0;
      for (let record = this.waiting.shift(); record !== undefined; record = this.waiting.shift()) {
        const bytes = new Uint8Array(record.length + 64);
        bytes.set(record, 64);
        handle(bytes, 64, bytes.length);
        count += 1;
        if (count === limit) break;
      }
      return count;
    },
  };

  constructor(metadata: ObjectMetadata) {
    // Any program will do: it says that there is a kernel side.
    const program: ProgramMetadata = { symbol: 'p', section: 'raw_tp/x', kind: 'raw_tp', target: { kind: 'never' }, probes: [], role: 'handler' };
    this.metadata = { ...metadata, programs: [program] };
    this.maps = createMemoryMaps(metadata);
    this.words = new BigInt64Array(this.maps.get('globals')?.memory ?? new ArrayBuffer(SESSION.size));
  }

  takeMissedHits(): MissedHits {
    const { missed } = this;
    this.missed = { runs: 0, returns: 0 };
    return missed;
  }

  get state(): bigint | undefined {
    return this.words[SESSION.state / 8];
  }

  attach(): [] {
    this.log.push(`attach in state ${this.state}`);
    if (this.attachError !== undefined) throw this.attachError;
    return [];
  }

  detach(): void {
    if (!this.log.some((what) => what.startsWith('detach'))) this.onDetach();
    this.log.push(`detach in state ${this.state}`);
  }

  close(): void {
    this.log.push('close');
  }
}
