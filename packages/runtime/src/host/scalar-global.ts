/** A scalar global as one value: a word or a string slot in the globals map, or a statistic that can only be cleared. */
import type { ObjectMetadata } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import { InternalError } from '../format/script-error.js';
import type { GlobalMemory } from './global-memory.js';
import type { StatisticStore } from './scalar-statistic.js';

export class ScalarGlobal {
  private readonly global: ObjectMetadata['globals'][number];
  private readonly memory: GlobalMemory;
  private readonly statistic: StatisticStore | undefined;
  private readonly unpack: (text: string) => string;

  constructor(global: ObjectMetadata['globals'][number], memory: GlobalMemory, statistic: StatisticStore | undefined, unpack: (text: string) => string = (text) => text) {
    this.unpack = unpack;
    this.global = global;
    this.memory = memory;
    this.statistic = statistic;
  }

  private slot(): { offset: number; bytes: number } {
    if (this.global.storage.kind !== 'slot') throw new InternalError(`global "${this.global.name}" is not a number or a string`);
    return this.global.storage;
  }

  load(): Scalar {
    const { offset, bytes } = this.slot();
    if (this.global.kind !== 'string') return this.memory.load(offset);
    const text = this.memory.text(offset, bytes);
    return this.global.packed === true ? this.unpack(text) : text;
  }

  store(value: Scalar): void {
    const { offset, bytes } = this.slot();
    if (typeof value === 'string') this.memory.storeText(offset, bytes, value);
    else this.memory.store(offset, value);
  }

  /** Atomic; gives the value before. */
  add(amount: bigint): bigint {
    return this.memory.add(this.slot().offset, amount);
  }

  clear(): void {
    if (this.statistic !== undefined) this.statistic.clear();
    else this.store(this.global.kind === 'string' ? '' : 0n);
  }
}
