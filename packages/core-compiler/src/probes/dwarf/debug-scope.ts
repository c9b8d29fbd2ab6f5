/** The variables in scope at a place in a program, each with where it is there. */
import { scopesAround, type DwarfScope, type DwarfVariable } from '@stapkit/debuginfo';
import type { Diagnostic } from '../../diagnostics/index.js';
import type { Span } from '../../source/index.js';
import { binary, narrow, numberNode } from '../arithmetic.js';
import { shapeOf, sizeOf, typeName, type CType } from '../c-types.js';
import { TargetProblem, type Place } from '../target-access.js';
import { resultOfClone } from '../problems.js';
import type { DebugScope, ScopeVariable } from '../target-context.js';
import { readParts, type Part } from '../value-parts.js';
import { parameterAtEntry } from './calling-convention.js';
import { constantParts, evaluate, type Located, type MachineState } from './evaluate.js';
import { operationsAt, ProbedCode, type ProbedPlace } from './probed-code.js';
import { locateResult } from './return-value.js';

export interface ScopeRequest {
  readonly place: ProbedPlace;
  /** The function's or inlined body's own scope. */
  readonly scope: DwarfScope;
  /** Return probes: variables are those of the entry; `resultTypeId` is what the function gives. */
  readonly returns?: { readonly resultTypeId: number };
}

export function debugScope({ place, scope, returns }: ScopeRequest): DebugScope {
  const { body, program: { dwarf } } = place;
  const isReturn = returns !== undefined;
  const state = new ProbedCode(place, isReturn);
  const typeOf = (id: number): CType => ({ kind: 'dwarf', dwarf, id });
  const entry = { place, state, atEntry: isReturn };
  const scoped = (group: ScopeVariable['group']) => (variable: DwarfVariable): ScopeVariable => scopeVariable(variable, group, typeOf(variable.typeId), entry);
  const variables = scopesAt(scope, place.pc).flatMap((one): ScopeVariable[] => {
    const parameters = one.parameters.filter(({ name }) => name !== '');
    return [
      ...parameters.filter(({ isResult }) => !isResult).map(scoped('parameter')),
      // Results that Go's source names are variables of the body; the compiler's names for others cannot be written.
      ...parameters.filter(({ isResult, name }) => isResult && !name.startsWith('~')).map(scoped('local')),
      ...one.variables.map(scoped('local')),
    ];
  });
  const globalPlace = (name: string, file: string | undefined, span: Span): Place | undefined => {
    const found = dwarf.globals(name, file === undefined ? {} : { file });
    const variable = found.find(({ unit }) => unit === body.unit) ?? found[0];
    return variable === undefined ? undefined : scopeVariable(variable, 'local', typeOf(variable.typeId), entry).place(span);
  };
  if (returns === undefined) return { variables, global: globalPlace };
  const type = typeOf(returns.resultTypeId);
  if (shapeOf(type).shape === 'void') return { variables, global: globalPlace, returnsNothing: true };
  const atReturn = new ProbedCode(place);
  const returned: ScopeVariable = {
    name: 'return', type, group: 'local',
    place: (span) => placeOf(locateResult(type, dwarf, place.arch, atReturn, '$return', span), type, { text: '$return', space: place.space, atEntry: false }, span),
  };
  const returnDoubt = (span: Span): Diagnostic | undefined => {
    const clone = cloneOf(place, RESULT_DROPPED);
    return clone === undefined ? undefined : resultOfClone(body.name, clone, span);
  };
  return { variables, global: globalPlace, returned, returnDoubt };
}

/** From the innermost block out to the body. */
const scopesAt = (scope: DwarfScope, pc: bigint): readonly DwarfScope[] => scopesAround(scope, pc, ({ kind }) => kind !== 'inlined');

interface Entered { readonly place: ProbedPlace; readonly state: MachineState; readonly atEntry: boolean }

function scopeVariable(variable: DwarfVariable, group: ScopeVariable['group'], type: CType, { place, state, atEntry }: Entered): ScopeVariable {
  const text = `$${variable.name}`;
  return {
    name: variable.name, type, group,
    place: (span) => placeOf(orByConvention(() => locate(variable, place.pc, state, { text, type }, span), variable, { place, state, atEntry }, span), type, { text, space: place.space, atEntry }, span),
  };
}

function locate({ location, constant }: DwarfVariable, pc: bigint, state: MachineState, { text, type }: { readonly text: string; readonly type: CType }, span: Span): Located {
  if (location === undefined) {
    if (typeof constant === 'bigint') return { kind: 'value', expression: numberNode(BigInt.asIntN(64, constant), span) };
    if (constant !== undefined) return { kind: 'parts', parts: constantParts(constant, span) };
    throw new TargetProblem(`'${text}' ('${typeName(type)}') was optimized away: the debug information says nowhere where it is`, span);
  }
  const operations = operationsAt(location, pc);
  if (operations === undefined) throw new TargetProblem(`'${text}' ('${typeName(type)}') is optimized away at this instruction`, span, { hint: 'it may be there at another line: list the lines with stapkit -L \'process("PATH").statement("FUNCTION@FILE:*")\'' });
  return evaluate(operations, state, text, span);
}

/** At the function's first instruction the calling convention knows what the debug information may not say. */
function orByConvention(located: () => Located, { id }: DwarfVariable, { place, state }: Entered, span: Span): Located {
  try {
    return located();
  } catch (problem) {
    const { body, pc, arch, program } = place;
    const index = body.parameters.findIndex((parameter) => parameter.id === id);
    if (!(problem instanceof TargetProblem) || index < 0 || pc !== body.entryPc || cloneOf(place, PARAMETERS_CHANGED) !== undefined) throw problem;
    const found = parameterAtEntry(body, index, { dwarf: program.dwarf, arch, state, span });
    if (found === undefined) throw problem;
    return found;
  }
}

/** Suffixes of what GCC makes of a function whose parameters are others then. */
const PARAMETERS_CHANGED = /\.(?:constprop|isra|part)(?:\.|$)/;
/** Of those, where a result that no caller uses may be gone. `.constprop` keeps it (GCC's ipa-cp.cc, ipa-sra.cc, ipa-split.cc). */
const RESULT_DROPPED = /\.(?:isra|part)(?:\.|$)/;

/** The symbol of what GCC made of a function: it says so in that name alone. */
function cloneOf({ program: { elf }, body: { name, linkageName, entryPc } }: ProbedPlace, suffix: RegExp): string | undefined {
  const start = `${linkageName ?? name}.`;
  return entryPc === undefined ? undefined : elf.symtab?.functionsAt(new Set([entryPc])).find((symbol) => symbol.name.startsWith(start) && suffix.test(symbol.name))?.name;
}

interface About { readonly text: string; readonly space: Place['space']; readonly atEntry: boolean }

/** A located object as a place that members and elements can be taken of. */
function placeOf(located: Located, type: CType, { text, space, atEntry }: About, span: Span): Place {
  // What is read at the entry is kept from there, whatever it is.
  const about = { type, space, text, atEntry, reads: atEntry ? 1 : 0 };
  if (located.kind === 'memory') return { ...about, kind: 'memory', base: located.address, root: type, path: [] };
  const shape = shapeOf(type);
  const scalar = shape.shape === 'scalar' ? shape.scalar : shape.shape === 'pointer' ? { bytes: 8 as const, signed: false } : undefined;
  if (scalar === undefined) {
    const parts: readonly Part[] = located.kind === 'parts' ? located.parts : [{ offset: 0, bytes: Math.min(8, sizeOf(type) ?? 8), content: { kind: 'value', expression: located.expression, from: 0 } }];
    return { ...about, kind: 'parts', parts, root: type, path: [] };
  }
  const value = located.kind === 'parts' ? readParts(located.parts, 0, scalar, { space, text, span }) : narrow(located.expression, scalar, span);
  const isBool = shape.shape === 'scalar' && shape.isBool;
  return { ...about, kind: 'value', expression: isBool ? binary('and', value, numberNode(0xffn, span), span) : value };
}
