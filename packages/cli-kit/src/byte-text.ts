/** Scripts print bytes; people and JSON want text. */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A byte string as text: UTF-8 where it is valid; every byte above 0x7f as `\xNN` where it is not, so that nothing is lost. */
export function textOfBytes(bytes: string): string {
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes.replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** Undoes the escapes of a quoted string (`\n`, `\"`, `\303\251`), to bytes. */
export function unescapeBytes(quoted: string): string {
  return quoted.replace(/\\([0-7]{1,3}|[\s\S])/g, (_, what: string) => (/^[0-7]/.test(what) ? String.fromCharCode(parseInt(what, 8) & 0xff) : (ESCAPES[what] ?? what)));
}
