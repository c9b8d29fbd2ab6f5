/** /etc/ld.so.cache: where the dynamic linker finds libraries by name. Source: glibc's format "glibc-ld.so.cache1.1", as ldconfig(8) writes it. */
import { ByteReader } from '../reader.js';
import type { ElfMachine } from './header.js';

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_BYTES = 48;
/** Low 16 bits of an entry's flags: a library for glibc 2 (3), of this architecture. */
const FLAGS: Partial<Readonly<Record<ElfMachine, number>>> = { x86_64: 0x0303, aarch64: 0x0a03 };

/** Paths by soname, the first for each. A file in an older format gives nothing. */
export function parseLdCache(bytes: Uint8Array, machine: ElfMachine): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(MAGIC);
  // The older format may stand before it.
  if (magic < 0) return paths;
  const cache = bytes.subarray(magic);
  const reader = new ByteReader(cache, 'ld.so.cache', MAGIC.length);
  const count = reader.u32();
  reader.offset = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const flags = reader.u32() & 0xffff;
    const name = reader.u32();
    const path = reader.u32();
    reader.skip(4); // osversion
    const capabilities = reader.u64();
    if (flags !== FLAGS[machine] || capabilities !== 0n) continue;
    const soname = new ByteReader(cache, 'ld.so.cache', name).cString();
    if (!paths.has(soname)) paths.set(soname, new ByteReader(cache, 'ld.so.cache', path).cString());
  }
  return paths;
}
