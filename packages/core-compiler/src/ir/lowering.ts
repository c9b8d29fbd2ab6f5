/** What lowering knows while it works: the program's tables, and the body being made. */
import type { BlockId, FieldId, FormatPiece, FunctionId, GlobalId, IrField, IrSite, IrType, Limits, RegisterId, SiteId, Value } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ElaboratedProgram, FunctionSymbol, GlobalSymbol, LocalSymbol, TypedExpression } from '../semantic/index.js';
import type { Span } from '../source/index.js';
import { BodyBuilder } from './body-builder.js';
import { InternalError, present } from './internal-error.js';
import { LocationTable } from './locations.js';

/** Numbers of everything that instructions name. */
export class ProgramTables {
  readonly sites: IrSite[] = [];
  readonly fields: IrField[] = [];
  readonly locations = new LocationTable();
  readonly limits: Limits;
  readonly diagnostics: DiagnosticSink;
  readonly #globals: ReadonlyMap<GlobalSymbol, GlobalId>;
  readonly #functions: ReadonlyMap<FunctionSymbol, FunctionId>;
  readonly #fieldIds = new Map<string, FieldId>();

  readonly records: IrSite['records'];

  constructor(program: ElaboratedProgram, functions: readonly FunctionSymbol[], limits: Limits, diagnostics: DiagnosticSink, records?: IrSite['records']) {
    this.records = records;
    this.#globals = new Map(program.globals.map((symbol, id) => [symbol, id]));
    this.#functions = new Map(functions.map((symbol, id) => [symbol, id]));
    this.limits = limits;
    this.diagnostics = diagnostics;
  }

  global(symbol: GlobalSymbol): GlobalId {
    return present(this.#globals.get(symbol), `global '${symbol.name}'`);
  }

  function(symbol: FunctionSymbol): FunctionId {
    return present(this.#functions.get(symbol), `function '${symbol.name}'`);
  }

  site(kind: IrSite['kind'], pieces: readonly FormatPiece[], span: Span): SiteId {
    return this.sites.push({ kind, pieces, location: this.locations.at(span), ...(kind === 'script' && this.records !== undefined ? { records: this.records } : {}) }) - 1;
  }

  field(field: IrField): FieldId {
    const key = JSON.stringify([field.root, field.path, field.rootTypeId, field.rootModule, field.access, field.scalar]);
    const known = this.#fieldIds.get(key);
    if (known !== undefined) return known;
    const id = this.fields.push(field) - 1;
    this.#fieldIds.set(key, id);
    return id;
  }
}

/** Gives the slot in which a return probe finds `expression` as it was at entry. */
export type EntryKeeper = (expression: TypedExpression) => number;

/** One body in the making: its registers for the script's locals and the targets of break, continue and next. */
export class BodyLowering {
  readonly tables: ProgramTables;
  readonly builder = new BodyBuilder();
  readonly loops: { readonly breakTo: BlockId; readonly continueTo: BlockId }[] = [];
  /** The function whose body this is; undefined in a probe. */
  readonly function: FunctionSymbol | undefined;
  /** The body runs at a function's entry: there, entry values are plain values. */
  readonly atEntry: boolean;
  /** Texts that are not put into formats: names of a probe that may come to share its program with others (merge-probes.ts). */
  readonly names: ReadonlySet<string>;
  readonly #entry: EntryKeeper | undefined;
  readonly #locals = new Map<LocalSymbol, RegisterId>();
  #iterators = 0;

  constructor(tables: ProgramTables, options: { readonly function?: FunctionSymbol; readonly entry?: EntryKeeper; readonly atEntry?: boolean; readonly names?: ReadonlySet<string> } = {}) {
    this.tables = tables;
    this.function = options.function;
    this.#entry = options.entry;
    this.names = options.names ?? new Set();
    this.atEntry = options.atEntry ?? false;
  }

  local(symbol: LocalSymbol): RegisterId {
    const known = this.#locals.get(symbol);
    if (known !== undefined) return known;
    const register = this.builder.register(symbol.type, symbol.name);
    this.#locals.set(symbol, register);
    return register;
  }

  /** A register of a local variable: other parts of the same expression can change it. */
  isLocal(value: Value): boolean {
    return 'register' in value && this.builder.registers[value.register]?.name !== undefined;
  }

  temporary(type: IrType): RegisterId {
    return this.builder.register(type);
  }

  nextIterator(): number {
    return this.#iterators++;
  }

  entrySlot(expression: TypedExpression): number {
    if (this.#entry === undefined) throw new InternalError('an entry value is read outside of a return probe');
    return this.#entry(expression);
  }
}
