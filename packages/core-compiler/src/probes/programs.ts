/** The programs and libraries that `process`, `process("PATH")`, `process(PID)` and `.library("NAME")` mean, found and read. */
import { DebugInfoError, dynamicNeeds, ElfFile, Glob, isGlob, sourceOf, type ByteSource } from '@stapkit/debuginfo';
import type { AttachPoint, ProcessFilter } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import type { ProcessFile, Target } from '../target/index.js';
import { textArgument, type Surroundings } from './family.js';
import { noCommand, noLibraryMatches, noProgramMatches, noSuchProcess, noSuchProgram, notAProgram, otherLibraryFolder, tooManyPrograms } from './problems.js';

export interface ProgramFile {
  /** Where the kernel finds the file: below /proc/PID when the process is in another mount namespace. */
  readonly path: string;
  /** How the names of its probe points start: `process("/usr/bin/ls")`, `process(77)`, `process(77).library("/usr/lib/libc.so.6")`. */
  readonly label: string;
  /** Probes go into this process alone. */
  readonly pid?: number;
}

export interface Program extends ProgramFile {
  readonly elf: ElfFile;
  /** A library's, found by a program's path: in other programs that use it there are no probes. */
  readonly processes?: ProcessFilter;
}

/** What every attach point in a program has: which file, and in which processes. */
export function probedFile({ elf, path, pid, processes }: Program): Pick<Extract<AttachPoint, { readonly kind: 'user-function' }>, 'path' | 'buildId' | 'pid' | 'processes'> {
  const { buildId } = elf;
  return { path, ...(buildId === undefined ? {} : { buildId }), ...(pid === undefined ? {} : { pid }), ...(processes === undefined ? {} : { processes }) };
}

/** Each probe in each of them is a BPF program of its own. */
const MOST_PROGRAMS = 200;
/** As the kernel follows them (bprm_execve). */
const MOST_INTERPRETERS = 5;
/** Of a script's first line: as much as the kernel looks at (BINPRM_BUF_SIZE). */
const SHEBANG_BYTES = 256;

/** The files, not read. None: why not is reported to `problems`. Without PATH and PID: the command's of -c, or the program of -x. */
export function findPrograms(process: ProbePointComponent, point: ProbePoint, around: Surroundings, problems: DiagnosticSink): readonly ProgramFile[] {
  const { argument, span } = process;
  if (argument?.kind === 'number') return ofProcess(Number(argument.value), span, around, problems);
  const wanted = argument?.value ?? commandPath(around.command);
  // Of a process in another mount namespace the name leads nowhere here: its file is opened by way of /proc.
  const running = wanted === undefined ? targetsProgram(around) : undefined;
  if (running !== undefined) return [{ path: running.path, label: `process("${running.name}")` }];
  if (wanted === undefined || wanted === '') {
    problems.report(noCommand(point.span));
    return [];
  }
  if (argument !== undefined && isGlob(wanted)) return matching(wanted, span, around, problems);
  const path = around.target.resolvePath(wanted);
  const program = path === undefined ? undefined : followScripts(path, span, around, problems);
  if (path === undefined) problems.report(noSuchProgram(wanted, span));
  return program === undefined ? [] : [program];
}

function ofProcess(pid: number, span: Span, { target }: Surroundings, problems: DiagnosticSink): readonly ProgramFile[] {
  const file = pid > 0 ? target.executableOf?.(pid) : undefined;
  if (file === undefined) problems.report(noSuchProcess(pid, span));
  return file === undefined ? [] : [{ path: file.path, label: `process(${pid})`, pid }];
}

function matching(pattern: string, span: Span, { target }: Surroundings, problems: DiagnosticSink): readonly ProgramFile[] {
  let paths = target.matchPaths?.(pattern) ?? [];
  const multiarch = paths.length > 0 ? undefined : inMultiarchFolder(pattern, target);
  if (multiarch !== undefined) {
    paths = target.matchPaths?.(multiarch) ?? [];
    if (paths.length > 0) problems.report(otherLibraryFolder(pattern, span, multiarch));
  }
  if (paths.length === 0) problems.report(noProgramMatches(pattern, span));
  if (paths.length > MOST_PROGRAMS) {
    problems.report(tooManyPrograms(pattern, span, paths.length, MOST_PROGRAMS));
    return [];
  }
  return paths.map((path) => ({ path, label: `process("${path}")` }));
}

/**
 * Scripts look for libraries in `/lib*` and `/usr/lib*`, which is right for Fedora's lib64; Debian has a folder an architecture
 * in there. undefined: a pattern for something else.
 */
function inMultiarchFolder(pattern: string, { arch }: Target): string | undefined {
  const match = /^((?:\/usr)?\/lib(?:\*|64|\{,64\}))\/([^/]+)$/.exec(pattern);
  const [, folder, file] = match ?? [];
  return folder === undefined || file === undefined ? undefined : `${folder.replace(/(\*|64|\{,64\})$/, '')}/${arch}-linux-gnu/${file}`;
}

/** First word of -c CMD, quotes removed. */
function commandPath(command: string | undefined): string | undefined {
  const match = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(command ?? '');
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

function targetsProgram({ target }: Surroundings): ProcessFile | undefined {
  const { targetPid } = target;
  return targetPid === undefined ? undefined : target.executableOf?.(targetPid);
}

/** The program that runs when the file is started: a script's interpreter. */
function followScripts(path: string, span: Span, { target }: Surroundings, problems: DiagnosticSink): ProgramFile | undefined {
  let file = path;
  for (let depth = 0; depth < MOST_INTERPRETERS; depth++) {
    const bytes = openFile(target, file)?.read(0, SHEBANG_BYTES);
    if (bytes?.[0] !== 0x23 || bytes[1] !== 0x21) return { path: file, label: `process("${file}")` };
    const interpreter = interpreterOf(bytes);
    const next = interpreter === undefined ? undefined : target.resolvePath(interpreter);
    if (next === undefined) {
      problems.report(notAProgram(file, span, `it is a script, and its interpreter '${interpreter ?? ''}' cannot be found`));
      return undefined;
    }
    file = next;
  }
  problems.report(notAProgram(path, span, 'it is a script whose interpreters are scripts without end'));
  return undefined;
}

/** `#!/bin/sh -e` names /bin/sh; `#!/usr/bin/env -S NAME` names NAME. */
function interpreterOf(script: Uint8Array): string | undefined {
  const words = (Buffer.from(script.subarray(2)).toString('latin1').split('\n')[0] ?? '').trim().split(/[ \t]+/);
  const [first, ...rest] = words;
  if (first === undefined || first === '') return undefined;
  return /(?:^|\/)env$/.test(first) ? (rest.find((word) => !word.startsWith('-') && !word.includes('=')) ?? first) : first;
}

/** A file to read pieces of: programs with debug information may have hundreds of megabytes. Undefined: it cannot be read. */
export function openFile(target: Target, path: string): ByteSource | undefined {
  if (target.openBinary !== undefined) return target.openBinary(path);
  const bytes = target.readBinary(path);
  return bytes === undefined ? undefined : sourceOf(bytes);
}

/** Reads the programs. Of those that a wildcard matches, files that are no programs are left out. */
export function openPrograms(files: readonly ProgramFile[], span: Span, around: Surroundings, problems: DiagnosticSink): readonly Program[] {
  const found = files.flatMap((file): Program[] => {
    const elf = readElf(file.path, around);
    if (typeof elf !== 'string') return [{ ...file, elf }];
    if (files.length === 1) problems.report(notAProgram(file.path, span, elf));
    return [];
  });
  if (found.length === 0 && files.length > 1) problems.report(notAProgram(files.map(({ path }) => path).slice(0, 3).join(', '), span, 'none of these files is a program'));
  return found;
}

/** How many programs are kept open: a wildcard may match thousands. */
const MOST_KEPT = 16;

function readElf(path: string, { target, programs }: Surroundings): ElfFile | string {
  const known = programs.get(path);
  if (known !== undefined) return known;
  const read = parseElf(path, target);
  if (programs.size >= MOST_KEPT) programs.delete(programs.keys().next().value ?? '');
  programs.set(path, read);
  return read;
}

/** The file, or what is wrong with it. */
function parseElf(path: string, target: Target): ElfFile | string {
  const file = openFile(target, path);
  if (file === undefined) return 'it cannot be read';
  try {
    const elf = ElfFile.parse(file);
    return elf.machine === target.arch ? elf : `it is for ${elf.machine}, and this is ${target.arch}`;
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    return cause.message;
  }
}

/** The libraries of a program that `.library("NAME")` means: by soname, file name, path or wildcard. None: why not is reported. */
export function openLibraries(program: Program, library: ProbePointComponent, around: Surroundings, problems: DiagnosticSink): readonly Program[] {
  const wanted = textArgument(library, problems);
  if (wanted === undefined) return [];
  const files = program.pid === undefined ? librariesOfFile(program, wanted, around) : librariesOfProcess(program.pid, wanted, around);
  if (files.length === 0) problems.report(noLibraryMatches(wanted, program.path, library.span));
  return openPrograms(files.map(({ path, name }) => ({ path, label: `${program.label}.library("${name}")`, ...(program.pid === undefined ? {} : { pid: program.pid }) })), library.span, around, problems)
    .map((one) => (program.pid === undefined ? { ...one, processes: { kind: 'program', path: program.path } } : one));
}

interface LibraryFile { readonly path: string; readonly name: string }

function librariesOfProcess(pid: number, wanted: string, { target }: Surroundings): readonly LibraryFile[] {
  const own = target.executableOf?.(pid)?.path;
  const mapped = (target.mappedCode?.(pid) ?? []).filter(({ path }) => path !== own);
  const exact = mapped.filter(({ name }) => name === wanted || baseName(name) === wanted);
  if (exact.length > 0 || isGlob(wanted)) return exact.length > 0 ? exact : mapped.filter(({ name }) => matchesName(wanted, name));
  // libc.so.6 is another name of the file that is mapped, libc-2.31.so.
  const resolved = target.findLibrary?.(wanted, []) ?? wanted;
  return mapped.filter(({ name }) => name === resolved);
}

function librariesOfFile(program: Program, wanted: string, around: Surroundings): readonly LibraryFile[] {
  const { target } = around;
  if (isGlob(wanted)) {
    const needed = neededLibraries(program, around).filter(({ soname, path }) => matchesName(wanted, path) || matchesName(wanted, soname));
    const paths = needed.length > 0 || !wanted.includes('/') ? needed.map(({ path }) => path) : (target.matchPaths?.(wanted) ?? []);
    return [...new Set(paths)].map((path) => ({ path, name: path }));
  }
  const path = wanted.includes('/') ? target.resolvePath(wanted)
    : (neededLibraries(program, around).find((one) => one.soname === wanted || baseName(one.path) === wanted)?.path ?? target.findLibrary?.(wanted, []));
  return path === undefined ? [] : [{ path, name: path }];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A wildcard without `/` is for the file's name. */
function matchesName(pattern: string, path: string): boolean {
  return new Glob(pattern).matches(pattern.includes('/') ? path : baseName(path));
}

export interface NeededLibrary { readonly soname: string; readonly path: string; readonly elf: ElfFile }

/** What the dynamic linker would load with the program, in its order: each library's own needs behind it. */
export function neededLibraries(program: Program, around: Surroundings): readonly NeededLibrary[] {
  const found = new Map<string, NeededLibrary>();
  let files: readonly { readonly path: string; readonly elf: ElfFile }[] = [program];
  while (files.length > 0) {
    const next: { path: string; elf: ElfFile }[] = [];
    for (const { path: from, elf } of files) {
      const { needed, searchPath } = dynamicNeeds(elf);
      const origin = from.slice(0, from.lastIndexOf('/'));
      const folders = searchPath.map((folder) => folder.replaceAll(/\$(?:ORIGIN|\{ORIGIN\})/g, origin));
      for (const soname of needed) {
        const path = found.has(soname) ? undefined : around.target.findLibrary?.(soname, folders);
        if (path === undefined) continue;
        const elf = readElf(path, around);
        if (typeof elf === 'string') continue;
        found.set(soname, { soname, path, elf });
        next.push({ path, elf });
      }
    }
    files = next;
  }
  return [...found.values()];
}
