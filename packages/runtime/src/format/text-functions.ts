/** The string functions that the host carries out itself. */

/** substr(text, start, length): "" for a start outside the text or a length below 1. */
export function substr(text: string, start: bigint, length: bigint): string {
  if (start < 0n || length <= 0n || start >= BigInt(text.length)) return '';
  const from = Number(start);
  return length >= BigInt(text.length - from) ? text.slice(from) : text.slice(from, from + Number(length));
}
