/** What is known of a file's code: symbols, DWARF and where that is, call frames, marks. For tools that tell it; the compiler asks for itself. */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { DebugInfoError, ElfFile, SHT_SYMTAB, dwarfContents, pltStubs, readUsdtProbes } from '@stapkit/debuginfo';
import type { DebugFileResult, DwarfContents } from '@stapkit/debuginfo';
import type { ProcessFile } from '@stapkit/core-compiler/target';
import { openFileSource, usableFile, withLibraries } from '@stapkit/runtime';
import { cachedDebugFile } from './debuginfod.js';
import { LocalDebugFiles } from './local-debug-files.js';
import { mappedCode } from './program-files.js';

/** Where the DWARF is, and what it has. */
export interface DebugFacts {
  /** `inside` the file; in a `separate` file; `fetched` from a debuginfod server before; `none`: no file of this build was found. */
  readonly where: 'inside' | 'separate' | 'fetched' | 'none';
  /** Of the separate file. */
  readonly path?: string;
  /** How it was found: "by build-id", "by .gnu_debuglink". */
  readonly how?: string;
  readonly contents?: DwarfContents;
  /** The file that dwz moved common parts into, or why it is missing. */
  readonly common?: { readonly path: string } | { readonly missing: string };
  /** For `none`: paths that were looked at. */
  readonly tried: readonly string[];
  /** Files that were found and do not fit, or cannot be read. */
  readonly problem?: string;
}

export interface FileFacts {
  readonly buildId?: string;
  /** Functions of .symtab. */
  readonly symtab: number;
  /** Functions of .gnu_debugdata. */
  readonly packed: number;
  /** Functions of .dynsym. */
  readonly exported: number;
  /** .eh_frame or .debug_frame: stacks are found without frame pointers. */
  readonly callFrames: boolean;
  /** Places of <sys/sdt.h>. */
  readonly marks: number;
  /** Calls of other libraries' functions that .plt points can name. */
  readonly pltCalls: number;
  readonly debugLink?: string;
  readonly debug: DebugFacts;
}

/** What a search says of a file that it found: "/usr/lib/debug/… (by build-id)". */
const howOf = (from: string): string => /\(([^()]*)\)$/.exec(from)?.[1] ?? from;

function factsOfResult(files: LocalDebugFiles, found: DebugFileResult): DebugFacts {
  if ('missing' in found) {
    const problem = /\((.*)\): /s.exec(found.missing)?.[1];
    return { where: 'none', tried: found.tried, ...(problem === undefined ? {} : { problem }) };
  }
  const { elf, path, from, tried } = found;
  const how = howOf(from);
  const common = files.alternateDebugFile(elf, path);
  return {
    where: path === '' ? 'inside' : how === 'from debuginfod' ? 'fetched' : 'separate',
    ...(path === '' ? {} : { path, how }), tried, contents: dwarfContents(elf),
    ...(common === undefined ? {} : { common: 'missing' in common ? { missing: common.missing } : { path: common.path } }),
  };
}

/** Looks at files, and for their debug information; nothing is fetched for it. */
export class DebugFactsReader {
  readonly #files = new LocalDebugFiles(release(), cachedDebugFile);

  /** Facts of a file; a text says why there are none. */
  file(file: ProcessFile): FileFacts | string {
    const source = openFileSource(file.path);
    if (source === undefined) return 'it cannot be read';
    try {
      const elf = ElfFile.parse(source);
      const { buildId, debugLink } = elf;
      const own = elf.sections.some(({ type }) => type === SHT_SYMTAB);
      const functions = elf.symtab?.functions().length ?? 0;
      return {
        ...(buildId === undefined ? {} : { buildId }), ...(debugLink === undefined ? {} : { debugLink: debugLink.fileName }),
        symtab: own ? functions : 0, packed: own ? 0 : functions, exported: elf.dynsym?.functions().length ?? 0,
        callFrames: elf.hasContents('.eh_frame') || elf.hasContents('.debug_frame'), marks: readUsdtProbes(elf).length, pltCalls: pltStubs(elf).length,
        debug: factsOfResult(this.#files, this.#files.debugFile(file, elf)),
      };
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      return error.message;
    }
  }

  kernel(): DebugFacts {
    return factsOfResult(this.#files, this.#files.kernelDebugFile());
  }

  /** @param name as lsmod says it */
  module(name: string): DebugFacts {
    return factsOfResult(this.#files, this.#files.moduleDebugFile(name));
  }

  /** Is there a module of that name: loaded, built in, or installed? */
  hasModule(name: string): boolean {
    return existsSync(`/sys/module/${name}`) || this.#files.moduleNames().includes(name);
  }

  /** For messages: "install …". */
  get kernelAdvice(): string {
    return this.#files.kernelAdvice;
  }

  get kernelBuildId(): string | undefined {
    return this.#files.kernelBuildId;
  }
}

/** A program or library, and the libraries that it would load; or what a process has mapped as code. */
export function codeFiles(of: { readonly path: string } | { readonly pid: number }): readonly ProcessFile[] {
  if ('pid' in of) return mappedCode(of.pid);
  const path = usableFile(of.path);
  return path === undefined ? [] : withLibraries([path]).map((one) => ({ path: one, name: one }));
}

/** Does a program name such a function in its symbols? undefined: it cannot be read. */
export function namesFunction(path: string, name: string): boolean | undefined {
  const source = openFileSource(path);
  if (source === undefined) return undefined;
  try {
    return ElfFile.parse(source).symbols(name).length > 0;
  } catch (error) {
    if (!(error instanceof DebugInfoError)) throw error;
    return undefined;
  }
}
