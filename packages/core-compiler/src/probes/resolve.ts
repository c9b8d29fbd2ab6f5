/**
 * What the probe-point builders give to the semantic stage: concrete points, and for each the
 * context in which its `$targets` are resolved.
 */
import type { AddressSpace, AttachPoint } from '@stapkit/object';
import type { Diagnostic, DiagnosticSink } from '../diagnostics/index.js';
import type { TypedExpression } from '../semantic/typed-tree.js';
import type { Span } from '../source/index.js';
import type { Expression, ProbePoint, TargetExpression } from '../syntax/index.js';
import type { Target } from '../target/index.js';
import type { CType } from './c-types.js';

/** A variable that `-L` lists and `$$vars` prints. */
export interface ContextVariable {
  /** With its `$`. */
  readonly name: string;
  /** C type as `-L` prints it: "struct file*", "char const*". */
  readonly type: string;
  readonly group: 'parameter' | 'local' | 'return' | 'other';
}

/** What a value points to, for steps on script variables. Opaque to all but the resolver that made it; `key` is equal for equal types. */
export interface PointedType {
  readonly type: CType;
  readonly space: AddressSpace;
  /** "struct task_struct*", for messages. */
  readonly name: string;
  readonly key: string;
}

/** The outcome of resolving a `$target`: a typed expression, or why not. `similar` are near names for the hint. */
export type TargetResolution =
  | { readonly ok: true; readonly expression: TypedExpression; /** The value is an address of something with a type. */ readonly pointed?: PointedType; /** To be told with it: a warning. */ readonly doubt?: Diagnostic }
  | { readonly ok: false; readonly message: string; readonly span: Span; readonly similar: readonly string[]; readonly hint?: string };

/** A variable that its handler may write, by intrinsics. */
export type WritableVariable =
  /** Sets it, and adds to its end. */
  | { readonly type: 'string'; readonly set: string; readonly append: string }
  /** It changes what the machine does: in guru mode only. `refuse`: why a value is none for it. */
  | { readonly type: 'long'; readonly get: string; readonly set: string; readonly refuse: (value: bigint) => string | undefined };

export interface ProbeContext {
  /**
   * Resolves `$name`, `$$vars`…, `$return`, `->`, `[i]`, `&`, `@cast`, `@var`. `elaborate` types an index or cast operand.
   * `autocast`: what the value before the first step of an autocast points to; undefined: not known.
   * In a return probe, any access to a parameter comes wrapped as `entry` unless it is the bare parameter.
   */
  resolve(expression: TargetExpression, elaborate: (expression: Expression) => TypedExpression, autocast?: PointedType): TargetResolution;
  /** `$name`, when the handler may write it. */
  writable?(name: string): WritableVariable | undefined;
  /** For -L, $$vars, $$parms, and "did you mean". */
  variables(): readonly ContextVariable[];
}

export interface ResolvedPoint {
  /** What pp() gives, e.g. `kernel.function("vfs_read")`; used by -l as well. */
  readonly name: string;
  readonly attach: AttachPoint;
  readonly where: 'kernel' | 'host';
  readonly isReturn: boolean;
  readonly context: ProbeContext;
  /** The handler runs only when this is not 0: which caller led here. */
  readonly guard?: TypedExpression;
  /** ppfunc()/probefunc(): the function or syscall probed, when known. */
  readonly functionName?: string | undefined;
}

export interface EnumeratorLookup {
  value(name: string): bigint | undefined;
  /** undefined: there is no such enumeration. */
  members(type: string): readonly { readonly name: string; readonly value: bigint }[] | undefined;
}

export interface ProbeResolver {
  /**
   * Expands a builtin probe point (aliases are already gone) with its wildcards.
   * Empty: nothing matched. Why not is reported to `problems`, which the caller drops for `?` and `!` points.
   */
  expand(point: ProbePoint, problems: DiagnosticSink): readonly ResolvedPoint[];
  /** The first components of builtin probe points, to tell "unknown probe point" with suggestions. */
  readonly builtinNames: readonly string[];
  /** The kernel's enumerations, for @enum and @enumname. */
  readonly enumerators?: EnumeratorLookup;
  /** For script functions, which have no probe: resolves `@cast`, `@var` and autocast steps alone. */
  readonly functionContext?: ProbeContext;
  /** Nothing more will be asked: what was found in debug information can be kept for the next compilation. */
  finish?(): void;
}

export interface ProbeResolverOptions {
  readonly target: Target;
  /** Text of tables/syscalls.tsv. */
  readonly syscallTable: string;
  /** Text of tables/kernel-sources.br, decompressed; asked for when a point needs it. */
  readonly kernelSources?: () => string;
  /** -x PID / -c CMD for `process` without path; undefined when none. */
  readonly command?: string;
  /** Points are listed (-l, -L), not probed: wildcards may name any number of them. */
  readonly listing?: boolean;
}
