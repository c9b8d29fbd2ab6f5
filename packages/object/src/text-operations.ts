/** Operations on texts that are carried out in three places, always alike: by the compiler on constants, by the host, and by BPF code. */

const ESCAPE_LETTERS = 'abtnvfr';

/** A byte as a C literal has it: itself, `\n` and its kin, `\"`, `\\`, or three octal digits. */
export function escapeByte(code: number): string {
  if (code === 0x22 || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (code >= 0x20 && code < 0x7f) return String.fromCharCode(code);
  const letter = code >= 7 ? ESCAPE_LETTERS[code - 7] : undefined;
  return letter === undefined ? `\\${code.toString(8).padStart(3, '0')}` : `\\${letter}`;
}

/** The text with C escapes, of whole escapes and at most `most` bytes. */
export function escapeText(text: string, most: number): string {
  let escaped = '';
  for (let at = 0; at < text.length; at++) {
    const piece = escapeByte(text.charCodeAt(at));
    if (escaped.length + piece.length > most) break;
    escaped += piece;
  }
  return escaped;
}

/** `"text"` with C escapes; what does not fit into `most` bytes (at least 5) is left out, which `"text"...` shows. */
export function quoteText(text: string, most: number): string {
  let quoted = '"';
  let complete = quoted.length;
  for (let at = 0; at < text.length; at++) {
    const piece = escapeByte(text.charCodeAt(at));
    if (quoted.length + piece.length > most - 1) return `${quoted.slice(0, complete)}"...`;
    quoted += piece;
    if (quoted.length <= most - 4) complete = quoted.length;
  }
  return `${quoted}"`;
}

/** Where `part` first occurs in the text at or after `from` (below 0: 0); -1: nowhere. */
export function findText(text: string, part: string, from: bigint): bigint {
  if (from > BigInt(text.length)) return -1n;
  return BigInt(text.indexOf(part, from < 0n ? 0 : Number(from)));
}

/** The first position at or after `from` (below 0: 0) whose byte is in the set (`wanted` not 0) or is not in it (0); the text's length when there is none. */
export function spanText(text: string, set: string, from: bigint, wanted: bigint): bigint {
  let at = from < 0n ? 0 : Number(from);
  while (at < text.length && set.includes(text.charAt(at)) === (wanted === 0n)) at++;
  return BigInt(Math.min(at, text.length));
}
