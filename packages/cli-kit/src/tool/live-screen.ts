/**
 * Draws one table after another in the same place: on the terminal's other screen, each line over the old one, all in one write
 * that the terminal shows at once (mode 2026, where it knows it). When it ends, the terminal is as it was, with the last table
 * below the prompt.
 */
import { visibleLength } from '../terminal-style.js';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const BEGIN_FRAME = '\x1b[?2026h\x1b[H';
const END_FRAME = '\x1b[J\x1b[?2026l';
const TO_LINE_END = '\x1b[K';

/** The line up to a column; styles that were on are ended. */
export function clipped(line: string, columns: number): string {
  if (visibleLength(line) <= columns) return line;
  let [text, left] = ['', columns];
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b')) text += part;
    else {
      text += part.slice(0, left);
      left -= Math.min(left, part.length);
    }
  }
  return text;
}

export class LiveScreen {
  readonly #terminal: Terminal;
  #lines: readonly string[] | undefined;
  /** What stays when it ends. */
  #last: readonly string[] | undefined;
  #left = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Shows these lines in place of the last ones. What does not fit is counted in the last line.
   * @param empty nothing happened: when it ends, what was shown before stays
   */
  show(text: string, empty = false): void {
    if (this.#left) return;
    if (this.#lines === undefined) this.#terminal.write(ENTER);
    this.#lines = text.trimEnd().split('\n');
    if (!empty) this.#last = this.#lines;
    this.draw();
  }

  /** Draws the last lines again: the terminal has another size. */
  draw(): void {
    const lines = this.#lines;
    if (lines === undefined || this.#left) return;
    const { columns, rows } = this.#terminal;
    const fit = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines: a larger terminal, --top N or --scroll shows them`];
    // No newline after the last line: it would scroll.
    this.#terminal.write(`${BEGIN_FRAME}${fit.map((line) => `${clipped(line, columns)}${TO_LINE_END}`).join('\r\n')}${END_FRAME}`);
  }

  /** Back to the screen as it was, the last lines below. May be called more than once. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    const last = this.#last ?? this.#lines;
    if (last !== undefined) this.#terminal.write(`${LEAVE}${last.join('\n')}\n`);
  }
}
