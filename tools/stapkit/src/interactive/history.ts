/** The lines that were typed at the prompt, kept in `$XDG_STATE_HOME/stapkit/history`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** `$XDG_STATE_HOME`, else `~/.local/state`, as the XDG Base Directory Specification has it. */
function stateHome(environment: NodeJS.ProcessEnv): string {
  const own = environment['XDG_STATE_HOME'];
  return own !== undefined && own !== '' ? own : join(environment['HOME'] ?? homedir(), '.local/state');
}

export class History {
  readonly limit = 1000;
  readonly #file: string;
  #lines: readonly string[];

  constructor(file = join(stateHome(process.env), 'stapkit/history')) {
    this.#file = file;
    this.#lines = readLines(file);
  }

  get newestFirst(): readonly string[] {
    return [...this.#lines].reverse();
  }

  get oldestFirst(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    if (line.trim() === '') return;
    this.#lines = [...this.#lines.filter((one) => one !== line), line].slice(-this.limit);
  }

  /** That it cannot be kept is no reason to fail. Gives why, then. */
  save(): string | undefined {
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(this.#file, this.#lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
