/**
 * File tables of line number programs. A kernel has 3000 of them with 500 files each: names stay where they are until they
 * are asked for.
 */
import { ByteReader } from '../reader.js';
import { endOfString } from '../string-search.js';
import type { DebugSections } from './debug-sections.js';

const SLASH = 0x2f;
const DW_LNCT_PATH = 1;
const DW_LNCT_DIRECTORY_INDEX = 2;
const DW_LNCT_TIMESTAMP = 3;
const DW_LNCT_SIZE = 4;
const DW_LNCT_MD5 = 5;
const DW_LNCT_LLVM_SOURCE = 0x2001;

/** Where a text is: in .debug_line itself, .debug_line_str or .debug_str. */
type TextPlace = { readonly section: Uint8Array; readonly name: string; readonly at: number };

interface Entry {
  path?: TextPlace;
  source?: TextPlace;
  directory?: number;
  timestamp?: number;
  size?: number;
  md5?: Uint8Array;
}

export class FileTable {
  /** 1 before DWARF 5: the number of the first file. */
  readonly base: number;
  readonly #entries: readonly Entry[];

  constructor(base: number, entries: readonly Entry[]) {
    this.base = base;
    this.#entries = entries;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** The numbers of the files are base, …, base + count - 1. */
  has(index: number): boolean {
    return index >= this.base && index < this.base + this.count;
  }

  name(index: number): string {
    return textAt(this.#entries[index - this.base]?.path);
  }

  /** Bytes of the name, for matching without decoding: [bytes, start], up to a NUL. */
  nameBytes(index: number): readonly [Uint8Array, number] | undefined {
    const path = this.#entries[index - this.base]?.path;
    return path === undefined ? undefined : [path.section, path.at];
  }

  /** Whether the last part of a file's name is these bytes, without decoding it. */
  isNamed(index: number, name: Uint8Array): boolean {
    const place = this.nameBytes(index);
    if (place === undefined) return false;
    const [bytes, start] = place;
    const end = endOfString(bytes, start);
    const from = end - name.length;
    if (from < start || (from > start && bytes[from - 1] !== SLASH)) return false;
    for (let at = 0; at < name.length; at++) if (bytes[from + at] !== name[at]) return false;
    return true;
  }

  directory(index: number): number {
    return this.#entries[index - this.base]?.directory ?? 0;
  }

  /** MD5 of the source file in hexadecimal, when the compiler wrote it. */
  md5(index: number): string | undefined {
    const md5 = this.#entries[index - this.base]?.md5;
    return md5 === undefined ? undefined : Buffer.from(md5).toString('hex');
  }

  /** Seconds since 1970, as the compiler saw it; 0 or undefined: not known. */
  timestamp(index: number): number | undefined {
    return this.#entries[index - this.base]?.timestamp;
  }

  /** Bytes of the source file; 0 or undefined: not known. */
  size(index: number): number | undefined {
    return this.#entries[index - this.base]?.size;
  }

  /** The source itself, when the compiler embedded it (clang -gembed-source). */
  source(index: number): string | undefined {
    const source = this.#entries[index - this.base]?.source;
    return source === undefined ? undefined : textAt(source);
  }
}

function textAt(place: TextPlace | undefined): string {
  return place === undefined ? '' : new ByteReader(place.section, place.name, place.at).cString();
}

/** file_names of DWARF 2 to 4. */
export function readOldFiles(reader: ByteReader): FileTable {
  const entries: Entry[] = [];
  for (;;) {
    const entry = readOldFile(reader);
    if (entry === undefined) return new FileTable(1, entries);
    entries.push(entry);
  }
}

/** One entry, as DW_LNE_define_file has it too; undefined at the end of the table. */
function readOldFile(reader: ByteReader): Entry | undefined {
  const at = reader.offset;
  const end = reader.bytes.indexOf(0, at);
  if (end < 0) throw reader.error('text without end');
  reader.offset = end + 1;
  if (end === at) return undefined;
  return { path: { section: reader.bytes, name: reader.section, at }, directory: reader.uleb(), timestamp: reader.uleb(), size: reader.uleb() };
}

/** A table of DWARF 5: its entry format, then its entries. */
export function readEntries(sections: DebugSections, reader: ByteReader, offsetSize: 4 | 8): FileTable {
  const at = reader.offset;
  const format = Array.from({ length: reader.u8() }, () => ({ content: reader.uleb(), form: reader.uleb() }));
  const count = reader.uleb();
  if (format.length === 0 && count > 0) throw reader.error(`${count} entries without contents`, at);
  const entries: Entry[] = [];
  // Every form takes a byte at least, so that a wrong count runs into the end of the section.
  for (let index = 0; index < count; index++) {
    const entry: Entry = {};
    for (const { content, form } of format) readField(sections, reader, offsetSize, entry, content, form);
    entries.push(entry);
  }
  return new FileTable(0, entries);
}

function readField(sections: DebugSections, reader: ByteReader, offsetSize: 4 | 8, entry: Entry, content: number, form: number): void {
  const value = readForm(sections, reader, offsetSize, form);
  if (content === DW_LNCT_PATH && isPlace(value)) entry.path = value;
  else if (content === DW_LNCT_LLVM_SOURCE && isPlace(value)) entry.source = value;
  else if (content === DW_LNCT_DIRECTORY_INDEX && typeof value === 'number') entry.directory = value;
  else if (content === DW_LNCT_TIMESTAMP && typeof value === 'number') entry.timestamp = value;
  else if (content === DW_LNCT_SIZE && typeof value === 'number') entry.size = value;
  else if (content === DW_LNCT_MD5 && value instanceof Uint8Array) entry.md5 = value;
}

const isPlace = (value: number | Uint8Array | TextPlace): value is TextPlace => typeof value === 'object' && 'section' in value;

function readForm(sections: DebugSections, reader: ByteReader, offsetSize: 4 | 8, form: number): number | Uint8Array | TextPlace {
  switch (form) {
    case 0x08: { // DW_FORM_string
      const at = reader.offset;
      const end = reader.bytes.indexOf(0, at);
      if (end < 0) throw reader.error('text without end');
      reader.offset = end + 1;
      return { section: reader.bytes, name: reader.section, at };
    }
    case 0x1f: return readPlace(sections, reader, offsetSize, '.debug_line_str'); // DW_FORM_line_strp
    case 0x0e: return readPlace(sections, reader, offsetSize, '.debug_str'); // DW_FORM_strp
    case 0x0b: return reader.u8(); // DW_FORM_data1
    case 0x05: return reader.u16(); // DW_FORM_data2
    case 0x06: return reader.u32(); // DW_FORM_data4
    case 0x07: return reader.size(); // DW_FORM_data8
    case 0x0f: return reader.uleb(); // DW_FORM_udata
    case 0x1e: return reader.take(16); // DW_FORM_data16
    case 0x09: return reader.take(reader.uleb()); // DW_FORM_block
    case 0x0a: return reader.take(reader.u8()); // DW_FORM_block1
    case 0x03: return reader.take(reader.u16()); // DW_FORM_block2
    case 0x04: return reader.take(reader.u32()); // DW_FORM_block4
    default: throw reader.error(`form 0x${form.toString(16)} in a file table is not supported`);
  }
}

function readPlace(sections: DebugSections, reader: ByteReader, offsetSize: 4 | 8, name: string): TextPlace {
  const at = offsetSize === 8 ? reader.size() : reader.u32();
  const section = sections.debugSection(name);
  if (section === undefined) throw reader.error(`a name in ${name}, which the file does not have`, reader.offset - offsetSize);
  return { section, name, at };
}
