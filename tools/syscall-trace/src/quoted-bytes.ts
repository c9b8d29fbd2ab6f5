/** Bytes in quotes as strace writes them; `more`: there were more than are known. */
export function quotedBytes(bytes: Buffer, more: boolean): string {
  const escapes: Readonly<Record<number, string>> = { 7: '\\7', 8: '\\10', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\' };
  let text = '';
  for (const [index, byte] of bytes.entries()) {
    const next = bytes[index + 1];
    // Three digits where one more would be read as part of it.
    const digits = next !== undefined && next >= 0x30 && next <= 0x37 ? 3 : 1;
    text += byte >= 0x20 && byte < 0x7f && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : byte >= 9 && escapes[byte] !== undefined ? escapes[byte] : `\\${byte.toString(8).padStart(digits, '0')}`;
  }
  return `"${text}"${more ? '...' : ''}`;
}
