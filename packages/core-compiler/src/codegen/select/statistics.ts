/** Statistics: `<<<`, and reading them. All words but those of @variance change atomically: handlers of one CPU may interrupt each other. */
import { EXTREME_RANK, GLOBALS_MAP } from '@stapkit/object';
import type { GlobalId, IrInstruction, StatLayout, StatShape, Value } from '@stapkit/object';
import type { Register } from '../../bpf/index.js';
import { FP, HELPER, R0, R1, R2, R3, R4, asm } from '../../bpf/index.js';
import { ERRORS } from '../error-messages.js';
import type { Address, FunctionEmitter } from '../function-emitter.js';
import { LOG_BUCKETS } from '../stat-layout.js';
import type { HashStorage, StripedStorage } from '../storage.js';
import { BPF_NOEXIST, lookup, retryAfterRace, stampTime, update, withKey, withValue } from './arrays.js';
import { errorLabel } from './raise.js';
import { zeroBytes } from './text-memory.js';

function shapeOf(e: FunctionEmitter, global: GlobalId): StatShape {
  const found = e.env.program.globals[global];
  const shape = found !== undefined && 'stat' in found ? found.stat : undefined;
  if (shape === undefined) throw new Error(`internal error: global ${global} is not a statistic`);
  return shape;
}

/** r0 = the map's only value. */
function lookupFirst(e: FunctionEmitter, map: string): void {
  e.withTemp(8, (at) => {
    e.emit(asm.storeImm(4, FP, at, 0), asm.mov.reg(R2, FP), asm.add.imm(R2, at), asm.loadMap(R1, map), asm.call(HELPER.mapLookup));
  });
}

/** r0 = this CPU's copy. The mask proves to the verifier that it is inside the map's value. */
function findStripe(e: FunctionEmitter, { offset, stripes, stride }: StripedStorage): void {
  e.emit(asm.call(HELPER.getSmpProcessorId), asm.and.imm(R0, stripes - 1), asm.shl.imm(R0, Math.log2(stride)));
  e.emit(asm.loadData(R1, GLOBALS_MAP, offset), asm.add.reg(R0, R1));
}

export function emitStatAdd(e: FunctionEmitter, one: Extract<IrInstruction, { op: 'stat-add' }>): void {
  const storage = e.env.storage.storages[one.global];
  const shape = shapeOf(e, one.global);
  if (storage?.kind === 'striped') {
    findStripe(e, storage);
    addSample(e, 0, storage.layout, shape, one.value);
    return;
  }
  if (storage?.kind === 'per-cpu') {
    const done = e.label('added');
    lookupFirst(e, storage.map);
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, done));
    addSample(e, storage.offset, storage.layout, shape, one.value);
    e.bind(done);
    return;
  }
  if (storage?.kind !== 'hash' || storage.layout === undefined) throw new Error(`internal error: global ${one.global} keeps no statistic`);
  addToEntry(e, one.global, storage, storage.layout, shape, one.keys ?? [], one.value);
}

function addToEntry(e: FunctionEmitter, global: GlobalId, storage: HashStorage, layout: StatLayout, shape: StatShape, keys: readonly Value[], sample: Value): void {
  withKey(e, storage, keys, (key) => {
    const found = e.label('found');
    const absent = e.label('absent');
    const done = e.label('added');
    lookup(e, storage, key);
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent));
    e.bind(found);
    addSample(e, storage.valueOffset, layout, shape, sample);
    e.bind(done);
    e.later(() => {
      e.bind(absent);
      withValue(e, storage, (value) => {
        zeroBytes(e, value, storage.valueBytes);
        stampTime(e, storage, value);
        update(e, storage, key, value, BPF_NOEXIST);
      });
      const other = e.label('made by another');
      e.emit(asm.jumpIf('ne', R0, { imm: 0 }, other));
      lookup(e, storage, key);
      e.emit(asm.jumpIf('ne', R0, { imm: 0 }, found), asm.jump(errorLabel(e, ERRORS.arrayUpdate, { long: -17n })));
      e.bind(other);
      retryAfterRace(e, global, storage, key, () => {
        e.emit(asm.jump(found));
      }, done);
    });
  });
}

/** Adds the sample to the statistic at r0 + offset. Keeps r0. The count last but for what needs it: who finds one finds a minimum. */
function addSample(e: FunctionEmitter, offset: number, layout: StatLayout, shape: StatShape, sample: Value): void {
  if (layout.min !== undefined) keepExtreme(e, offset + layout.min, EXTREME_RANK.min, sample);
  if (layout.max !== undefined) keepExtreme(e, offset + layout.max, EXTREME_RANK.max, sample);
  if (layout.sum !== undefined) e.emit(asm.atomicAdd(R0, offset + layout.sum, e.reg(sample, R1)));
  if (layout.count !== undefined) {
    e.emit(asm.mov.imm(R2, 1));
    // r2: the count before.
    if (layout.variance === undefined) e.emit(asm.atomicAdd(R0, offset + layout.count, R2));
    else if (e.env.features.atomicFetch) e.emit(asm.atomicFetchAdd(R0, offset + layout.count, R2));
    else e.emit(asm.load(8, R3, R0, offset + layout.count), asm.atomicAdd(R0, offset + layout.count, R2), asm.mov.reg(R2, R3));
  }
  if (layout.variance !== undefined) addToVariance(e, offset + layout.variance, shape.varianceShift ?? 0, sample);
  if (layout.histogram !== undefined) addToHistogram(e, offset + layout.histogram.offset, layout.histogram.buckets, shape, sample);
}

/** Each time another handler has put a rank there in between, a lower one than ours: that many in a row do not happen, and would be counted. */
const EXTREME_ATTEMPTS = 16;

/** The word becomes the sample's rank if that is higher (see StatLayout). Keeps r0 and r2. */
function keepExtreme(e: FunctionEmitter, offset: number, rank: bigint, sample: Value): void {
  const R5: Register = 5;
  const kept = e.label('kept');
  e.into(sample, R1);
  e.constant(R3, rank);
  e.emit(asm.xor.reg(R1, R3));
  if (!e.env.features.atomicFetch) {
    // Before Linux 5.12 there is no such step: between these two instructions an interrupt's sample can be lost, or another CPU's.
    e.emit(asm.load(8, R3, R0, offset), asm.jumpIf('ge', R3, { reg: R1 }, kept), asm.store(8, R0, offset, R1));
    e.bind(kept);
    return;
  }
  const [changed, again] = [e.label('changed meanwhile'), e.label('again')];
  const attempt = () => [asm.jumpIf('ge', R0, { reg: R1 }, kept), asm.mov.reg(R3, R0), asm.compareExchange(R4, offset, R1)];
  e.emit(asm.mov.reg(R4, R0), asm.load(8, R0, R4, offset), ...attempt(), asm.jumpIf('ne', R0, { reg: R3 }, changed));
  e.bind(kept);
  e.emit(asm.mov.reg(R0, R4));
  e.later(() => {
    e.bind(changed);
    e.emit(asm.mov.imm(R5, EXTREME_ATTEMPTS));
    e.bind(again);
    e.emit(...attempt(), asm.jumpIf('eq', R0, { reg: R3 }, kept), asm.sub.imm(R5, 1), asm.jumpIf('ne', R5, { imm: 0 }, again));
    e.count('skippedBusy');
    e.emit(asm.jump(kept));
  });
}

/**
 * Welford's algorithm in integers scaled by 2^shift: mean += d / count; squares += d * (x - mean). r2 is the count before; keeps r0 alone. Two
 * words that belong together cannot change in one step: what a handler adds that comes between is lost to the variance.
 */
function addToVariance(e: FunctionEmitter, offset: number, shift: number, sample: Value): void {
  const [R5, count] = [5, R2] as const;
  e.into(sample, R1);
  e.emit(asm.shl.imm(R1, shift), asm.add.imm(count, 1));
  e.emit(asm.load(8, R3, R0, offset), asm.mov.reg(R4, R1), asm.sub.reg(R4, R3));
  // r5 = r4 / count, truncated; then the new mean in r3.
  const positive = e.label('positive');
  const negative = e.label('negative');
  const divided = e.label('divided');
  e.emit(asm.mov.reg(R5, R4), asm.jumpIf('slt', R4, { imm: 0 }, negative));
  e.bind(positive);
  e.emit(asm.div.reg(R5, count), asm.jump(divided));
  e.bind(negative);
  e.emit(asm.neg(R5), asm.div.reg(R5, count), asm.neg(R5));
  e.bind(divided);
  e.emit(asm.add.reg(R3, R5), asm.store(8, R0, offset, R3));
  e.emit(asm.sub.reg(R1, R3), asm.mul.reg(R4, R1), asm.load(8, R3, R0, offset + 8), asm.add.reg(R3, R4), asm.store(8, R0, offset + 8, R3));
}

function addToHistogram(e: FunctionEmitter, offset: number, buckets: number, shape: StatShape, sample: Value): void {
  if (shape.histogram?.kind === 'linear') linearBucket(e, shape.histogram, buckets, sample);
  else logBucket(e, sample);
  // r1: the bucket. The check tells the verifier its bound.
  const done = e.label('counted');
  e.emit(asm.jumpIf('gt', R1, { imm: buckets - 1 }, done), asm.shl.imm(R1, 3), asm.add.reg(R1, R0), asm.mov.imm(R2, 1), asm.atomicAdd(R1, offset, R2));
  e.bind(done);
}

/** r1 = 0 below `low`, the last above the range, else (sample - low) / interval + 1. */
function linearBucket(e: FunctionEmitter, { low, interval }: { readonly low: number; readonly interval: number }, buckets: number, sample: Value): void {
  const done = e.label('bucket');
  e.into(sample, R2);
  e.constant(R3, BigInt(low));
  e.emit(asm.mov.imm(R1, 0), asm.jumpIf('slt', R2, { reg: R3 }, done));
  e.emit(asm.sub.reg(R2, R3));
  e.constant(R3, BigInt(interval));
  e.emit(asm.div.reg(R2, R3), asm.mov.reg(R1, R2), asm.add.imm(R1, 1), asm.jumpIf('le', R1, { imm: buckets - 1 }, done), asm.mov.imm(R1, buckets - 1));
  e.bind(done);
}

/**
 * r1 = 64 for 0, 64 + bits for positive, 64 - bits for negative numbers. Without branches: the verifier would follow each of the 128 buckets
 * by itself, to the end of the handler.
 */
function logBucket(e: FunctionEmitter, sample: Value): void {
  const R5 = 5;
  e.into(sample, R2);
  // r3: -1 for negative numbers, else 0; r2: the magnitude; r1: how many bits have been counted.
  e.emit(asm.mov.reg(R3, R2), asm.arsh.imm(R3, 63), asm.xor.reg(R2, R3), asm.sub.reg(R2, R3), asm.mov.imm(R1, 0));
  // r4: 1 when the magnitude has more than 32 bits, 16 bits, …; it may have 64, so that only what is left after the first step compares as signed.
  e.emit(asm.mov.reg(R4, R2), asm.shr.imm(R4, 32), asm.neg(R4));
  for (const step of [5, 4, 3, 2, 1]) {
    if (step < 5) e.emit(asm.mov.imm(R4, 2 ** (2 ** step) - 1), asm.sub.reg(R4, R2));
    e.emit(asm.shr.imm(R4, 63), asm.shl.imm(R4, step), asm.shr.reg(R2, R4), asm.add.reg(R1, R4));
  }
  // 0 to 3 is left: 0, 1, 2, 2 bits.
  e.emit(asm.mov.reg(R5, R2), asm.shr.imm(R5, 1), asm.or.reg(R2, R5), asm.and.imm(R2, 1), asm.add.reg(R1, R5), asm.add.reg(R1, R2));
  e.emit(asm.xor.reg(R1, R3), asm.sub.reg(R1, R3), asm.add.imm(R1, LOG_BUCKETS / 2));
}

/** Runs `use` with the statistic's address in r0 (at the offset given), or `empty` when there is none. */
function withStatistic(e: FunctionEmitter, global: GlobalId, keys: readonly Value[] | undefined, use: (offset: number, layout: StatLayout) => void, empty: () => void): void {
  const storage = e.env.storage.storages[global];
  const absent = e.label('absent');
  const done = e.label('read');
  const body = (offset: number, layout: StatLayout): void => {
    e.emit(asm.jumpIf('eq', R0, { imm: 0 }, absent));
    use(offset, layout);
    e.bind(done);
    e.later(() => {
      e.bind(absent);
      empty();
      e.emit(asm.jump(done));
    });
  };
  if (storage?.kind === 'per-cpu') {
    lookupFirst(e, storage.map);
    body(storage.offset, storage.layout);
  } else if (storage?.kind === 'hash' && storage.layout !== undefined) {
    const { layout } = storage;
    withKey(e, storage, keys ?? [], (key: Address) => {
      lookup(e, storage, key);
      body(storage.valueOffset, layout);
    });
  } else throw new Error(`internal error: global ${global} keeps no statistic`);
}

export function emitStatGet(e: FunctionEmitter, { fn, dst, global, keys }: Extract<IrInstruction, { op: 'stat-get' }>): void {
  const isTotal = fn === 'count' || fn === 'sum';
  withStatistic(e, global, keys, (offset, layout) => {
    const word = (name: 'count' | 'sum' | 'min' | 'max' | 'variance', to: Register): void => {
      const place = layout[name];
      if (place === undefined) throw new Error(`internal error: the statistic does not keep its ${name}`);
      e.emit(asm.load(8, to, R0, offset + place));
      if (name !== 'min' && name !== 'max') return;
      e.constant(R3, EXTREME_RANK[name]);
      e.emit(asm.xor.reg(to, R3));
    };
    if (!isTotal) {
      word('count', R1);
      e.emit(asm.jumpIf('eq', R1, { imm: 0 }, errorLabel(e, ERRORS.emptyAggregate)));
    }
    if (fn === 'avg') {
      word('sum', R2);
      divideSigned(e, R2, R1);
    } else if (fn === 'variance') readVariance(e, offset, layout, shapeOf(e, global).varianceShift ?? 0);
    else word(fn, R2);
    e.commit(dst, R2);
  }, () => {
    if (!isTotal) e.emit(asm.jump(errorLabel(e, ERRORS.emptyAggregate)));
    else {
      e.emit(asm.mov.imm(R2, 0));
      e.commit(dst, R2);
    }
  });
}

/** value /= by, by being positive. */
function divideSigned(e: FunctionEmitter, value: Register, by: Register): void {
  const [negative, done] = [e.label('negative'), e.label('divided')];
  e.emit(asm.jumpIf('slt', value, { imm: 0 }, negative), asm.div.reg(value, by), asm.jump(done));
  e.bind(negative);
  e.emit(asm.neg(value), asm.div.reg(value, by), asm.neg(value));
  e.bind(done);
}

/**
 * r2 = (squares / (count - 1) * (count - 1) + count * (Welford's mean - the true one)²) / (count - 1), unscaled; 0 for one
 * sample. r1 is the count. As stap rounds, see the host's Statistic.
 */
function readVariance(e: FunctionEmitter, offset: number, { sum = 0, variance = 0 }: StatLayout, shift: number): void {
  const R5: Register = 5;
  const done = e.label('variance');
  e.emit(asm.mov.imm(R2, 0), asm.jumpIf('le', R1, { imm: 1 }, done), asm.load(8, R2, R0, offset + variance + 8), asm.mov.reg(R3, R1), asm.sub.imm(R3, 1));
  divideSigned(e, R2, R3);
  e.emit(asm.mul.reg(R2, R3), asm.load(8, R4, R0, offset + sum), asm.shl.imm(R4, shift));
  divideSigned(e, R4, R1);
  e.emit(asm.load(8, R5, R0, offset + variance), asm.sub.reg(R5, R4), asm.mul.reg(R5, R5), asm.mul.reg(R5, R1), asm.add.reg(R2, R5));
  divideSigned(e, R2, R3);
  e.emit(asm.arsh.imm(R2, Math.min(63, 2 * shift)));
  e.bind(done);
}

export function emitHistogramGet(e: FunctionEmitter, { dst, global, keys, index }: Extract<IrInstruction, { op: 'histogram-get' }>): void {
  withStatistic(e, global, keys, (offset, layout) => {
    if (layout.histogram === undefined) throw new Error('internal error: the statistic keeps no histogram');
    raiseIfEmpty(e, offset, layout);
    e.into(index, R1);
    e.emit(asm.jumpIf('gt', R1, { imm: layout.histogram.buckets - 1 }, errorLabel(e, ERRORS.histogramIndex)));
    e.emit(asm.shl.imm(R1, 3), asm.add.reg(R0, R1), asm.load(8, R2, R0, offset + layout.histogram.offset));
    e.commit(dst, R2);
  }, () => {
    e.emit(asm.jump(errorLabel(e, ERRORS.emptyAggregate)));
  });
}

function raiseIfEmpty(e: FunctionEmitter, offset: number, layout: StatLayout): void {
  if (layout.count === undefined) throw new Error('internal error: the statistic does not keep its count');
  e.emit(asm.load(8, R1, R0, offset + layout.count), asm.jumpIf('eq', R1, { imm: 0 }, errorLabel(e, ERRORS.emptyAggregate)));
}

/** Copies the buckets to a place in memory; an empty statistic raises its error. */
export function copyHistogram(e: FunctionEmitter, { global, keys }: { readonly global: GlobalId; readonly keys: readonly Value[] }, to: Address): void {
  withStatistic(e, global, keys, (offset, layout) => {
    if (layout.histogram === undefined) throw new Error('internal error: the statistic keeps no histogram');
    raiseIfEmpty(e, offset, layout);
    e.pointer(R3, { register: R0, offset: offset + layout.histogram.offset });
    e.pointer(R1, to);
    e.emit(asm.mov.imm(R2, 8 * layout.histogram.buckets), asm.call(HELPER.probeReadKernel));
  }, () => {
    e.emit(asm.jump(errorLabel(e, ERRORS.emptyAggregate)));
  });
}

/** `delete s`. Only shared statistics are cleared by handlers (see storage.ts). */
export function clearStatistic(e: FunctionEmitter, global: GlobalId): void {
  const storage = e.env.storage.storages[global];
  if (storage?.kind !== 'per-cpu') throw new Error(`internal error: global ${global} is not a scalar statistic`);
  const done = e.label('cleared');
  lookupFirst(e, storage.map);
  e.emit(asm.jumpIf('eq', R0, { imm: 0 }, done));
  for (let word = 0; word < storage.layout.bytes; word += 8) e.emit(asm.storeImm(8, R0, storage.offset + word, 0));
  e.bind(done);
}
