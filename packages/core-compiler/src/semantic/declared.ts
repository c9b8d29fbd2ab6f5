/** --dump-probe-aliases and --dump-functions: what the library declares. */
import { printComponents, printProbePoint, type Script } from '../syntax/index.js';
import { bindFunctions } from './functions.js';
import { Program, type ProgramInput } from './program.js';
import type { FunctionInfo } from './symbols.js';

/** Names with a `_` in front are the library's own business, unless `all`. */
const isShown = (name: string, all: boolean): boolean => all || !name.startsWith('_');

/** `NAME = POINT, POINT?`, sorted; `+=` where the alias adds its statements behind the handler. */
export function declaredAliases(scripts: readonly Script[], all: boolean): readonly string[] {
  const lines = scripts.flatMap(({ declarations }) => declarations.flatMap((one) => {
    if (one.kind !== 'alias') return [];
    const points = one.points.map(printProbePoint).join(', ');
    return one.names.map(printComponents).filter((name) => isShown(name, all)).map((name) => `${name} ${one.prologue === undefined ? '+=' : '='} ${points}`);
  }));
  return [...new Set(lines)].sort();
}

/** `NAME:TYPE (PARAMETER:TYPE, …)`, sorted; `unknown` is what nothing tells, and the type of functions that give no value. */
export function declaredFunctions(scripts: readonly Script[], input: Omit<ProgramInput, 'scripts'>, all: boolean): readonly string[] {
  const program = new Program({ ...input, scripts: [] });
  const functions = scripts.flatMap(({ declarations }) => declarations.flatMap((one) => (
    one.kind === 'function' && !one.isPrivate && isShown(one.name, all) ? program.findFunctions(one.name, one.nameSpan).filter(({ declaration }) => declaration === one) : [])));
  // All bodies: a type may come from what a callee does with a parameter.
  for (const info of functions) program.useFunction(info);
  bindFunctions(program);
  return [...new Set(functions.map(describe))].sort();
}

function describe({ name, params, result, hasResult }: FunctionInfo): string {
  const list = params.map((param) => `${param.name}:${param.cell.type ?? 'unknown'}`).join(', ');
  return `${name}:${(hasResult ? result.type : undefined) ?? 'unknown'} (${list})`;
}
