/** A statistic that is a scalar global and keeps a count and a sum at most: copies in the globals map, which kernel handlers add to atomically. */
import type { GlobalStorage, IrGlobal } from '@stapkit/object';
import type { GlobalMemory } from './global-memory.js';
import type { StatisticServices, StatisticStore } from './scalar-statistic.js';
import { Statistic, checkLayout } from './statistic.js';

type StripedStorage = Extract<GlobalStorage, { kind: 'striped' }>;

interface Totals { readonly count: bigint; readonly sum: bigint }

/**
 * All additions are atomic, from here too. One handler run sees one state of the statistic, as if it were locked: `delete`
 * takes away what the run has seen, so that samples that came since count for the next.
 */
export class StripedStatistic implements StatisticStore {
  private readonly global: Extract<IrGlobal, { kind: 'stat' }>;
  private readonly storage: StripedStorage;
  private readonly memory: GlobalMemory;
  private readonly services: Pick<StatisticServices, 'currentRun'>;
  private seen: { readonly run: number; readonly totals: Totals } | undefined;

  constructor(global: Extract<IrGlobal, { kind: 'stat' }>, storage: StripedStorage, memory: GlobalMemory, services: Pick<StatisticServices, 'currentRun'>) {
    this.global = global;
    this.storage = storage;
    this.memory = memory;
    this.services = services;
    checkLayout(global.stat, storage.layout);
  }

  private total(word: number | undefined): bigint {
    if (word === undefined) return 0n;
    const { offset, stripes, stride } = this.storage;
    let total = 0n;
    for (let stripe = 0; stripe < stripes; stripe += 1) total += this.memory.load(offset + stripe * stride + word);
    return BigInt.asIntN(64, total);
  }

  private totals(): Totals {
    const run = this.services.currentRun();
    if (run !== undefined && this.seen?.run === run) return this.seen.totals;
    const totals = { count: this.total(this.storage.layout.count), sum: this.total(this.storage.layout.sum) };
    this.seen = run === undefined ? undefined : { run, totals };
    return totals;
  }

  /** Adds to the first copy, and to what the run that is going on has seen. */
  private add(change: Totals): void {
    const { offset, layout } = this.storage;
    if (layout.count !== undefined) this.memory.add(offset + layout.count, change.count);
    if (layout.sum !== undefined) this.memory.add(offset + layout.sum, change.sum);
    if (this.seen === undefined) return;
    const { run, totals } = this.seen;
    this.seen = { run, totals: { count: totals.count + change.count, sum: BigInt.asIntN(64, totals.sum + change.sum) } };
  }

  read(): Statistic {
    const statistic = new Statistic(this.global.stat);
    const { count, sum } = this.totals();
    statistic.count = count;
    statistic.sum = sum;
    return statistic;
  }

  addSample(sample: bigint): void {
    this.add({ count: 1n, sum: sample });
  }

  clear(): void {
    const { count, sum } = this.totals();
    this.add({ count: -count, sum: BigInt.asIntN(64, -sum) });
  }
}
