/** Text made safe to print: C escapes for what is not printable ASCII. */

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r',
};

function isPrintable(code: number): boolean {
  return code >= 0x20 && code < 0x7f;
}

function octal(code: number): string {
  return `\\${code.toString(8).padStart(3, '0')}`;
}

/** `%#c`: a byte as itself, as a C escape (`' and `\` too), or as three octal digits. */
export function escapeCharacter(code: number): string {
  if (code === 0x27 || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (isPrintable(code)) return String.fromCharCode(code);
  return ESCAPES[code] ?? octal(code);
}

/** `"text"` with C escapes, as stap's *_string_quoted functions give it. */
export function quote(text: string): string {
  let quoted = '"';
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22 || code === 0x5c) quoted += `\\${text[index] ?? ''}`;
    else if (isPrintable(code)) quoted += text[index] ?? '';
    else quoted += ESCAPES[code] ?? octal(code);
  }
  return `${quoted}"`;
}
