/** A tool's .stp: where it lies, and how it reads with the tool's flags in it. */
import { existsSync, readFileSync } from 'node:fs';
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
  /** As -G does. */
  readonly globals: ReadonlyMap<string, string>;
  /** As -D does. */
  readonly limits?: ScriptInput['limits'];
  readonly target: LocalTarget;
  readonly verbose: number;
}
