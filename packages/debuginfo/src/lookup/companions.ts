/** Files that hold parts of a program's DWARF: dwz's common part, .dwo files of units, the .dwp with all of them. */
import { posix } from 'node:path';
import type { ByteSource } from '../byte-source.js';
import type { DwarfSources } from '../dwarf/world.js';
import { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import type { DebugFileResult } from './debug-files.js';

export interface CompanionQuery {
  /** The file at a path; undefined: it is not there, or cannot be read. */
  readonly open: (path: string) => ByteSource | undefined;
  /** Where the program is, and its debug file: the same when the program has its own. */
  readonly programPath: string;
  readonly debugPath: string;
  /** Prefix of the process's own files; '' for this machine's. */
  readonly root?: string;
  /** findAlternateDebugFile for the debug file. */
  readonly alternate?: () => DebugFileResult | undefined;
}

/**
 * A .dwo is where the compiler wrote it, or beside the program; a .dwp beside the program or its debug file, with ".dwp" after the
 * name (GDB manual, "Separate Debug Files"; dwp(1)).
 */
export function dwarfCompanions({ open, programPath, debugPath, root = '', alternate }: CompanionQuery): DwarfSources {
  const parse = (path: string): ElfFile | undefined => {
    const source = open(path);
    if (source === undefined) return undefined;
    try {
      return ElfFile.parse(source);
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      return undefined;
    }
  };
  const first = (paths: readonly string[]): ElfFile | undefined => {
    for (const path of new Set(paths)) {
      const found = parse(path);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    supplementary: () => {
      const found = alternate?.();
      if (found === undefined) return undefined;
      return 'missing' in found ? found.missing : found.elf;
    },
    split: ({ name, compilationDirectory }) => {
      const written = name.startsWith('/') ? name : posix.join(compilationDirectory, name);
      return first([`${root}${written}`, posix.join(posix.dirname(programPath), posix.basename(name))]);
    },
    package: () => first([`${programPath}.dwp`, `${debugPath}.dwp`, `${debugPath.replace(/\.debug$/, '')}.dwp`]),
  };
}
