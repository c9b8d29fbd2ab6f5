/** Where the script's text comes from: a file, standard input, -e, -E. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';
import type { StapOptions } from './options.js';

export interface NamedScript {
  readonly file: string;
  /** Byte string. */
  readonly text: string;
}

function readScript(file: string): NamedScript {
  try {
    return { file: file === '-' ? '<stdin>' : file, text: readFileSync(file === '-' ? 0 : file, 'latin1') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : reasonOf(error);
    throw new UsageError(`cannot read the script '${file}': ${why}`, undefined, 1);
  }
}

/** Command-line text is UTF-8; scripts are bytes. */
const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** The main script first, then those of -E. */
export function readScripts(options: StapOptions): readonly NamedScript[] {
  const scripts: NamedScript[] = [];
  if (options.inline !== undefined) scripts.push({ file: '<input>', text: bytesOf(options.inline) });
  else if (options.file !== undefined) scripts.push(readScript(options.file));
  for (const text of options.additional) scripts.push({ file: '<input>', text: bytesOf(text) });
  return scripts;
}

/** Arguments as byte strings. */
export function scriptArguments(options: StapOptions): readonly string[] {
  return options.args.map(bytesOf);
}

/** A name for the object: -m, else the script's file name, else stap_script. */
export function objectName(options: StapOptions): string {
  if (options.name !== undefined) return options.name;
  if (options.file === undefined || options.file === '-') return 'stap_script';
  return basename(options.file).replace(/\.stp$/, '').replaceAll(/\W/g, '_').toLowerCase();
}
