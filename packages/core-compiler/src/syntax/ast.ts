/**
 * The syntax tree of one file after preprocessing. Every node has a span.
 * Names are not resolved and nothing is typed: `kind` says the form alone.
 */
import type { Span } from '../source/index.js';

interface Node {
  readonly span: Span;
}

export type DeclaredType = 'long' | 'string';

// ---- expressions ------------------------------------------------------------

export type BinaryOperator =
  | '+' | '-' | '*' | '/' | '%' | '<<' | '>>' | '>>>' | '&' | '|' | '^'
  | '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||' | '.';
export type AssignOperator = '=' | '<<<' | '+=' | '-=' | '*=' | '/=' | '%=' | '<<=' | '>>=' | '&=' | '^=' | '|=' | '.=';
export type PrintName =
  | 'print' | 'println' | 'printd' | 'printdln' | 'printf' | 'print_char'
  | 'sprint' | 'sprintln' | 'sprintd' | 'sprintdln' | 'sprintf';
export type StatOperator = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'variance';

export type NumberExpression = Node & { readonly kind: 'number'; readonly value: bigint };
export type TextExpression = Node & { readonly kind: 'text'; readonly value: string };
/** A local or global name without index. */
export type NameExpression = Node & { readonly kind: 'name'; readonly name: string };
/** `a[k1, k2]`; in foreach and delete an index may be `*` (undefined). */
export type IndexExpression = Node & { readonly kind: 'index'; readonly name: string; readonly nameSpan: Span; readonly indexes: readonly (Expression | undefined)[] };
export type UnaryExpression = Node & { readonly kind: 'unary'; readonly operator: '+' | '-' | '!' | '~'; readonly operand: Expression };
/** `operatorSpan` is what run-time errors name ("near operator '/' at …"). */
export type BinaryExpression = Node & { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly operatorSpan: Span; readonly left: Expression; readonly right: Expression };
/** `x in a`, `[x, *, y] in a`. */
export type MembershipExpression = Node & { readonly kind: 'in'; readonly indexes: readonly (Expression | undefined)[]; readonly array: string; readonly arraySpan: Span };
/** `text =~ "regex"`. */
export type RegexExpression = Node & { readonly kind: 'regex'; readonly negated: boolean; readonly subject: Expression; readonly pattern: string; readonly patternSpan: Span };
export type TernaryExpression = Node & { readonly kind: 'ternary'; readonly condition: Expression; readonly then: Expression; readonly otherwise: Expression };
export type AssignExpression = Node & { readonly kind: 'assign'; readonly operator: AssignOperator; readonly operatorSpan: Span; readonly target: Expression; readonly value: Expression };
export type IncrementExpression = Node & { readonly kind: 'increment'; readonly operator: '++' | '--'; readonly prefix: boolean; readonly target: Expression };
export type CallExpression = Node & { readonly kind: 'call'; readonly name: string; readonly nameSpan: Span; readonly args: readonly Expression[] };
export type PrintExpression = Node & {
  readonly kind: 'print';
  readonly name: PrintName;
  /** The literal format of printf/sprintf, or the delimiter of printd…; absent otherwise. */
  readonly format?: TextExpression;
  readonly args: readonly Expression[];
};
/** `@count(x)`; variance may carry a bit shift. */
export type StatExpression = Node & { readonly kind: 'stat'; readonly operator: StatOperator; readonly shift?: number; readonly operand: Expression };
/** `@hist_log(x)` or `@hist_linear(x, low, high, interval)`; with `index` set: `@hist_log(x)[i]`. */
export type HistogramExpression = Node & { readonly kind: 'histogram'; readonly shape: 'log' | 'linear'; readonly numbers: readonly bigint[]; readonly operand: Expression; readonly index?: Expression };

/** One step after a `$target`: `->member`, `[expr]`. */
export type TargetStep = Node & ({ readonly kind: 'member'; readonly name: string } | { readonly kind: 'element'; readonly index: Expression });
/**
 * `$name`, `$$vars`, `@var("name@file", "module")`, `@cast(value, "type", "module")` and, by autocast,
 * any expression followed by `->`; with their steps.
 */
export type TargetExpression = Node & {
  readonly kind: 'target';
  readonly base:
    | { readonly kind: 'variable'; /** with its `$` or `$$` */ readonly name: string }
    | { readonly kind: 'var'; readonly name: string; readonly module?: string }
    | { readonly kind: 'cast'; readonly value: Expression; readonly type: string; readonly module?: string }
    | { readonly kind: 'autocast'; readonly value: Expression };
  readonly steps: readonly TargetStep[];
  /** `&` before it. */
  readonly addressOf: boolean;
  /** Pretty-print suffix: 0 none, 1 `$`, 2 `$$`. */
  readonly pretty: 0 | 1 | 2;
};
export type DefinedExpression = Node & { readonly kind: 'defined'; readonly operand: Expression };
export type EntryExpression = Node & { readonly kind: 'entry'; readonly operand: Expression };
/** Other `@name(…)` operators of the language: @perf, @const, @enum, @enumname, @probewrite, @kderef … with their arguments as parsed. */
export type AtExpression = Node & { readonly kind: 'at'; readonly name: string; readonly args: readonly Expression[] };
/** `%{ … %}` used as a value. */
export type EmbeddedExpression = Node & { readonly kind: 'embedded-expression'; readonly code: string };
/** What the parser puts where an expression was malformed; an error has been reported. */
export type BadExpression = Node & { readonly kind: 'bad-expression' };

export type Expression =
  | NumberExpression | TextExpression | NameExpression | IndexExpression | UnaryExpression | BinaryExpression
  | MembershipExpression | RegexExpression | TernaryExpression | AssignExpression | IncrementExpression | CallExpression
  | PrintExpression | StatExpression | HistogramExpression | TargetExpression | DefinedExpression | EntryExpression
  | AtExpression | EmbeddedExpression | BadExpression;

// ---- statements -------------------------------------------------------------

export type BlockStatement = Node & { readonly kind: 'block'; readonly statements: readonly Statement[] };
export type ForeachStatement = Node & {
  readonly kind: 'foreach';
  /** `v = [k] in a`. */
  readonly value?: NameExpression;
  readonly keys: readonly NameExpression[];
  /** An array, with `slice` for `a[x, *]`; or a histogram. */
  readonly array: { readonly kind: 'array'; readonly name: string; readonly span: Span; readonly slice?: readonly (Expression | undefined)[] } | HistogramExpression;
  /** At most one sort mark. key is the key's index. */
  readonly sort?: { readonly by: 'value'; readonly stat?: StatOperator; readonly descending: boolean } | { readonly by: 'key'; readonly key: number; readonly descending: boolean };
  readonly limit?: Expression;
  readonly body: Statement;
};
export type Statement =
  | BlockStatement
  | ForeachStatement
  | (Node & { readonly kind: 'empty' })
  | (Node & { readonly kind: 'expression'; readonly expression: Expression })
  | (Node & { readonly kind: 'if'; readonly condition: Expression; readonly then: Statement; readonly otherwise?: Statement })
  | (Node & { readonly kind: 'while'; readonly condition: Expression; readonly body: Statement })
  | (Node & { readonly kind: 'for'; readonly init?: Expression; readonly condition?: Expression; readonly step?: Expression; readonly body: Statement })
  | (Node & { readonly kind: 'break' | 'continue' | 'next' })
  | (Node & { readonly kind: 'return'; readonly value?: Expression })
  | (Node & { readonly kind: 'delete'; readonly target: NameExpression | IndexExpression })
  | (Node & { readonly kind: 'try'; readonly body: BlockStatement; readonly variable?: NameExpression; readonly handler: BlockStatement })
  | (Node & { readonly kind: 'bad-statement' });

// ---- declarations -----------------------------------------------------------

export interface ProbePointComponent {
  /** May hold `*` and `**`. */
  readonly name: string;
  readonly argument?: { readonly kind: 'number'; readonly value: bigint } | { readonly kind: 'text'; readonly value: string };
  readonly span: Span;
}
/** One point, brace lists already multiplied out. */
export interface ProbePoint extends Node {
  readonly components: readonly ProbePointComponent[];
  /** `?` */
  readonly optional: boolean;
  /** `!` */
  readonly sufficient: boolean;
  readonly condition?: Expression;
}

export type GlobalDeclaration = Node & {
  readonly kind: 'global';
  readonly name: string;
  readonly nameSpan: Span;
  readonly isPrivate: boolean;
  readonly initial?: NumberExpression | TextExpression;
  /** `a[N]` */
  readonly size?: number;
  /** `a%` */
  readonly wrap: boolean;
};
export type FunctionDeclaration = Node & {
  readonly kind: 'function';
  readonly name: string;
  readonly nameSpan: Span;
  readonly isPrivate: boolean;
  readonly params: readonly { readonly name: string; readonly type?: DeclaredType; readonly span: Span }[];
  readonly result?: DeclaredType;
  readonly priority?: number;
  /** A statement block, or the text of `%{ … %}`. */
  readonly body: BlockStatement | { readonly kind: 'embedded'; readonly code: string; readonly span: Span };
};
export type ProbeDeclaration = Node & { readonly kind: 'probe'; readonly points: readonly ProbePoint[]; readonly body: BlockStatement };
export type AliasDeclaration = Node & {
  readonly kind: 'alias';
  /** `probe a.b = a.c = POINTS`: each name as components. */
  readonly names: readonly (readonly ProbePointComponent[])[];
  readonly points: readonly ProbePoint[];
  readonly prologue?: BlockStatement;
  readonly epilogue?: BlockStatement;
};
export type EmbeddedDeclaration = Node & { readonly kind: 'embedded-declaration'; readonly code: string };
export type Declaration = GlobalDeclaration | FunctionDeclaration | ProbeDeclaration | AliasDeclaration | EmbeddedDeclaration;

export interface Script extends Node {
  readonly declarations: readonly Declaration[];
}
