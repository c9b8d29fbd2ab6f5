/** Unwind rows of the files that processes run: read once, kept in the map for the session and by build-id between sessions. */
import { DebugInfoError, ElfFile, decodeUnwindRows, encodeUnwindRows, readUnwindRows } from '@stapkit/debuginfo';
import type { CodeSegment, UnwindRows } from '@stapkit/debuginfo';
import { openFileSource } from '../sys/file-source.js';
import type { Kernel } from '../sys/kernel.js';
import type { CodeRange } from './code-ranges.js';
import type { MappedCode } from './process-code.js';
import { mappedFilePaths } from './process-code.js';
import type { PlacedRows, RowChunks } from './row-chunks.js';

/** Rows kept between runs, by build-id. */
export interface UnwindRowsStore {
  read(buildId: string): Uint8Array | undefined;
  write(buildId: string, rows: Uint8Array): void;
}

interface PlacedFile {
  readonly base: number;
  readonly segments: readonly CodeSegment[];
  readonly parts: readonly PlacedRows[];
}

/** Bytes. */
const LARGEST_FILE = 2 ** 32;

export class UnwindFiles {
  readonly #kernel: Kernel;
  readonly #store: UnwindRowsStore | undefined;
  readonly #chunks: RowChunks;
  /** By device and inode. undefined: without rows. */
  readonly #files = new Map<string, PlacedFile | undefined>();
  /** Files whose rows did not fit. */
  overflowed = 0;

  constructor(kernel: Kernel, chunks: RowChunks, store: UnwindRowsStore | undefined) {
    this.#kernel = kernel;
    this.#chunks = chunks;
    this.#store = store;
  }

  /** Reads the rows of a file before a process has mapped it. */
  prepare(path: string): void {
    const identity = this.#kernel.fileIdentity(path);
    if (identity === undefined) return;
    const part = (number: bigint): string => number.toString(16).padStart(2, '0');
    const key = `${part(identity.device >> 20n)}:${part(identity.device & 0xf_ffffn)}:${identity.inode}`;
    if (!this.#files.has(key)) this.#files.set(key, this.#place(() => this.#open([path])));
  }

  /** What the walker needs to know of mapped code. */
  rangesOf(pid: number, mapped: MappedCode): readonly CodeRange[] {
    const { start, end, offset, path } = mapped;
    const whole = { start, end, kind: 'framePointers' } as const;
    // A deleted file still has its inode; memory without a file is code that the program made.
    const isFile = path.startsWith('/') && !mapped.file.endsWith(':0');
    const key = isFile ? mapped.file : path;
    if (!isFile && path !== '[vdso]') return [whole];
    if (!this.#files.has(key)) this.#files.set(key, this.#place(() => (path === '[vdso]' ? this.#vdso(pid, mapped) : this.#open(mappedFilePaths(pid, mapped)))));
    const file = this.#files.get(key);
    const segment = file?.segments.find((one) => offset < one.offset + one.bytes && offset + end - start > one.offset);
    if (file === undefined || segment === undefined) return [whole];
    const bias = start - offset - segment.address + segment.offset;
    return file.parts.flatMap(({ low, high, chunk, first, count }, index): CodeRange[] => {
      const from = index === 0 ? start : Math.max(start, low + bias);
      const to = Math.min(end, high + bias);
      return from >= to ? [] : [{ start: from, end: to, kind: 'rows', bias: bias + file.base, chunk, first, count }];
    });
  }

  #place(open: () => ElfFile | undefined): PlacedFile | undefined {
    const rows = this.#read(open);
    if (rows === undefined || rows.count === 0) return undefined;
    const parts = this.#chunks.place(rows);
    if (parts !== undefined) return { base: rows.base, segments: rows.segments, parts };
    this.overflowed++;
    return undefined;
  }

  #read(open: () => ElfFile | undefined): UnwindRows | undefined {
    try {
      const elf = open();
      if (elf === undefined) return undefined;
      const { buildId } = elf;
      const stored = buildId === undefined ? undefined : this.#store?.read(buildId);
      const known = stored === undefined ? undefined : decodeUnwindRows(stored);
      if (known !== undefined) return known;
      const rows = readUnwindRows(elf);
      if (rows !== undefined && buildId !== undefined) this.#store?.write(buildId, encodeUnwindRows(rows));
      return rows;
    } catch (error) {
      // No ELF file, or damaged tables: such code is walked by frame pointers.
      if (error instanceof DebugInfoError) return undefined;
      throw error;
    }
  }

  #vdso(pid: number, { start, end }: MappedCode): ElfFile | undefined {
    const image = this.#kernel.readRange(`/proc/${pid}/mem`, start, end - start);
    return image === undefined || image.length === 0 ? undefined : ElfFile.parse(image);
  }

  #open(paths: readonly string[]): ElfFile | undefined {
    for (const path of paths) {
      const source = openFileSource(path);
      if (source !== undefined && source.length > 0 && source.length <= LARGEST_FILE) return ElfFile.parse(source);
    }
    return undefined;
  }
}
