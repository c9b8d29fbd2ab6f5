import { DEFAULT_LIMITS } from '@stapkit/object';
import type { IrBody, IrFunction, IrGlobal, IrProbe, IrProgram, IrSite, IrType, Limits, StatShape } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ElaboratedProbe, ElaboratedProgram, FunctionSymbol, GlobalSymbol, LocalSymbol, TypedExpression } from '../semantic/index.js';
import type { SpanTable } from './locations.js';
import { lowerCondition, lowerValue } from './lower-expressions.js';
import { lowerStatement } from './lower-statements.js';
import { BodyLowering, ProgramTables } from './lowering.js';
import type { EntryKeeper } from './lowering.js';
import { markPurity } from './purity.js';

export interface LowerOptions {
  readonly diagnostics: DiagnosticSink;
  /** Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: Limits;
  /** Leave the names of probed functions apart in what is printed, so that {@link mergeProbes} finds them. */
  readonly keepNames?: boolean;
  /** Prints tell machines of themselves, too. */
  readonly records?: IrSite['records'];
}

/** IR with the way back to the script, which only the compiler needs. */
export interface LoweredProgram extends IrProgram {
  readonly spans: SpanTable;
}

/**
 * Translates the elaborated program, statement by statement and without cleverness: the
 * result runs as it is. {@link optimizeProgram} makes it fit for kernel probes.
 */
export function lowerProgram(program: ElaboratedProgram, options: LowerOptions): LoweredProgram {
  const scripted = program.functions.filter((symbol) => symbol.body.kind !== 'intrinsic');
  const tables = new ProgramTables(program, scripted, options.limits ?? DEFAULT_LIMITS, options.diagnostics, options.records);
  const functions = scripted.map((symbol) => lowerFunction(tables, symbol));
  const probes = program.probes.map((probe) => lowerProbe(tables, probe, options.keepNames === true));
  const lowered = {
    globals: program.globals.map((symbol) => lowerGlobal(tables, symbol)),
    functions: markPurity(functions),
    probes,
    sites: tables.sites,
    fields: tables.fields,
    spans: tables.locations.spans,
  };
  return markOrdered(lowered);
}

function lowerFunction(tables: ProgramTables, symbol: FunctionSymbol): IrFunction {
  const body = new BodyLowering(tables, { function: symbol });
  const params = symbol.params.map((param) => body.local(param));
  declareLocals(body, symbol.locals);
  if (symbol.body.kind !== 'intrinsic') lowerStatement(body, symbol.body);
  const result = symbol.result === undefined ? undefined : symbol.result === 'long' ? { long: 0n } : { text: '' };
  return {
    name: symbol.name,
    params,
    result: symbol.result,
    body: withReturnValues(body.builder.finish(result), symbol.result),
    pure: false,
    location: tables.locations.at(symbol.span),
  };
}

/** `return;` in a function with a result gives 0 or "". */
function withReturnValues(body: IrBody, result: IrType | undefined): IrBody {
  for (const block of body.blocks) {
    if (block.terminator.kind === 'return' && block.terminator.value === undefined && result !== undefined) {
      block.terminator = { kind: 'return', value: result === 'long' ? { long: 0n } : { text: '' } };
    }
  }
  return body;
}

function lowerProbe(tables: ProgramTables, probe: ElaboratedProbe, keepNames: boolean): IrProbe {
  const keeper = new EntryValues(tables);
  const { attach } = probe;
  const names = keepNames && (attach.kind === 'function' || attach.kind === 'user-function') ? new Set([probe.name, probe.functionName ?? attach.symbol]) : new Set<string>();
  const body = new BodyLowering(tables, { entry: keeper.slot, names });
  declareLocals(body, probe.locals);
  if (probe.condition !== undefined) {
    body.builder.location = tables.locations.at(probe.condition.span);
    const [armed, idle] = [body.builder.block(), body.builder.block()];
    lowerCondition(body, probe.condition, armed, idle);
    body.builder.enter(idle);
    body.builder.end({ kind: 'return' });
    body.builder.enter(armed);
  }
  lowerStatement(body, probe.body);
  const entry = keeper.finish();
  return {
    name: probe.name,
    point: probe.point,
    ...(probe.functionName === undefined ? {} : { functionName: probe.functionName }),
    where: probe.where,
    attach: probe.attach,
    body: body.builder.finish(),
    ...(entry === undefined ? {} : { entry }),
    location: tables.locations.at(probe.span),
  };
}

/** Registers of locals come in the order of their declaration, so that dumps and registers are stable. */
function declareLocals(body: BodyLowering, locals: readonly LocalSymbol[]): void {
  for (const symbol of locals) body.local(symbol);
}

/** Collects what a return probe wants to know from the function's entry; equal expressions share a slot. */
class EntryValues {
  readonly #tables: ProgramTables;
  readonly #slots: IrType[] = [];
  readonly #known = new Map<string, number>();
  readonly #symbols = new Map<object, number>();
  #body: BodyLowering | undefined;

  constructor(tables: ProgramTables) {
    this.#tables = tables;
  }

  readonly slot: EntryKeeper = (expression) => {
    const key = this.#key(expression);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#body ??= new BodyLowering(this.#tables, { atEntry: true });
    const { builder } = this.#body;
    builder.location = this.#tables.locations.at(expression.span);
    const value = lowerValue(this.#body, expression);
    const slot = this.#slots.push(expression.type) - 1;
    builder.emit({ op: 'save-entry', slot, value });
    this.#known.set(key, slot);
    return slot;
  };

  finish(): IrProbe['entry'] | undefined {
    return this.#body === undefined ? undefined : { body: this.#body.builder.finish(), slots: this.#slots };
  }

  /** Equal for expressions that differ only in where they stand. */
  #key(expression: TypedExpression): string {
    return JSON.stringify(expression, (name, value: unknown) => {
      if (name === 'span' || name === 'operatorSpan') return undefined;
      if (typeof value === 'bigint') return `${value}n`;
      const isSymbol = typeof value === 'object' && value !== null && (name === 'symbol' || name === 'function' || name === 'array');
      return isSymbol && !Array.isArray(value) ? this.#symbol(value) : value;
    });
  }

  #symbol(symbol: object): number {
    const known = this.#symbols.get(symbol) ?? this.#symbols.size;
    this.#symbols.set(symbol, known);
    return known;
  }
}

function lowerGlobal(tables: ProgramTables, symbol: GlobalSymbol): IrGlobal {
  const named = { name: symbol.name, location: tables.locations.at(symbol.span) };
  const stat: StatShape = {
    functions: [...symbol.statFunctions],
    ...(symbol.varianceShift === undefined ? {} : { varianceShift: symbol.varianceShift }),
    ...(symbol.histogram === undefined ? {} : { histogram: symbol.histogram }),
  };
  if (symbol.keys !== undefined) {
    return {
      ...named,
      kind: 'array',
      keys: symbol.keys.map((type) => ({ type })),
      value: symbol.type,
      ...(symbol.type === 'stat' ? { stat } : {}),
      ...(symbol.maxEntries === undefined ? {} : { maxEntries: symbol.maxEntries }),
      wrap: symbol.wrap,
      ordered: symbol.autoPrint,
    };
  }
  if (symbol.type === 'stat') return { ...named, kind: 'stat', stat };
  if (symbol.type === 'string') return { ...named, kind: 'string', initial: typeof symbol.initial === 'string' ? symbol.initial : '', ...(symbol.settable === true ? { settable: true } : {}) };
  return { ...named, kind: 'long', initial: typeof symbol.initial === 'bigint' ? symbol.initial : 0n };
}

function markOrdered(program: LoweredProgram): LoweredProgram {
  const bodies = [...program.functions.map((one) => one.body), ...program.probes.flatMap((one) => (one.entry === undefined ? [one.body] : [one.body, one.entry.body]))];
  const iterated = new Set(bodies.flatMap((body) => body.blocks.flatMap((block) => block.instructions.flatMap((one) => (one.op === 'iterate' ? [one.global] : [])))));
  const globals = program.globals.map((global, id) => (global.kind === 'array' && iterated.has(id) ? { ...global, ordered: true } : global));
  return { ...program, globals };
}
