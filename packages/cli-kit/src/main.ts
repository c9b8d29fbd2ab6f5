/** The outermost frame of every command: what escapes becomes one clear message and an exit code. */
import { CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { explainOtherFlag } from './other-flags.js';

interface Explained extends Error {
  readonly advice?: string | undefined;
  readonly exitCode?: number;
}

/** Errors of the world, by the name that their class gives them; all others are ours. */
const EXPECTED = new Set(['UsageError', 'ToolScriptError', 'SyscallError', 'AttachError', 'LoadError', 'CommandError', 'OutputError', 'DebugInfoError', 'SessionError']);
/** Errors that are our fault and say so themselves. */
const REPORTED = new Set(['VerifierError', 'BtfLoadError']);

export interface Explanation {
  /** Whole lines for stderr. */
  readonly text: string;
  readonly exitCode: number;
}

/** Text for a person: cause, then what to do; for a bug of ours, that it is one and what to report. */
export function explainError(command: string, error: unknown, verbose: boolean): Explanation {
  if (!(error instanceof Error)) return { text: `${command}: ${String(error)}\n`, exitCode: EXIT.failed };
  const explained: Explained = error;
  const stack = verbose ? `${error.stack ?? ''}\n` : '';
  if (REPORTED.has(error.name)) return { text: `${command}: ${error.message}\n${stack}`, exitCode: EXIT.bug };
  if (!EXPECTED.has(error.name)) {
    return { text: `${command}: this is a bug in stapkit: ${error.message}\n${error.stack ?? ''}\nPlease report it with the command line, the script and the lines above.\n`, exitCode: EXIT.bug };
  }
  // Some classes end their message with the advice already.
  const { advice } = explained;
  const hint = advice === undefined || error.message.endsWith(advice) ? '' : `; ${advice}`;
  return { text: `${command}: ${error.message}${hint}\n${stack}`, exitCode: explained.exitCode ?? EXIT.cannot };
}

/** Commander's "error: option '-P, --port <port>' argument '0' is invalid. '0' is not a port." as one line of ours. */
export function explainUsage(command: string, message: string): string {
  const plain = message.replace(/^error: /, '').trimEnd();
  const invalid = /^(?:option|command-argument) '([^']*)' argument '.*' is invalid\. (.*)$/s.exec(plain);
  const flag = /(--[\w-]+)/.exec(invalid?.[1] ?? '')?.[1] ?? /^(-\w)/.exec(invalid?.[1] ?? '')?.[1];
  const text = invalid?.[2] === undefined ? (explainOtherFlag(command, plain) ?? plain) : `${flag === undefined ? '' : `${flag}: `}${invalid[2]}`;
  return `${command}: ${text.replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '')}; see ${command} --help\n`;
}

/**
 * Runs a command's body and sets process.exitCode.
 * @param cannot exit code of wrong usage and of errors that name none: 2, but 1 where stap's own codes are kept
 */
export async function runMain(command: string, body: (argv: readonly string[]) => Promise<number>, cannot: number = EXIT.cannot): Promise<void> {
  // Help and the like go through process.stdout, and its reader may leave at any time.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`${command}: cannot write the output: ${error.message}\n`);
    process.exitCode = EXIT.failed;
  });
  // Nor need anyone read what is said beside it: `2>&1 | head`.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = EXIT.failed;
  });
  // What shows if nothing is left to wait for and the body has not ended.
  process.exitCode = EXIT.bug;
  try {
    process.exitCode = await body(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version come as errors with exit code 0.
      if (error.exitCode !== 0) process.stderr.write(explainUsage(command, error.message));
      process.exitCode = error.exitCode === 0 ? EXIT.ok : cannot;
      return;
    }
    const { text, exitCode } = explainError(command, error, process.argv.some((word) => /^-v+$|^--verbose$/.test(word)));
    process.stderr.write(text);
    process.exitCode = exitCode === EXIT.cannot ? cannot : exitCode;
  }
}
