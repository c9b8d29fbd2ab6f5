/** A line on the terminal that tells how the sampling goes. */
import type { SampleCounts } from './sampled-lines.js';

const number = new Intl.NumberFormat('en-US');
/** ECMA-48: to the line's start, and erase it. */
const ERASE = '\r\u001b[K';

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** undefined: until the command or Ctrl-C ends it. */
  readonly durationSeconds: number | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

export class Progress {
  readonly #options: ProgressOptions;
  #start = 0;
  #shown = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  start(): void {
    this.#start = this.#options.now();
    this.tell({ taken: 0, lost: 0, unread: 0, negative: 0 });
  }

  tell({ taken, lost }: SampleCounts): void {
    const { durationSeconds, now, write } = this.#options;
    const elapsed = (now() - this.#start) / 1000;
    const time = durationSeconds === undefined ? `${Math.floor(elapsed)} s` : `${Math.max(0, Math.ceil(durationSeconds - elapsed))} s left`;
    write(`${ERASE}${number.format(taken)} samples, ${number.format(lost)} lost, ${time}; Ctrl-C ends it`);
    this.#shown = true;
  }

  end(): void {
    if (this.#shown) this.#options.write(ERASE);
    this.#shown = false;
  }
}
