/** Headers of line number programs: DWARF 5 section 6.2.4, DWARF 2 to 4 section 6.2.4. */
import { ByteReader } from '../reader.js';
import { FileTable, readEntries, readOldFiles } from './line-files.js';
import type { DebugSections } from './debug-sections.js';

export interface LineHeader {
  /** Of the program in .debug_line. */
  readonly offset: number;
  /** Of the next program. */
  readonly end: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  /** 0 before DWARF 5, whose headers do not say. */
  readonly addressSize: number;
  readonly minimumInstructionLength: number;
  /** 1 on all machines but VLIW ones. */
  readonly maximumOperations: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of opcodes 1, 2, …: what lets unknown ones be skipped. */
  readonly opcodeLengths: Uint8Array;
  /** As written; index 0 is the compilation directory, undefined before DWARF 5. */
  readonly directories: readonly (string | undefined)[];
  readonly files: FileTable;
  /** Where the opcodes start. */
  readonly program: number;
}

export function readLineHeader(sections: DebugSections, line: Uint8Array, offset: number): LineHeader {
  const reader = new ByteReader(line, '.debug_line', offset);
  const { offsetSize, end } = readLength(reader);
  const version = reader.u16();
  if (version < 2 || version > 5) throw reader.error(`line table version ${version} is not supported`, offset);
  const addressSize = version >= 5 ? reader.u8() : 0;
  if (version >= 5) reader.skip(1); // segment_selector_size
  const headerBytes = offsetSize === 8 ? reader.size() : reader.u32();
  const program = reader.offset + headerBytes;
  if (program > end) throw reader.error(`a header of ${headerBytes} bytes, but the table ends before`, offset);
  const minimumInstructionLength = reader.u8();
  const maximumOperations = version >= 4 ? reader.u8() : 1;
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  const opcodeLengths = reader.take(Math.max(0, opcodeBase - 1));
  const { directories, files } = version >= 5 ? readTables(sections, reader, offsetSize) : readOldTables(reader);
  return {
    offset, end, version, offsetSize, addressSize, minimumInstructionLength, maximumOperations: Math.max(1, maximumOperations), defaultIsStatement,
    lineBase, lineRange, opcodeBase, opcodeLengths, directories, files, program,
  };
}

/** Where the program at `offset` ends, without reading more of it. */
export const endOfLineProgram = (line: Uint8Array, offset: number): number => readLength(new ByteReader(line, '.debug_line', offset)).end;

function readLength(reader: ByteReader): { readonly offsetSize: 4 | 8; readonly end: number } {
  const at = reader.offset;
  const first = reader.u32();
  const offsetSize = first === 0xffff_ffff ? 8 : 4;
  const length = offsetSize === 8 ? reader.size() : first;
  if (length > reader.remaining) throw reader.error(`a line table of ${length} bytes, ${reader.remaining} left`, at);
  return { offsetSize, end: reader.offset + length };
}

type Tables = Pick<LineHeader, 'directories' | 'files'>;

function readOldTables(reader: ByteReader): Tables {
  const directories: (string | undefined)[] = [undefined];
  for (;;) {
    const directory = reader.cString();
    if (directory === '') break;
    directories.push(directory);
  }
  return { directories, files: readOldFiles(reader) };
}

function readTables(sections: DebugSections, reader: ByteReader, offsetSize: 4 | 8): Tables {
  const directories = readEntries(sections, reader, offsetSize);
  const names = Array.from({ length: directories.count }, (_, index) => directories.name(index));
  return { directories: names, files: readEntries(sections, reader, offsetSize) };
}
