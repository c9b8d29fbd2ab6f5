/** Pass 4: programs, maps, types and metadata as an ELF file. */
import type { BtfWriter, CoreRelocation, FuncInfo, IrProgram, LineInfo, ObjectMetadata, RelocationSpec, SectionSpec, SourceLocation, SymbolSpec } from '@stapkit/object';
import {
  GLOBALS_MAP, GLOBALS_SECTION, HASH_BYTES, HASH_SECTION, INSN_BYTES, METADATA_SECTION, R_BPF_64_32, R_BPF_64_64, SESSION, SHF, SHT, STB, STT, SUBPROGRAM_SECTION,
  encodeBtfExt, encodeMetadata, sealObject, writeElf,
} from '@stapkit/object';
import type { AssembledCode, Instruction } from '../bpf/index.js';
import { LD_IMM64, PSEUDO } from '../bpf/index.js';
import { writeFills } from './fill-tables.js';
import type { Subprogram } from './handler-environment.js';
import { MAP_DEFINITION_BYTES, declareFunction, declareGlobals, declareMaps } from './object-types.js';
import type { EmittedProgram } from './programs.js';
import { writeGroupTables } from './regex-group-tables.js';
import { writeRegexTable } from './regex-tables.js';
import type { StoragePlan } from './storage.js';

export interface ObjectParts {
  readonly program: IrProgram;
  readonly storage: StoragePlan;
  readonly metadata: ObjectMetadata;
  readonly programs: readonly EmittedProgram[];
  readonly subprograms: readonly Subprogram[];
  readonly btf: BtfWriter;
  /** A line of a source (from 1), for the line table. */
  readonly sourceLine: (file: string, line: number) => string;
}

/** Address of a subprogram: relocated against its section, as clang and libbpf have it. */
const isFunctionAddress = ({ opcode, src }: Instruction): boolean => opcode === LD_IMM64 && src === PSEUDO.func;

interface PlacedFunction { readonly symbol: string; readonly section: string; readonly offset: number; readonly code: AssembledCode; readonly linkage: 'static' | 'global'; readonly parameters: readonly string[] }

export function writeObject(parts: ObjectParts): Uint8Array {
  const { metadata, btf } = parts;
  const functions = placeFunctions(parts);
  const maps = metadata.maps.filter(({ name }) => name !== GLOBALS_MAP);
  declareMaps(btf, maps);
  declareGlobals(btf, parts.program, parts.storage);
  const functionInfo = functions.map((one): FuncInfo => ({ section: one.section, offset: one.offset, typeId: declareFunction(btf, one.symbol, one.parameters, one.linkage) }));
  const ext = encodeBtfExt({ functions: functionInfo, lines: functions.flatMap((one) => linesOf(one, parts)), relocations: functions.flatMap(coreOf) }, (text) => btf.string(text));
  const text = (value: string): Uint8Array => Buffer.from(value);
  const data = SHF.alloc | SHF.write;
  const sections: SectionSpec[] = [
    ...codeSections(functions, new Map(functions.map(({ symbol, offset }) => [symbol, offset]))),
    ...(maps.length === 0 ? [] : [{ name: '.maps', type: SHT.progbits, flags: data, data: new Uint8Array(maps.length * MAP_DEFINITION_BYTES) }]),
    { name: GLOBALS_SECTION, type: SHT.progbits, flags: data, data: initialGlobals(parts) },
    { name: 'license', type: SHT.progbits, flags: data, data: text('GPL\0'), alignment: 1 },
    { name: METADATA_SECTION, type: SHT.progbits, flags: 0, data: text(encodeMetadata(metadata)), alignment: 1 },
    { name: HASH_SECTION, type: SHT.progbits, flags: 0, data: new Uint8Array(HASH_BYTES), alignment: 1 },
    { name: '.BTF', type: SHT.progbits, flags: 0, data: btf.bytes(), alignment: 4 },
    { name: '.BTF.ext', type: SHT.progbits, flags: 0, data: ext, alignment: 4 },
  ];
  const symbols: SymbolSpec[] = [
    ...(parts.subprograms.length === 0 ? [] : [{ name: SUBPROGRAM_SECTION, section: SUBPROGRAM_SECTION, value: 0, size: 0, type: STT.section, binding: STB.local }]),
    ...functions.map(({ symbol, section, offset, code, linkage }): SymbolSpec =>
      ({ name: symbol, section, value: offset, size: code.bytes.length, type: STT.func, binding: linkage === 'static' ? STB.local : STB.global })),
    ...maps.map(({ name }, index): SymbolSpec =>
      ({ name, section: '.maps', value: index * MAP_DEFINITION_BYTES, size: MAP_DEFINITION_BYTES, type: STT.object, binding: STB.global })),
    { name: GLOBALS_MAP, section: GLOBALS_SECTION, value: 0, size: parts.storage.globalsBytes, type: STT.object, binding: STB.global },
  ];
  return sealObject(writeElf({ sections, symbols, relocations: functions.flatMap(relocationsOf) }));
}

function placeFunctions({ programs, subprograms }: ObjectParts): PlacedFunction[] {
  const ends = new Map<string, number>();
  const place = (symbol: string, section: string, code: AssembledCode, linkage: 'static' | 'global', parameters: readonly string[]): PlacedFunction => {
    const offset = ends.get(section) ?? 0;
    ends.set(section, offset + code.bytes.length);
    return { symbol, section, offset, code, linkage, parameters };
  };
  return [
    ...subprograms.map(({ symbol, code, parameters, linkage = 'static' }) => place(symbol, SUBPROGRAM_SECTION, code, linkage, parameters)),
    ...programs.map(({ symbol, section, code }) => place(symbol, section, code, 'global', ['ctx'])),
  ];
}

function codeSections(functions: readonly PlacedFunction[], offsets: ReadonlyMap<string, number>): SectionSpec[] {
  const names = [...new Set(functions.map(({ section }) => section))];
  return names.map((name) => {
    const members = functions.filter(({ section }) => section === name);
    return { name, type: SHT.progbits, flags: SHF.alloc | SHF.execinstr, data: Buffer.concat(members.map(({ code }) => unlinked(code, offsets))) };
  });
}

/** As a compiler leaves code for the loader: the kind of an address is in its relocation, not in the instruction. */
function unlinked({ bytes, instructions, slots }: AssembledCode, offsets: ReadonlyMap<string, number>): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  instructions.forEach((one, index) => {
    if (one.opcode !== LD_IMM64 || one.symbol === undefined) return;
    const at = (slots[index] ?? 0) * INSN_BYTES;
    view.setUint8(at + 1, one.dst);
    if (isFunctionAddress(one)) view.setInt32(at + 4, offsets.get(one.symbol) ?? 0, true);
  });
  return copy;
}

/** Longs and strings start with what the script says; the session area with zeros and the limit of errors. */
function initialGlobals({ program, storage, metadata }: ObjectParts): Uint8Array {
  const bytes = new Uint8Array(storage.globalsBytes);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(SESSION.errorLimit, BigInt(metadata.limits.MAXERRORS), true);
  storage.storages.forEach((place, index) => {
    const global = program.globals[index];
    if (place.kind !== 'slot') return;
    if (global?.kind === 'long') view.setBigInt64(place.offset, global.initial, true);
    else if (global?.kind === 'string') bytes.set(Buffer.from(global.initial.slice(0, place.bytes - 1), 'latin1'), place.offset);
  });
  for (const table of storage.regexTables.values()) writeRegexTable(view, table);
  for (const tables of storage.groupTables.values()) writeGroupTables(view, tables);
  writeFills(bytes, storage.fills);
  return bytes;
}

function relocationsOf({ section, offset, code }: PlacedFunction): RelocationSpec[] {
  return code.instructions.flatMap((one, index) => {
    if (one.symbol === undefined) return [];
    const type = one.opcode === LD_IMM64 ? R_BPF_64_64 : R_BPF_64_32;
    return [{ section, offset: offset + (code.slots[index] ?? 0) * INSN_BYTES, type, symbol: isFunctionAddress(one) ? SUBPROGRAM_SECTION : one.symbol }];
  });
}

function coreOf({ section, offset, code }: PlacedFunction): CoreRelocation[] {
  return code.instructions.flatMap(({ core }, index) => (core === undefined ? [] : [{ section, offset: offset + (code.slots[index] ?? 0) * INSN_BYTES, ...core }]));
}

/** One record where the line changes. The first instruction of a function must have one. */
function linesOf({ section, offset, code }: PlacedFunction, { sourceLine }: ObjectParts): LineInfo[] {
  const lines: LineInfo[] = [];
  let last: SourceLocation | undefined;
  code.instructions.forEach(({ location }, index) => {
    const place = location ?? (index === 0 ? { file: '<stapkit>', line: 1, column: 1 } : undefined);
    if (place === undefined) return;
    if (place === last || (last !== undefined && place.line === last.line && place.column === last.column && place.file === last.file)) return;
    last = place;
    lines.push({
      section, offset: offset + (code.slots[index] ?? 0) * INSN_BYTES, file: place.file, text: sourceLine(place.file, place.line), line: place.line, column: place.column,
    });
  });
  return lines;
}
