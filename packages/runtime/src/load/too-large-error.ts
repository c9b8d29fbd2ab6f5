/** The verifier follows every path of a program, up to a limit: a script's handler can be beyond it. */
import type { LinkedProgram } from '@stapkit/object';
import type { ProgramRefused } from '../bpf/load-program.js';
import { LoadError } from './load-error.js';

export class TooLargeError extends LoadError {
  override readonly name = 'TooLargeError';

  /** @param limit what the verifier says of its limit */
  constructor({ symbol, lines }: LinkedProgram, limit: string, refused: ProgramRefused) {
    const [first] = lines.toSorted((a, b) => a.instruction - b.instruction);
    const place = first === undefined ? '' : `${first.file}:${first.line}:${first.column}: `;
    super(`${place}this probe's handler is more than the kernel's verifier follows (program ${symbol}: ${limit})`, 'divide it into several probes, or take loops and texts out of it; shorter texts (-D MAXSTRINGLEN=N) and Linux 5.17 or later, where the verifier looks at a loop once, help too', refused);
  }
}
