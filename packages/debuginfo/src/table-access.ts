/** Reads from tables at places that the caller knows to be inside: the compiler cannot, and a check for each would say nothing. */

export function wordAt(words: Uint32Array, index: number): number {
  return words[index] as number;
}

export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
