/** The section `.BTF.ext` (Documentation/bpf/btf.rst): which instruction belongs to which function, source line and CO-RE relocation. */
import { ElfError } from './elf-format.js';

/** Offsets are bytes in the ELF section `section`. Names are offsets into the string table of `.BTF`. */
export interface FuncInfo { readonly section: string; readonly offset: number; readonly typeId: number }
export interface LineInfo { readonly section: string; readonly offset: number; readonly file: string; readonly text: string; readonly line: number; readonly column: number }

/** enum bpf_core_relo_kind, as far as we use it. */
export const CORE_RELOCATION = {
  fieldByteOffset: 0, fieldByteSize: 1, fieldExists: 2, fieldSigned: 3, fieldLeftShift: 4, fieldRightShift: 5,
} as const;

export interface CoreRelocation {
  readonly section: string;
  /** Byte offset of the instruction whose immediate (or load offset) it changes. */
  readonly offset: number;
  /** Root type in the object's own BTF. */
  readonly typeId: number;
  /** "0:1:2": indexes of members in the local type. */
  readonly access: string;
  /** {@link CORE_RELOCATION}. */
  readonly kind: number;
}

export interface BtfExt {
  readonly functions: readonly FuncInfo[];
  readonly lines: readonly LineInfo[];
  readonly relocations: readonly CoreRelocation[];
}

const MAGIC = 0xeb9f;
const HEADER_BYTES = 32;
const FUNC_BYTES = 8;
const LINE_BYTES = 16;
const CORE_BYTES = 16;

/** @param addString adds a text to the string table of `.BTF` and gives its offset */
export function encodeBtfExt(ext: BtfExt, addString: (text: string) => number): Uint8Array {
  const functions = encodePart(ext.functions, FUNC_BYTES, addString, (view, at, one) => {
    view.setUint32(at + 4, one.typeId, true);
  });
  const lines = encodePart(ext.lines, LINE_BYTES, addString, (view, at, one) => {
    view.setUint32(at + 4, addString(one.file), true);
    view.setUint32(at + 8, addString(one.text), true);
    // 22 bits of line, 10 of column.
    view.setUint32(at + 12, ((Math.min(one.line, 0x3fffff) << 10) | Math.min(one.column, 0x3ff)) >>> 0, true);
  });
  const relocations = encodePart(ext.relocations, CORE_BYTES, addString, (view, at, one) => {
    view.setUint32(at + 4, one.typeId, true);
    view.setUint32(at + 8, addString(one.access), true);
    view.setUint32(at + 12, one.kind, true);
  });
  const bytes = new Uint8Array(HEADER_BYTES + functions.length + lines.length + relocations.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint8(2, 1);
  view.setUint32(4, HEADER_BYTES, true);
  let offset = 0;
  [functions, lines, relocations].forEach((part, index) => {
    view.setUint32(8 + index * 8, offset, true);
    view.setUint32(12 + index * 8, part.length, true);
    bytes.set(part, HEADER_BYTES + offset);
    offset += part.length;
  });
  return bytes;
}

function encodePart<T extends { section: string; offset: number }>(
  records: readonly T[], recordBytes: number, addString: (text: string) => number, fill: (view: DataView, at: number, record: T) => void,
): Uint8Array {
  if (records.length === 0) return new Uint8Array();
  const bySection = new Map<string, T[]>();
  for (const record of records) {
    const members = bySection.get(record.section);
    if (members === undefined) bySection.set(record.section, [record]);
    else members.push(record);
  }
  const groups = [...bySection];
  const bytes = new Uint8Array(4 + groups.length * 8 + records.length * recordBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, recordBytes, true);
  let at = 4;
  for (const [section, members] of groups) {
    view.setUint32(at, addString(section), true);
    view.setUint32(at + 4, members.length, true);
    at += 8;
    for (const member of members.sort((a, b) => a.offset - b.offset)) {
      view.setUint32(at, member.offset, true);
      fill(view, at, member);
      at += recordBytes;
    }
  }
  return bytes;
}

/**
 * @param btf the bytes of `.BTF`, whose string table holds the names
 * @throws ElfError when the section is cut short
 */
export function parseBtfExt(bytes: Uint8Array, btf: Uint8Array): BtfExt {
  const strings = btfStrings(btf);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint16(0, true) !== MAGIC) throw new ElfError('.BTF.ext: bad magic');
  const headerBytes = view.getUint32(4, true);
  const part = <T>(index: number, make: (at: number, section: string) => T): T[] => {
    const start = headerBytes + view.getUint32(8 + index * 8, true);
    return parsePart(view, start, start + view.getUint32(12 + index * 8, true), strings, make);
  };
  return {
    functions: part(0, (at, section) => ({ section, offset: view.getUint32(at, true), typeId: view.getUint32(at + 4, true) })),
    lines: part(1, (at, section) => {
      const place = view.getUint32(at + 12, true);
      return {
        section, offset: view.getUint32(at, true), file: strings(view.getUint32(at + 4, true)), text: strings(view.getUint32(at + 8, true)),
        line: place >>> 10, column: place & 0x3ff,
      };
    }),
    relocations: headerBytes < HEADER_BYTES ? [] : part(2, (at, section) => ({
      section, offset: view.getUint32(at, true), typeId: view.getUint32(at + 4, true), access: strings(view.getUint32(at + 8, true)), kind: view.getUint32(at + 12, true),
    })),
  };
}

function parsePart<T>(view: DataView, start: number, end: number, strings: (offset: number) => string, make: (at: number, section: string) => T): T[] {
  if (end > view.byteLength) throw new ElfError(`.BTF.ext: a part ends at ${end}, the section at ${view.byteLength}`);
  if (start === end) return [];
  const recordBytes = view.getUint32(start, true);
  const all: T[] = [];
  for (let at = start + 4; at + 8 <= end;) {
    const section = strings(view.getUint32(at, true));
    const count = view.getUint32(at + 4, true);
    at += 8;
    if (at + count * recordBytes > end) throw new ElfError(`.BTF.ext: ${count} records of ${section} lie beyond the end of their part`);
    for (let index = 0; index < count; index++, at += recordBytes) all.push(make(at, section));
  }
  return all;
}

function btfStrings(btf: Uint8Array): (offset: number) => string {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
  const base = view.getUint32(4, true) + view.getUint32(16, true);
  return (offset) => {
    const start = base + offset;
    const end = btf.indexOf(0, start);
    return Buffer.from(btf.subarray(start, end < 0 ? btf.length : end)).toString('latin1');
  };
}
