/** The object cannot be loaded on this machine: cause and mend. */
export class LoadError extends Error {
  override readonly name: string = 'LoadError';
  readonly mend: string | undefined;

  constructor(reason: string, mend?: string, cause?: unknown) {
    super(mend === undefined ? reason : `${reason}; ${mend}`, cause === undefined ? undefined : { cause });
    this.mend = mend;
  }
}
