/** Unwind rows of the files that processes run: read once, kept in the map for the session and by build-id between sessions. */
import { DebugInfoError, ElfFile, decodeUnwindRows, encodeUnwindRows, readUnwindRows, sourceOf } from '@stapkit/debuginfo';
import type { ByteSource, CodeAt, CodeSegment, UnwindRows } from '@stapkit/debuginfo';
import { openFileSource } from '../sys/file-source.js';
import type { Kernel } from '../sys/kernel.js';
import type { CodeRange } from './code-ranges.js';
import type { MappedCode } from './process-code.js';
import { mappedCode, mappedFilePaths } from './process-code.js';
import type { PlacedRows, RowChunks } from './row-chunks.js';

/** Rows kept between runs, by build-id. */
export interface UnwindRowsStore {
  read(buildId: string): Uint8Array | undefined;
  write(buildId: string, rows: Uint8Array): void;
}

/** Rows of a file: in the map, or, where they had no room there, in this process. */
interface FileRows {
  readonly base: number;
  readonly segments: readonly CodeSegment[];
  readonly parts: readonly PlacedRows[];
  readonly rows: UnwindRows | undefined;
}

/** Bytes. */
const LARGEST_FILE = 2 ** 32;

/** A deleted file still has its inode; memory without a file is code that the program made. */
const isFile = ({ path, file }: MappedCode): boolean => path.startsWith('/') && !file.endsWith(':0');

export class UnwindFiles {
  readonly #kernel: Kernel;
  readonly #store: UnwindRowsStore | undefined;
  readonly #chunks: RowChunks;
  /** By device and inode. undefined: without rows. */
  readonly #files = new Map<string, FileRows | undefined>();
  /** One file can have several inodes: in images of containers, for one. */
  readonly #builds = new Map<string, FileRows | undefined>();
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
    this.#rowsOf(`${part(identity.device >> 20n)}:${part(identity.device & 0xf_ffffn)}:${identity.inode}`, () => this.#open([path]));
  }

  /**
   * What the walker needs to know of mapped code.
   * @param known a file that was not read before is not read now: the first stack that leads through it is walked here, and reads it
   */
  rangesOf(pid: number, mapped: MappedCode, known: boolean): readonly CodeRange[] {
    const { start, end, file: identity } = mapped;
    if (known && isFile(mapped) && !this.#files.has(identity)) return [{ start, end, kind: 'elsewhere' }];
    const found = this.#find(pid, mapped);
    if (found === undefined) return [{ start, end, kind: 'framePointers' }];
    const { file, bias } = found;
    if (file.rows !== undefined) return [{ start, end, kind: 'elsewhere' }];
    return file.parts.flatMap(({ low, high, chunk, first, count }, index): CodeRange[] => {
      const from = index === 0 ? start : Math.max(start, low + bias);
      const to = Math.min(end, high + bias);
      return from >= to ? [] : [{ start: from, end: to, kind: 'rows', bias: bias + file.base, chunk, first, count }];
    });
  }

  /** What a walk in this process needs to know of an address in mapped code. */
  codeAt(pid: number, mapped: MappedCode, address: number): CodeAt {
    const found = this.#find(pid, mapped);
    if (found === undefined) return 'frame-pointers';
    const { file: { base, segments, parts, rows }, bias } = found;
    if (rows !== undefined) return { rows, bias };
    const part = parts.find(({ low, high }) => address - bias >= low && address - bias < high) ?? parts[0];
    return part === undefined ? 'frame-pointers' : { rows: { base, segments, count: part.count, words: this.#chunks.words(part) }, bias };
  }

  #find(pid: number, mapped: MappedCode): { readonly file: FileRows; readonly bias: number } | undefined {
    const { start, end, offset, path } = mapped;
    if (!isFile(mapped) && path !== '[vdso]') return undefined;
    const file = path !== '[vdso]' ? this.#rowsOf(mapped.file, () => this.#open(mappedFilePaths(pid, mapped)) ?? this.#openUnmoved(mapped)) : this.#rowsOf(path, () => this.#vdso());
    const segment = file?.segments.find((one) => offset < one.offset + one.bytes && offset + end - start > one.offset);
    return file === undefined || segment === undefined ? undefined : { file, bias: start - offset - segment.address + segment.offset };
  }

  /** @param open gives undefined for what cannot be opened, now at least */
  #rowsOf(key: string, open: () => ByteSource | undefined): FileRows | undefined {
    if (this.#files.has(key)) return this.#files.get(key);
    const source = open();
    if (source === undefined) return undefined;
    const rows = this.#read(source);
    this.#files.set(key, rows);
    return rows;
  }

  #read(source: ByteSource): FileRows | undefined {
    try {
      const elf = ElfFile.parse(source);
      const { buildId } = elf;
      if (buildId === undefined) return this.#place(readUnwindRows(elf));
      if (this.#builds.has(buildId)) return this.#builds.get(buildId);
      const stored = this.#store?.read(buildId);
      const known = stored === undefined ? undefined : decodeUnwindRows(stored);
      const rows = known ?? readUnwindRows(elf);
      if (known === undefined && rows !== undefined) this.#store?.write(buildId, encodeUnwindRows(rows));
      const placed = this.#place(rows);
      this.#builds.set(buildId, placed);
      return placed;
    } catch (error) {
      // No ELF file, or damaged tables: such code is walked by frame pointers.
      if (error instanceof DebugInfoError) return undefined;
      throw error;
    }
  }

  #place(rows: UnwindRows | undefined): FileRows | undefined {
    if (rows === undefined || rows.count === 0) return undefined;
    const { base, segments } = rows;
    const parts = this.#chunks.place(rows);
    if (parts !== undefined) return { base, segments, parts, rows: undefined };
    this.overflowed++;
    return { base, segments, parts: [], rows };
  }

  /** The kernel maps one and the same for all 64-bit processes: we have it, too. */
  #vdso(): ByteSource | undefined {
    const mapped = mappedCode(this.#kernel, process.pid)?.find(({ path }) => path === '[vdso]');
    const image = mapped === undefined ? undefined : this.#kernel.readRange(`/proc/${process.pid}/mem`, mapped.start, mapped.end - mapped.start);
    return image === undefined || image.length === 0 ? undefined : sourceOf(image);
  }

  #open(paths: readonly string[]): ByteSource | undefined {
    for (const path of paths) {
      const source = openFileSource(path);
      if (source !== undefined && source.length > 0 && source.length <= LARGEST_FILE) return source;
    }
    return undefined;
  }

  /** Of a process that has ended: by its path, if that is still the file. */
  #openUnmoved({ path, file }: MappedCode): ByteSource | undefined {
    return file.endsWith(`:${this.#kernel.fileIdentity(path)?.inode}`) ? this.#open([path]) : undefined;
  }
}
