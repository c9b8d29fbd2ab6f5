/** What kinds of facts a file's DWARF has, by its declarations alone: no entry is read. Source: DWARF 5, sections 7.5.3 and 7.3.2. */
import type { ElfFile } from '../elf/elf-file.js';
import { declaredTags } from './abbreviations.js';
import {
  DW_AT_dwo_name, DW_AT_GNU_dwo_name, DW_TAG_call_site, DW_TAG_formal_parameter, DW_TAG_GNU_call_site, DW_TAG_inlined_subroutine, DW_TAG_label, DW_TAG_subprogram, DW_TAG_variable,
} from './constants.js';

export interface DwarfContents {
  /** Of the first unit; undefined: there is none (lines alone). */
  readonly version: number | undefined;
  readonly functions: boolean;
  /** Places where functions are inlined. */
  readonly inlined: boolean;
  readonly labels: boolean;
  readonly callSites: boolean;
  readonly variables: boolean;
  readonly lines: boolean;
  /** Units of which a part is in .dwo or .dwp files, which are not looked at: what is not seen here may be there. */
  readonly split: boolean;
}

/** A unit's length of 64-bit DWARF begins so. */
const LONG_UNIT = 0xffff_ffff;

/** Throws DebugInfoError for sections that are cut short. */
export function dwarfContents(elf: ElfFile): DwarfContents {
  const abbreviations = elf.debugSection('.debug_abbrev') ?? new Uint8Array();
  const { tags, attributes } = declaredTags(abbreviations);
  return {
    version: versionOf(elf),
    functions: tags.has(DW_TAG_subprogram),
    inlined: tags.has(DW_TAG_inlined_subroutine),
    labels: tags.has(DW_TAG_label),
    callSites: tags.has(DW_TAG_call_site) || tags.has(DW_TAG_GNU_call_site),
    variables: tags.has(DW_TAG_variable) || tags.has(DW_TAG_formal_parameter),
    lines: (elf.debugSource('.debug_line')?.length ?? 0) > 0,
    split: attributes.has(DW_AT_dwo_name) || attributes.has(DW_AT_GNU_dwo_name),
  };
}

function versionOf(elf: ElfFile): number | undefined {
  const source = elf.debugSource('.debug_info');
  if (source === undefined || source.length < 14) return undefined;
  const start = Buffer.from(source.read(0, 14));
  return start.readUInt16LE(start.readUInt32LE(0) === LONG_UNIT ? 12 : 4);
}
