/**
 * Names of processes' addresses. What a process has mapped is read, and its files opened, when it is first seen, so that names
 * can be told when it has ended; it is read again when an address turns up that was not mapped then.
 */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { sourceOf } from '@stapkit/debuginfo';
import type { ByteSource, ElfFunction } from '@stapkit/debuginfo';
import { openFileSource } from '../sys/file-source.js';
import { pathBelowRoot } from '../sys/process-root.js';
import type { NamedAddress, SourceLine } from './address-names.js';
import type { MappingEvents } from './mapping-events.js';
import { JitTable, parseJitdump, parsePerfMap } from './jit-names.js';
import type { JitFunction } from './jit-names.js';
import { ModuleSymbols } from './module-symbols.js';
import type { FetchDebugFile, ModuleFrame } from './module-symbols.js';
import { mappingAt, parseMaps } from './process-maps.js';
import type { Mapping } from './process-maps.js';

/** Why an address has no name. */
export type Nameless = 'ended' | 'not mapped' | 'anonymous' | 'unreadable' | 'no symbol';

export interface UserFrame extends NamedAddress {
  readonly isJit: boolean;
  /** The innermost first, the function itself last; [] without debug information. */
  readonly inlined: readonly ModuleFrame[];
  readonly buildId?: string;
  readonly nameless?: Nameless;
}

/** A process's memory is looked at again for an address that it did not have, but not more often than this. */
const LOOK_AGAIN_MS = 200;
/** Names that are kept; then they are looked up anew. */
const MOST_NAMES = 200_000;
/** Processes that are kept; the one seen first is forgotten then. */
const MOST_PROCESSES = 20_000;

interface ProcessRecord {
  readonly pid: number;
  /** As the process itself has it, in its innermost pid namespace: JIT compilers name their files by it. */
  ownPid: number;
  mappings: readonly Mapping[];
  /** What the kernel had told when it was read. */
  seen: readonly Mapping[] | undefined;
  readAt: number;
  jit: { readonly table: JitTable; readonly stamp: string; readonly readAt: number } | undefined;
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

export class UserNames {
  readonly #events: MappingEvents | undefined;
  readonly #fetch: FetchDebugFile | undefined;
  readonly #processes = new Map<number, ProcessRecord>();
  readonly #modules = new Map<string, ModuleSymbols | null>();
  readonly #names = new Map<string, UserFrame>();
  /** How many addresses had no name, by reason. */
  readonly nameless = new Map<Nameless, number>();
  /** Processes that were seen and are not remembered any more. */
  forgotten = 0;
  /** Of files without names: what servers that were asked answered. */
  readonly notFetched = new Set<string>();

  /** @param events absent: names of processes that end early are not known */
  constructor(events?: MappingEvents, fetch?: FetchDebugFile) {
    this.#fetch = fetch;
    this.#events = events;
  }

  sight(pid: number): void {
    if (!this.#processes.has(pid)) this.#look(pid);
  }

  at(pid: number, address: bigint): UserFrame {
    const key = `${pid} ${address}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const found = this.#find(pid, address);
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    if (found.nameless === undefined) this.#names.set(key, found);
    else this.nameless.set(found.nameless, (this.nameless.get(found.nameless) ?? 0) + 1);
    return found;
  }

  line(pid: number, address: bigint): SourceLine | undefined {
    const { mapping } = this.#mapped(pid, address);
    const place = mapping === undefined ? undefined : this.#place(pid, mapping, address);
    return place?.address === undefined ? undefined : place.module.lineAt(place.address);
  }

  #find(pid: number, address: bigint): UserFrame {
    const { process, mapping, all } = this.#mapped(pid, address);
    const nothing = { isJit: false, inlined: [] };
    if (mapping === undefined) return { ...nothing, nameless: process.mappings.length === 0 ? 'ended' : 'not mapped' };
    const isFile = mapping.name.startsWith('/') && !/^\/(?:dev\/zero|memfd:|anon_hugepage|SYSV)/.test(mapping.name) && !/\/jit-\d+\.dump$/.test(mapping.name);
    if (!isFile && mapping.name !== '[vdso]') {
      const jit = this.#jitFunction(process, address);
      if (jit === undefined) return { ...nothing, ...(mapping.name === '' ? {} : { module: mapping.name }), nameless: 'anonymous' };
      return { isJit: true, inlined: [], name: jit.name, offset: Number(address - jit.start), size: jit.size, module: mapping.name === '' ? '[jit]' : mapping.name };
    }
    const base = all.find(({ identity, name }) => identity === mapping.identity && name === mapping.name) ?? mapping;
    const last = all.findLast(({ identity, name }) => identity === mapping.identity && name === mapping.name) ?? mapping;
    const module = { module: mapping.name, moduleOffset: address - base.start, moduleSize: last.end - base.start };
    const place = this.#place(pid, mapping, address);
    if (place === undefined) return { ...nothing, ...module, nameless: 'unreadable' };
    const { module: symbols, address: there } = place;
    const buildId = symbols.buildId === undefined ? {} : { buildId: symbols.buildId };
    const found: ElfFunction | undefined = there === undefined ? undefined : symbols.functionAt(there);
    if (found === undefined || there === undefined) {
      const { notFetched } = symbols;
      if (notFetched !== undefined) this.notFetched.add(notFetched);
      return { ...nothing, ...module, ...buildId, nameless: 'no symbol' };
    }
    let inlined: readonly ModuleFrame[] | undefined;
    return {
      isJit: false, ...module, ...buildId, name: found.name, offset: Number(there - found.address), ...(found.size === 0 ? {} : { size: found.size }),
      // Most do not ask for it, and it needs debug information, which may have to be fetched.
      get inlined() { return (inlined ??= symbols.framesAt(there)); },
    };
  }

  #mapped(pid: number, address: bigint): { readonly process: ProcessRecord; readonly mapping: Mapping | undefined; /** What was mapped with it. */ readonly all: readonly Mapping[] } {
    const known = this.#processes.get(pid) ?? this.#look(pid);
    const now = mappingAt(known.mappings, address);
    if (now !== undefined) return { process: known, mapping: now, all: known.mappings };
    const isNews = this.#events !== undefined && this.#events.mappingsOf(pid) !== known.seen;
    const process = isNews || Date.now() - known.readAt >= LOOK_AGAIN_MS ? this.#look(pid) : known;
    const again = mappingAt(process.mappings, address);
    if (again !== undefined) return { process, mapping: again, all: process.mappings };
    // Of a program that the process ran before.
    const all = this.#events?.seen(pid)?.earlier.find((one) => mappingAt(one, address) !== undefined) ?? process.mappings;
    return { process, mapping: mappingAt(all, address), all };
  }

  /** Reads what there is of the process; what was known of it stays when it has ended. */
  #look(pid: number): ProcessRecord {
    const known = this.#processes.get(pid);
    const maps = read(`/proc/${pid}/maps`);
    const process = known ?? { pid, ownPid: pid, mappings: [], seen: undefined, readAt: 0, jit: undefined };
    process.readAt = Date.now();
    process.seen = this.#events?.mappingsOf(pid);
    this.#processes.set(pid, process);
    this.#forgetOldest();
    if (maps === undefined || maps === '') {
      const seen = process.seen ?? [];
      // What was read while it lived tells of libraries that it had before the session, too.
      if (seen.length > 0) process.mappings = [...process.mappings.filter(({ start, end }) => !seen.some((one) => one.start < end && start < one.end)), ...seen].sort((a, b) => (a.start < b.start ? -1 : 1));
      for (const mapping of process.mappings) if (mapping.isExecutable) this.#module(pid, mapping);
      return process;
    }
    process.mappings = parseMaps(maps);
    process.ownPid = Number(/^NSpid:.*?(\d+)$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? pid);
    for (const mapping of process.mappings) if (mapping.isExecutable) this.#module(pid, mapping);
    return process;
  }

  #forgetOldest(): void {
    const [oldest] = this.#processes.keys();
    if (this.#processes.size <= MOST_PROCESSES || oldest === undefined) return;
    this.#processes.delete(oldest);
    this.forgotten += 1;
  }

  #place(pid: number, mapping: Mapping, address: bigint): { readonly module: ModuleSymbols; readonly address: bigint | undefined } | undefined {
    const module = this.#module(pid, mapping);
    if (module === null) return undefined;
    const inFile = Number(address - mapping.start + mapping.offset);
    return { module, address: module.addressOf(inFile) };
  }

  #module(pid: number, mapping: Mapping): ModuleSymbols | null {
    if (!mapping.name.startsWith('/') && mapping.name !== '[vdso]') return null;
    const key = mapping.name === '[vdso]' ? '[vdso]' : mapping.identity;
    const known = this.#modules.get(key);
    if (known !== undefined && known !== null) return known;
    const source = mapping.name === '[vdso]' ? ownVdso() : openMapped(pid, mapping);
    const module = source === undefined ? null : symbolsOf(source, pid, mapping, this.#fetch);
    this.#modules.set(key, module);
    return module;
  }

  #jitFunction(process: ProcessRecord, address: bigint): JitFunction | undefined {
    const found = process.jit?.table.at(address);
    if (found !== undefined || (process.jit !== undefined && Date.now() - process.jit.readAt < LOOK_AGAIN_MS)) return found;
    const candidates = [`/proc/${process.pid}/root/tmp/perf-${process.ownPid}.map`, `/tmp/perf-${process.ownPid}.map`];
    const dumps = [...new Set(process.mappings.filter(({ name }) => /\/jit-\d+\.dump$/.test(name)).map(({ name }) => name))];
    const path = candidates.find((one) => stampOf(one) !== '');
    const stamp = [path ?? '', ...dumps].map(stampOf).join(' ');
    const functions = process.jit?.stamp === stamp ? undefined : [
      ...dumps.flatMap((dump) => {
        const bytes = read(`/proc/${process.pid}/root${dump}`) ?? read(dump);
        return bytes === undefined ? [] : parseJitdump(Buffer.from(bytes, 'latin1'));
      }),
      ...(path === undefined ? [] : parsePerfMap(Buffer.from(read(path) ?? '', 'latin1').toString())),
    ];
    process.jit = { table: functions === undefined && process.jit !== undefined ? process.jit.table : new JitTable(functions ?? []), stamp, readAt: Date.now() };
    return process.jit.table.at(address);
  }
}

/** Size and time of a file; "": it is not there. */
function stampOf(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size}@${mtimeMs}`;
  } catch {
    return '';
  }
}

/** The file itself where the kernel gives it, deleted, replaced or in another mount namespace; else the path, if it is still that file. */
function openMapped(pid: number, { start, end, name, identity }: Mapping): ByteSource | undefined {
  const mapped = openFileSource(`/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`);
  if (mapped !== undefined) return mapped;
  for (const path of [`/proc/${pid}/root${name}`, name]) {
    const source = isThatFile(path, { identity }) ? openFileSource(path) : undefined;
    if (source !== undefined) return source;
  }
  return undefined;
}

function symbolsOf(source: ByteSource, pid: number, mapping: Mapping, fetch: FetchDebugFile | undefined): ModuleSymbols {
  if (mapping.name === '[vdso]') return new ModuleSymbols(source, mapping.name, '');
  return isThatFile(mapping.name, mapping) ? new ModuleSymbols(source, mapping.name, '', fetch) : new ModuleSymbols(source, pathBelowRoot(pid, mapping.name), `/proc/${pid}/root`, fetch);
}

/** Whether the path is the mapped file here: then what lies beside it is found when the process has ended, too. */
function isThatFile(path: string, { identity }: Pick<Mapping, 'identity'>): boolean {
  try {
    return identity.endsWith(`:${statSync(path).ino}`);
  } catch {
    return false;
  }
}

/** The kernel maps one and the same for all 64-bit processes: we have it, too. */
function ownVdso(): ByteSource | undefined {
  const mapping = parseMaps(read('/proc/self/maps') ?? '').find(({ name }) => name === '[vdso]');
  if (mapping === undefined) return undefined;
  const bytes = Buffer.alloc(Number(mapping.end - mapping.start));
  try {
    const memory = openSync('/proc/self/mem', 'r');
    try {
      readSync(memory, bytes, 0, bytes.length, mapping.start);
    } finally {
      closeSync(memory);
    }
  } catch {
    return undefined;
  }
  return sourceOf(bytes);
}
