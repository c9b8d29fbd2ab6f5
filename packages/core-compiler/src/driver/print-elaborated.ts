import type { ElaboratedProbe, ElaboratedProgram, FunctionSymbol, GlobalSymbol, LocalSymbol } from '../semantic/index.js';
import { printAliasHead, printExpression, printProbePoint } from '../syntax/index.js';

/** The elaborated program as `stap -p2` prints it: names and types of globals, functions, probes and their locals. */
export function printElaborated(program: ElaboratedProgram): string {
  const lines = [
    ...section('globals', program.globals.map((global) => [printGlobal(global)])),
    ...section('functions', program.functions.map((symbol) => [printFunction(symbol), ...printLocals(symbol.locals)])),
    ...section('probes', program.probes.map((probe) => [printProbe(probe), ...printLocals(probe.locals)])),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function section(title: string, entries: readonly (readonly string[])[]): readonly string[] {
  return entries.length === 0 ? [] : [`# ${title}`, ...entries.flat()];
}

function printGlobal({ name, wrap, maxEntries, type, keys }: GlobalSymbol): string {
  const bound = `${wrap ? '%' : ''}${maxEntries === undefined ? '' : `[${maxEntries}]`}`;
  return `${name}${bound}:${type === 'stat' ? 'stats' : type}${keys === undefined ? '' : ` [${keys.join(', ')}]`}`;
}

/** The point, then the aliases it comes from, innermost first, then the points of the script's probe. */
function printProbe({ name, derivation: { written, conditions, layers, points } }: ElaboratedProbe): string {
  const mark = `${written.optional ? '?' : ''}${written.sufficient ? '!' : ''}`;
  const [first, ...more] = conditions.toReversed().map(printExpression);
  const condition = first === undefined ? '' : more.length === 0 ? ` if (${first})` : ` if (${[first, ...more].map((one) => `(${one})`).join(' && ')})`;
  const chain = [...layers.toReversed().map(printAliasHead), points.map(printProbePoint).join(',')];
  return `${name}${mark}${condition} /* <- ${chain.join(' <- ')} */`;
}

function printFunction({ name, params, result }: FunctionSymbol): string {
  return `${name}:${result ?? 'unknown'} (${params.map((param) => `${param.name}:${param.type}`).join(', ')})`;
}

function printLocals(locals: readonly LocalSymbol[]): readonly string[] {
  return locals.length === 0 ? [] : ['  # locals', ...locals.map((local) => `  ${local.name}:${local.type}`)];
}
