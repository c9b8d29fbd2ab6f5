/** timer.s, timer.ms … probes: when each is due. Intervals do not drift: the next time counts from when the last was due. */
import type { ObjectMetadata } from '@stapkit/object';

interface Timer {
  readonly probe: number;
  readonly intervalNs: bigint;
  readonly randomizeNs: bigint;
  dueNs: bigint;
}

/** Below this interval waiting is too coarse, so that missed ticks are made up for; above it they are skipped, as hrtimers skip them. */
const CATCH_UP_BELOW_NS = 2_000_000n;
/** Made-up ticks at once, so that a timer faster than its handler does not starve the session. */
const BURST_MAX = 100;

export class HostTimers {
  private readonly timers: readonly Timer[];
  private readonly random: () => number;

  /** `startNs`: when the probes were armed; the first ticks come one interval later. */
  constructor(metadata: ObjectMetadata, startNs: bigint, random: () => number = Math.random) {
    this.random = random;
    this.timers = metadata.probes.flatMap(({ where, attach }, probe): Timer[] => {
      if (where !== 'host' || attach.kind !== 'timer') return [];
      const timer = { probe, intervalNs: attach.intervalNs > 0n ? attach.intervalNs : 1n, randomizeNs: attach.randomizeNs, dueNs: startNs };
      this.advance(timer);
      return [timer];
    });
  }

  private advance(timer: Timer): void {
    let step = timer.intervalNs;
    if (timer.randomizeNs > 0n) {
      const spread = 2 * Number(timer.randomizeNs);
      step += BigInt(Math.round(this.random() * spread)) - timer.randomizeNs;
    }
    timer.dueNs += step > 0n ? step : 1n;
  }

  /** When the next tick is due; undefined without timers. */
  nextDueNs(): bigint | undefined {
    let next: bigint | undefined;
    for (const { dueNs } of this.timers) if (next === undefined || dueNs < next) next = dueNs;
    return next;
  }

  /** Runs what is due at `nowNs`, in order of time, until `run` says to stop. */
  runDue(nowNs: bigint, run: (probe: number) => boolean): void {
    for (let burst = 0; burst < BURST_MAX; burst += 1) {
      const [timer] = this.timers.filter(({ dueNs }) => dueNs <= nowNs).sort((a, b) => (a.dueNs < b.dueNs ? -1 : a.dueNs > b.dueNs ? 1 : 0));
      if (timer === undefined) return;
      this.advance(timer);
      if (timer.dueNs <= nowNs && timer.intervalNs >= CATCH_UP_BELOW_NS) {
        const missed = (nowNs - timer.dueNs) / timer.intervalNs + 1n;
        timer.dueNs += missed * timer.intervalNs;
      }
      if (!run(timer.probe)) return;
    }
  }
}
