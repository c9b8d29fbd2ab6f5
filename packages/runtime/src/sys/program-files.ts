/** Where programs and libraries are on this machine: along PATH, and as the dynamic linker finds them (ld.so(8)). */
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { DebugInfoError, ElfFile, PT_INTERP, dynamicNeeds, parseLdCache } from '@stapkit/debuginfo';
import type { ElfMachine } from '@stapkit/debuginfo';
import { openFileSource } from './file-source.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The path without symlinks of a regular file that this process may use so. @param access R_OK, X_OK */
export function usableFile(path: string, access: number = constants.R_OK): string | undefined {
  try {
    accessSync(path, access);
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a command as the kernel would run it; symlinks resolved, so that uprobes find the inode. */
export function resolveCommandPath(path: string, access: number = constants.R_OK, environment: Environment = process.env): string | undefined {
  const candidates = path.includes('/')
    ? [isAbsolute(path) ? path : resolve(path)]
    : (environment['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder, path));
  for (const candidate of candidates) {
    const found = usableFile(candidate, access);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** ld.so(8); the multiarch folders are Debian's. */
const LIBRARY_FOLDERS: Partial<Readonly<Record<ElfMachine, readonly string[]>>> = {
  x86_64: ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
  aarch64: ['/lib/aarch64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
};
const knownLibraries = new Map<ElfMachine, ReadonlyMap<string, string>>();

/** A library as the dynamic linker finds it. @param folders to look into first: a program's RUNPATH */
export function findLibrary(name: string, folders: readonly string[], machine: ElfMachine, environment: Environment = process.env): string | undefined {
  if (name.includes('/')) return usableFile(isAbsolute(name) ? name : resolve(name));
  const fromEnvironment = (environment['LD_LIBRARY_PATH'] ?? '').split(/[:;]/).filter((folder) => folder !== '');
  const cached = linkerCache(machine).get(name);
  const candidates = [...[...folders, ...fromEnvironment].map((folder) => join(folder, name)), ...(cached === undefined ? [] : [cached]), ...(LIBRARY_FOLDERS[machine] ?? []).map((folder) => join(folder, name))];
  for (const candidate of candidates) {
    const found = usableFile(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first library of the dynamic linker's cache with such a name. */
export function libraryNamed(fits: (name: string) => boolean, machine: ElfMachine): string | undefined {
  for (const [name, path] of linkerCache(machine)) if (fits(name)) return usableFile(path);
  return undefined;
}

function linkerCache(machine: ElfMachine): ReadonlyMap<string, string> {
  let known = knownLibraries.get(machine);
  if (known === undefined) {
    try {
      known = parseLdCache(readFileSync('/etc/ld.so.cache'), machine);
    } catch {
      known = new Map(); // absent (musl, a small container) or damaged: the folders are left
    }
    knownLibraries.set(machine, known);
  }
  return known;
}

/** What loads a program or library, as far as it says: its ELF interpreter, and the libraries that it needs itself. */
export function filesNeededBy(path: string, environment: Environment = process.env): readonly string[] {
  const source = openFileSource(path);
  if (source === undefined || source.length === 0) return [];
  try {
    const elf = ElfFile.parse(source);
    const interpreter = elf.segments.find(({ type }) => type === PT_INTERP);
    const name = interpreter === undefined ? undefined : Buffer.from(source.read(interpreter.offset, interpreter.offset + interpreter.fileSize)).toString('latin1').replace(/\0.*$/s, '');
    const { needed, searchPath } = dynamicNeeds(elf);
    const own = searchPath.map((folder) => folder.replaceAll(/\$(?:ORIGIN|\{ORIGIN\})/g, path.slice(0, path.lastIndexOf('/'))));
    const files = [...(name === undefined ? [] : [usableFile(name)]), ...needed.map((soname) => findLibrary(soname, own, elf.machine, environment))];
    return files.filter((file) => file !== undefined);
  } catch (error) {
    if (error instanceof DebugInfoError) return [];
    throw error;
  }
}

/** A program, its ELF interpreter, and the libraries that it would load, each once. */
export function withLibraries(paths: readonly string[], environment: Environment = process.env): readonly string[] {
  const found = new Set<string>(paths);
  // What is added while a set is walked is walked, too.
  for (const path of found) for (const needed of filesNeededBy(path, environment)) found.add(needed);
  return [...found];
}
