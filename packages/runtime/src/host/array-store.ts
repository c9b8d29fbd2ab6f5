/** A script's array in a hash map: keys and values to and from bytes, overflow, order of insertion. */
import type { GlobalStorage, IrGlobal } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import type { Scalar } from '../format/printf.js';
import { InternalError, ScriptError } from '../format/script-error.js';
import { readText, writeText } from './global-memory.js';
import { mergeEqualKeys, packedForms } from './packed-keys.js';
import type { PackedTexts } from './packed-texts.js';
import { Statistic, addToValue, checkLayout, readStatistic } from './statistic.js';

export type ArrayGlobal = Extract<IrGlobal, { kind: 'array' }>;
export type HashStorage = Extract<GlobalStorage, { kind: 'hash' }>;

/** One element in a snapshot. `value` is undefined in arrays of statistics. */
export interface ArrayEntry {
  readonly keys: readonly Scalar[];
  readonly value: Scalar | undefined;
  readonly statistic: Statistic | undefined;
  readonly insertedAt: bigint;
}

export interface ArrayServices {
  /** How many CPUs' parts a per-CPU value has. */
  readonly possibleCpus: number;
  /** Stamps of insertion: the clock that the kernel's handlers use. */
  monotonicNs(): bigint;
  /** Kernel handlers may be writing now. */
  kernelActive(): boolean;
  readonly packed?: PackedTexts;
}

/**
 * Host additions to a per-CPU statistic cannot be atomic against BPF programs, so while these run they are kept
 * beside the map and folded in when it is read. (A statistic that kernel handlers read is not per-CPU; for them to
 * see the additions, those go into the map.)
 *
 * `array[key] += n` from a host probe is a read and a write: a kernel handler's write to the same element between the
 * two is lost. Scalar globals have no such window.
 */
export class ArrayStore {
  readonly global: ArrayGlobal;
  private readonly storage: HashStorage;
  private readonly map: BpfMap;
  private readonly services: ArrayServices;
  private readonly key: Uint8Array;
  private readonly beside = new Map<string, Statistic>();
  private lastStamp = 0n;
  private readonly hasPackedKeys: boolean;

  constructor(global: ArrayGlobal, storage: HashStorage, map: BpfMap, services: ArrayServices) {
    this.global = global;
    this.storage = storage;
    this.map = map;
    this.services = services;
    this.key = new Uint8Array(storage.keyBytes);
    this.hasPackedKeys = global.keys.some(({ packed }) => packed === true);
    if (global.value === 'stat') {
      if (storage.layout === undefined || global.stat === undefined) throw new InternalError(`array "${global.name}" has no statistic layout`);
      checkLayout(global.stat, storage.layout);
    }
  }

  private get stride(): number {
    return (this.storage.valueBytes + 7) & ~7;
  }

  private encode(keys: readonly Scalar[]): Uint8Array {
    const view = new DataView(this.key.buffer);
    this.storage.keys.forEach((slot, index) => {
      const key = keys[index];
      if (typeof key === 'bigint') view.setBigInt64(slot.offset, key, true);
      else writeText(this.key, slot.offset, slot.bytes, key ?? '');
    });
    return this.key;
  }

  private decode(key: Uint8Array): Scalar[] {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    return this.storage.keys.map((slot, index) => {
      if (slot.type === 'long') return view.getBigInt64(slot.offset, true);
      const text = readText(key, slot.offset, slot.bytes);
      return this.global.keys[index]?.packed === true ? this.unpacked(text) : text;
    });
  }

  private unpacked(text: string): string {
    return this.services.packed?.unpack(text) ?? text;
  }

  /** The keys as kernel handlers may have written them: a text of the script can stand for several packed ones. */
  private forms(keys: readonly Scalar[]): readonly (readonly Scalar[])[] {
    const { packed } = this.services;
    return this.hasPackedKeys && packed !== undefined ? packedForms(this.global, packed, keys) : [keys];
  }

  private keyText(): string {
    return Buffer.from(this.key.buffer).toString('latin1');
  }

  /** The scalar in a value; per-CPU longs are the sum of the CPUs' parts. */
  private scalar(value: Uint8Array): Scalar {
    const { valueOffset, valueBytes, perCpu } = this.storage;
    if (this.global.value === 'string') {
      const end = this.storage.insertedAt !== undefined && this.storage.insertedAt > valueOffset ? this.storage.insertedAt : valueBytes;
      const text = readText(value, valueOffset, end - valueOffset);
      return this.global.packed === true ? this.unpacked(text) : text;
    }
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    if (!perCpu) return view.getBigInt64(valueOffset, true);
    let sum = 0n;
    for (let at = valueOffset; at + 8 <= value.byteLength; at += this.stride) sum += view.getBigInt64(at, true);
    return BigInt.asIntN(64, sum);
  }

  /** The earliest stamp of the CPUs' parts; CPUs that never touched the element have 0. */
  private insertedAt(value: Uint8Array): bigint {
    const offset = this.storage.insertedAt;
    if (offset === undefined) return 0n;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    let earliest = 0n;
    for (let at = offset; at + 8 <= value.byteLength; at += this.stride) {
      const stamp = view.getBigInt64(at, true);
      if (stamp !== 0n && (earliest === 0n || stamp < earliest)) earliest = stamp;
    }
    return earliest;
  }

  /** Never the same twice, so that elements made within one tick of the clock keep their order. */
  private stamp(): bigint {
    const now = this.services.monotonicNs();
    this.lastStamp = now > this.lastStamp ? now : this.lastStamp + 1n;
    return this.lastStamp;
  }

  private overflow(): ScriptError {
    const limit = this.global.maxEntries;
    return new ScriptError(limit === undefined ? 'Array overflow, check MAXMAPENTRIES' : `Array overflow, check size limit (${limit})`);
  }

  /** Removes the element inserted first, for arrays that wrap. */
  private evictOldest(): boolean {
    let oldest: { key: Uint8Array; at: bigint } | undefined;
    for (const { key, value } of this.map.entries()) {
      const at = this.insertedAt(value);
      if (oldest === undefined || at < oldest.at) oldest = { key, at };
    }
    return oldest !== undefined && this.map.delete(oldest.key);
  }

  private write(key: Uint8Array, value: Uint8Array): void {
    if (this.map.update(key, value, 'any') === 'ok') return;
    if (this.global.wrap && this.evictOldest() && this.map.update(key, value, 'any') === 'ok') return;
    throw this.overflow();
  }

  private fresh(): Uint8Array {
    const value = new Uint8Array(this.stride * (this.storage.perCpu ? this.services.possibleCpus : 1));
    if (this.storage.insertedAt !== undefined) new DataView(value.buffer).setBigInt64(this.storage.insertedAt, this.stamp(), true);
    return value;
  }

  private empty(): Scalar {
    return this.global.value === 'string' ? '' : 0n;
  }

  get(keys: readonly Scalar[]): Scalar {
    const values = this.forms(keys).flatMap((form) => this.map.lookup(this.encode(form)) ?? []);
    const [first] = values;
    if (first === undefined) return this.empty();
    if (values.length === 1 || this.global.summed !== true) return this.scalar(first);
    return BigInt.asIntN(64, values.reduce((sum, value) => sum + BigInt(this.scalar(value)), 0n));
  }

  has(keys: readonly Scalar[]): boolean {
    return this.forms(keys).some((form) => this.map.lookup(this.encode(form)) !== undefined);
  }

  set(keys: readonly Scalar[], scalar: Scalar): void {
    const [form = keys, ...others] = this.forms(keys);
    for (const other of others) this.map.delete(this.encode(other));
    const key = this.encode(form);
    this.write(key, this.withScalar(this.map.lookup(key) ?? this.fresh(), scalar));
  }

  /** Adds and gives the values before and after. */
  add(keys: readonly Scalar[], amount: bigint): { old: bigint; new: bigint } {
    const before = this.hasPackedKeys ? this.get(keys) : undefined;
    const key = this.encode(this.forms(keys)[0] ?? keys);
    const value = this.map.lookup(key);
    const old = value === undefined ? 0n : this.scalar(value);
    if (typeof old !== 'bigint') throw new InternalError(`array "${this.global.name}" does not hold numbers`);
    const sum = BigInt.asIntN(64, old + amount);
    this.write(key, this.withScalar(value ?? this.fresh(), sum));
    return typeof before === 'bigint' ? { old: before, new: BigInt.asIntN(64, before + amount) } : { old, new: sum };
  }

  private withScalar(value: Uint8Array, scalar: Scalar): Uint8Array {
    const { valueOffset, valueBytes, insertedAt } = this.storage;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    if (typeof scalar === 'string') {
      const end = insertedAt !== undefined && insertedAt > valueOffset ? insertedAt : valueBytes;
      writeText(value, valueOffset, end - valueOffset, scalar);
      return value;
    }
    if (this.storage.perCpu) for (let at = valueOffset; at + 8 <= value.byteLength; at += this.stride) view.setBigInt64(at, 0n, true);
    view.setBigInt64(valueOffset, scalar, true);
    return value;
  }

  delete(keys: readonly Scalar[]): void {
    for (const form of this.forms(keys)) {
      const key = this.encode(form);
      this.beside.delete(this.keyText());
      this.map.delete(key);
    }
  }

  clear(): void {
    this.beside.clear();
    for (const { key } of this.map.entries()) this.map.delete(key);
  }

  private shape(): { layout: NonNullable<HashStorage['layout']>; stat: NonNullable<ArrayGlobal['stat']> } {
    const { layout } = this.storage;
    const { stat } = this.global;
    if (layout === undefined || stat === undefined) throw new InternalError(`array "${this.global.name}" does not hold statistics`);
    return { layout, stat };
  }

  addSample(keys: readonly Scalar[], sample: bigint): void {
    const { layout, stat } = this.shape();
    const key = this.encode(this.forms(keys)[0] ?? keys);
    if (!this.storage.perCpu || !this.services.kernelActive()) {
      const value = this.map.lookup(key) ?? this.fresh();
      addToValue(value, this.storage.valueOffset, layout, stat, sample);
      this.write(key, value);
      return;
    }
    if (this.map.lookup(key) === undefined) this.create(key);
    const text = this.keyText();
    const kept = this.beside.get(text) ?? new Statistic(stat);
    kept.add(sample);
    this.beside.set(text, kept);
  }

  /** Makes an element with an empty statistic, unless a kernel handler was first. */
  private create(key: Uint8Array): void {
    const value = this.fresh();
    const outcome = this.map.update(key, value, 'create');
    if (outcome === 'ok' || outcome === 'exists') return;
    if (!this.global.wrap || !this.evictOldest() || this.map.update(key, value, 'any') !== 'ok') throw this.overflow();
  }

  private fold(value: Uint8Array): Statistic {
    const { layout, stat } = this.shape();
    return readStatistic(value, this.stride, this.storage.valueOffset, layout, stat);
  }

  /** Empty for an absent element. */
  statistic(keys: readonly Scalar[]): Statistic {
    const [first, ...more] = this.forms(keys).map((form) => this.statisticOf(form));
    for (const one of more) first?.merge(one);
    return first ?? new Statistic(this.shape().stat);
  }

  private statisticOf(keys: readonly Scalar[]): Statistic {
    const key = this.encode(keys);
    const value = this.map.lookup(key);
    const whole = value === undefined ? new Statistic(this.shape().stat) : this.fold(value);
    const kept = value === undefined ? undefined : this.beside.get(this.keyText());
    if (kept !== undefined) whole.merge(kept);
    return whole;
  }

  /**
   * The elements in this order from now on, as if inserted so: a sorted foreach leaves its array sorted in stap. While
   * kernel handlers run it does not, since writing an element back could undo what they do to it.
   */
  reorder(entries: readonly ArrayEntry[]): void {
    const { insertedAt } = this.storage;
    if (insertedAt === undefined || this.services.kernelActive() || entries.length < 2) return;
    for (const keys of entries.flatMap((entry) => this.forms(entry.keys))) {
      const key = this.encode(keys);
      const value = this.map.lookup(key);
      if (value === undefined) continue;
      const stamp = this.stamp();
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
      for (let at = insertedAt; at + 8 <= value.byteLength; at += this.stride) {
        // CPUs that never touched the element keep their 0.
        if (!this.storage.perCpu || view.getBigInt64(at, true) !== 0n) view.setBigInt64(at, stamp, true);
        if (!this.storage.perCpu) break;
      }
      this.map.update(key, value, 'existing');
    }
  }

  /** A snapshot in order of insertion. */
  entries(): ArrayEntry[] {
    const stats = this.global.value === 'stat';
    const entries = this.map.entries().map(({ key, value }): ArrayEntry => {
      const statistic = stats ? this.fold(value) : undefined;
      const kept = stats ? this.beside.get(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')) : undefined;
      if (kept !== undefined) statistic?.merge(kept);
      return { keys: this.decode(key), value: stats ? undefined : this.scalar(value), statistic, insertedAt: this.insertedAt(value) };
    });
    return (this.hasPackedKeys ? mergeEqualKeys(this.global, entries) : entries).sort((a, b) => (a.insertedAt < b.insertedAt ? -1 : a.insertedAt > b.insertedAt ? 1 : 0));
  }
}
