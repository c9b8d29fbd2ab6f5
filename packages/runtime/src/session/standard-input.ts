/** procfs("__stdin").write: every character of standard input, as it comes (the tapset's input.char and input.line). */
import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';

export const STANDARD_INPUT = '__stdin';

export class StandardInput {
  #characters = '';
  #wake: () => void;
  readonly #isTerminal = process.stdin.isTTY;

  /** @param wake called when there is something new */
  constructor(wake: () => void) {
    this.#wake = wake;
    // Characters, not lines; Ctrl-C stays a signal, which setRawMode() would take away.
    if (this.#isTerminal) this.#setTerminal('-icanon');
    process.stdin.on('data', this.#receive);
  }

  /** Takes the next character, a byte; '' when there is none. */
  next(): string {
    const first = this.#characters.charAt(0);
    this.#characters = this.#characters.slice(1);
    return first;
  }

  /** Idempotent. */
  close(): void {
    process.stdin.off('data', this.#receive);
    process.stdin.pause();
    // Of a file it is a stream that holds nothing open.
    if (process.stdin instanceof Socket) process.stdin.unref();
    if (this.#isTerminal) this.#setTerminal('icanon');
    this.#wake = () => undefined;
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#characters += chunk.toString('latin1').replaceAll('\0', '');
    this.#wake();
  };

  #setTerminal(mode: 'icanon' | '-icanon'): void {
    spawnSync('stty', [mode], { stdio: ['inherit', 'ignore', 'ignore'] });
  }
}
