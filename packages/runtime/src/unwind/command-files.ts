/**
 * The programs that a command of -c will run, as far as its text tells, and their libraries: so that their unwind rows are
 * there before it runs. What is missed here is read when it is mapped.
 */
import { constants } from 'node:fs';
import { openFileSource } from '../sys/file-source.js';
import { resolveCommandPath, withLibraries, type Environment } from '../sys/program-files.js';

const MOST_PROGRAMS = 8;
const MOST_INTERPRETERS = 5;
const SHEBANG_BYTES = 256;

/** Paths of programs, their ELF interpreters and the libraries that these would load, each once. */
export function filesOfCommand(command: string, environment: Environment = process.env): readonly string[] {
  const words = command.split(/[\s;|&()<>'"`$]+/).filter((word) => word !== '' && !word.startsWith('-'));
  const programs = words.flatMap((word) => executable(word, environment) ?? []).flatMap((path) => withInterpreters(path, environment));
  return withLibraries([...new Set(programs)].slice(0, MOST_PROGRAMS), environment);
}

const executable = (word: string, environment: Environment): string | undefined => resolveCommandPath(word, constants.X_OK, environment);

/** A program, and what runs it when it is a script. */
function withInterpreters(path: string, environment: Environment): readonly string[] {
  const paths = [path];
  for (let at: string | undefined = path; at !== undefined && paths.length <= MOST_INTERPRETERS;) {
    const head: string = Buffer.from(openFileSource(at)?.read(0, SHEBANG_BYTES) ?? []).toString('latin1');
    const words: readonly string[] = head.startsWith('#!') ? (head.slice(2).split('\n')[0] ?? '').trim().split(/\s+/) : [];
    const next: readonly string[] = words.slice(0, /(?:^|\/)env$/.test(words[0] ?? '') ? words.length : 1).flatMap((word) => executable(word, environment) ?? []);
    paths.push(...next);
    at = next.at(-1);
  }
  return paths;
}
