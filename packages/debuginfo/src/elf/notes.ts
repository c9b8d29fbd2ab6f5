/** Notes, .gnu_debuglink and version definitions. Sources: elf(5), GDB manual "Separate Debug Files", the LSB's symbol versioning. */
import { ByteReader } from '../reader.js';

const NT_GNU_BUILD_ID = 3;

export interface ElfNote {
  /** "GNU", "stapsdt". */
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

/** @param alignment 8 for notes in 8-byte aligned sections or segments, else 4. */
export function parseNotes(bytes: Uint8Array, section: string, alignment: number): ElfNote[] {
  const align = alignment === 8 ? 8 : 4;
  const reader = new ByteReader(bytes, section);
  const notes: ElfNote[] = [];
  while (reader.remaining >= 12) {
    const nameBytes = reader.u32();
    const descriptionBytes = reader.u32();
    const type = reader.u32();
    const name = reader.take(nameBytes);
    skipPadding(reader, align);
    const description = reader.take(descriptionBytes);
    skipPadding(reader, align);
    const end = name.indexOf(0);
    notes.push({ name: Buffer.from(end < 0 ? name : name.subarray(0, end)).toString('latin1'), type, description });
  }
  return notes;
}

function skipPadding(reader: ByteReader, align: number): void {
  reader.skip(Math.min((align - (reader.offset % align)) % align, reader.remaining));
}

export function buildIdOf(notes: readonly ElfNote[]): string | undefined {
  const note = notes.find(({ name, type, description }) => name === 'GNU' && type === NT_GNU_BUILD_ID && description.length > 0);
  return note === undefined ? undefined : Buffer.from(note.description).toString('hex');
}

/** Build-id in the notes that the kernel exports: /sys/kernel/notes, /sys/module/NAME/notes/.note.gnu.build-id. */
export const buildIdOfNotes = (bytes: Uint8Array): string | undefined => buildIdOf(parseNotes(bytes, 'notes', 4));

export interface DebugLink {
  /** File name without directory, to look for beside the binary, in .debug/ and in /usr/lib/debug/DIR/. */
  readonly fileName: string;
  /** CRC-32 of that file's contents. */
  readonly crc: number;
}

export function parseDebugLink(bytes: Uint8Array): DebugLink {
  const reader = new ByteReader(bytes, '.gnu_debuglink');
  const fileName = reader.cString();
  skipPadding(reader, 4);
  return { fileName, crc: reader.u32() };
}

export interface AlternateDebugLink {
  /** Absolute, or relative to the directory of the file that has the link. */
  readonly fileName: string;
  /** Build-id of that file in lower-case hexadecimal: its .build-id path is looked at too. */
  readonly buildId: string;
}

/** .gnu_debugaltlink, as dwz writes it. */
export function parseAlternateDebugLink(bytes: Uint8Array): AlternateDebugLink {
  const reader = new ByteReader(bytes, '.gnu_debugaltlink');
  const fileName = reader.cString();
  return { fileName, buildId: Buffer.from(reader.take(reader.remaining)).toString('hex') };
}

/** .debug_sup (DWARF 5 section 7.3.6), as `dwz --dwarf-5` writes it; undefined in the shared file itself. */
export function parseSupplementaryLink(bytes: Uint8Array): AlternateDebugLink | undefined {
  const reader = new ByteReader(bytes, '.debug_sup');
  const version = reader.u16();
  if (version !== 5) throw reader.error(`version ${version} is not supported`, 0);
  const isSupplementary = reader.u8() !== 0;
  const fileName = reader.cString();
  return isSupplementary ? undefined : { fileName, buildId: Buffer.from(reader.take(reader.uleb())).toString('hex') };
}

/** Names of the versions that .gnu.version numbers refer to. */
export function parseVersionDefinitions(bytes: Uint8Array, strings: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  // Each definition has 20 bytes at least; a chain that is longer goes in circles.
  let left = Math.floor(bytes.length / 20);
  for (let at = 0; left > 0; left--) {
    const reader = new ByteReader(bytes, '.gnu.version_d', at);
    reader.skip(4); // vd_version, vd_flags
    const index = reader.u16();
    reader.skip(6); // vd_cnt, vd_hash
    const auxiliary = reader.u32();
    const next = reader.u32();
    const name = new ByteReader(bytes, '.gnu.version_d', at + auxiliary).u32();
    names.set(index, new ByteReader(strings, '.dynstr', name).cString());
    if (next === 0) break;
    at += next;
  }
  return names;
}
