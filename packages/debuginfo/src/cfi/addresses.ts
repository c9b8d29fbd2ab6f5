/**
 * Addresses as numbers: the signed value of their 64 bits. User addresses are below 2^47, the kernel's above -2^47, so both are
 * exact, compare as they should within one file, and cost no bigint: a large binary has a million of them.
 */
import type { ByteReader } from '../reader.js';

export const addressNumber = (address: bigint): number => Number(BigInt.asIntN(64, address));
export const addressOf = (number: number): bigint => BigInt.asUintN(64, BigInt(number));

/** A 64-bit address. Throws DebugInfoError for one that is neither a user's nor the kernel's. */
export function readAddress(reader: ByteReader): number {
  const at = reader.offset;
  const low = reader.u32();
  const number = reader.i32() * 0x1_0000_0000 + low;
  if (!Number.isSafeInteger(number)) throw reader.error('an address beyond 2^53', at);
  return number;
}
