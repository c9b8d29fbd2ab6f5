/** A broken promise between the parts of this stage, or in the library's own files: our bug, never the script's. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}
