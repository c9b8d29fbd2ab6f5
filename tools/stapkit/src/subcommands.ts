/** Words that stand where a script's file would. */
import { statSync } from 'node:fs';

/** Is it this word, and no script of that name? */
export function asksFor(word: 'tools' | 'doctor' | 'language-server', words: readonly string[]): boolean {
  return words[0] === word && statSync(word, { throwIfNoEntry: false })?.isFile() !== true;
}
