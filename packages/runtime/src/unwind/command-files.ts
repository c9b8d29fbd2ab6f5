/**
 * The programs that a command of -c will run, as far as its text tells, and their libraries: so that their unwind rows are
 * there before it runs. What is missed here is read when it is mapped.
 */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { DebugInfoError, ElfFile, dynamicNeeds, parseLdCache } from '@stapkit/debuginfo';
import { openFileSource } from '../sys/file-source.js';

const MOST_PROGRAMS = 8;
const MOST_INTERPRETERS = 5;
const SHEBANG_BYTES = 256;
const PT_INTERP = 3;

/** Paths of programs, their ELF interpreters and the libraries that these would load, each once. */
export function filesOfCommand(command: string, environment: Readonly<Record<string, string | undefined>> = process.env): readonly string[] {
  const folders = (environment['PATH'] ?? '').split(':');
  const words = command.split(/[\s;|&()<>'"`$]+/).filter((word) => word !== '' && !word.startsWith('-'));
  const programs = words.flatMap((word) => executableOf(word, folders) ?? []).flatMap((path) => withInterpreters(path, folders));
  const found = new Set<string>([...new Set(programs)].slice(0, MOST_PROGRAMS));
  const libraries = new Libraries(environment['LD_LIBRARY_PATH'] ?? '');
  // What is added while a set is walked is walked, too.
  for (const path of found) for (const library of libraries.neededBy(path)) found.add(library);
  return [...found];
}

function executableOf(word: string, folders: readonly string[]): string | undefined {
  return (word.includes('/') ? [word] : folders.map((folder) => `${folder}/${word}`)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/** A program, and what runs it when it is a script. */
function withInterpreters(path: string, folders: readonly string[]): readonly string[] {
  const paths = [path];
  for (let at: string | undefined = path; at !== undefined && paths.length <= MOST_INTERPRETERS;) {
    const head: string = Buffer.from(openFileSource(at)?.read(0, SHEBANG_BYTES) ?? []).toString('latin1');
    const words: readonly string[] = head.startsWith('#!') ? (head.slice(2).split('\n')[0] ?? '').trim().split(/\s+/) : [];
    const next: readonly string[] = words.slice(0, /(?:^|\/)env$/.test(words[0] ?? '') ? words.length : 1).flatMap((word) => executableOf(word, folders) ?? []);
    paths.push(...next);
    at = next.at(-1);
  }
  return paths;
}

class Libraries {
  readonly #folders: readonly string[];
  #cache: ReadonlyMap<string, string> | undefined;

  constructor(searchPath: string) {
    this.#folders = searchPath.split(':').filter((folder) => folder !== '');
  }

  /** Direct needs, and the ELF interpreter. */
  neededBy(path: string): readonly string[] {
    const source = openFileSource(path);
    if (source === undefined || source.length === 0) return [];
    try {
      const elf = ElfFile.parse(source);
      const interpreter = elf.segments.find(({ type }) => type === PT_INTERP);
      const name = interpreter === undefined ? [] : [Buffer.from(source.read(interpreter.offset, interpreter.offset + interpreter.fileSize)).toString('latin1').replace(/\0.*$/s, '')];
      const { needed, searchPath } = dynamicNeeds(elf);
      const own = searchPath.map((folder) => folder.replaceAll(/\$(?:ORIGIN|\{ORIGIN\})/g, path.slice(0, path.lastIndexOf('/'))));
      return [...name, ...needed.flatMap((soname) => this.#find(soname, elf, own) ?? [])];
    } catch (error) {
      if (error instanceof DebugInfoError) return [];
      throw error;
    }
  }

  #find(soname: string, { machine }: ElfFile, own: readonly string[]): string | undefined {
    const there = [...own, ...this.#folders].map((folder) => `${folder}/${soname}`).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
    if (there !== undefined) return there;
    try {
      this.#cache ??= parseLdCache(readFileSync('/etc/ld.so.cache'), machine);
    } catch {
      this.#cache = new Map();
    }
    return this.#cache.get(soname);
  }
}
