/** Where the lines of the prompt come from: a terminal, with editing, history and completion, or a file or pipe. */
import { createInterface, type AsyncCompleter, type Interface } from 'node:readline';
import { Socket } from 'node:net';
import type { History } from './history.js';

/** A line, or why there is none. */
export type Answer = { readonly line: string } | { readonly line?: undefined; readonly why: 'taken back' | 'ended' };

/** By Ctrl-C. */
const DROPPED: Answer = { why: 'taken back' };
const ENDED: Answer = { why: 'ended' };

export interface Lines {
  readonly isTerminal: boolean;
  next(prompt: string): Promise<Answer>;
  /** Nothing is read until the next call of next(): the terminal is the script's, or an editor's. */
  leave(): void;
  close(): void;
}

/** A script that reads standard input lets go of it at its end. Files have nothing to hold. */
function keepOpen(): void {
  if (process.stdin instanceof Socket) process.stdin.ref();
}

/** Interfaces are closed while a session or an editor has the terminal, which then is as it was before: Ctrl-C is a signal. */
export class TerminalLines implements Lines {
  readonly isTerminal = true;
  readonly #history: History;
  readonly #completer: AsyncCompleter;
  /** Of a text that was pasted, more than one may come at once. */
  readonly #waiting: Answer[] = [];
  #open: Interface | undefined;
  #wake: (() => void) | undefined;

  constructor(history: History, completer: AsyncCompleter) {
    this.#history = history;
    this.#completer = completer;
  }

  async next(prompt: string): Promise<Answer> {
    if (this.#waiting.length === 0) {
      const lines = (this.#open ??= this.#begin());
      lines.setPrompt(prompt);
      lines.prompt();
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
    return this.#waiting.shift() ?? ENDED;
  }

  leave(): void {
    const lines = this.#open;
    this.#open = undefined;
    lines?.close();
  }

  close(): void {
    this.leave();
    this.#give(ENDED);
  }

  #give(answer: Answer): void {
    this.#waiting.push(answer);
    this.#wake?.();
    this.#wake = undefined;
  }

  #begin(): Interface {
    const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: true, completer: this.#completer, history: [...this.#history.newestFirst], historySize: this.#history.limit, removeHistoryDuplicates: true });
    keepOpen();
    lines.on('line', (line) => {
      this.#history.add(line);
      this.#give({ line });
    });
    lines.on('SIGINT', () => {
      process.stdout.write('^C\n');
      this.leave();
      this.#give(DROPPED);
    });
    lines.on('close', () => {
      // By Ctrl-D, unless it was let go of here.
      if (this.#open === lines) this.close();
    });
    return lines;
  }
}

/** All that comes is kept until it is asked for; there is no prompt. */
export class PlainLines implements Lines {
  readonly isTerminal = false;
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(input: NodeJS.ReadableStream = process.stdin) {
    this.#lines = createInterface({ input, terminal: false, crlfDelay: Infinity });
    this.#lines.on('line', (line) => {
      this.#waiting.push(line);
      this.#wake?.();
    });
    this.#lines.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  async next(): Promise<Answer> {
    if (this.#waiting.length === 0 && !this.#ended) {
      keepOpen();
      this.#lines.resume();
      await new Promise<void>((resolve) => { this.#wake = resolve; });
      this.#wake = undefined;
    }
    const line = this.#waiting.shift();
    return line === undefined ? ENDED : { line };
  }

  leave(): void {
    if (!this.#ended) this.#lines.pause();
  }

  close(): void {
    this.#lines.close();
  }
}
