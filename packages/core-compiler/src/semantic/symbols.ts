/** Variables and functions while their types are still being found, and the symbols they become. */
import type { Histogram, StatFunction } from '@stapkit/object';
import type { SourceText, Span } from '../source/index.js';
import type { FunctionDeclaration, GlobalDeclaration } from '../syntax/index.js';
import { EFFECT, Liveness } from './bound.js';
import type { BoundStatement, Effect } from './bound.js';
import { PointedFlow } from './pointed-types.js';
import type { FunctionSymbol, GlobalSymbol, LocalSymbol, ScriptType } from './typed-tree.js';
import { TypeCell } from './types.js';

/** Function bodies that stand for a fact of the probe rather than for code. */
export type ProbeFact = 'probe_name' | 'function_name' | 'module_name' | RegexFact;
/** The last match of `=~` in this handler: what was searched, the pattern, one character a group. */
export type RegexFact = 'regex_subject' | 'regex_pattern' | 'regex_groups';
export const REGEX_FACTS: readonly RegexFact[] = ['regex_subject', 'regex_pattern', 'regex_groups'];
export const PROBE_FACTS: readonly ProbeFact[] = ['probe_name', 'function_name', 'module_name', ...REGEX_FACTS];

/** Function bodies that the next pass gives a meaning, beside the intrinsics that executors have, with their parameters. */
export const SPECIAL_BODIES: ReadonlyMap<string, readonly ScriptType[]> = new Map<string, readonly ScriptType[]>([
  ['throw', ['string']], ['abort', []], ['warn', ['string']], ['speculate', ['long', 'string']], ['commit', ['long']], ['discard', ['long']], ['system', ['string']], ['switch_file', []],
]);

/** `%{ refused REASON %}`: a function of stap's that BPF programs cannot have. */
export const REFUSED_BODY = 'refused ';

export class GlobalVariable extends Liveness {
  readonly scope = 'global';
  readonly name: string;
  readonly declaration: GlobalDeclaration;
  readonly cell = new TypeCell();
  /** undefined until the first use says whether it is a scalar (empty) or an array. */
  keys: TypeCell[] | undefined;
  keysSpan: Span | undefined;
  /** What the value, or the elements, point to. */
  readonly pointed = new PointedFlow();
  readonly #pointedKeys: PointedFlow[] = [];
  /** Written anywhere that was bound: else it is a constant. */
  written = false;
  read = false;
  autoPrint = false;
  initial: bigint | string | undefined;
  /** Whoever runs the object may give it another value (`stapkit-run x.o NAME=VALUE`). */
  isSettable = false;
  histogram: { readonly shape: Histogram; readonly span: Span } | undefined;
  varianceShift: number | undefined;
  symbol: (GlobalSymbol & { readonly statFunctions: Set<StatFunction> }) | undefined;

  constructor(declaration: GlobalDeclaration) {
    super();
    this.name = declaration.name;
    this.declaration = declaration;
    const { initial } = declaration;
    if (initial !== undefined) {
      this.initial = initial.value;
      this.cell.unify(TypeCell.of(initial.kind === 'number' ? 'long' : 'string', initial.span), initial.span);
    }
  }

  /** What key `at` points to. */
  pointedKey(at: number): PointedFlow {
    return (this.#pointedKeys[at] ??= new PointedFlow());
  }

  get source(): SourceText {
    return this.declaration.span.source;
  }

  /** Nothing but its declaration gives it a value. */
  get isConstant(): boolean {
    return !this.isSettable && !this.written && this.keys?.length === 0 && this.cell.type !== 'stat';
  }
}

export class LocalVariable extends Liveness {
  readonly scope = 'local';
  readonly name: string;
  readonly span: Span;
  readonly cell = new TypeCell();
  readonly pointed = new PointedFlow();
  assigned: boolean;
  /** A parameter that the body writes. */
  reassigned = false;
  /** The first place that reads it. */
  readSpan: Span | undefined;
  symbol: LocalSymbol | undefined;

  constructor(name: string, span: Span, assigned: boolean) {
    super();
    this.name = name;
    this.span = span;
    this.assigned = assigned;
  }
}

/** The locals of one handler or function. */
export class LocalScope {
  readonly #variables = new Map<string, LocalVariable>();
  #hidden = 0;
  /** Those that reached the typed tree. */
  readonly emitted: LocalSymbol[] = [];

  get(name: string): LocalVariable | undefined {
    return this.#variables.get(name);
  }

  declare(name: string, span: Span, assigned = false): LocalVariable {
    const variable = new LocalVariable(name, span, assigned);
    this.#variables.set(name, variable);
    return variable;
  }

  /** A variable of the compiler's own, which no script can name. */
  hidden(purpose: string, span: Span): LocalVariable {
    return this.declare(`.${purpose}${this.#hidden++ || ''}`, span, true);
  }

  /** In the order of their first mention. */
  get all(): readonly LocalVariable[] {
    return [...this.#variables.values()];
  }

  symbolOf(variable: LocalVariable, type: ScriptType): LocalSymbol {
    if (variable.symbol === undefined) {
      variable.symbol = { kind: 'local', name: variable.name, type };
      this.emitted.push(variable.symbol);
    }
    return variable.symbol;
  }
}

export class FunctionInfo extends Liveness {
  readonly name: string;
  readonly declaration: FunctionDeclaration;
  readonly scope = new LocalScope();
  readonly params: readonly LocalVariable[];
  readonly result = new TypeCell();
  readonly pointedResult = new PointedFlow();
  /** Some `return` gives a value, or the declaration says that it does. */
  hasResult: boolean;
  body: BoundStatement | undefined;
  /** The next of the same name and number of parameters, which `next` goes on with. */
  overload: FunctionInfo | undefined;
  /** Facts of the probe that its body uses: they come in as hidden parameters. */
  readonly needs = new Set<ProbeFact>();
  readonly hiddenParams = new Map<ProbeFact, LocalVariable>();
  /** Its body goes on with the overload. */
  usesNext = false;
  readonly calls = new Set<FunctionInfo>();
  readonly writes = new Set<GlobalVariable>();
  symbol: FunctionSymbol | undefined;
  #effect: Effect | undefined;

  constructor(declaration: FunctionDeclaration) {
    super();
    this.name = declaration.name;
    this.declaration = declaration;
    this.params = declaration.params.map((param) => {
      const variable = this.scope.declare(param.name, param.span, true);
      if (param.type !== undefined) variable.cell.unify(TypeCell.of(param.type, param.span), param.span);
      return variable;
    });
    this.hasResult = declaration.result !== undefined;
    if (declaration.result !== undefined) this.result.unify(TypeCell.of(declaration.result, declaration.nameSpan), declaration.nameSpan);
  }

  /** The name in a `%{ NAME %}` body. */
  get intrinsic(): string | undefined {
    const { body } = this.declaration;
    return body.kind === 'embedded' ? body.code.replaceAll(/\/\*.*?\*\//gs, '').trim() : undefined;
  }

  get priority(): number {
    return this.declaration.priority ?? (this.declaration.span.source.origin === 'user' ? 0 : 1);
  }

  /** What a call does to the world outside: locals of the function do not count. */
  effect(ofIntrinsic: (name: string) => Effect): Effect {
    if (this.#effect !== undefined) return this.#effect;
    // A recursive call is taken for the worst until its body is known.
    this.#effect = EFFECT.external;
    const own = this.intrinsic === undefined ? (this.body?.effect() ?? EFFECT.none) : ofIntrinsic(this.intrinsic);
    this.#effect = own === EFFECT.external ? EFFECT.external : EFFECT.none;
    return this.#effect;
  }
}
