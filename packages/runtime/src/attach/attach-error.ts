/** A probe could not be had on this machine: which, why, and what the user can do. */
export class AttachError extends Error {
  override readonly name = 'AttachError';
  /** The probe point as the script has it. */
  readonly point: string;
  readonly reason: string;
  readonly mend: string | undefined;

  constructor(point: string, reason: string, mend?: string, cause?: unknown) {
    super(`cannot attach ${point}: ${reason}${mend === undefined ? '' : `; ${mend}`}`, cause === undefined ? undefined : { cause });
    this.point = point;
    this.reason = reason;
    this.mend = mend;
  }
}
