/** What is to be checked: files of programs, processes and packages, the kernel, its modules. */
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { UsageError, codeFiles, executableOf, libraryFile, requireProcess, resolveCommandPath, type ProcessFile } from '@stapkit/cli-kit';
import type { CheckOptions } from './options.js';
import type { PackageManager } from './packages.js';

export type Subject =
  | { readonly kind: 'files'; readonly title: string; readonly pid?: number; readonly files: readonly ProcessFile[] }
  | { readonly kind: 'kernel' }
  | { readonly kind: 'module'; readonly name: string };

/** @throws UsageError for what is not there */
export function subjectsOf(options: CheckOptions, packages: PackageManager | undefined): readonly Subject[] {
  const subjects: Subject[] = [
    ...options.what.map((word) => subjectNamed(word, options.libraries)),
    ...(options.pid ?? []).map(processSubject),
    ...(options.package ?? []).map((name) => packageSubject(name, packages)),
    ...(options.kernel === true ? [{ kind: 'kernel' } as const] : []),
    ...(options.module ?? []).map(moduleSubject),
  ];
  return subjects.length === 0 ? [{ kind: 'kernel' }] : subjects;
}

function subjectNamed(word: string, withLibraries: boolean): Subject {
  if (word === 'kernel') return { kind: 'kernel' };
  if (/^\d+$/.test(word)) return processSubject(Number(word));
  const isLibrary = /^lib[^/]*$/.test(word) && !existsSync(word) && resolveCommandPath(word) === undefined;
  const path = isLibrary ? libraryFile(word) : resolveCommandPath(word);
  if (path === undefined) throw new UsageError(`there is no program '${word}'`, word.includes('/') ? undefined : 'it is looked for along PATH; a path, a process id, a library or kernel is taken, too');
  return { kind: 'files', title: path, files: withLibraries ? codeFiles({ path }) : [{ path, name: path }] };
}

function processSubject(pid: number): Subject {
  requireProcess(pid);
  const program = executableOf(pid);
  const files = codeFiles({ pid });
  if (program === undefined && files.length === 0) throw new UsageError(`what process ${pid} has mapped cannot be read`, 'it is a thread of the kernel, or needs root: run it with sudo');
  // The program first, as it is what is asked about.
  const first = files.filter(({ name }) => name === program?.name);
  return { kind: 'files', title: `process ${pid}${program === undefined ? '' : ` (${program.name})`}`, pid, files: [...first, ...files.filter((file) => !first.includes(file))] };
}

const MODULE_NAME = /^\w[\w-]*$/;

function moduleSubject(name: string): Subject {
  if (!MODULE_NAME.test(name)) throw new UsageError(`'${name}' is no name of a module`, 'lsmod lists them');
  return { kind: 'module', name: name.replaceAll('-', '_') };
}

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

function isElf(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const start = Buffer.alloc(ELF_MAGIC.length);
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return readSync(file, start, 0, start.length, 0) === start.length && start.equals(ELF_MAGIC);
  } catch {
    return false; // it may not be read
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function packageSubject(name: string, packages: PackageManager | undefined): Subject {
  if (packages === undefined) throw new UsageError(`--package: no package manager that is known here`, 'dpkg, rpm, apk and pacman are');
  const listed = packages.files(name);
  if (listed === undefined) throw new UsageError(`--package: there is no installed package '${name}'`);
  const paths = [...new Set(listed.filter(isElf).map((path) => realpathSync(path)))];
  if (paths.length === 0) throw new UsageError(`--package: '${name}' has no programs or libraries`);
  return { kind: 'files', title: `package ${name}`, files: paths.map((path) => ({ path, name: path })) };
}
