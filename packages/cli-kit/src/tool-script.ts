/** A tool's .stp: where it lies, and how it reads with the tool's flags in it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ScriptInput } from './compile-script.js';
import type { LocalTarget } from './local-target.js';

/**
 * Text of a tool's .stp, which lies beside the tool's bundle or in the tool's folder.
 * @param moduleUrl `import.meta.url` of the caller
 */
export function readToolScript(moduleUrl: string, file: string): string {
  for (const place of [`./${file}`, `../${file}`]) {
    const path = fileURLToPath(new URL(place, moduleUrl));
    if (existsSync(path)) return readFileSync(path, 'latin1');
  }
  throw new Error(`the script ${file} is missing beside ${moduleUrl}`);
}

/** A file of the tapset that tools share. */
export interface LibraryFile {
  readonly path: string;
  readonly text: string;
}

let library: readonly LibraryFile[] | undefined;

/** The tapset that tools share: stp/ of this package, tool-stp/ beside a bundle. */
export function toolLibrary(): readonly LibraryFile[] {
  if (library !== undefined) return library;
  const here = ['./tool-stp/', '../stp/'].map((place) => fileURLToPath(new URL(place, import.meta.url))).find((place) => existsSync(place));
  if (here === undefined) throw new Error(`the tools' tapset is missing beside ${import.meta.url}`);
  return (library = readdirSync(here).filter((name) => name.endsWith('.stp')).sort().map((name) => ({ path: name, text: readFileSync(`${here}${name}`, 'latin1') })));
}

/** What a file of the tapset declares. */
function declaredNames(text: string): readonly string[] {
  return [...text.matchAll(/^(?:function (\w+)|probe ([\w.]+) =)/gm)].map(([, name, point]) => name ?? point ?? '');
}

/** A script with what it uses of the tools' tapset behind it: it runs as it is. */
export function wholeScript(text: string, files: readonly LibraryFile[] = toolLibrary()): string {
  const uses = (name: string): boolean => new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?![\\w.])`).test(text);
  return [text, ...files.filter((file) => declaredNames(file.text).some(uses)).map((file) => file.text)].join('\n');
}

/** What stands for a value in a script: a number as it is, a text in quotes. */
function literal(value: string, before: string): string {
  return before.startsWith('"') ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

/** The script with other initial values in its `global NAME = VALUE` lines: what -G does, for a reader who wants to run it as it is. */
export function scriptWithGlobals(text: string, globals: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [name, value] of globals) {
    const line = new RegExp(`^(global ${name} = )("(?:[^"\\\\]|\\\\.)*"|-?\\d+)`, 'm');
    if (!line.test(result)) throw new Error(`the script has no line 'global ${name} = VALUE'`);
    result = result.replace(line, (_, start: string, before: string) => `${start}${literal(value, before)}`);
  }
  return result;
}

/** The script with its arguments in it: `$1` is a word as it is, `@1` one in quotes, `$#` their number. */
export function scriptWithArguments(text: string, args: readonly string[]): string {
  return text.split('\n').map((line) => (/^\s*(?:#|\/\/)/.test(line) ? line : line.replace(/([$@])(\d+|#)/g, (found, sign: string, which: string) => {
    if (which === '#') return sign === '$' ? String(args.length) : `"${args.length}"`;
    const word = args[Number(which) - 1];
    return word === undefined ? found : sign === '$' ? word : literal(word, '"');
  }))).join('\n');
}

/** A tool's own script does not compile here: the tool may have another way. */
export class ToolScriptError extends Error {
  readonly exitCode = 2;
  readonly advice: string | undefined;

  constructor(message: string, advice?: string) {
    super(message);
    this.name = 'ToolScriptError';
    this.advice = advice;
  }
}

export interface ToolScript {
  /** Of the object: letters, digits and _. */
  readonly name: string;
  /** The .stp's file name. */
  readonly file: string;
  readonly text: string;
  /** Its arguments, byte strings. What is wrong with them is told as a mistake of the user's. */
  readonly args?: readonly string[];
  /** What -c starts: its program is what process.function(…) means. */
  readonly command?: string;
  /** As -G does: for a script compiled once for each set of values. Absent: its globals are set when it runs. */
  readonly globals?: ReadonlyMap<string, string>;
  /** As -D does. */
  readonly limits?: ScriptInput['limits'];
  /** Default: fp. */
  readonly unwind?: ScriptInput['unwind'];
  readonly target: LocalTarget;
  readonly verbose: number;
}
