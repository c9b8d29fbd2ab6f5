/** Keeps what the kernel's walker looks up: the code of processes that were seen, and the unwind rows of their files. */
import { DebugInfoError, ElfFile, decodeUnwindRows, encodeUnwindRows, readUnwindRows } from '@stapkit/debuginfo';
import type { UnwindRows } from '@stapkit/debuginfo';
import { UNWIND_CODE_MAP, UNWIND_ROWS_MAP, UNWIND_WANTED_MAP } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { openFileSource } from '../sys/file-source.js';
import type { Kernel } from '../sys/kernel.js';
import type { CodeRange } from './code-ranges.js';
import { CodeRanges } from './code-ranges.js';
import type { MappedCode } from './process-code.js';
import { mappedCode, mappedFilePaths } from './process-code.js';
import type { PlacedRows } from './row-chunks.js';
import { RowChunks } from './row-chunks.js';

/** Rows kept between runs, by build-id. */
export interface UnwindRowsStore {
  read(buildId: string): Uint8Array | undefined;
  write(buildId: string, rows: Uint8Array): void;
}

export interface UnwindTablesOptions {
  readonly kernel: Kernel;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly store?: UnwindRowsStore | undefined;
}

interface PlacedFile { readonly rows: UnwindRows; readonly parts: readonly PlacedRows[] }
interface KnownProcess { ranges: ReadonlyMap<string, CodeRange>; quiet: number; wait: number }

/** A process that asks again and again for what it has not got is looked at less and less often. */
const LONGEST_WAIT = 256;
/** Bytes. */
const LARGEST_FILE = 2 ** 32;

export class UnwindTables {
  readonly #options: UnwindTablesOptions;
  readonly #ranges: CodeRanges;
  readonly #chunks: RowChunks;
  readonly #wanted: BpfMap;
  /** undefined: without rows. */
  readonly #files = new Map<string, PlacedFile | undefined>();
  readonly #processes = new Map<number, KnownProcess>();
  /** Files whose rows, and processes whose ranges did not fit. */
  #overflowed = 0;

  /** undefined: the object does not walk stacks. */
  static of(options: UnwindTablesOptions): UnwindTables | undefined {
    const [code, rows, wanted] = [UNWIND_CODE_MAP, UNWIND_ROWS_MAP, UNWIND_WANTED_MAP].map((name) => options.maps.get(name));
    return code === undefined || wanted === undefined || rows?.memory === undefined ? undefined : new UnwindTables(options, { code, rows: rows.memory, chunks: rows.metadata.maxEntries, wanted });
  }

  private constructor(options: UnwindTablesOptions, maps: { readonly code: BpfMap; readonly rows: ArrayBuffer; readonly chunks: number; readonly wanted: BpfMap }) {
    this.#options = options;
    this.#ranges = new CodeRanges(maps.code);
    this.#chunks = new RowChunks(maps.rows, maps.chunks);
    this.#wanted = maps.wanted;
  }

  get overflowed(): number {
    return this.#overflowed;
  }

  /** Looks at the processes that the walker asked for. Called often; costs a system call when there are none. */
  poll(): void {
    for (const { key } of this.#wanted.entries()) {
      const pid = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);
      this.#wanted.delete(key);
      const known = this.#processes.get(pid);
      if (known !== undefined && known.quiet++ < known.wait) continue;
      this.load(pid);
    }
  }

  /** Brings the code of a process up to date; forgets one that is gone. */
  load(pid: number): void {
    const mapped = mappedCode(this.#options.kernel, pid);
    const before = this.#processes.get(pid);
    if (mapped === undefined) {
      for (const range of before?.ranges.values() ?? []) this.#ranges.remove(pid, range);
      this.#ranges.forget(pid);
      this.#processes.delete(pid);
      return;
    }
    const ranges = new Map(mapped.flatMap((one) => this.#rangesOf(pid, one)).map((range) => [JSON.stringify(range), range]));
    let fits = true;
    for (const [key, range] of before?.ranges ?? []) if (!ranges.has(key)) this.#ranges.remove(pid, range);
    const added = [...ranges].filter(([key]) => before?.ranges.has(key) !== true);
    const changed = added.length > 0 || before === undefined;
    // While some of it is missing, the walker takes the process for one that it does not know.
    if (changed) this.#ranges.forget(pid);
    for (const [, range] of added) {
      fits = this.#ranges.put(pid, range) && fits;
    }
    if (!(this.#ranges.known(pid) && fits)) this.#overflowed++;
    this.#processes.set(pid, { ranges, quiet: 0, wait: changed ? 0 : Math.min(LONGEST_WAIT, 2 * before.wait + 1) });
  }

  #rangesOf(pid: number, mapped: MappedCode): CodeRange[] {
    const { start, end, offset, path } = mapped;
    const whole = { start, end, kind: 'framePointers' } as const;
    // A deleted file still has its inode; memory without a file is code that the program made.
    const isFile = path.startsWith('/') && !mapped.file.endsWith(':0');
    const key = isFile ? mapped.file : path;
    if (!isFile && path !== '[vdso]') return [whole];
    if (!this.#files.has(key)) this.#files.set(key, this.#place(pid, mapped));
    const file = this.#files.get(key);
    const segment = file?.rows.segments.find((one) => offset < one.offset + one.bytes && offset + end - start > one.offset);
    if (file === undefined || segment === undefined) return [whole];
    const bias = start - offset - segment.address + segment.offset;
    return file.parts.flatMap(({ low, high, chunk, first, count }, index): CodeRange[] => {
      const from = index === 0 ? start : Math.max(start, low + bias);
      const to = Math.min(end, high + bias);
      return from >= to ? [] : [{ start: from, end: to, kind: 'rows', bias: bias + file.rows.base, chunk, first, count }];
    });
  }

  #place(pid: number, mapped: MappedCode): PlacedFile | undefined {
    const rows = this.#read(pid, mapped);
    if (rows === undefined || rows.count === 0) return undefined;
    const parts = this.#chunks.place(rows);
    if (parts !== undefined) return { rows, parts };
    this.#overflowed++;
    return undefined;
  }

  #read(pid: number, mapped: MappedCode): UnwindRows | undefined {
    const { store } = this.#options;
    try {
      const elf = this.#open(pid, mapped);
      if (elf === undefined) return undefined;
      const { buildId } = elf;
      const stored = buildId === undefined ? undefined : store?.read(buildId);
      const known = stored === undefined ? undefined : decodeUnwindRows(stored);
      if (known !== undefined) return known;
      const rows = readUnwindRows(elf);
      if (rows !== undefined && buildId !== undefined) store?.write(buildId, encodeUnwindRows(rows));
      return rows;
    } catch (error) {
      // No ELF file, or damaged tables: such code is walked by frame pointers.
      if (error instanceof DebugInfoError) return undefined;
      throw error;
    }
  }

  #open(pid: number, mapped: MappedCode): ElfFile | undefined {
    const { kernel } = this.#options;
    if (mapped.path === '[vdso]') {
      const image = kernel.readRange(`/proc/${pid}/mem`, mapped.start, mapped.end - mapped.start);
      return image === undefined || image.length === 0 ? undefined : ElfFile.parse(image);
    }
    for (const path of mappedFilePaths(pid, mapped)) {
      const source = openFileSource(path);
      if (source !== undefined && source.length > 0 && source.length <= LARGEST_FILE) return ElfFile.parse(source);
    }
    return undefined;
  }
}
