/** Internet addresses as text, from the values that a little-endian machine loads from memory. */

/** Dotted IPv4 of a network-order 32-bit value: the byte at the lowest address is printed first. */
export function ipv4Text(value: bigint): string {
  const bits = Number(BigInt.asUintN(32, value));
  return `${bits & 255}.${(bits >>> 8) & 255}.${(bits >>> 16) & 255}.${bits >>> 24}`;
}

/** The longest run of at least two zero groups, leftmost when equal (RFC 5952 §4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
    if (length > 0) start += length;
  }
  return best;
}

/** IPv6 text by RFC 5952 of the 16 bytes at an address, given as the two 64-bit words that lie there. IPv4-mapped addresses end in dotted form. */
export function ipv6Text(first: bigint, second: bigint): string {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, first), 0);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, second), 8);
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${bytes.subarray(12).join('.')}`;
  const hex = groups.map((group) => group.toString(16));
  const run = longestZeroRun(groups);
  if (run.start < 0) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}
