/**
 * The end probe that prints what a script counted and never read. Its layout is SystemTap's:
 * `name=1`, `name="text"`, `name["key",2]=3` by decreasing value, `name @count=… @min=…`.
 */
import type { BlockStatement, Expression, NameExpression, PrintExpression, ProbePoint, StatOperator, Statement } from '../syntax/index.js';
import type { Span } from '../source/index.js';
import { expandPoints } from './aliases.js';
import { bindHandler } from './handlers.js';
import type { Handler } from './handlers.js';
import type { Program } from './program.js';
import type { GlobalVariable } from './symbols.js';

const STATS: readonly StatOperator[] = ['count', 'min', 'max', 'sum', 'avg'];

export function bindAutoPrint(program: Program, variable: GlobalVariable): readonly Handler[] {
  // To print a key is no reason for its type: without another one, elaboration reports it.
  if (variable.keys?.some(({ type }) => type === undefined) === true) {
    variable.mark();
    return [];
  }
  const span = variable.declaration.nameSpan;
  const point: ProbePoint = { components: [{ name: 'end', span }], optional: false, sufficient: false, span };
  const body: BlockStatement = { kind: 'block', statements: [printStatement(variable, span)], span };
  return expandPoints(program, [point]).flatMap(({ expansions }) => expansions.map((one) => bindHandler(program, point, one, body)));
}

function printStatement(variable: GlobalVariable, span: Span): Statement {
  const keys = variable.keys ?? [];
  // No script can name these, and no global is named so.
  const names = keys.map((_, at): NameExpression => ({ kind: 'name', name: `.key${at}`, span }));
  const element: Expression = keys.length === 0
    ? { kind: 'name', name: variable.name, span }
    : { kind: 'index', name: variable.name, nameSpan: span, indexes: names, span };
  const subscript = keys.length === 0 ? '' : `[${keys.map((key) => (key.type === 'string' ? '"%#s"' : '%#d')).join(',')}]`;
  const print = variable.cell.type === 'stat'
    ? printStat(variable.name, subscript, names, element, span)
    : printf(`${variable.name}${subscript}=${variable.cell.type === 'string' ? '"%#s"' : variable.pointed.answer()?.kind === 'known' ? '%#x' : '%d'}\n`, [...names, element], span);
  if (keys.length === 0) return print;
  return { kind: 'foreach', keys: names, array: { kind: 'array', name: variable.name, span }, sort: { by: 'value', descending: true }, body: print, span };
}

/** An empty statistic has no least value: only its count is printed. */
function printStat(name: string, subscript: string, keys: readonly Expression[], element: Expression, span: Span): Statement {
  const stat = (operator: StatOperator): Expression => ({ kind: 'stat', operator, operand: element, span });
  const full = printf(`${name}${subscript}${STATS.map((one) => ` @${one}=%#x`).join('')}\n`, [...keys, ...STATS.map(stat)], span);
  const empty = printf(`${name}${subscript} @count=0x0\n`, keys, span);
  return { kind: 'if', condition: stat('count'), then: full, otherwise: empty, span };
}

function printf(format: string, args: readonly Expression[], span: Span): Statement {
  const expression: PrintExpression = { kind: 'print', name: 'printf', format: { kind: 'text', value: format, span }, args, span };
  return { kind: 'expression', expression, span };
}
