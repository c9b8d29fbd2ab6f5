/** A statistic that is a scalar global: one slot in a per-CPU array map (or in a plain one, when kernel handlers read it). */
import type { GlobalStorage, IrGlobal } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import type { ArrayServices } from './array-store.js';
import { Statistic, addToValue, checkLayout, readStatistic } from './statistic.js';

type PerCpuStorage = Extract<GlobalStorage, { kind: 'per-cpu' }>;

export interface StatisticServices extends ArrayServices {
  /** Names the handler run that is going on; undefined outside of one. */
  currentRun(): number | undefined;
}

/** What a scalar statistic does, wherever it lies. */
export interface StatisticStore {
  read(): Statistic;
  addSample(sample: bigint): void;
  clear(): void;
}

/**
 * BPF programs write their CPU's part at any time, and a map value can only be written whole. So while they run,
 * additions from here are kept beside the map, and `delete` keeps what there was as a baseline that reading subtracts,
 * instead of zeroing: no sample of this or another statistic in the map is lost. (@min, @max and @variance cannot be
 * subtracted: those are zeroed, and samples of the few microseconds that this takes are lost.)
 *
 * One handler run sees one state of the statistic: `print(@count(x)); delete x` deletes what it printed, as if x were locked.
 */
export class ScalarStatistic implements StatisticStore {
  private readonly global: Extract<IrGlobal, { kind: 'stat' }>;
  private readonly storage: PerCpuStorage;
  private readonly map: BpfMap;
  private readonly services: StatisticServices;
  private readonly key = new Uint8Array(4);
  private readonly perCpu: boolean;
  private readonly subtractable: boolean;
  private beside: Statistic | undefined;
  private baseline: Statistic | undefined;
  private seen: { run: number; statistic: Statistic } | undefined;

  constructor(global: Extract<IrGlobal, { kind: 'stat' }>, storage: PerCpuStorage, map: BpfMap, services: StatisticServices) {
    this.global = global;
    this.storage = storage;
    this.map = map;
    this.services = services;
    this.perCpu = map.metadata.type === 'percpu_array';
    this.subtractable = !global.stat.functions.some((fn) => fn === 'min' || fn === 'max' || fn === 'variance');
    checkLayout(global.stat, storage.layout);
  }

  private get stride(): number {
    return (this.map.metadata.valueBytes + 7) & ~7;
  }

  private value(): Uint8Array {
    return this.map.lookup(this.key) ?? new Uint8Array(this.stride * (this.perCpu ? this.services.possibleCpus : 1));
  }

  private besideMap(): boolean {
    return this.perCpu && this.services.kernelActive();
  }

  /** What the map holds, as first seen by the handler run that is going on. */
  private mapped(): Statistic {
    const run = this.services.currentRun();
    if (run !== undefined && this.seen?.run === run) return this.seen.statistic;
    const statistic = readStatistic(this.value(), this.stride, this.storage.offset, this.storage.layout, this.global.stat);
    this.seen = run === undefined ? undefined : { run, statistic };
    return statistic;
  }

  read(): Statistic {
    const whole = new Statistic(this.global.stat);
    whole.merge(this.mapped());
    if (this.baseline !== undefined) whole.subtract(this.baseline);
    if (this.beside !== undefined) whole.merge(this.beside);
    return whole;
  }

  addSample(sample: bigint): void {
    if (this.besideMap()) {
      this.beside ??= new Statistic(this.global.stat);
      this.beside.add(sample);
      return;
    }
    const value = this.value();
    addToValue(value, this.storage.offset, this.storage.layout, this.global.stat, sample);
    this.write(value);
  }

  clear(): void {
    this.beside = undefined;
    if (this.subtractable && this.besideMap()) {
      this.baseline = this.mapped();
      return;
    }
    this.baseline = undefined;
    const value = this.value();
    for (let at = this.storage.offset; at < value.length; at += this.stride) value.fill(0, at, at + this.storage.layout.bytes);
    this.write(value);
  }

  private write(value: Uint8Array): void {
    this.seen = undefined;
    this.map.update(this.key, value, 'any');
  }
}
