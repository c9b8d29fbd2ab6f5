/** Where programs and libraries are on this machine: in PATH, by wildcard, as the dynamic linker finds them, and those of running processes. */
import { accessSync, constants, readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { Glob, isGlob, parseLdCache } from '@stapkit/debuginfo';
import { parseMaps } from '@stapkit/runtime';
import type { Architecture, MappedFile, ProcessFile } from '@stapkit/core-compiler/target';

/** The path without symlinks of a regular file that can be read. */
function readableFile(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a command as the kernel would run it; symlinks resolved, so that uprobes find the inode. */
export function resolveCommandPath(path: string): string | undefined {
  const candidates = path.includes('/')
    ? [isAbsolute(path) ? path : resolve(path)]
    : (process.env['PATH'] ?? '/usr/bin:/bin').split(delimiter).map((folder) => join(folder, path));
  for (const candidate of candidates) {
    const found = readableFile(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Files that a wildcard matches, folder by folder; names that start with a dot only where the pattern has the dot, as in a shell. */
export function matchPaths(pattern: string): readonly string[] {
  let found = ['/'];
  for (const part of resolve(pattern).split('/').filter((one) => one !== '')) {
    if (!isGlob(part)) {
      found = found.map((folder) => join(folder, part));
      continue;
    }
    const glob = new Glob(part);
    found = found.flatMap((folder) => namesIn(folder).filter((name) => (part.startsWith('.') || !name.startsWith('.')) && glob.matches(name)).map((name) => join(folder, name)));
  }
  return [...new Set(found.map(readableFile).filter((path) => path !== undefined))].sort();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** ld.so(8); the multiarch folders are Debian's. */
const LIBRARY_FOLDERS: Readonly<Record<Architecture, readonly string[]>> = {
  x86_64: ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
  aarch64: ['/lib/aarch64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/lib64', '/usr/lib64', '/lib', '/usr/lib'],
};
const knownLibraries = new Map<Architecture, ReadonlyMap<string, string>>();

/** A library as the dynamic linker finds it. */
export function findLibrary(name: string, folders: readonly string[], machine: Architecture): string | undefined {
  if (name.includes('/')) return readableFile(isAbsolute(name) ? name : resolve(name));
  const fromEnvironment = (process.env['LD_LIBRARY_PATH'] ?? '').split(/[:;]/).filter((folder) => folder !== '');
  const cached = linkerCache(machine).get(name);
  const candidates = [...[...folders, ...fromEnvironment].map((folder) => join(folder, name)), ...(cached === undefined ? [] : [cached]), ...LIBRARY_FOLDERS[machine].map((folder) => join(folder, name))];
  for (const candidate of candidates) {
    const found = readableFile(candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first library of the dynamic linker's cache with such a name. */
export function libraryNamed(fits: (name: string) => boolean, machine: Architecture): string | undefined {
  for (const [name, path] of linkerCache(machine)) if (fits(name)) return readableFile(path);
  return undefined;
}

function linkerCache(machine: Architecture): ReadonlyMap<string, string> {
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

/** The program that a process runs. A deleted file can still be opened by way of /proc. */
export function executableOf(pid: number): ProcessFile | undefined {
  const link = `/proc/${pid}/exe`;
  try {
    const name = readlinkSync(link).replace(/ \(deleted\)$/, '');
    return { path: isSameFile(name, link) ? name : link, name };
  } catch {
    return undefined;
  }
}

/** Files that a process has mapped as code, in the order of addresses, each once (proc_pid_maps(5)). */
export function mappedCode(pid: number): readonly MappedFile[] {
  const files = new Map<string, MappedFile>();
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return [];
  }
  for (const { start, end, offset, name, isExecutable } of parseMaps(maps)) {
    if (!isExecutable || !name.startsWith('/') || files.has(name)) continue;
    const link = `/proc/${pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
    const inRoot = `/proc/${pid}/root${name}`;
    const path = [name, inRoot].find((candidate) => isSameFile(candidate, link)) ?? link;
    files.set(name, { path, name, address: start, fileOffset: Number(offset) });
  }
  return [...files.values()];
}

function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a, { bigint: true }), statSync(b, { bigint: true })];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}
