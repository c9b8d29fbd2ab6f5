/** A statistic that is a scalar global: one slot in a per-CPU array map. */
import type { GlobalStorage, IrGlobal } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import type { ArrayServices } from './array-store.js';
import { Statistic, addToValue, checkLayout, readStatistic } from './statistic.js';

type PerCpuStorage = Extract<GlobalStorage, { kind: 'per-cpu' }>;

/** Additions while kernel handlers run are kept beside the map, as in ArrayStore. */
export class ScalarStatistic {
  private readonly global: Extract<IrGlobal, { kind: 'stat' }>;
  private readonly storage: PerCpuStorage;
  private readonly map: BpfMap;
  private readonly services: ArrayServices;
  private readonly key = new Uint8Array(4);
  private beside: Statistic | undefined;

  constructor(global: Extract<IrGlobal, { kind: 'stat' }>, storage: PerCpuStorage, map: BpfMap, services: ArrayServices) {
    this.global = global;
    this.storage = storage;
    this.map = map;
    this.services = services;
    checkLayout(global.stat, storage.layout);
  }

  private get stride(): number {
    return (this.map.metadata.valueBytes + 7) & ~7;
  }

  private value(): Uint8Array {
    return this.map.lookup(this.key) ?? new Uint8Array(this.stride * this.services.possibleCpus);
  }

  read(): Statistic {
    const whole = readStatistic(this.value(), this.stride, this.storage.offset, this.storage.layout, this.global.stat);
    if (this.beside !== undefined) whole.merge(this.beside);
    return whole;
  }

  addSample(sample: bigint): void {
    if (this.services.kernelActive()) {
      this.beside ??= new Statistic(this.global.stat);
      this.beside.add(sample);
      return;
    }
    const value = this.value();
    addToValue(value, this.storage.offset, this.storage.layout, this.global.stat, sample);
    this.map.update(this.key, value, 'any');
  }

  clear(): void {
    this.beside = undefined;
    const value = this.value();
    for (let at = this.storage.offset; at < value.length; at += this.stride) value.fill(0, at, at + this.storage.layout.bytes);
    this.map.update(this.key, value, 'any');
  }
}
