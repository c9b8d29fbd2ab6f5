/** The outermost frame of every command: what escapes becomes one clear message and an exit code. */
import { CommanderError } from 'commander';
import { EXIT, UsageError } from './exit-codes.js';

interface Explained extends Error {
  readonly advice?: string | undefined;
  readonly exitCode?: number;
}

/** Errors whose class says that the world, not our code, is at fault. */
function isExpected(error: Explained): boolean {
  return error instanceof UsageError || error.advice !== undefined || error.exitCode !== undefined || /^(SyscallError|AttachError|LoadError|ObjectError|CommandError|OutputError|DebugInfoError|SessionError)$/.test(error.name);
}

/** Text for a person: cause, then what to do; for a bug of ours, that it is one and what to report. */
export function explainError(command: string, error: unknown, verbose: boolean): { readonly text: string; readonly exitCode: number } {
  if (!(error instanceof Error)) return { text: `${command}: ${String(error)}\n`, exitCode: EXIT.failed };
  const explained: Explained = error;
  if (!isExpected(explained)) {
    return { text: `${command}: this is a bug in stapkit: ${error.message}\n${error.stack ?? ''}\nPlease report it with the command line, the script and the lines above.\n`, exitCode: 70 };
  }
  const advice = explained.advice === undefined ? '' : `  ${explained.advice}\n`;
  return { text: `${command}: ${error.message}\n${advice}${verbose ? `${error.stack ?? ''}\n` : ''}`, exitCode: explained.exitCode ?? EXIT.cannot };
}

/**
 * Runs a command's body and sets process.exitCode.
 * @param cannot exit code of wrong usage and of errors that name none: 2, but 1 where stap's own codes are kept
 */
export async function runMain(command: string, body: (argv: readonly string[]) => Promise<number>, cannot: number = EXIT.cannot): Promise<void> {
  try {
    process.exitCode = await body(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : cannot;
      return;
    }
    const { text, exitCode } = explainError(command, error, process.argv.some((word) => /^-v+$|^--verbose$/.test(word)));
    process.stderr.write(text);
    process.exitCode = exitCode === EXIT.cannot ? cannot : exitCode;
  }
}
