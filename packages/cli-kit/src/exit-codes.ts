/** Exit codes of every command here. `stapkit` itself keeps stap's (0 and 1) for what stap defines. */
export const EXIT = {
  /** Ended: by itself, by Ctrl-C after arming, by its limits. */
  ok: 0,
  /** An error while running. */
  failed: 1,
  /** Wrong usage, or this machine cannot do it (no root, no BTF, no such probe). */
  cannot: 2,
  /** A bug of ours (EX_SOFTWARE of sysexits.h). */
  bug: 70,
  /** Interrupted before the probes were armed. */
  interrupted: 130,
} as const;

/** Something that the person at the terminal can mend: one line that names the cause, one that says what to do. */
export class UsageError extends Error {
  readonly exitCode: number;
  readonly advice: string | undefined;

  constructor(message: string, advice?: string, exitCode: number = EXIT.cannot) {
    super(message);
    this.name = 'UsageError';
    this.advice = advice;
    this.exitCode = exitCode;
  }
}
