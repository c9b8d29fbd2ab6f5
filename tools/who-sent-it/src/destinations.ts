/** The summary by process and destination: from the script's line to a row. */
import { parseAddress, type Row } from '@stapkit/cli-kit';
import { protocolName } from './protocols.js';

/** Text of an address that the script prints as numbers, which are its bytes in memory order on this little-endian machine. */
export function addressText(version: number, high: bigint, low: bigint): string {
  if (version === 4) return [0, 8, 16, 24].map((shift) => Number((low >> BigInt(shift)) & 255n)).join('.');
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, high), 0);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, low), 8);
  return parseAddress([0, 2, 4, 6, 8, 10, 12, 14].map((at) => bytes.readUInt16BE(at).toString(16)).join(':'));
}

/** Reads name, pid, protocol, version, high, low, packets, bytes; undefined when it is no such line. */
export function destinationRow(fields: readonly string[]): Row | undefined {
  const [pid, protocol, version, high, low, packets, bytes] = fields.slice(-7);
  if (fields.length < 8 || ![pid, protocol, version, high, low, packets, bytes].every((text) => /^-?\d+$/.test(text ?? ''))) return undefined;
  return {
    command: fields.slice(0, -7).join('\t'),
    pid: Number(pid),
    protocol: protocolName(Number(protocol)),
    destination: addressText(Number(version), BigInt(high ?? 0), BigInt(low ?? 0)),
    packets: Number(packets),
    bytes: Number(bytes),
  };
}
