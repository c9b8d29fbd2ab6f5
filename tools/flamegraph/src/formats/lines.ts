/** Lines of a text file that may be large, or no text. */
import { ProfileError } from '../profile/profile-error.js';

const decoder = new TextDecoder('utf-8');

/** Text of a file; bytes that are no UTF-8 become U+FFFD. A NUL means that it is no text: ProfileError. */
export function textOf(format: string, bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw new ProfileError(format, `byte 0x${nul.toString(16)}`, 'this is no text');
  return decoder.decode(bytes);
}

/** Lines without their ends, numbered from 1. */
export function* numberedLines(text: string): Generator<readonly [line: string, number: number]> {
  for (let from = 0, number = 1; from < text.length; number += 1) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    yield [text.slice(from, text[end - 1] === '\r' && end > from ? end - 1 : end), number];
    from = end + 1;
  }
}
