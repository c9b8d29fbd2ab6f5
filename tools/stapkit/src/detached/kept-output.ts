/** The newest output of a session that nobody reads: a flight recorder, in memory. */
import { FRAME, type Frame } from './frames.js';

const PIECE_BYTES = 64 * 1024;
const LINE_END = 0x0a;

export class KeptOutput {
  readonly #limit: number;
  readonly #frames: Frame[] = [];
  #bytes = 0;
  #overwritten = 0;

  /** @param limit bytes that are kept; the oldest give way to what comes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(kind: typeof FRAME.output | typeof FRAME.message, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      // A copy: the caller's buffer may be a large one of which this is a small part.
      const piece = Buffer.from(bytes.subarray(at, at + PIECE_BYTES));
      this.#frames.push({ kind, bytes: piece });
      this.#bytes += piece.length;
    }
    while (this.#bytes > this.#limit && this.#frames.length > 1) this.#drop();
  }

  /** The oldest frame, which is the taker's now; before it, what was overwritten is told. */
  shift(): Frame | undefined {
    if (this.#overwritten > 0) {
      const bytes = Buffer.from(`WARNING: ${this.#overwritten} bytes of output were overwritten by newer ones before they were read; -s MB keeps more\n`);
      this.#overwritten = 0;
      return { kind: FRAME.message, bytes };
    }
    const frame = this.#frames.shift();
    this.#bytes -= frame?.bytes.length ?? 0;
    return frame;
  }

  #drop(): void {
    const frame = this.#frames.shift();
    if (frame === undefined) return;
    this.#bytes -= frame.bytes.length;
    this.#overwritten += frame.bytes.length;
    if (frame.kind !== FRAME.output || frame.bytes.at(-1) === LINE_END) return;
    // The line that was cut goes as a whole.
    const next = this.#frames.findIndex(({ kind }) => kind === FRAME.output);
    const bytes = this.#frames[next]?.bytes;
    if (bytes === undefined) return;
    const tail = bytes.indexOf(LINE_END) + 1;
    if (tail === 0) return;
    this.#frames[next] = { kind: FRAME.output, bytes: bytes.subarray(tail) };
    this.#bytes -= tail;
    this.#overwritten += tail;
  }
}
