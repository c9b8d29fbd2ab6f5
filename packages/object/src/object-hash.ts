/**
 * The hash of an object: SHA-256 of the whole file, taken with zeros in the place of the hash itself. It tells a file that was cut short or
 * changed from a whole one; who may change it on purpose, could make the hash anew: against that, files have owners.
 */
import { createHash } from 'node:crypto';
import { readElf } from './elf/elf-reader.js';

export const HASH_SECTION = '.stapkit.hash';
export const HASH_BYTES = 32;

/** The hash's place in the file; undefined: there is none. @throws ElfError */
function placeOf(bytes: Uint8Array): Uint8Array | undefined {
  const data = readElf(bytes).section(HASH_SECTION)?.data;
  return data?.length === HASH_BYTES ? data : undefined;
}

function hashAround(bytes: Uint8Array, place: Uint8Array): Uint8Array {
  const start = place.byteOffset - bytes.byteOffset;
  return createHash('sha256').update(bytes.subarray(0, start)).update(new Uint8Array(HASH_BYTES)).update(bytes.subarray(start + HASH_BYTES)).digest();
}

/** Writes the hash into a section that was left for it; gives the same bytes. @throws Error when there is no such section */
export function sealObject(bytes: Uint8Array): Uint8Array {
  const place = placeOf(bytes);
  if (place === undefined) throw new Error(`internal error: no section ${HASH_SECTION} of ${HASH_BYTES} bytes`);
  place.set(hashAround(bytes, place));
  return bytes;
}

/** Is the file what was written? @throws ElfError when it is no ELF file */
export function checkSeal(bytes: Uint8Array): 'whole' | 'changed' | 'without hash' {
  const place = placeOf(bytes);
  if (place === undefined) return 'without hash';
  return Buffer.compare(place, hashAround(bytes, place)) === 0 ? 'whole' : 'changed';
}
