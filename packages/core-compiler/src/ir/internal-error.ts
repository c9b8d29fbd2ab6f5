/** A broken promise between two stages of the compiler: our bug, never the script's. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** Narrows a value that the caller knows to be there. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new InternalError(`${what} is missing`);
  return value;
}
