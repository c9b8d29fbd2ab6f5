/** The elaborated program as text, which the tests of this stage compare. */
import type { FormatPiece } from '@stapkit/object';
import type { ElaboratedProgram, GlobalSymbol, LocalSymbol, TypedExpression, TypedPlace, TypedPrintArgument, TypedStatement } from './typed-tree.js';

/** Globals, functions and probes with their inferred types, in SystemTap's -p2 layout; `bodies` adds the typed statements. */
export function printProgram(program: ElaboratedProgram, options: { readonly bodies?: boolean } = {}): string {
  const lines: string[] = [];
  const body = (statement: TypedStatement): void => {
    if (options.bodies === true) lines.push(...printStatement(statement).map((line) => `  ${line}`));
  };
  const locals = (symbols: readonly LocalSymbol[]): void => {
    if (symbols.length > 0) lines.push('  # locals', ...symbols.map((one) => `  ${one.name}:${one.type}`));
  };
  if (program.globals.length > 0) lines.push('# globals', ...program.globals.map(printGlobal));
  if (program.functions.length > 0) lines.push('# functions');
  for (const one of program.functions) {
    lines.push(`${one.name}${one.result === undefined ? '' : `:${one.result}`} (${one.params.map((param) => `${param.name}:${param.type}`).join(', ')})`);
    locals(one.locals.filter((local) => !one.params.includes(local)));
    if (one.body.kind !== 'intrinsic') body(one.body);
    else if (options.bodies === true) lines.push(`  %{ ${one.body.name} %}`);
  }
  if (program.probes.length > 0) lines.push('# probes');
  for (const probe of program.probes) {
    lines.push(`${probe.name}${probe.condition === undefined ? '' : ` if (${printTyped(probe.condition)})`}${probe.name === probe.point ? '' : ` /* <- ${probe.point} */`}`);
    locals(probe.locals);
    body(probe.body);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function printGlobal(global: GlobalSymbol): string {
  const type = global.type === 'stat' ? 'stats' : global.type;
  const keys = global.keys === undefined ? '' : ` [${global.keys.join(', ')}]`;
  const initial = global.initial === undefined ? '' : ` = ${typeof global.initial === 'string' ? JSON.stringify(global.initial) : global.initial}`;
  return `${global.name}:${type}${keys}${initial}`;
}

function printStatement(statement: TypedStatement): string[] {
  const indented = (one: TypedStatement): string[] => printStatement(one).map((line) => `  ${line}`);
  switch (statement.kind) {
    case 'block': return statement.statements.flatMap(printStatement);
    case 'expression': return [printTyped(statement.expression)];
    case 'if': {
      const otherwise = statement.otherwise === undefined ? [] : ['else', ...indented(statement.otherwise)];
      return [`if (${printTyped(statement.condition)})`, ...indented(statement.then), ...otherwise];
    }
    case 'loop': return [`loop (${optional(statement.condition)}; ${optional(statement.step)})`, ...indented(statement.body)];
    case 'foreach': {
      const value = statement.value === undefined ? '' : `${statement.value.name} = `;
      const { sort } = statement;
      const order = sort === undefined ? '' : ` by ${sort.by === 'key' ? `key ${sort.key}` : (sort.stat ?? 'value')}${sort.descending ? '-' : '+'}`;
      const slice = statement.slice === undefined ? '' : `[${statement.slice.map((one) => (one === undefined ? '*' : printTyped(one))).join(', ')}]`;
      const limit = statement.limit === undefined ? '' : ` limit ${printTyped(statement.limit)}`;
      return [`foreach (${value}[${statement.keys.map((key) => key.name).join(', ')}] in ${statement.array.name}${slice}${order}${limit})`, ...indented(statement.body)];
    }
    case 'break': case 'continue': case 'next': return [statement.kind];
    case 'return': return [statement.value === undefined ? 'return' : `return ${printTyped(statement.value)}`];
    case 'delete': return [`delete ${printPlace(statement.place)}`];
    case 'clear': return [`delete ${statement.global.name}`];
    case 'try': return ['try', ...indented(statement.body), `catch${statement.variable === undefined ? '' : ` (${statement.variable.name})`}`, ...indented(statement.handler)];
  }
}

function optional(expression: TypedExpression | undefined): string {
  return expression === undefined ? '' : printTyped(expression);
}

const SIGNS: Readonly<Record<string, string>> = {
  add: '+', sub: '-', mul: '*', div: '/', mod: '%', and: '&', or: '|', xor: '^', shl: '<<', shr: '>>', ushr: '>>>',
  eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=', neg: '-', not: '~', lnot: '!',
};

/** Fully parenthesised. Comparisons of strings are marked with `s`: `(a s== b)`. */
export function printTyped(expression: TypedExpression): string {
  const both = (sign: string, left: TypedExpression, right: TypedExpression): string => `(${printTyped(left)} ${sign} ${printTyped(right)})`;
  switch (expression.kind) {
    case 'number': return expression.value.toString();
    case 'text': return JSON.stringify(expression.value);
    case 'register': return `${expression.of} register ${expression.register}`;
    case 'load': return printPlace(expression.place);
    case 'unary': return `${SIGNS[expression.fn] ?? ''}${printTyped(expression.operand)}`;
    case 'binary': return both(SIGNS[expression.fn] ?? '', expression.left, expression.right);
    case 'compare-text': return both(`s${SIGNS[expression.fn] ?? ''}`, expression.left, expression.right);
    case 'and': return both('&&', expression.left, expression.right);
    case 'or': return both('||', expression.left, expression.right);
    case 'concat': return both('.', expression.left, expression.right);
    case 'ternary': return `(${printTyped(expression.condition)} ? ${printTyped(expression.then)} : ${printTyped(expression.otherwise)})`;
    case 'in': return `([${expression.keys.map((key) => (key === undefined ? '*' : printTyped(key))).join(', ')}] in ${expression.array.name})`;
    case 'assign': return `(${printPlace(expression.place)} = ${printTyped(expression.value)})`;
    case 'update': return `(${printPlace(expression.place)} ${SIGNS[expression.fn] ?? ''}= ${printTyped(expression.value)})`;
    case 'aggregate': return `(${printPlace(expression.place)} <<< ${printTyped(expression.value)})`;
    case 'increment': return incrementText(printPlace(expression.place), expression.by === 1n ? '++' : '--', expression.result);
    case 'stat': return `@${expression.fn}(${printPlace(expression.place)})`;
    case 'histogram-bucket': return `@hist(${printPlace(expression.place)})[${printTyped(expression.index)}]`;
    case 'call': return `${expression.function.name}(${expression.args.map(printTyped).join(', ')})`;
    case 'print': return `${expression.result ? 'sprintf' : 'printf'}(${[JSON.stringify(expression.pieces.map(printPiece).join('')), ...expression.args.map(printArgument)].join(', ')})`;
    case 'argument': return `$arg${expression.index}`;
    case 'return-value': return '$return';
    case 'address': return `&(${printTyped(expression.base)}->${expression.field.path.join('.')})`;
    case 'read': return `*(${printTyped(expression.address)}${expression.field === undefined ? '' : `->${expression.field.path.join('.')}`})`;
    case 'entry': return `@entry(${printTyped(expression.expression)})`;
  }
}

function incrementText(place: string, sign: string, result: 'old' | 'new'): string {
  return result === 'new' ? `${sign}${place}` : `${place}${sign}`;
}

function printArgument(argument: TypedPrintArgument): string {
  return argument.kind === 'histogram' ? `@hist(${printPlace(argument.place)})` : printTyped(argument);
}

export function printPiece(piece: FormatPiece): string {
  if ('literal' in piece) return piece.literal.replaceAll('%', '%%');
  return `%${piece.flag ?? ''}${piece.width ?? ''}${piece.precision === undefined ? '' : `.${piece.precision}`}${piece.conversion}`;
}

function printPlace(place: TypedPlace): string {
  return place.kind === 'element' ? `${place.symbol.name}[${place.keys.map(printTyped).join(', ')}]` : place.symbol.name;
}
