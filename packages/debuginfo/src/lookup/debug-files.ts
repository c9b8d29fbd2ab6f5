/**
 * Where a program's debug information is, when it is not in the program: by build-id, by .gnu_debuglink, from debuginfod. Sources:
 * GDB manual, "Separate Debug Files"; debuginfod(8). Nothing is opened here: a store does that, and says what there is.
 */
import { crc32 } from 'node:zlib';
import { posix } from 'node:path';
import type { ByteSource } from '../byte-source.js';
import { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { DEFAULT_SEARCH_PATH } from './search-path.js';
import type { DebugSearchPath } from './search-path.js';

/** What a look-up needs from the world. */
export interface DebugFileStore {
  /** Default: beside the program, in .debug/ there, and in /usr/lib/debug. */
  readonly searchPath?: DebugSearchPath;
  /** The file at a path; undefined: it is not there, or cannot be read. */
  open(path: string): ByteSource | undefined;
  /** The path without symlinks; undefined: there is no such file. */
  realPath?(path: string): string | undefined;
  /**
   * Asks debuginfod servers for what belongs to a build-id. A path of the local copy, or why there is none; undefined: no server
   * is configured.
   */
  fetch?(buildId: string, kind: 'debuginfo' | 'executable', forPath: string): { readonly path: string } | { readonly problem: string } | undefined;
}

export interface DebugFileQuery {
  /** Of the program, absolute, symlinks resolved; as its process sees it. */
  readonly path: string;
  readonly elf: ElfFile;
  /** Prefix of the process's own files: "/proc/123/root" for a process with its own mount namespace. */
  readonly root?: string;
}

export interface FoundDebugFile {
  readonly elf: ElfFile;
  /** "" for the program itself. */
  readonly path: string;
  /** For the user, behind "debug information from": "the program itself", "/usr/lib/debug/… (by build-id)". */
  readonly from: string;
  /** Of a program's: where that is on this machine, and the prefix of its process's files. */
  readonly program?: { readonly path: string; readonly root: string };
  /** Paths that were looked at before, and were not there or did not fit: an answer that is kept must be asked again when they appear. */
  readonly tried: readonly string[];
}

export interface MissingDebugFile {
  /** For the user: what is missing, and what would help. One sentence, no full stop. */
  readonly missing: string;
  readonly tried: readonly string[];
  /** Servers were asked: another time they may answer. */
  readonly askedServers: boolean;
}

export type DebugFileResult = FoundDebugFile | MissingDebugFile;

const CRC_PIECE_BYTES = 4 * 1024 * 1024;

/** Path of what belongs to a build-id below a folder of debug files, as /usr/lib/debug is one. */
export const buildIdPath = (debugRoot: string, buildId: string): string => `${debugRoot}/.build-id/${buildId.slice(0, 2)}/${buildId.slice(2)}.debug`;

/** A look-up: which paths were tried, which did not fit and why. */
export class DebugFileLookup {
  readonly tried: string[] = [];
  readonly problems: string[] = [];
  askedServers = false;
  readonly searchPath: DebugSearchPath;
  readonly #store: DebugFileStore;

  constructor(store: DebugFileStore) {
    this.#store = store;
    this.searchPath = store.searchPath ?? DEFAULT_SEARCH_PATH;
  }

  /** By build-id, in every folder of debug files below `root`. */
  acceptByBuildId(buildId: string | undefined, root = ''): FoundDebugFile | undefined {
    if (buildId === undefined || buildId.length < 4) return undefined;
    return this.first(this.searchPath.roots.map((folder) => root + buildIdPath(folder, buildId)), (path) => this.accept(path, buildId, 'by build-id'));
  }

  first(paths: readonly string[], accept: (path: string) => FoundDebugFile | undefined): FoundDebugFile | undefined {
    for (const path of paths) {
      const found = accept(path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * The file at `path` if it has DWARF and is of that build. A file without a build-id must have the checksum that the link says;
   * without either nothing tells that it belongs to the program.
   */
  accept(path: string, buildId: string | undefined, how: string, crc?: number): FoundDebugFile | undefined {
    if (this.tried.includes(path)) return undefined;
    const source = this.#store.open(path);
    const tried = [...this.tried];
    this.tried.push(path);
    if (source === undefined) return undefined;
    const elf = this.#parse(path, source);
    if (elf === undefined) return undefined;
    const own = elf.buildId;
    if (own !== undefined && buildId !== undefined) {
      if (own !== buildId) {
        this.problems.push(`${path} is of another build: its build-id is ${own}`);
        return undefined;
      }
    } else if (crc !== undefined && crcOf(source) !== crc) {
      this.problems.push(`${path} is of another build, or was changed: its checksum is not that of .gnu_debuglink`);
      return undefined;
    }
    if (!elf.hasDwarf) {
      this.problems.push(`${path} has no DWARF`);
      return undefined;
    }
    return { elf, path, from: `${path} (${how})`, tried };
  }

  fetch(buildId: string, forPath: string): FoundDebugFile | undefined {
    const fetched = this.#store.fetch?.(buildId, 'debuginfo', forPath);
    if (fetched === undefined) return undefined;
    this.askedServers = true;
    if ('path' in fetched) return this.accept(fetched.path, buildId, 'from debuginfod');
    this.problems.push(fetched.problem);
    return undefined;
  }

  missing(what: string, advice: string): MissingDebugFile {
    const problems = this.problems.length > 0 ? ` (${this.problems.join('; ')})` : '';
    return { missing: `${what}${problems}: ${advice}`, tried: this.tried, askedServers: this.askedServers };
  }

  #parse(path: string, source: ByteSource): ElfFile | undefined {
    try {
      return ElfFile.parse(source);
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      this.problems.push(`${path}: ${error.message}`);
      return undefined;
    }
  }
}

/**
 * The program's debug information. The program itself; by build-id; by .gnu_debuglink beside it, in .debug/ and below
 * /usr/lib/debug, or where the search path says; the same below the process's own root; debuginfod.
 */
export function findDebugFile(store: DebugFileStore, { path, elf, root = '' }: DebugFileQuery): DebugFileResult {
  const program = { path: root + path, root };
  if (elf.hasDwarf) return { elf, path: '', from: 'the program itself', program, tried: [] };
  const lookup = new DebugFileLookup(store);
  const { buildId, debugLink } = elf;
  const found = lookup.acceptByBuildId(buildId) ?? findByLink(lookup, path, debugLink, buildId, root)
    ?? (root === '' ? undefined : lookup.acceptByBuildId(buildId, root)) ?? (buildId === undefined ? undefined : lookup.fetch(buildId, path));
  if (found !== undefined) return { ...found, program };
  const identity = buildId === undefined ? '' : `, build-id ${buildId}`;
  const advice = buildId === undefined
    ? 'compile it with -g, or install the package with its debug information'
    : `install its debug package (-dbgsym, -debuginfo)${lookup.askedServers ? '' : ', or set DEBUGINFOD_URLS'}`;
  return lookup.missing(`no debug information for ${path}${identity}`, advice);
}

function findByLink(lookup: DebugFileLookup, path: string, link: ElfFile['debugLink'], buildId: string | undefined, root: string): FoundDebugFile | undefined {
  // A name with a directory would reach anywhere.
  if (link === undefined || link.fileName === '' || link.fileName.includes('/')) return undefined;
  const { beside, roots } = lookup.searchPath;
  const directory = posix.dirname(path);
  const places = [
    ...beside.map((folder) => posix.join(root + directory, folder, link.fileName)),
    ...roots.map((folder) => posix.join(folder, directory, link.fileName)),
    ...(root === '' ? [] : roots.map((folder) => posix.join(root + folder, directory, link.fileName))),
  ];
  return lookup.first(places, (place) => (place === root + path ? undefined : lookup.accept(place, buildId, 'by .gnu_debuglink', link.crc)));
}

/** The file that dwz moved the shared part into. Its name is absolute, or relative to the debug file that links to it. */
export function findAlternateDebugFile(store: DebugFileStore, debug: Pick<FoundDebugFile, 'elf'>, debugPath: string, root = ''): DebugFileResult | undefined {
  const link = debug.elf.alternateDebugLink;
  if (link === undefined) return undefined;
  const lookup = new DebugFileLookup(store);
  const named = link.fileName.startsWith('/') ? root + link.fileName : posix.join(posix.dirname((root === '' ? store.realPath?.(debugPath) : undefined) ?? debugPath), link.fileName);
  const roots = root === '' ? [''] : ['', root];
  const places = [named, ...roots.flatMap((prefix) => lookup.searchPath.roots.map((folder) => prefix + buildIdPath(folder, link.buildId)))];
  return lookup.first(places, (place) => lookup.accept(place, link.buildId, 'by .gnu_debugaltlink')) ?? lookup.fetch(link.buildId, named) ?? lookup.missing(`no ${named}, which the debug information of ${debugPath} refers to`, 'install the debug package that has it');
}

/** CRC-32 of a whole file, piece by piece. */
function crcOf(source: ByteSource): number {
  let crc = 0;
  for (let at = 0; at < source.length; at += CRC_PIECE_BYTES) crc = crc32(source.read(at, Math.min(at + CRC_PIECE_BYTES, source.length)), crc);
  return crc;
}
