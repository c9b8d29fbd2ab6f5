/** CRC-64 as .xz uses it (ECMA-182, reflected), in two words: a bigint for each byte would take seconds. */
import { wordAt } from '../table-access.js';

const POLYNOMIAL_HIGH = 0xc96c_5795;
const POLYNOMIAL_LOW = 0xd787_0f42;
const highs = new Uint32Array(256);
const lows = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let high = 0;
  let low = index;
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) !== 0;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) {
      low ^= POLYNOMIAL_LOW;
      high ^= POLYNOMIAL_HIGH;
    }
  }
  highs[index] = high;
  lows[index] = low;
}

export function crc64(bytes: Uint8Array): bigint {
  let high = 0xffff_ffff;
  let low = 0xffff_ffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ wordAt(lows, index);
    high = (high >>> 8) ^ wordAt(highs, index);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
