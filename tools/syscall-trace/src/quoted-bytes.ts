/** Of other bytes that are not printed as they are, strace gives the octal number. */
const ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' };

/** Bytes in quotes as strace writes them; `more`: there were more than are known. */
export function quotedBytes(bytes: Buffer, more: boolean): string {
  let text = '';
  for (const [index, byte] of bytes.entries()) {
    const next = bytes[index + 1];
    // Three digits where one more would be read as part of it.
    const digits = next !== undefined && next >= 0x30 && next <= 0x37 ? 3 : 1;
    text += ESCAPES[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(digits, '0')}`);
  }
  return `"${text}"${more ? '...' : ''}`;
}
