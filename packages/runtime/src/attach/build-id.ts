/** The build-id of an ELF file on disk, and where its first instruction is, by reading only headers and notes: binaries can be huge. */
import { PT_LOAD, PT_NOTE } from '@stapkit/debuginfo';
import type { Kernel } from '../sys/kernel.js';

const NT_GNU_BUILD_ID = 3;
const PROGRAM_HEADER_BYTES = 56;
const NOTES_BYTES_MAX = 64 * 1024;

interface Headers {
  /** Virtual address of the first instruction (e_entry). */
  readonly entry: bigint;
  /** Program headers, one after another. */
  readonly table: DataView;
}

/** undefined when the file cannot be read or is no ELF64 file. */
function readHeaders(kernel: Kernel, path: string): Headers | undefined {
  const header = kernel.readRange(path, 0, 64);
  if (header?.length !== 64 || viewOf(header).getUint32(0) !== 0x7f454c46 || header[4] !== 2) return undefined;
  const start = Number(viewOf(header).getBigUint64(32, true));
  const count = viewOf(header).getUint16(56, true);
  const table = kernel.readRange(path, start, count * PROGRAM_HEADER_BYTES);
  return table === undefined ? undefined : { entry: viewOf(header).getBigUint64(24, true), table: viewOf(table) };
}

/** Offset in the file of a program's first instruction; undefined when the file cannot be read or is no ELF64 program. */
export function readEntryOffset(kernel: Kernel, path: string): number | undefined {
  const { entry, table: view } = readHeaders(kernel, path) ?? {};
  if (entry === undefined || view === undefined) return undefined;
  for (let at = 0; at + PROGRAM_HEADER_BYTES <= view.byteLength; at += PROGRAM_HEADER_BYTES) {
    const inside = entry - view.getBigUint64(at + 16, true);
    if (view.getUint32(at, true) === PT_LOAD && inside >= 0n && inside < view.getBigUint64(at + 32, true)) return Number(view.getBigUint64(at + 8, true) + inside);
  }
  return undefined;
}

/** Lower-case hex digits; undefined when the file cannot be read, is no ELF64 file or has none. */
export function readBuildId(kernel: Kernel, path: string): string | undefined {
  const view = readHeaders(kernel, path)?.table;
  if (view === undefined) return undefined;
  for (let at = 0; at + PROGRAM_HEADER_BYTES <= view.byteLength; at += PROGRAM_HEADER_BYTES) {
    if (view.getUint32(at, true) !== PT_NOTE) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const bytes = Math.min(Number(view.getBigUint64(at + 32, true)), NOTES_BYTES_MAX);
    const alignment = view.getBigUint64(at + 48, true) === 8n ? 8 : 4;
    const id = buildIdIn(kernel.readRange(path, offset, bytes) ?? new Uint8Array(), alignment);
    if (id !== undefined) return id;
  }
  return undefined;
}

function buildIdIn(notes: Uint8Array, alignment: number): string | undefined {
  const view = viewOf(notes);
  const align = (value: number): number => Math.ceil(value / alignment) * alignment;
  for (let at = 0; at + 12 <= notes.length;) {
    const nameBytes = view.getUint32(at, true);
    const dataBytes = view.getUint32(at + 4, true);
    const data = align(at + 12 + nameBytes);
    const isGnu = nameBytes === 4 && view.getUint32(at + 12) === 0x474e5500; // "GNU\0"
    if (isGnu && view.getUint32(at + 8, true) === NT_GNU_BUILD_ID && data + dataBytes <= notes.length) {
      return Buffer.from(notes.subarray(data, data + dataBytes)).toString('hex');
    }
    at = align(data + dataBytes);
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
