/** Options that are read before those of the command line, from $SYSTEMTAP_DIR/rc, as stap has it. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError, reasonOf } from '@stapkit/cli-kit';

/** Words of a line, as a shell makes them: quotes keep blanks, a backslash the next character. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(/(?:[^\s"'\\#]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|(?<=\S)#)+|#.*/g)) {
    if (word.startsWith('#')) continue;
    words.push(word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_all, double: string | undefined, single: string | undefined, one: string | undefined) => single ?? one ?? (double ?? '').replaceAll(/\\(["\\$`])/g, '$1')));
  }
  return words;
}

/** The command line with the file's options first; as it is when there is no file. @throws UsageError when the file cannot be read */
export function withRcOptions(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const file = join(env['SYSTEMTAP_DIR'] ?? join(env['HOME'] ?? homedir(), '.systemtap'), 'rc');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return argv;
    throw new UsageError(`cannot read the options of '${file}': ${reasonOf(error)}`, undefined, 1);
  }
  return [...argv.slice(0, 2), ...wordsOf(text), ...argv.slice(2)];
}
