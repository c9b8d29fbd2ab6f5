/** What a session says on stderr: warnings (once each) and errors, in stap's form. */
import { writeSync } from 'node:fs';

/** stap remembers this many different warnings. */
const REMEMBERED_MAX = 1024;

export interface MessageOptions {
  /** Takes one or more whole lines as a byte string. Default: file descriptor 2. */
  readonly write?: ((text: string) => void) | undefined;
  /** false: warnings are not shown (-w). */
  readonly warnings: boolean;
  /** Warnings are shown each time they come (-v). */
  readonly repeat: boolean;
}

/** Writes to stderr at once: a message must be seen even if the process dies next. */
function writeToStderr(text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(2, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return; // there is nobody left to tell
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

export class MessageWriter {
  private readonly options: MessageOptions;
  private readonly write: (text: string) => void;
  private readonly seen = new Set<string>();

  constructor(options: MessageOptions) {
    this.options = options;
    this.write = options.write ?? writeToStderr;
  }

  /** `WARNING: text`. The same text is shown once. */
  warn(text: string): void {
    const line = text.endsWith('\n') ? text.slice(0, -1) : text;
    if (!this.options.warnings) return;
    if (!this.options.repeat) {
      if (this.seen.has(line)) return;
      if (this.seen.size < REMEMBERED_MAX) this.seen.add(line);
    }
    this.write(`WARNING: ${line}\n`);
  }

  /** A line as it is, e.g. "ERROR: …". */
  line(text: string): void {
    this.write(`${text}\n`);
  }
}
