/** A profile file that cannot be read, or a profile that a format cannot hold. */
export class ProfileError extends Error {
  /** The format's name. */
  readonly format: string;
  /** Where in the file: `line 3`, `byte 0x1f`, `profiles[0].samples[7]`. */
  readonly place: string | undefined;
  readonly advice: string | undefined;

  constructor(format: string, place: string | undefined, problem: string, advice?: string) {
    super(`${format}: ${place === undefined ? '' : `${place}: `}${problem}`);
    this.name = 'ProfileError';
    this.format = format;
    this.place = place;
    this.advice = advice;
  }
}
