/**
 * What DWARF says about a program's code and data: units, functions, variables,
 * scopes, inlined instances, labels, call sites. Objects read their details when
 * they are asked for them.
 */
import type { AddressRange } from './list-unit.js';
import type { LocationEntry } from './location-lists.js';

/** A place in the source. Line and column count from 1. */
export interface SourcePlace {
  /** Joined with the compilation directory when it is relative; '' when the unit's line table does not say. */
  readonly file: string;
  readonly line: number;
  /** Undefined when not recorded. */
  readonly column: number | undefined;
}

/** DW_LANG_*, as far as rules differ. */
export type DwarfLanguage = 'c' | 'c++' | 'rust' | 'go' | 'asm' | 'other';

/** One compilation: what one run of a compiler over one file gave. */
export interface DwarfUnit {
  /** Path of the source file as the compiler was told it. */
  readonly name: string;
  readonly compilationDirectory: string;
  /** Compiler and options. */
  readonly producer: string;
  readonly language: DwarfLanguage;
  /** DW_LANG_* number; 0 when not recorded. */
  readonly languageNumber: number;
  /** DWARF version: 2 to 5. */
  readonly version: number;
  /** Bytes of an address: 8, or 4. */
  readonly addressSize: number;
  /** Bytes of a section offset: 4 or 8. */
  readonly offsetSize: 4 | 8;
  /** Code of the unit, sorted. Empty when it has none. */
  readonly ranges: readonly AddressRange[];
  /** Offset of its line program in .debug_line; undefined when it has none. */
  readonly lineOffset: number | undefined;
  /** What list entries are relative to (DW_AT_low_pc; 0 when there is none). */
  readonly baseAddress: bigint;
  /** The address at an index of .debug_addr: DW_OP_addrx, DW_OP_constx, DW_OP_GNU_addr_index. Throws DebugInfoError when there is none. */
  addressAt(index: number): bigint;
  /** Type id of the DIE at an offset from the unit's start: operand of DW_OP_convert, DW_OP_regval_type, …; 0 is the generic type. */
  typeAt(unitOffset: number): number;
}

/** Where a value is. Its expressions are decoded with `unit` (decodeExpression). */
export type DwarfLocation =
  /** The same place wherever the variable is in scope. */
  | { readonly kind: 'expression'; readonly expression: Uint8Array; readonly unit: DwarfUnit }
  /** A place for each part of the code: `locationAt` finds the one that holds. */
  | { readonly kind: 'list'; readonly entries: readonly LocationEntry[]; readonly unit: DwarfUnit };

export interface DwarfVariable {
  /** Of its DIE. */
  readonly id: number;
  readonly name: string;
  readonly qualifiedName: string;
  readonly linkageName: string | undefined;
  readonly isParameter: boolean;
  /** A result of a Go function, which is written there as a parameter that the callee changes. */
  readonly isResult: boolean;
  /** Made by the compiler: `this`. */
  readonly isArtificial: boolean;
  /** Visible outside its unit. */
  readonly isExternal: boolean;
  /** 0 when not recorded. */
  readonly typeId: number;
  readonly unit: DwarfUnit;
  readonly declaration: SourcePlace | undefined;
  /** Undefined when it is optimized out, or has a `constant`. */
  readonly location: DwarfLocation | undefined;
  /** DW_AT_const_value: a number as it stands (not yet cut to the type's size), or the bytes of the value. */
  readonly constant: bigint | Uint8Array | undefined;
}

/** A label (`out:`), with its address when it was kept. */
export interface DwarfLabel {
  readonly name: string;
  readonly address: bigint | undefined;
  readonly declaration: SourcePlace | undefined;
}

export interface DwarfCallSiteParameter {
  /** Where the callee finds it: a register, or stack memory. */
  readonly location: Uint8Array | undefined;
  /** Its value, computed in the caller: what DW_OP_entry_value asks for. */
  readonly value: Uint8Array | undefined;
  /** For references: where it points, and what is there. */
  readonly dataLocation: Uint8Array | undefined;
  readonly dataValue: Uint8Array | undefined;
}

export interface DwarfCallSite {
  /** Of the call instruction; undefined when only the return address is recorded (GCC). */
  readonly callAddress: bigint | undefined;
  /** After the call instruction. */
  readonly returnAddress: bigint | undefined;
  readonly isTailCall: boolean;
  /** Id of the DIE of the called function (often its declaration); undefined for indirect calls. */
  readonly targetId: number | undefined;
  /** The called function's name; undefined for indirect calls. */
  readonly targetName: string | undefined;
  /** Expression for the target of an indirect call. */
  readonly target: Uint8Array | undefined;
  readonly parameters: readonly DwarfCallSiteParameter[];
  readonly unit: DwarfUnit;
  /** Of the call in the source, when recorded. */
  readonly place: SourcePlace | undefined;
}

export type DwarfScopeKind = 'function' | 'block' | 'inlined' | 'try' | 'catch' | 'with';

/** A function's body, a `{ }` block in it, or the body of a function that was inlined there. */
export interface DwarfScope {
  readonly kind: DwarfScopeKind;
  readonly id: number;
  readonly ranges: readonly AddressRange[];
  /** It says itself which code it covers. Other blocks hold wherever the scope around them does. */
  readonly isPlaced: boolean;
  readonly parent: DwarfScope | undefined;
  /** Parameters, in order; of functions and inlined instances only. */
  readonly parameters: readonly DwarfVariable[];
  /** Variables declared right here, not those of inner scopes. */
  readonly variables: readonly DwarfVariable[];
  readonly labels: readonly DwarfLabel[];
  readonly callSites: readonly DwarfCallSite[];
  readonly scopes: readonly DwarfScope[];
  readonly unit: DwarfUnit;
}

/** One place where a call was replaced by the function's body. */
export interface DwarfInlined extends DwarfScope {
  readonly kind: 'inlined';
  /** Id of the inlined function's abstract DIE. */
  readonly originId: number;
  readonly name: string;
  readonly qualifiedName: string;
  readonly linkageName: string | undefined;
  /** First instruction: DW_AT_entry_pc, else the lowest address of the first range. */
  readonly entryPc: bigint | undefined;
  /** The call that was replaced. */
  readonly call: SourcePlace | undefined;
  /** Where the inlined function is declared. */
  readonly declaration: SourcePlace | undefined;
}

/**
 * A function: one out-of-line body (GCC's `f.part.0` and `f.constprop.0` are
 * bodies of their own), or a function that has none because it was inlined
 * everywhere. Bodies that the linker threw away are left out.
 */
export interface DwarfFunction {
  /** Of the DIE of its body, or of its abstract DIE when it has none. */
  readonly id: number;
  /** Of the abstract DIE (DW_AT_inline) that its inlined instances refer to; the same as `id` when there is none. */
  readonly originId: number;
  readonly name: string;
  /** With namespaces, classes, modules: `std::vector<int>::push_back`, `core::fmt::write`, `main.main`. */
  readonly qualifiedName: string;
  readonly linkageName: string | undefined;
  readonly unit: DwarfUnit;
  readonly declaration: SourcePlace | undefined;
  readonly isExternal: boolean;
  readonly isPrototyped: boolean;
  readonly isNoReturn: boolean;
  readonly isArtificial: boolean;
  /** Declared inline, or inlined by the compiler: DW_AT_inline. */
  readonly inline: 'not-inlined' | 'inlined' | 'declared-not-inlined' | 'declared-inlined';
  /** Which of its calls have a call site: all; all tail calls, and of others those that were found useful; some. */
  readonly callsRecorded: 'all' | 'all-tail-calls' | 'some';
  /** Undefined when there is no body. */
  readonly entryPc: bigint | undefined;
  /** Code, the part with the entry first; a second one is GCC's and Clang's cold part. Empty when there is no body. */
  readonly ranges: readonly AddressRange[];
  /** 0: void. */
  readonly returnTypeId: number;
  readonly parameters: readonly DwarfVariable[];
  readonly isVariadic: boolean;
  readonly frameBase: DwarfLocation | undefined;
  /** Locals, blocks, inlined instances, labels, call sites of the body (or of the abstract DIE when there is no body). */
  readonly scope: DwarfScope;
  /** Every place in the program where it was inlined. */
  inlinedInstances(): readonly DwarfInlined[];
}
