/** Assembles line number programs for tests: the same contents in every version's own header. */
import type { DebugSections } from '../dwarf/debug-sections.js';
import { SectionBuilder } from './section-builder.test-support.js';

export interface LineProgramSpec {
  readonly version: number;
  readonly is64Bit?: boolean;
  /** Without the compilation directory, which is number 0. */
  readonly directories?: readonly string[];
  readonly compilationDirectory?: string;
  readonly files: readonly { readonly name: string; readonly directory?: number; readonly md5?: string }[];
  readonly minimumInstructionLength?: number;
  readonly maximumOperations?: number;
  readonly defaultIsStatement?: boolean;
  readonly lineBase?: number;
  readonly lineRange?: number;
  readonly opcodeBase?: number;
  /** DWARF 5: DW_FORM_line_strp instead of DW_FORM_string. */
  readonly namesInLineStr?: boolean;
  readonly program: Uint8Array;
}

const OPCODE_LENGTHS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

export function sectionsOf(sections: Readonly<Record<string, Uint8Array>>): DebugSections {
  return { debugSection: (name) => sections[name] };
}

/** .debug_line and, where names are there, .debug_line_str. */
export function buildLineProgram(spec: LineProgramSpec): Record<string, Uint8Array> {
  const strings = new SectionBuilder().u8(0);
  const opcodeBase = spec.opcodeBase ?? 13;
  const rest = new SectionBuilder().u8(spec.minimumInstructionLength ?? 1);
  if (spec.version >= 4) rest.u8(spec.maximumOperations ?? 1);
  rest.u8(spec.defaultIsStatement === false ? 0 : 1, spec.lineBase ?? -5, spec.lineRange ?? 14, opcodeBase);
  for (let opcode = 1; opcode < opcodeBase; opcode++) rest.u8(OPCODE_LENGTHS[opcode - 1] ?? 2);
  if (spec.version >= 5) addTables(rest, spec, strings);
  else addOldTables(rest, spec);
  const header = new SectionBuilder().u16(spec.version);
  if (spec.version >= 5) header.u8(8, 0);
  if (spec.is64Bit === true) header.u64(rest.length);
  else header.u32(rest.length);
  header.bytes(rest.build()).bytes(spec.program);
  const section = new SectionBuilder();
  if (spec.is64Bit === true) section.u32(0xffff_ffff).u64(header.length);
  else section.u32(header.length);
  return { '.debug_line': section.bytes(header.build()).build(), '.debug_line_str': strings.build() };
}

function addOldTables(out: SectionBuilder, spec: LineProgramSpec): void {
  for (const directory of spec.directories ?? []) out.text(directory).u8(0);
  out.u8(0);
  for (const { name, directory } of spec.files) out.text(name).u8(0, directory ?? 0, 7, 9);
  out.u8(0);
}

function addTables(out: SectionBuilder, spec: LineProgramSpec, strings: SectionBuilder): void {
  const addName = (name: string): void => {
    if (spec.namesInLineStr !== true) {
      out.text(name).u8(0);
      return;
    }
    const at = strings.length;
    strings.text(name).u8(0);
    if (spec.is64Bit === true) out.u64(at);
    else out.u32(at);
  };
  const nameForm = spec.namesInLineStr === true ? 0x1f : 0x08;
  const directories = [spec.compilationDirectory ?? '', ...(spec.directories ?? [])];
  out.u8(1, 1, nameForm, directories.length);
  directories.forEach(addName);
  const hasMd5 = spec.files.some(({ md5 }) => md5 !== undefined);
  out.u8(hasMd5 ? 3 : 2, 1, nameForm, 2, 0x0b);
  if (hasMd5) out.u8(5, 0x1e);
  out.u8(spec.files.length);
  for (const { name, directory, md5 } of spec.files) {
    addName(name);
    out.u8(directory ?? 0);
    if (hasMd5) out.bytes(Buffer.from(md5 ?? '00'.repeat(16), 'hex'));
  }
}
