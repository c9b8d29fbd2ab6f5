/** The object's format: what compiler and runtime share. The IR, the metadata section, the record layout, print formats, the ELF file. Imports nothing of ours. */
export type * from './ir.js';
export { ORIGINAL_SYSCALL_REGISTER, SYSCALL_NUMBER } from './ir.js';
export { INTRINSICS } from './intrinsics.js';
export type { Intrinsic } from './intrinsics.js';
export { ERRNO_NAMES, errnoName } from './errno-names.js';
export { escapeByte, escapeText, findText, quoteText, spanText } from './text-operations.js';
export { HIGH_BITS, LOW_BITS, PACKABLE, SET_BITS, packText, packedBytes, packedHeader, unpackParts, unpackText } from './packed-text.js';
export type { PackedText } from './packed-text.js';
export {
  ADDRESS_FACTS, DEFAULT_MAXBACKTRACE, MOST_STACK_FRAMES, OWN_FRAMES, STACKS_MAP, STACKS_ON_THE_WAY, STACK_HEADER_BYTES, STACK_TOKEN, STACK_KIND, STACK_STYLES, stackFrames,
} from './stack-table.js';
export {
  IMAGE, UNWIND_IMAGE, UNWIND_IMAGES_MAP, UNWIND_IMAGES_MAX, UNWIND_CHUNKS, UNWIND_CHUNK_ROWS, UNWIND_CODE_MAP, UNWIND_FRAMES_MAX, UNWIND_KEY, UNWIND_KIND, UNWIND_MODE, UNWIND_PREFIX, UNWIND_RANGE, UNWIND_RANGES_MAX, UNWIND_ROWS_MAP, UNWIND_STATE,
  UNWIND_STATE_MAP, UNWIND_WANTED_MAP, UNWIND_WANTED_MAX, UNWIND_COPIES_MAP, STACK_COPY, STACK_COPY_CPU_BITS, STACK_COPY_PAGE, STACK_COPY_PAGES, STACK_COPIES_BYTES,
} from './unwind-maps.js';
export type { UnwindMode } from './unwind-maps.js';
export { SESSION, SESSION_STATE } from './records.js';
export type { LeafEncoding } from './records.js';
export { DEFAULT_LIMITS, METADATA_SECTION, EXTREME_RANK, OBJECT_FORMAT_VERSION, decodeMetadata, encodeMetadata, OFF_PROBES, timingGlobal } from './metadata.js';
export type { AttachPlan, GlobalStorage, Limits, MapMetadata, ObjectMetadata, PerfCounter, ProbeMetadata, ProcessSet, ProgramKind, ProgramMetadata, SiteMetadata, StatLayout } from './metadata.js';
export { HASH_BYTES, HASH_SECTION, checkSeal, sealObject } from './object-hash.js';
export { readElf } from './elf/elf-reader.js';
export type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from './elf/elf-reader.js';
export { EM_BPF, ElfError, INSN_BYTES, R_BPF_64_32, R_BPF_64_64, SHF, SHT, STB, STT } from './elf/elf-format.js';
export { writeElf } from './elf/elf-writer.js';
export type { RelocationSpec, SectionSpec, SymbolSpec } from './elf/elf-writer.js';
export { CORE_RELOCATION, encodeBtfExt, parseBtfExt } from './elf/btf-ext.js';
export type { BtfExt, CoreRelocation, FuncInfo, LineInfo } from './elf/btf-ext.js';
export { BTF_KIND, BtfWriter } from './elf/btf-writer.js';
export type { BtfMember } from './elf/btf-writer.js';
export { GLOBALS_MAP, GLOBALS_SECTION, SUBPROGRAM_SECTION, linkProgram, readBpfObject } from './elf/bpf-object.js';
export type { BpfObject, LinkedProgram, MapReference } from './elf/bpf-object.js';
export {
  GROUP_DEAD, GROUP_POSITION_MASK, GROUP_SLOT_SHIFT, REGEX_ACCEPT, REGEX_REJECT, RegexError, compileGroupTables, compileRegex, compileRegexProgram, matchedGroups, matchesRegex,
} from './regex/index.js';
export type { GroupTables, RegexAutomaton, RegexProgram } from './regex/index.js';
