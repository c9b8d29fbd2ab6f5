/** What the Tab key offers at the prompt: commands, settings, files, samples; in script text what editors are offered. */
import { readdirSync } from 'node:fs';
import { ScriptLanguage } from '../language-server/language.js';
import { readLibraries } from '../libraries.js';
import type { LocalTarget } from '@stapkit/cli-kit';
import { SETTINGS } from './settings.js';

export interface CompletionPlace {
  /** The script so far, and lines of a declaration that is not whole yet. */
  readonly script: string;
  readonly pending: string;
  readonly commands: readonly string[];
  readonly samples: () => readonly string[];
}

/** What could stand there, and what of the line's end it takes the place of. */
export type Offered = [candidates: string[], replaced: string];

const starting = (words: readonly string[], typed: string): Offered => [words.filter((word) => word.startsWith(typed)), typed];

function files(typed: string): Offered {
  const cut = typed.lastIndexOf('/') + 1;
  const [folder, start] = [typed.slice(0, cut), typed.slice(cut)];
  try {
    const names = readdirSync(folder === '' ? '.' : folder, { withFileTypes: true }).filter(({ name }) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')));
    return [names.map((one) => `${folder}${one.name}${one.isDirectory() ? '/' : ''}`), typed];
  } catch {
    return [[], typed];
  }
}

export class PromptCompletion {
  readonly #target: LocalTarget;
  readonly #libraries: readonly string[];
  #language: ScriptLanguage | undefined;

  constructor(target: LocalTarget, libraries: readonly string[]) {
    this.#target = target;
    this.#libraries = libraries;
  }

  async complete(line: string, { script, pending, commands, samples }: CompletionPlace): Promise<Offered> {
    if (pending === '') {
      const [, word = '', rest] = /^\s*(\w*)(?:\s+(.*))?$/s.exec(line) ?? [];
      if (rest === undefined && !/^\s*(probe|function|global)$/.test(line) && /^\s*\w*$/.test(line)) return starting([...commands, 'probe', 'function', 'global'], word);
      if (rest !== undefined && (word === 'set' || word === 'show')) return starting(SETTINGS.map(({ name }) => name), rest);
      if (rest !== undefined && (word === 'load' || word === 'save')) return files(rest);
      if (rest !== undefined && word === 'sample') return starting(samples(), rest);
      if (rest !== undefined && word === 'help') return starting(commands, rest);
      if (rest !== undefined && commands.includes(word) && word !== 'add') return [[], rest];
    }
    this.#language ??= await ScriptLanguage.create(this.#target, readLibraries(this.#libraries, this.#target));
    const typed = pending === '' ? line.replace(/^\s*add\s+/, '') : line;
    const text = `${script}${pending}${typed}`;
    const found = this.#language.complete('<input>', text, text.length);
    const replaced = found[0]?.replaced ?? 0;
    const end = replaced === 0 ? '' : text.slice(-replaced);
    return [found.map((one) => one.text).filter((one) => one.startsWith(end)), end];
  }
}
