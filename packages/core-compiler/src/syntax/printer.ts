import type { AliasDeclaration, Declaration, Expression, FunctionDeclaration, GlobalDeclaration, ProbePoint, ProbePointComponent, Script, Statement, TargetExpression } from './ast.js';
import { quoteText } from './tokens.js';

/** A script as text that parses to the same tree (spans apart). Operands are in parentheses unless they are simple, so that precedence shows. */
export function printScript(script: Script): string {
  const file = script.span.source.file.replaceAll('\n', '?');
  return `# file ${file}\n${script.declarations.map((declaration) => `${printDeclaration(declaration)}\n`).join('')}`;
}

function printDeclaration(declaration: Declaration): string {
  switch (declaration.kind) {
    case 'global':
      return printGlobal(declaration);
    case 'function':
      return printFunction(declaration);
    case 'probe':
      return `probe ${declaration.points.map(printProbePoint).join(', ')} ${printStatement(declaration.body, '')}`;
    case 'alias':
      return printAlias(declaration);
    case 'embedded-declaration':
      return `%{${declaration.code}%}`;
  }
}

function printGlobal({ name, isPrivate, wrap, size, initial }: GlobalDeclaration): string {
  const bound = size === undefined ? '' : `[${size}]`;
  const value = initial === undefined ? '' : ` = ${initial.kind === 'number' ? String(initial.value) : quoteText(initial.value)}`;
  return `${isPrivate ? 'private ' : ''}global ${name}${wrap ? '%' : ''}${bound}${value}`;
}

function printFunction({ name, isPrivate, params, result, priority, body }: FunctionDeclaration): string {
  const list = params.map((param) => `${param.name}${param.type === undefined ? '' : `:${param.type}`}`).join(', ');
  const head = `${isPrivate ? 'private ' : ''}function ${name}${result === undefined ? '' : `:${result}`} (${list})${priority === undefined ? '' : `:${priority}`}`;
  return `${head}\n${body.kind === 'embedded' ? `%{${body.code}%}` : printStatement(body, '')}`;
}

function printAlias(alias: AliasDeclaration): string {
  const bodies = [alias.prologue, alias.epilogue].filter((body) => body !== undefined).map((body) => printStatement(body, ''));
  return `probe ${printAliasHead(alias)} ${bodies.join(', ')}`;
}

/** `a = b.c, d`: an alias without its bodies. */
export function printAliasHead({ names, points, prologue }: AliasDeclaration): string {
  const sign = prologue === undefined ? '+=' : '=';
  return `${names.map((name) => `${printComponents(name)} ${sign} `).join('')}${points.map(printProbePoint).join(', ')}`;
}

/** One probe point with its suffix and condition. */
export function printProbePoint(point: ProbePoint): string {
  const suffix = `${point.optional ? '?' : ''}${point.sufficient ? '!' : ''}`;
  return `${printComponents(point.components)}${suffix}${point.condition === undefined ? '' : ` if (${printExpression(point.condition)})`}`;
}

/** `kernel.function("x")`: a point without its suffix. */
export function printComponents(components: readonly ProbePointComponent[]): string {
  return components.map(({ name, argument }) => (argument === undefined ? name : `${name}(${argument.kind === 'number' ? String(argument.value) : quoteText(argument.value)})`)).join('.');
}

// ---- statements -----------------------------------------------------------------

function printStatement(statement: Statement, indent: string): string {
  const inner = `${indent}  `;
  switch (statement.kind) {
    case 'block':
      return statement.statements.length === 0 ? '{\n' + indent + '}' : `{\n${statement.statements.map((one) => `${inner}${printStatement(one, inner)}\n`).join('')}${indent}}`;
    case 'empty':
      return ';';
    case 'expression':
      return `${printExpression(statement.expression)};`;
    case 'if':
      return printIf(statement, indent);
    case 'while':
      return `while (${printExpression(statement.condition)}) ${printStatement(statement.body, indent)}`;
    case 'for':
      return `for (${optional(statement.init)}; ${optional(statement.condition)}; ${optional(statement.step)}) ${printStatement(statement.body, indent)}`;
    case 'foreach':
      return printForeach(statement, indent);
    case 'break':
    case 'continue':
    case 'next':
      return `${statement.kind};`;
    case 'return':
      return statement.value === undefined ? 'return;' : `return ${printExpression(statement.value)};`;
    case 'delete':
      return `delete ${printExpression(statement.target)};`;
    case 'try':
      return `try ${printStatement(statement.body, indent)} catch ${statement.variable === undefined ? '' : `(${statement.variable.name}) `}${printStatement(statement.handler, indent)}`;
    case 'bad-statement':
      return '/* malformed */;';
  }
}

function optional(expression: Expression | undefined): string {
  return expression === undefined ? '' : printExpression(expression);
}

function printIf(statement: Statement & { readonly kind: 'if' }, indent: string): string {
  let text = '';
  let rest: Statement | undefined = statement;
  // A loop: chains of else-if may be long.
  while (rest?.kind === 'if') {
    const then = printStatement(rest.then, indent);
    text += `if (${printExpression(rest.condition)}) ${then}`;
    rest = rest.otherwise;
    if (rest !== undefined) text += `${then.endsWith('}') ? ' ' : `\n${indent}`}else `;
  }
  return rest === undefined ? text : text + printStatement(rest, indent);
}

function printForeach(statement: Statement & { readonly kind: 'foreach' }, indent: string): string {
  const { value, keys, array, sort, limit, body } = statement;
  const sign = sort === undefined ? '' : sort.descending ? '-' : '+';
  const list = keys.map((key, at) => `${key.name}${sort?.by === 'key' && sort.key === at ? sign : ''}`).join(', ');
  const head = value === undefined ? '' : `${value.name} = `;
  const from = array.kind === 'array' ? `${array.name}${array.slice === undefined ? '' : printIndexes(array.slice)}` : printExpression(array);
  const by = sort?.by === 'value' ? `${sort.stat === undefined ? '' : ` @${sort.stat}`}${sign}` : '';
  return `foreach (${head}[${list}] in ${from}${by}${limit === undefined ? '' : ` limit ${printExpression(limit)}`}) ${printStatement(body, indent)}`;
}

// ---- expressions ----------------------------------------------------------------

function printIndexes(indexes: readonly (Expression | undefined)[]): string {
  return `[${indexes.map((index) => (index === undefined ? '*' : printExpression(index))).join(', ')}]`;
}

function printList(expressions: readonly Expression[]): string {
  return expressions.map(printExpression).join(', ');
}

/** An expression that parses to the same tree. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(BigInt.asUintN(64, expression.value));
    case 'text':
      return quoteText(expression.value);
    case 'name':
      return expression.name;
    case 'index':
      return `${expression.name}${printIndexes(expression.indexes)}`;
    case 'unary':
      return `${expression.operator}${operand(expression.operand)}`;
    case 'binary':
      return printChain(expression);
    case 'in':
      return `${printIndexes(expression.indexes)} in ${expression.array}`;
    case 'regex':
      return `${operand(expression.subject)} ${expression.negated ? '!~' : '=~'} ${quoteText(expression.pattern)}`;
    case 'ternary':
      return `${operand(expression.condition)} ? ${operand(expression.then)} : ${operand(expression.otherwise)}`;
    case 'assign':
      return `${operand(expression.target)} ${expression.operator} ${operand(expression.value)}`;
    case 'increment':
      return expression.prefix ? `${expression.operator}${operand(expression.target)}` : `${operand(expression.target)}${expression.operator}`;
    case 'call':
      return `${expression.name}(${printList(expression.args)})`;
    case 'print':
      return `${expression.name}(${printList(expression.format === undefined ? expression.args : [expression.format, ...expression.args])})`;
    case 'stat':
      return `@${expression.operator}(${printExpression(expression.operand)}${expression.shift === undefined ? '' : `, ${expression.shift}`})`;
    case 'histogram':
      return `@hist_${expression.shape}(${[printExpression(expression.operand), ...expression.numbers.map(String)].join(', ')})${expression.index === undefined ? '' : `[${printExpression(expression.index)}]`}`;
    case 'target':
      return printTarget(expression);
    case 'defined':
    case 'entry':
      return `@${expression.kind}(${printExpression(expression.operand)})`;
    case 'at':
      return `@${expression.name}(${printList(expression.args)})`;
    case 'embedded-expression':
      return `%{${expression.code}%}`;
    case 'bad-expression':
      return '/* malformed */';
  }
}

/** Left-leaning chains (`a . b . c`) are as deep as they are long: walked in a loop. */
function printChain(expression: Expression & { readonly kind: 'binary' }): string {
  const parts: string[] = [];
  let opened = 0;
  let left: Expression = expression;
  while (left.kind === 'binary') {
    parts.push(` ${left.operator} ${operand(left.right)}`);
    left = left.left;
    if (left.kind === 'binary') {
      parts.push(')');
      opened++;
    }
  }
  return '('.repeat(opened) + operand(left) + parts.reverse().join('');
}

const SIMPLE: ReadonlySet<Expression['kind']> = new Set<Expression['kind']>(['number', 'text', 'name', 'index', 'call', 'print', 'stat', 'histogram', 'defined', 'entry', 'at', 'embedded-expression']);

function operand(expression: Expression): string {
  const text = printExpression(expression);
  return SIMPLE.has(expression.kind) || (expression.kind === 'target' && !expression.addressOf) ? text : `(${text})`;
}

function printTarget({ base, steps, addressOf, pretty }: TargetExpression): string {
  const path = steps.map((step) => (step.kind === 'member' ? `->${step.name}` : `[${printExpression(step.index)}]`)).join('');
  return `${addressOf ? '&' : ''}${printBase(base)}${path}${'$'.repeat(pretty)}`;
}

function printBase(base: TargetExpression['base']): string {
  switch (base.kind) {
    case 'variable':
      return base.name;
    case 'var':
      return `@var(${quoteText(base.name)}${base.module === undefined ? '' : `, ${quoteText(base.module)}`})`;
    case 'cast':
      return `@cast(${printExpression(base.value)}, ${quoteText(base.type)}${base.module === undefined ? '' : `, ${quoteText(base.module)}`})`;
    case 'autocast':
      return `(${printExpression(base.value)})`;
  }
}
