/** Where every global lives: which map, which offset. */
import type { GlobalId, GlobalStorage, IrBody, IrGlobal, IrProgram, Limits, MapMetadata, PrintArgument } from '@stapkit/object';
import { programFilters } from './process-sets.js';
import { placeFills } from './fill-tables.js';
import type { Fills } from './fill-tables.js';
import { placeGroupTables } from './regex-group-tables.js';
import type { PlacedGroups } from './regex-group-tables.js';
import { placeRegexTables } from './regex-tables.js';
import type { RegexTable } from './regex-tables.js';
import { GLOBALS_MAP, SESSION, STACKS_MAP } from '@stapkit/object';
import { isTotals, layoutStat } from './stat-layout.js';
import { UNWIND_MAPS } from './unwind-subprograms.js';
import { alignTo8, textSlotBytes } from './text-layout.js';

/** BPF_F_MMAPABLE: the host reads and writes the session area and scalars without system calls. */
const BPF_F_MMAPABLE = 0x400;
const STATS_MAP = 'stats';
const SHARED_STATS_MAP = 'stats_shared';
/** Copies of each counting statistic: additions are atomic, so that more CPUs than this only wait for each other's cache line. */
const STRIPES = 64;
const CACHE_LINE_BYTES = 64;

export interface StoragePlan {
  readonly storages: readonly GlobalStorage[];
  readonly maps: readonly MapMetadata[];
  /** By pattern, behind the script's globals in the globals map. */
  readonly regexTables: ReadonlyMap<string, RegexTable>;
  /** By path, behind them: two words for a file's device and inode number. */
  readonly fileIdentities: ReadonlyMap<string, number>;
  /** Of patterns whose groups kernel probes want as texts. */
  readonly groupTables: ReadonlyMap<string, PlacedGroups>;
  /** Runs of a character as long as any text, in the globals map. */
  readonly fills: Fills;
  /** Bytes of the globals map, session area and tables included. */
  readonly globalsBytes: number;
}

export type StripedStorage = Extract<GlobalStorage, { kind: 'striped' }>;
export type HashStorage = Extract<GlobalStorage, { kind: 'hash' }>;

export function planStorage(program: IrProgram, limits: Limits): StoragePlan {
  const shared = globalsReadInKernel(program);
  const slots = { bytes: SESSION.size as number };
  const perCpu = { bytes: 0 };
  const oneForAll = { bytes: 0 };
  const stripe = { bytes: 0 };
  const arrays: MapMetadata[] = [];
  const names = new Set<string>([GLOBALS_MAP, STATS_MAP, SHARED_STATS_MAP, 'events', 'context', STACKS_MAP, ...UNWIND_MAPS.map(({ name }) => name)]);
  const placed = program.globals.map((global, id): GlobalStorage => {
    switch (global.kind) {
      case 'long': return slot(slots, 8);
      case 'string': return slot(slots, textSlotBytes(global.capacity ?? limits.MAXSTRINGLEN));
      case 'stat': {
        const isShared = shared.has(id);
        const layout = layoutStat(global.stat, isShared && global.stat.histogram !== undefined);
        if (!isShared && isTotals(layout)) return { kind: 'striped', offset: take(stripe, layout.bytes), stripes: STRIPES, stride: 0, layout };
        const offset = take(isShared ? oneForAll : perCpu, layout.bytes);
        return { kind: 'per-cpu', map: isShared ? SHARED_STATS_MAP : STATS_MAP, offset, layout };
      }
      case 'array': {
        const storage = hashStorage(global, mapName(global.name, names), shared.has(id), limits);
        arrays.push(hashMap(global, storage, limits));
        return storage;
      }
    }
  });
  const regexTables = placeRegexTables(program, slots);
  const fileIdentities = new Map(programFilters(program).map((path) => [path, take(slots, 16)]));
  const groupTables = placeGroupTables(program, slots);
  const fills = placeFills(program, slots, limits);
  const storages = placeStripes(placed, slots, stripe.bytes);
  const maps: MapMetadata[] = [
    { name: GLOBALS_MAP, type: 'array', keyBytes: 4, valueBytes: slots.bytes, maxEntries: 1, flags: BPF_F_MMAPABLE },
    ...arrays,
  ];
  if (perCpu.bytes > 0) maps.push({ name: STATS_MAP, type: 'percpu_array', keyBytes: 4, valueBytes: perCpu.bytes, maxEntries: 1, flags: 0 });
  if (oneForAll.bytes > 0) maps.push({ name: SHARED_STATS_MAP, type: 'array', keyBytes: 4, valueBytes: oneForAll.bytes, maxEntries: 1, flags: 0 });
  return { storages, maps, regexTables, fileIdentities, groupTables, fills, globalsBytes: slots.bytes };
}

interface Area { bytes: number }

/** Gives the offset of `bytes` new bytes. */
function take(area: Area, bytes: number): number {
  area.bytes += bytes;
  return area.bytes - bytes;
}

function slot(area: Area, bytes: number): GlobalStorage {
  return { kind: 'slot', offset: take(area, bytes), bytes };
}

/** Stripes lie behind the scalars, cache lines of their own; their distance is a power of two, so that a shift finds them. */
function placeStripes(storages: readonly GlobalStorage[], slots: Area, bytes: number): GlobalStorage[] {
  if (bytes === 0) return [...storages];
  const stride = Math.max(CACHE_LINE_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
  slots.bytes = Math.ceil(slots.bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
  const base = take(slots, STRIPES * stride);
  return storages.map((one) => (one.kind === 'striped' ? { ...one, offset: base + one.offset, stride } : one));
}

type ArrayGlobal = Extract<IrGlobal, { kind: 'array' }>;

function hashStorage(global: ArrayGlobal, map: string, shared: boolean, limits: Limits): HashStorage {
  let keyBytes = 0;
  const keys = global.keys.map(({ type, capacity }) => {
    const bytes = type === 'long' ? 8 : textSlotBytes(capacity ?? limits.MAXSTRINGLEN);
    keyBytes += bytes;
    return { type, offset: keyBytes - bytes, bytes };
  });
  const valueOffset = global.ordered ? 8 : 0;
  const layout = global.value === 'stat' ? layoutStat(global.stat ?? { functions: [] }, shared && global.stat?.histogram !== undefined) : undefined;
  const payload = layout?.bytes ?? (global.value === 'long' ? 8 : textSlotBytes(global.capacity ?? limits.MAXSTRINGLEN));
  return {
    kind: 'hash', map, keyBytes, valueBytes: alignTo8(valueOffset + payload), keys, valueOffset,
    // There is no per-CPU LRU hash of the same meaning: an entry's age is one for all CPUs.
    perCpu: layout !== undefined && !shared && !global.wrap,
    ...(global.ordered ? { insertedAt: 0 } : {}),
    ...(layout === undefined ? {} : { layout }),
  };
}

function hashMap(global: ArrayGlobal, storage: HashStorage, limits: Limits): MapMetadata {
  return {
    name: storage.map,
    // stap replaces the oldest entry; the kernel's LRU map replaces some that were not used lately, and earlier than the last place is taken.
    type: global.wrap ? 'lru_hash' : storage.perCpu ? 'percpu_hash' : 'hash',
    keyBytes: storage.keyBytes, valueBytes: storage.valueBytes,
    maxEntries: global.maxEntries ?? limits.MAXMAPENTRIES,
    flags: 0,
  };
}

/** A symbol of the object: letters, digits and underscores, and unlike every other map's. */
function mapName(name: string, taken: Set<string>): string {
  const base = `g_${name.replaceAll(/\W/g, '_')}`;
  let candidate = base;
  for (let count = 2; taken.has(candidate); count++) candidate = `${base}_${count}`;
  taken.add(candidate);
  return candidate;
}

/** Statistics that kernel handlers read or clear: a CPU sees only its own part of a per-CPU value, so these are kept in one. */
function globalsReadInKernel(program: IrProgram): Set<GlobalId> {
  const found = new Set<GlobalId>();
  const scan = (body: IrBody): void => {
    for (const { instructions } of body.blocks) {
      for (const one of instructions) {
        if (one.op === 'stat-get' || one.op === 'histogram-get' || one.op === 'clear-global' || one.op === 'iterate') found.add(one.global);
        if (one.op === 'print' || one.op === 'format') eachHistogram(one.args, (global) => found.add(global));
      }
    }
  };
  for (const probe of program.probes) {
    if (probe.where !== 'kernel') continue;
    scan(probe.body);
    if (probe.entry !== undefined) scan(probe.entry.body);
  }
  return found;
}

function eachHistogram(args: readonly PrintArgument[], visit: (global: GlobalId) => void): void {
  for (const arg of args) {
    if (arg.kind === 'histogram') visit(arg.global);
    else if (arg.kind !== 'value') eachHistogram(arg.args, visit);
  }
}
