/** The scripts that SystemTap brings as examples, for `sample`. */
import { readFileSync } from 'node:fs';
import { listExamples } from '../examples.js';

export interface Sample {
  /** Path below the examples' folder. */
  readonly name: string;
  readonly path: string;
}

export function samples(): readonly Sample[] {
  return listExamples().filter(({ name }) => name.endsWith('.stp'));
}

/** By its whole name, its file's name, or else all that have the word in name or title. */
export function samplesFor(word: string): readonly Sample[] {
  const all = samples();
  const exact = all.filter(({ name }) => [name, name.replace(/\.stp$/, '')].some((one) => one === word || one.endsWith(`/${word}`)));
  return exact.length > 0 ? exact : all.filter((one) => `${one.name} ${titleOf(one)}`.toLowerCase().includes(word.toLowerCase()));
}

/** What its .meta file calls it; '' without one. */
export function titleOf({ path }: Sample): string {
  try {
    return /^title:\s*(.*)$/m.exec(readFileSync(path.replace(/\.stp$/, '.meta'), 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}
