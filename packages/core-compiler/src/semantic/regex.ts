/**
 * `=~` and `!~`. What matched() tells of the last match travels in three hidden variables of the handler: the
 * subject, the pattern, and a text as long as there are groups ("": it did not match). They are kept only in
 * programs that call matched() or ngroups(); functions get them as hidden parameters.
 */
import { RegexError, compileRegex, compileRegexProgram } from '@stapkit/object';
import type { Span } from '../source/index.js';
import type { RegexExpression } from '../syntax/index.js';
import { EFFECT } from './bound.js';
import type { Bound } from './bound.js';
import { malformedRegex } from './catalog.js';
import { bindExpression } from './expressions.js';
import { unaryNode } from './fold.js';
import { badBound, demand } from './frame.js';
import type { Frame } from './frame.js';
import { hiddenParam } from './hidden-parameters.js';
import { REGEX_FACTS } from './symbols.js';
import type { RegexFact } from './symbols.js';
import type { FunctionSymbol, LocalSymbol, TypedExpression, TypedPlace } from './typed-tree.js';
import { TypeCell } from './types.js';

export function bindRegex(frame: Frame, { subject, pattern, patternSpan, negated, span }: RegexExpression): Bound {
  const bound = bindExpression(frame, subject);
  demand(frame, bound, 'string');
  let groups = 0;
  try {
    compileRegex(pattern);
    ({ groups } = compileRegexProgram(pattern));
  } catch (problem) {
    if (!(problem instanceof RegexError)) throw problem;
    frame.diagnostics.report(malformedRegex(problem.message, pattern, problem.position, patternSpan));
    return badBound(span);
  }
  return {
    span, cell: TypeCell.of('long', span), children: [bound],
    // What matched() will tell is kept in variables of this handler.
    effect: () => (isMatchAsked(frame) ? EFFECT.local : EFFECT.none),
    emit: () => {
      const text = bound.emit();
      const match = keepsMatches(frame) ? keptMatch(frame, text, pattern, groups, span) : matchCall(text, pattern, span);
      return negated ? unaryNode('lnot', match, span) : match;
    },
  };
}

/** Whether the program calls matched() or ngroups() at all. */
function isMatchAsked({ program }: Frame): boolean {
  return program.boundFunctions.some((one) => one.needs.has('regex_groups'));
}

/** Whether a later matched() can see what is matched here. */
function keepsMatches(frame: Frame): boolean {
  return frame.function === undefined ? isMatchAsked(frame) : frame.function.needs.has('regex_groups');
}

const local = (name: string): LocalSymbol => ({ kind: 'local', name, type: 'string' });

function matchCall(text: TypedExpression, pattern: string, span: Span): TypedExpression {
  const symbol: FunctionSymbol = { kind: 'function', name: 'regex_match', span, params: [local('subject'), local('pattern')], locals: [], result: 'long', body: { kind: 'intrinsic', name: 'regex_match' } };
  return { kind: 'call', type: 'long', function: symbol, args: [text, constant(pattern, span)], span };
}

/** `match(.subject = text) ? (.pattern = …, .groups = …, 1) : (.groups = "", 0)`; comparisons with "" stand for the comma. */
function keptMatch(frame: Frame, text: TypedExpression, pattern: string, groups: number, span: Span): TypedExpression {
  const keep = (fact: RegexFact, value: TypedExpression): TypedExpression => ({ kind: 'assign', type: 'string', place: regexPlace(frame, fact, span), value, span });
  const compared = (fn: 'ge' | 'lt', left: TypedExpression): TypedExpression => ({ kind: 'compare-text', type: 'long', fn, left, right: constant('', span), span });
  return {
    kind: 'ternary', type: 'long', span,
    condition: matchCall(keep('regex_subject', text), pattern, span),
    then: {
      kind: 'and', type: 'long', span,
      left: compared('ge', keep('regex_pattern', constant(pattern, span))),
      right: compared('ge', keep('regex_groups', constant('.'.repeat(groups), span))),
    },
    otherwise: compared('lt', keep('regex_groups', constant('', span))),
  };
}

/** The hidden variable of this handler or function. */
export function regexPlace(frame: Frame, fact: RegexFact, span: Span): TypedPlace {
  return { kind: 'local', symbol: frame.function === undefined ? probeLocal(frame, fact, span) : hiddenParam(frame.function, fact), type: 'string', span };
}

export function isRegexFact(fact: string): fact is RegexFact {
  return (REGEX_FACTS as readonly string[]).includes(fact);
}

function probeLocal(frame: Frame, fact: RegexFact, span: Span): LocalSymbol {
  const name = `.${fact}`;
  const variable = frame.scope.get(name) ?? frame.scope.declare(name, span, true);
  variable.readSpan ??= span;
  return frame.scope.symbolOf(variable, 'string');
}

function constant(value: string, span: Span): TypedExpression {
  return { kind: 'text', type: 'string', value, span };
}
