/**
 * The elaborated program: what pass 2 gives and lowering takes. Closed and typed:
 * every name is a symbol, every expression has a type, every probe point is one
 * concrete attach point, every $target is a description of reads. Nothing after
 * this asks the kernel or a file anything.
 *
 * Aliases are expanded: each ElaboratedProbe has its own copy of prologue, body and
 * epilogue with the alias's locals merged into the probe's.
 */
import type { AttachPoint, Comparison, FormatPiece, Histogram, IrField, IterationSort, LongBinary, LongUnary, RegisterSet, ScalarType, StatFunction, AddressSpace } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { AliasDeclaration, Expression, ProbePoint } from '../syntax/index.js';

export type ScriptType = 'long' | 'string';

export interface GlobalSymbol {
  readonly kind: 'global';
  readonly name: string;
  readonly span: Span;
  /** Elaborated type. */
  readonly type: 'long' | 'string' | 'stat';
  /** Arrays: key types; scalars: undefined. */
  readonly keys?: readonly ScriptType[];
  readonly initial?: bigint | string;
  /** Its initial value may be another when the object is loaded. */
  readonly settable?: true;
  readonly maxEntries?: number;
  readonly wrap: boolean;
  /** Operators that the program reads this statistic by. */
  readonly statFunctions: ReadonlySet<StatFunction>;
  readonly varianceShift?: number;
  readonly histogram?: Histogram;
  /** Written but never read, in a user file: printed by a synthetic end probe. */
  readonly autoPrint: boolean;
}

export interface LocalSymbol {
  readonly kind: 'local';
  readonly name: string;
  readonly type: ScriptType;
}

export interface FunctionSymbol {
  readonly kind: 'function';
  readonly name: string;
  readonly span: Span;
  readonly params: readonly LocalSymbol[];
  readonly locals: readonly LocalSymbol[];
  readonly result: ScriptType | undefined;
  /**
   * Statements, or the name of an intrinsic (`%{ NAME %}` in the tapset). Two names are not in the
   * table of intrinsics: 'throw' raises its text as a run-time error, 'warn' prints it as a warning.
   */
  body: TypedStatement | { readonly kind: 'intrinsic'; readonly name: string };
}

interface Typed { readonly span: Span }
type Long = { readonly type: 'long' };
type Text = { readonly type: 'string' };

/** A location that can be read, written, incremented. */
export type TypedPlace = Typed & { readonly type: ScriptType | 'stat' } & (
  | { readonly kind: 'local'; readonly symbol: LocalSymbol }
  | { readonly kind: 'global'; readonly symbol: GlobalSymbol }
  | { readonly kind: 'element'; readonly symbol: GlobalSymbol; readonly keys: readonly TypedExpression[] }
);

/** One print argument, or a histogram to print (taken by an `s` piece). */
export type TypedPrintArgument = TypedExpression | (Typed & { readonly kind: 'histogram'; readonly place: TypedPlace });

/**
 * A resolved read of the probe's context or of memory. `address` and `read` nest:
 * `$sk->a->b` is read(address(read(address(argument 0, field a)), field b)).
 */
export type TargetAccess = Typed & Long & (
  | { readonly kind: 'argument'; readonly index: number; readonly scalar: ScalarType }
  | { readonly kind: 'return-value'; readonly scalar: ScalarType }
  /** A saved machine register, by its DWARF number. */
  | { readonly kind: 'register'; readonly register: number; readonly of: RegisterSet }
  /** base + field offset */
  | { readonly kind: 'address'; readonly base: TypedExpression; readonly field: IrField }
  | { readonly kind: 'read'; readonly address: TypedExpression; readonly field?: IrField; readonly scalar: ScalarType; readonly space: AddressSpace }
  /** Evaluated at the function's entry, read at its return: @entry(e), and $param->member in .return probes. */
  | { readonly kind: 'entry'; readonly expression: TypedExpression }
);

export type TypedExpression = Typed & (
  | (Long & { readonly kind: 'number'; readonly value: bigint })
  | (Text & { readonly kind: 'text'; readonly value: string })
  | ({ readonly type: ScriptType } & { readonly kind: 'load'; readonly place: TypedPlace })
  | (Long & { readonly kind: 'unary'; readonly fn: LongUnary; readonly operand: TypedExpression })
  | (Long & { readonly kind: 'binary'; readonly fn: LongBinary; readonly operatorSpan: Span; readonly left: TypedExpression; readonly right: TypedExpression })
  | (Long & { readonly kind: 'compare-text'; readonly fn: Comparison; readonly left: TypedExpression; readonly right: TypedExpression })
  | (Long & { readonly kind: 'and' | 'or'; readonly left: TypedExpression; readonly right: TypedExpression })
  | (Text & { readonly kind: 'concat'; readonly left: TypedExpression; readonly right: TypedExpression })
  | ({ readonly type: ScriptType } & { readonly kind: 'ternary'; readonly condition: TypedExpression; readonly then: TypedExpression; readonly otherwise: TypedExpression })
  | (Long & { readonly kind: 'in'; readonly array: GlobalSymbol; readonly keys: readonly (TypedExpression | undefined)[] })
  /** `=`; the value of the expression is the value assigned. */
  | ({ readonly type: ScriptType } & { readonly kind: 'assign'; readonly place: TypedPlace; readonly value: TypedExpression })
  /** `+=` and the like on longs: place = place fn value. `<<<` is 'aggregate'. `.=` is assign of concat. */
  | (Long & { readonly kind: 'update'; readonly fn: LongBinary; readonly operatorSpan: Span; readonly place: TypedPlace; readonly value: TypedExpression })
  | (Long & { readonly kind: 'aggregate'; readonly place: TypedPlace; readonly value: TypedExpression })
  | (Long & { readonly kind: 'increment'; readonly place: TypedPlace; readonly by: 1n | -1n; readonly result: 'old' | 'new' })
  | (Long & { readonly kind: 'stat'; readonly fn: StatFunction; readonly place: TypedPlace })
  | (Long & { readonly kind: 'histogram-bucket'; readonly place: TypedPlace; readonly index: TypedExpression })
  /** `type` is 'long' for functions without a result (only as a statement). */
  | ({ readonly type: ScriptType } & { readonly kind: 'call'; readonly function: FunctionSymbol; readonly args: readonly TypedExpression[] })
  /** print family: `result` false prints, true gives the text. Formats are parsed and checked. */
  | ({ readonly type: ScriptType } & { readonly kind: 'print'; readonly result: boolean; readonly pieces: readonly FormatPiece[]; readonly args: readonly TypedPrintArgument[] })
  | (TargetAccess & { readonly type: 'long' })
  /** `@entry` of a text. */
  | (Text & { readonly kind: 'entry'; readonly expression: TypedExpression })
);

export type TypedStatement = Typed & (
  | { readonly kind: 'block'; readonly statements: readonly TypedStatement[] }
  | { readonly kind: 'expression'; readonly expression: TypedExpression }
  | { readonly kind: 'if'; readonly condition: TypedExpression; readonly then: TypedStatement; readonly otherwise?: TypedStatement }
  /** while and for: `step` runs after the body and on continue. */
  | { readonly kind: 'loop'; readonly condition?: TypedExpression; readonly step?: TypedExpression; readonly body: TypedStatement }
  | {
      readonly kind: 'foreach';
      readonly array: GlobalSymbol;
      readonly keys: readonly LocalSymbol[];
      readonly value?: LocalSymbol;
      readonly sort?: IterationSort;
      readonly limit?: TypedExpression;
      readonly slice?: readonly (TypedExpression | undefined)[];
      readonly body: TypedStatement;
    }
  | { readonly kind: 'break' | 'continue' | 'next' }
  | { readonly kind: 'return'; readonly value?: TypedExpression }
  | { readonly kind: 'delete'; readonly place: TypedPlace }
  /** `delete a` */
  | { readonly kind: 'clear'; readonly global: GlobalSymbol }
  | { readonly kind: 'try'; readonly body: TypedStatement; readonly variable?: LocalSymbol; readonly handler: TypedStatement }
);

/** From a probe point back to the script's probe. */
export interface ProbeDerivation {
  /** Where it was resolved from: in the last alias, or in the probe. */
  readonly written: ProbePoint;
  /** `if (…)` of all points on the way, outermost first. */
  readonly conditions: readonly Expression[];
  /** Outermost alias first. */
  readonly layers: readonly AliasDeclaration[];
  /** All points of the script's probe. */
  readonly points: readonly ProbePoint[];
}

export interface ElaboratedProbe {
  /** What pp() gives. */
  readonly name: string;
  /** As written in the script. */
  readonly point: string;
  /** How the script led to it, for -p2. */
  readonly derivation: ProbeDerivation;
  /** ppfunc(), where it is known. */
  readonly functionName?: string;
  readonly attach: AttachPoint;
  readonly where: 'kernel' | 'host';
  readonly locals: readonly LocalSymbol[];
  readonly body: TypedStatement;
  /** `if (cond)` on the probe point. */
  readonly condition?: TypedExpression;
  readonly span: Span;
}

export interface ElaboratedProgram {
  readonly globals: readonly GlobalSymbol[];
  /** Only those reachable from probes. */
  readonly functions: readonly FunctionSymbol[];
  readonly probes: readonly ElaboratedProbe[];
}
