/** The build-id of an ELF file on disk, by reading only its headers and notes: binaries can be huge. */
import type { Kernel } from '../sys/kernel.js';

const PT_NOTE = 4;
const NT_GNU_BUILD_ID = 3;
const PROGRAM_HEADER_BYTES = 56;
const NOTES_BYTES_MAX = 64 * 1024;

/** Lower-case hex digits; undefined when the file cannot be read, is no ELF64 file or has none. */
export function readBuildId(kernel: Kernel, path: string): string | undefined {
  const header = kernel.readRange(path, 0, 64);
  if (header?.length !== 64 || viewOf(header).getUint32(0) !== 0x7f454c46 || header[4] !== 2) return undefined;
  const start = Number(viewOf(header).getBigUint64(32, true));
  const count = viewOf(header).getUint16(56, true);
  const table = kernel.readRange(path, start, count * PROGRAM_HEADER_BYTES);
  if (table === undefined) return undefined;
  const view = viewOf(table);
  for (let at = 0; at + PROGRAM_HEADER_BYTES <= table.length; at += PROGRAM_HEADER_BYTES) {
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
