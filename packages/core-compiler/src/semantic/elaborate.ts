import type { Limits } from '@stapkit/object';
import type { DiagnosticSink } from '../diagnostics/index.js';
import type { ProbeResolver } from '../probes/index.js';
import type { ProbeDeclaration, Script } from '../syntax/index.js';
import type { TapsetLibrary } from '../tapset/index.js';
import { expandPoints } from './aliases.js';
import { bindAutoPrint } from './auto-print.js';
import { spreadNeeds } from './calls.js';
import { EFFECT } from './bound.js';
import { callModifiesDuringForeach, functionWithoutEffect, neverAssignedGlobal, noProbes, unresolvedType } from './catalog.js';
import { bindFunctions, emitFunctions, functionFrame } from './functions.js';
import { bindHandler, emitHandler, markHandler, warnNeverAssigned } from './handlers.js';
import type { Handler } from './handlers.js';
import { settleOverrides } from './overrides.js';
import { Program } from './program.js';
import type { FunctionInfo, GlobalVariable } from './symbols.js';
import type { ElaboratedProgram } from './typed-tree.js';

export interface ElaborateInput {
  /** User files, in order. */
  readonly scripts: readonly Script[];
  readonly library: TapsetLibrary;
  readonly probes: ProbeResolver;
  readonly diagnostics: DiagnosticSink;
  /** -G NAME=VALUE. Names that no global has are ignored, as stap does. */
  readonly globalOverrides: ReadonlyMap<string, string>;
  /** Print at the end what was written and never read. */
  readonly autoPrintGlobals: boolean;
  /** --skip-badvars: target variables that cannot be found are 0. */
  readonly skipBadVariables?: boolean;
  /** -g: handlers may write the few variables that change what the machine does. */
  readonly guruMode?: boolean;
  /** Keep globals that nothing writes as variables, so that they can be set when the object is run. */
  readonly settableGlobals?: boolean;
  /** What @const gives for their names. */
  readonly limits?: Partial<Limits>;
}

/**
 * Pass 2. Reports all mistakes it finds; the program it gives is complete only when it reported no error.
 *
 * Three walks: binding (names to symbols, types by unification, @defined folded), marking (from
 * what has effects back to what that needs), emission (the typed tree of what is needed).
 */
export function elaborate(input: ElaborateInput): ElaboratedProgram {
  const program = new Program(input);
  const handlers = program.userProbes.flatMap((probe) => bindProbe(program, probe));
  bindFunctions(program);
  if (handlers.length === 0 && !input.diagnostics.hasErrors) input.diagnostics.report(noProbes(input.scripts[0]?.span));
  bindLibraryProbes(program, handlers);
  checkGuardedCalls(program);
  settleOverrides(program, input.globalOverrides);
  for (const info of program.boundFunctions) {
    warnNeverAssigned(functionFrame(program, info));
    info.whenLive(() => info.body?.mark(() => undefined));
  }
  for (const handler of handlers) markHandler(handler);
  if (input.autoPrintGlobals) printUnread(program, handlers);
  else keepWritten(program);
  spreadNeeds(program.boundFunctions);
  warnGlobals(program);
  return emit(program, handlers);
}

function bindProbe(program: Program, probe: ProbeDeclaration): Handler[] {
  return expandPoints(program, probe.points).flatMap(({ point, expansions }) => expansions.map((one) => bindHandler(program, point, one, probe.body, probe.points)));
}

/** A library file brings its own probes along, and these may bring in further files. */
function bindLibraryProbes(program: Program, handlers: Handler[]): void {
  for (let probes = program.takeLibraryProbes(); probes.length > 0; probes = program.takeLibraryProbes()) {
    for (const probe of probes) handlers.push(...bindProbe(program, probe));
    bindFunctions(program);
  }
}

function checkGuardedCalls(program: Program): void {
  const writes = new Map<FunctionInfo, ReadonlySet<GlobalVariable>>();
  const allWrites = (info: FunctionInfo): ReadonlySet<GlobalVariable> => {
    const known = writes.get(info);
    if (known !== undefined) return known;
    const reached = new Set<FunctionInfo>([info]);
    for (const one of reached) for (const callee of one.calls) reached.add(callee);
    const found = new Set([...reached].flatMap((one) => [...one.writes]));
    writes.set(info, found);
    return found;
  };
  for (const { callee, span, iterated } of program.guardedCalls) {
    for (const { variable, span: foreachSpan } of iterated) {
      if (allWrites(callee).has(variable)) program.diagnostics.report(callModifiesDuringForeach(variable.name, span, foreachSpan));
    }
  }
}

/** Printing one global makes live what its values are made of, so what is unread is asked again. */
function printUnread(program: Program, handlers: Handler[]): void {
  for (const variable of program.userGlobals) {
    if (variable.live || variable.read || !variable.written || variable.keys === undefined) continue;
    variable.autoPrint = true;
    for (const handler of bindAutoPrint(program, variable)) {
      handlers.push(handler);
      markHandler(handler);
    }
  }
}

/** As stap, which leaves out writes to local variables alone: an array that nothing reads can still overflow. */
function keepWritten(program: Program): void {
  for (const variable of program.userGlobals) if (variable.written && !variable.read && variable.keys !== undefined) variable.mark();
}

function warnGlobals(program: Program): void {
  for (const variable of program.userGlobals) {
    const { declaration } = variable;
    if (variable.read && !variable.written && variable.initial === undefined) program.diagnostics.report(neverAssignedGlobal(variable.name, declaration.nameSpan, program.userGlobals.filter((one) => one.written).map((one) => one.name)));
  }
}

/** A body of nothing at all: what it does was left out, or never written. */
function warnWithoutEffect({ diagnostics }: Program, { name, declaration, body }: FunctionInfo): void {
  if (body === undefined || declaration.span.source.origin !== 'user' || diagnostics.hasErrors || body.effect() !== EFFECT.none) return;
  diagnostics.report(functionWithoutEffect(name, declaration.nameSpan));
}

function emit(program: Program, handlers: readonly Handler[]): ElaboratedProgram {
  const { diagnostics } = program;
  const hadErrors = diagnostics.hasErrors;
  const probes = handlers.map(emitHandler).filter((probe) => probe !== undefined);
  emitFunctions(program);
  for (const info of program.boundFunctions) warnWithoutEffect(program, info);
  if (probes.length === 0 && handlers.length > 0 && !hadErrors) diagnostics.report(noProbes(handlers[0]?.point.span));
  // A type that was not asked about because a mistake explained it, though the mistake turned out not to matter.
  if (!diagnostics.hasErrors) for (const { what, span } of program.untyped) diagnostics.report(unresolvedType(what, span));
  return {
    globals: program.globals.map((variable) => variable.symbol).filter((symbol) => symbol !== undefined),
    functions: program.emittedFunctions.map((info) => info.symbol).filter((symbol) => symbol !== undefined),
    probes,
  };
}
