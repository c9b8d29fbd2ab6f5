/** The kernel's memory as root sees it: /proc/kcore, an ELF core file whose segments are the kernel's addresses. */
import type { Kernel } from '../sys/kernel.js';

const KCORE = '/proc/kcore';
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const PT_LOAD = 1;

interface Segment {
  readonly address: bigint;
  readonly bytes: bigint;
  readonly offset: bigint;
}

export class KernelMemory {
  readonly #kernel: Pick<Kernel, 'readRange'>;
  #found: readonly Segment[] | undefined;

  constructor(kernel: Pick<Kernel, 'readRange'>) {
    this.#kernel = kernel;
  }

  /** Shorter where what is known of ends. undefined: there is no memory at the address, or this process may not read it (lockdown, not root). */
  read(address: bigint, length: number): Uint8Array | undefined {
    const at = BigInt.asUintN(64, address);
    this.#found ??= segments(this.#kernel);
    const segment = this.#found.find((one) => at >= one.address && at < one.address + one.bytes);
    if (segment === undefined) return undefined;
    const left = segment.address + segment.bytes - at;
    return this.#kernel.readRange(KCORE, Number(segment.offset + at - segment.address), left < BigInt(length) ? Number(left) : length);
  }
}

export type ReadKernelMemory = KernelMemory['read'];

/** @param release of the kernel that the script was compiled for: offsets of members are that one's, and on others nothing is read */
export function kernelMemoryOf(kernel: Pick<Kernel, 'readRange' | 'release'>, release: string | undefined): ReadKernelMemory {
  const memory = new KernelMemory(kernel);
  return (address, length) => (release === kernel.release ? memory.read(address, length) : undefined);
}

/** None where there is no such file, or it may not be read. */
function segments(kernel: Pick<Kernel, 'readRange'>): readonly Segment[] {
  const header = kernel.readRange(KCORE, 0, HEADER_BYTES);
  if (header?.length !== HEADER_BYTES) return [];
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const count = view.getUint16(56, true); // e_phnum
  const table = kernel.readRange(KCORE, Number(view.getBigUint64(32, true)), count * SEGMENT_BYTES); // e_phoff
  if (table?.length !== count * SEGMENT_BYTES) return [];
  const rows = new DataView(table.buffer, table.byteOffset, table.length);
  return Array.from({ length: count }, (_, index) => index * SEGMENT_BYTES).filter((row) => rows.getUint32(row, true) === PT_LOAD).map((row) => ({
    offset: rows.getBigUint64(row + 8, true), address: rows.getBigUint64(row + 16, true), bytes: rows.getBigUint64(row + 40, true),
  }));
}

interface Reader {
  /** Most bytes of a text. */
  readonly stringLimit: number;
  kernelMemory(address: bigint, length: number): Uint8Array | undefined;
}

export function kernelLong(from: Reader, address: bigint, bytes: number, isSigned: boolean): bigint | undefined {
  const found = from.kernelMemory(address, bytes);
  if (found?.length !== bytes) return undefined;
  const value = found.reduceRight<bigint>((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return bytes === 8 || isSigned ? BigInt.asIntN(bytes * 8, value) : value;
}

/** @param most bytes of it; below 0: the limit of texts */
export function kernelText(from: Reader, address: bigint, most: bigint): string | undefined {
  const limit = most < 0n || most > BigInt(from.stringLimit) ? from.stringLimit : Number(most);
  const found = from.kernelMemory(address, Math.max(limit, 1));
  return found === undefined ? undefined : Buffer.from(found).subarray(0, limit).toString('latin1').replace(/\0.*$/s, '');
}
