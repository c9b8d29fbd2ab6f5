/**
 * Where line tables can name a source file: where its name stands in the sections of texts, and where .debug_line has that offset, or the
 * name itself, in its bytes. A place too many costs time, one too few would be wrong.
 */
import { NeedleSearch } from './byte-search.js';
import type { DebugFile } from './debug-file.js';
import type { SectionData } from './section-data.js';

/** More places than these, and the tables are read one by one as fast. */
const NEEDLES_MAX = 4096;
const PIECE = 1 << 20;
/** Longest path before a name that is looked at. */
const PATH_MAX = 4096;
const SLASH = 0x2f;
const NUL = 0;

/**
 * Offsets in .debug_line, in no order: every table that has a file of that name, which is the last part of a path, has one of them in it.
 * @returns undefined: any table may have it
 */
export function placesNaming(file: DebugFile, fileName: string): readonly number[] | undefined {
  const lines = file.section('.debug_line');
  if (lines === undefined) return [];
  const text = Buffer.from(`${fileName}\0`);
  const starts: number[] = [];
  for (const name of ['.debug_line_str', '.debug_str']) {
    const section = file.section(name);
    if (section === undefined) continue;
    for (const at of section.textOffsets(fileName)) {
      starts.push(...startsOf(section, at));
      if (starts.length > NEEDLES_MAX) return undefined;
    }
  }
  const words = [...new Set(starts)].map((start) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(start % 2 ** 32);
    return bytes;
  });
  return placesOf(lines, [...words, text]);
}

/** Where texts start that end with the name at `at`: linkers share tails, so that a path can start anywhere in a longer one. */
function startsOf(section: SectionData, at: number): number[] {
  const before = section.bytes(Math.max(0, at - PATH_MAX), at);
  if (before.at(-1) !== SLASH) return [at];
  const first = at - before.length + before.lastIndexOf(NUL) + 1;
  return Array.from({ length: at - first + 1 }, (_, index) => first + index);
}

function placesOf(section: SectionData, needles: readonly Uint8Array[]): number[] {
  const found: number[] = [];
  const search = new NeedleSearch(needles);
  for (let start = 0; start < section.length; start += PIECE) {
    const piece = section.passingBytes(start, Math.min(section.length, start + PIECE + search.overlap));
    search.search(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), PIECE, (at) => {
      found.push(start + at);
      return at + 1;
    });
  }
  section.endPass();
  return found;
}
