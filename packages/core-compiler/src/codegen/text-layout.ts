/** How long texts are in memory. One place decides, so that keys, slots and registers agree. */

export const alignTo8 = (bytes: number): number => (bytes + 7) & ~7;

/** Bytes of a NUL-padded slot for texts of a capacity (the closing NUL counts in the capacity, as in MAXSTRINGLEN). */
export const textSlotBytes = (capacity: number): number => Math.max(8, alignTo8(capacity));

/** The little-endian words of a literal, padded with NUL to `bytes`, cut to leave one NUL. */
export function literalWords(text: string, bytes: number): bigint[] {
  const cut = text.slice(0, bytes - 1);
  const words: bigint[] = [];
  for (let at = 0; at < bytes; at += 8) {
    let word = 0n;
    for (let index = 7; index >= 0; index--) word = (word << 8n) | BigInt((cut.charCodeAt(at + index) || 0) & 0xff);
    words.push(word);
  }
  return words;
}
