/**
 * Readers of debug and symbol information: bytes in, facts out. Nothing here
 * opens a file, asks the kernel or runs a process. Everything is read when it is
 * asked for, and whatever the bytes are, a reader gives a result or throws
 * DebugInfoError.
 */
export { DebugInfoError } from './errors.js';
export { ByteReader } from './reader.js';
export { sourceOf } from './byte-source.js';
export type { ByteSource } from './byte-source.js';
export { Glob, isGlob } from './glob.js';
export { Btf } from './btf/btf.js';
export type {
  BtfArray, BtfComposite, BtfDataSection, BtfDeclTag, BtfEnum, BtfEnumerator, BtfFloat, BtfForward, BtfFunc, BtfFuncProto, BtfFunction,
  BtfInt, BtfKind, BtfLocation, BtfMember, BtfParameter, BtfReference, BtfScalar, BtfTracepoint, BtfType, BtfTypeOf, BtfUnknown, BtfVar, BtfVoid,
} from './btf/types.js';
export { ElfFile } from './elf/elf-file.js';
export { PT_INTERP, PT_LOAD, PT_NOTE, SHT_SYMTAB } from './elf/header.js';
export type { ElfFileType, ElfMachine, ElfSection, ElfSegment } from './elf/header.js';
export type { AlternateDebugLink, DebugLink, ElfNote } from './elf/notes.js';
export { buildIdOfNotes } from './elf/notes.js';
export { SymbolTable } from './elf/symbols.js';
export type { ElfBinding, ElfSymbol, ElfSymbolType } from './elf/symbols.js';
export type { ElfFunction } from './elf/functions.js';
export { dynamicNeeds } from './elf/dynamic.js';
export type { DynamicNeeds } from './elf/dynamic.js';
export { parseLdCache } from './elf/ld-cache.js';
export { pltStubs } from './elf/plt.js';
export type { PltStub } from './elf/plt.js';
export { CORE_KINDS, relocateCore } from './btf/core-relocation.js';
export type { CoreKind, CoreRelocation, CoreResult } from './btf/core-relocation.js';
export { Kallsyms } from './symbols/kallsyms.js';
export type { KernelSymbol, SymbolizedAddress } from './symbols/kallsyms.js';
export { SectionLayout } from './elf/relocations.js';
export { AddressTable } from './dwarf/address-table.js';
export type { DebugSections } from './dwarf/debug-sections.js';
export { decodeExpression } from './dwarf/expression.js';
export type { ExpressionUnit } from './dwarf/expression.js';
export type { LineRow, LineSequence } from './dwarf/line-rows.js';
export { LineTable } from './dwarf/line-table.js';
export type { LineFile, LineTableOptions } from './dwarf/line-table.js';
export { LineTables, SourceFilePattern } from './dwarf/line-tables.js';
export type { PlacedRow } from './dwarf/line-tables.js';
export { impliedListBase, listOffset } from './dwarf/list-unit.js';
export type { AddressRange, ListUnit } from './dwarf/list-unit.js';
export { locationAt, readLocations } from './dwarf/location-lists.js';
export type { LocationEntry } from './dwarf/location-lists.js';
export type { ArithmeticOperation, Operation, OperationKind, StackOperation } from './dwarf/operations.js';
export { readRanges } from './dwarf/ranges.js';
export { dwarfRegisterName, dwarfRegisterNumber, frameRegisters } from './dwarf/registers.js';
export type { FrameRegisters } from './dwarf/registers.js';
export type {
  DwarfArray, DwarfBase, DwarfComposite, DwarfEncoding, DwarfEnum, DwarfEnumerator, DwarfMember, DwarfMemberPointer, DwarfOther, DwarfPlace, DwarfReference, DwarfScalar, DwarfStaticMember,
  DwarfSubroutine, DwarfType, DwarfTypeKind, DwarfTypeOf, DwarfTypeParameter, DwarfUnspecified, DwarfVariant, DwarfVariantPart, DwarfVoid,
} from './dwarf/types.js';
export { Dwarf } from './dwarf/dwarf.js';
export { scopesAround } from './dwarf/scopes.js';
export { ANSWERS_FORMAT as DEBUG_ANSWERS_FORMAT } from './dwarf/kept-answers.js';
export { INDEX_FORMAT as DEBUG_INDEX_FORMAT } from './dwarf/index-file.js';
export type { DwarfOptions, FileFilter, InlineFrame } from './dwarf/dwarf.js';
export { dwarfContents } from './dwarf/contents.js';
export type { DwarfContents } from './dwarf/contents.js';
export type { DwarfSources } from './dwarf/world.js';
export type {
  DwarfCallSite, DwarfCallSiteParameter, DwarfFunction, DwarfInlined, DwarfLabel, DwarfLanguage, DwarfLocation, DwarfScope, DwarfScopeKind, DwarfUnit,
  DwarfVariable, SourcePlace,
} from './dwarf/model.js';
export { CallFrames, frameRowAt } from './cfi/call-frames.js';
export type { CallFramesOptions } from './cfi/call-frames.js';
export type { Cie, Fde, FrameSection } from './cfi/entries.js';
export type { CfaRule, FrameRow, RegisterRule } from './cfi/frame-rows.js';
export { FdeSearchTable } from './cfi/search-table.js';
export { CFA_EXPRESSION, CFA_NONE, SavedAs, UNWIND_SIGNAL_FRAME, UNWIND_SIGNED_RETURN, unwindRowAt } from './cfi/unwind-table.js';
export type { UnwindTable } from './cfi/unwind-table.js';
export { FRAME, RULE_BITS, SAVED_FP, packRule, unpackRule } from './unwind/rules.js';
export type { FrameKind, FrameRule, SavedFp } from './unwind/rules.js';
export { readUnwindRows, rowIndex, ruleAt } from './unwind/unwind-rows.js';
export type { CodeSegment, UnwindRows } from './unwind/unwind-rows.js';
export { UNWIND_ROWS_FORMAT, decodeUnwindRows, encodeUnwindRows } from './unwind/rows-file.js';
export { WALK, walkStack } from './unwind/walk.js';
export type { CodeAt, WalkRegisters, WalkStatus, WalkedProcess, WalkedStack } from './unwind/walk.js';
export { decompressXz } from './compression/xz.js';
export { parseUsdtArguments } from './usdt/arguments.js';
export type { UsdtArgument } from './usdt/arguments.js';
export type { UsdtMemory, UsdtOperand } from './usdt/operands.js';
export { readUsdtProbes, usdtSymbolAddress } from './usdt/probes.js';
export type { UsdtProbe } from './usdt/probes.js';
export { dwarfCompanions } from './lookup/companions.js';
export type { CompanionQuery } from './lookup/companions.js';
export { findAlternateDebugFile, findDebugFile } from './lookup/debug-files.js';
export type { DebugFileQuery, DebugFileResult, DebugFileStore, FoundDebugFile, MissingDebugFile } from './lookup/debug-files.js';
export { findKernelDebugFile, findModuleDebugFile, vmlinuxPaths } from './lookup/kernel-files.js';
export { distributionOf, kernelDebugAdvice, osReleaseValue } from './lookup/kernel-debug-package.js';
export type { KernelQuery } from './lookup/kernel-files.js';
export { parseSearchPath } from './lookup/search-path.js';
export type { DebugSearchPath } from './lookup/search-path.js';
export { lastBefore } from './last-before.js';
