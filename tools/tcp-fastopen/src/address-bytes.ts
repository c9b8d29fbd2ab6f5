/** The bytes of an IP address in network order: 4 or 16. IPv6 in canonical spelling, without a dotted part. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  const [before = '', after = ''] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  for (const [index, group] of groups(before).entries()) bytes.writeUInt16BE(parseInt(group, 16), index * 2);
  const tail = groups(after);
  for (const [index, group] of tail.entries()) bytes.writeUInt16BE(parseInt(group, 16), 16 - (tail.length - index) * 2);
  return bytes;
}
