/** The variables in scope at a place in a program, each with where it is there. */
import { scopesAround, type DwarfScope, type DwarfVariable } from '@stapkit/debuginfo';
import type { Span } from '../../source/index.js';
import { binary, narrow, numberNode } from '../arithmetic.js';
import { shapeOf, sizeOf, typeName, type CType } from '../c-types.js';
import { TargetProblem, type Place } from '../target-access.js';
import type { DebugScope, ScopeVariable } from '../target-context.js';
import { readParts, type Part } from '../value-parts.js';
import { parameterAtEntry } from './calling-convention.js';
import type { DebugProgram } from './debug-program.js';
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
  const { dwarf } = place.program;
  const isReturn = returns !== undefined;
  const state = new ProbedCode(place, isReturn);
  const typeOf = (id: number): CType => ({ kind: 'dwarf', dwarf, id });
  const entry = { place, state, atEntry: isReturn };
  const variables = scopesAt(scope, place.pc).flatMap((one): ScopeVariable[] => [
    ...one.parameters.map((variable) => scopeVariable(variable, 'parameter', typeOf(variable.typeId), entry)),
    ...one.variables.map((variable) => scopeVariable(variable, 'local', typeOf(variable.typeId), entry)),
  ]);
  const globalPlace = (name: string, file: string | undefined, span: Span): Place | undefined => {
    const found = dwarf.globals(name, file === undefined ? {} : { file });
    const variable = found.find(({ unit }) => unit === place.body.unit) ?? found[0];
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
  return { variables, global: globalPlace, returned };
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
    if (!(problem instanceof TargetProblem) || index < 0 || pc !== body.entryPc || isClone(program, pc)) throw problem;
    const found = parameterAtEntry(body, index, { dwarf: program.dwarf, arch, state, span });
    if (found === undefined) throw problem;
    return found;
  }
}

/** GCC made other parameters of the function's, and says so in the symbol's name alone. */
function isClone({ elf }: DebugProgram, entryPc: bigint): boolean {
  return elf.symtab?.functionsAt(new Set([entryPc])).some(({ name }) => /\.(?:constprop|isra|part)(?:\.|$)/.test(name)) === true;
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
