/** `%#c`. */
import { escapeByte } from '@stapkit/object';

/** A byte as itself, as a C escape (`'` and `\\` too, `"` not), or as three octal digits. */
export function escapeCharacter(code: number): string {
  if (code === 0x27) return "\\'";
  return code === 0x22 ? '"' : escapeByte(code);
}
