/** Files of programs on this machine: by wildcard, and those of running processes. */
import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Glob, isGlob } from '@stapkit/debuginfo';
import { parseMaps, usableFile } from '@stapkit/runtime';
import type { MappedFile, ProcessFile } from '@stapkit/core-compiler/target';

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
  return [...new Set(found.map((path) => usableFile(path)).filter((path) => path !== undefined))].sort();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
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
