import * as catalog from '../diagnostics/catalog.js';
import type { Span } from '../source/index.js';
import type { Expression, ProbePoint, ProbePointComponent } from './ast.js';
import { cover } from './cursor.js';
import type { TokenCursor } from './cursor.js';
import { parseCondition } from './parse-expression.js';
import { describeToken, quoteText } from './tokens.js';
import type { Token } from './tokens.js';

/** `{a,b}.{c,d}` multiplies: no script needs more points than this from one. */
const POINTS_MAX = 10_000;

interface Draft {
  readonly components: ProbePointComponent[];
  readonly optional: boolean;
  readonly sufficient: boolean;
  readonly condition?: Expression;
  /** Where the suffix stands. */
  readonly suffix?: Span;
}

/** One point as written, which braces may make several. */
export function parseProbePoint(cursor: TokenCursor): ProbePoint[] {
  const start = cursor.peek();
  const drafts = parsePath(cursor);
  const span = cursor.since(start);
  return drafts.map(({ components, optional, sufficient, condition }) => ({ components, optional, sufficient, ...(condition === undefined ? {} : { condition }), span }));
}

/** Components parted by dots, then the suffix. */
function parsePath(cursor: TokenCursor): Draft[] {
  let drafts: Draft[] = [{ components: [], optional: false, sufficient: false }];
  do {
    const part = parsePart(cursor);
    const ended = drafts.find((draft) => draft.suffix !== undefined);
    if (ended?.suffix !== undefined) cursor.fail(catalog.suffixInside(ended.suffix));
    if (drafts.length * part.length > POINTS_MAX) cursor.fail(catalog.tooManyPoints(cursor.previous().span));
    const [only] = part;
    if (part.length === 1 && only !== undefined && only.suffix === undefined) for (const draft of drafts) draft.components.push(...only.components);
    else drafts = drafts.flatMap((draft) => part.map((next) => ({ ...next, components: [...draft.components, ...next.components] })));
  } while (cursor.acceptOperator('.') !== undefined);
  return parseSuffix(cursor, drafts);
}

function parsePart(cursor: TokenCursor): Draft[] {
  const open = cursor.acceptOperator('{');
  if (open === undefined) return [{ components: [parseComponent(cursor)], optional: false, sufficient: false }];
  return cursor.nested(() => {
    const choices: Draft[] = [];
    do {
      for (const draft of parsePath(cursor)) choices.push(draft);
      if (choices.length > POINTS_MAX) cursor.fail(catalog.tooManyPoints(open.span));
    } while (cursor.acceptOperator(',') !== undefined);
    cursor.expectClose('}', open);
    return choices;
  });
}

function parseSuffix(cursor: TokenCursor, drafts: Draft[]): Draft[] {
  const start = cursor.peek();
  const optional = cursor.acceptOperator('?') !== undefined;
  const sufficient = !optional && cursor.acceptOperator('!') !== undefined;
  const condition = cursor.acceptKeyword('if') === undefined ? undefined : parseCondition(cursor, 'if');
  if (!optional && !sufficient && condition === undefined) return drafts;
  const suffix = cursor.since(start);
  return drafts.map((draft) => {
    const both = draft.condition === undefined ? condition : condition === undefined ? draft.condition : conjunction(draft.condition, condition);
    return { components: draft.components, optional: draft.optional || optional, sufficient: draft.sufficient || sufficient, ...(both === undefined ? {} : { condition: both }), suffix };
  });
}

function conjunction(left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator: '&&', operatorSpan: right.span, left, right, span: cover(left.span, right.span) };
}

/** A name, which may hold `*` and be a keyword, and a literal in parentheses. */
export function parseComponent(cursor: TokenCursor): ProbePointComponent {
  const first = cursor.peek();
  if (!isNamePiece(first)) return cursor.fail(catalog.badProbePoint(first.span, describeToken(first), cursor.previous().text === '.' ? "a name, '*' or '{' after '.'" : 'a probe point', pointHint(first)));
  let name = '';
  do name += cursor.next().text;
  while (isNamePiece(cursor.peek()) && cursor.peek().span.start === cursor.previous().span.end && cursor.peek().span.source === first.span.source);
  const open = cursor.acceptOperator('(');
  if (open === undefined) return { name, span: cursor.since(first) };
  const argument = parseArgument(cursor, name);
  cursor.expectClose(')', open);
  return { name, argument, span: cursor.since(first) };
}

function isNamePiece(token: Token): boolean {
  return token.kind === 'identifier' || token.kind === 'keyword' || (token.kind === 'operator' && token.text === '*');
}

function pointHint(token: Token): string | undefined {
  if (token.kind === 'text') return `write the kind of probe before it: kernel.function(${quoteText(token.text)})`;
  if (token.kind === 'operator' && token.text === '{') return 'write the probe point before the body: probe begin { ... }';
  return undefined;
}

function parseArgument(cursor: TokenCursor, name: string): NonNullable<ProbePointComponent['argument']> {
  const token = cursor.peek();
  if (token.kind === 'text') return { kind: 'text', value: cursor.textLiteral(`the argument of '${name}'`).value };
  if (token.kind === 'number' || cursor.isOperator('-')) return { kind: 'number', value: cursor.numberLiteral(`the argument of '${name}'`).value };
  const problem = catalog.literalNeeded(token.span, describeToken(token), `the argument of '${name}'`, argumentHint(name, token));
  if (token.kind === 'operator' || !cursor.isOperator(')', 1)) return cursor.fail(problem);
  // A forgotten pair of quotes: the rest of the probe is worth reading.
  if (token.kind !== 'bad') cursor.report(problem);
  cursor.next();
  return { kind: 'text', value: token.text };
}

function argumentHint(name: string, token: Token): string | undefined {
  if (token.kind === 'identifier' || token.kind === 'keyword') return `put it into double quotes: ${name}(${quoteText(token.text)})`;
  return token.kind === 'operator' && token.text === ')' ? `leave the empty parentheses out, or write ${name}("NAME")` : undefined;
}
