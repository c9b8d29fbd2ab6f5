/** Where the script looks for texts and bytes: read out of it, so that there is one table. */
import { readToolScript } from '@stapkit/cli-kit';
import type { Places } from './call-arguments.js';

let known: ReadonlyMap<string, Places> | undefined;

const digit = (where: number, index: number): number => (where >> (4 * index)) & 15;
const OF_RESULT = 15;
const IS_ADDRESS = 256;
const LENGTH_AT = 512;
const STRUCTURE_SHIFT = 12;

function bufferOf(where: number): NonNullable<Places['buffer']> {
  const [at, length] = [digit(where, 0), digit(where, 1)];
  if (where >> STRUCTURE_SHIFT > 0) return { at, structure: where >> STRUCTURE_SHIFT };
  return { at, ...(length === OF_RESULT ? {} : { length }), ...((where & IS_ADDRESS) === 0 ? {} : { isAddress: true }), ...((where & LENGTH_AT) === 0 ? {} : { lengthAt: true }) };
}

/** Of the lines `mark_paths("open stat", 0x1)` and `mark_buffers("read", 0xf2)` of the script. */
export function placesOf(script: string): ReadonlyMap<string, Places> {
  const found = new Map<string, Places>();
  for (const [, kind, names = '', text] of script.matchAll(/^ {2}mark_(paths|buffers)\("([^"]*)", (0x[0-9a-f]+)\)/gm)) {
    const where = Number(text);
    for (const name of names.split(' ')) {
      const before = found.get(name) ?? { paths: [] };
      if (kind === 'paths') found.set(name, { ...before, paths: [digit(where, 0), digit(where, 1)].filter((place) => place > 0) });
      else found.set(name, { ...before, buffer: bufferOf(where) });
    }
  }
  return found;
}

export function placesIn(call: string): Places {
  known ??= placesOf(readToolScript(import.meta.url, 'syscall-trace.stp'));
  return known.get(call) ?? { paths: [] };
}
