/**
 * Every message of pass 2. Codes: E03xx names and types, E04xx probe points and target variables,
 * E055x parts of the language that this compiler does not translate, W03xx warnings. Wording follows
 * SystemTap's where its users search for it.
 */
import { didYouMean } from '../diagnostics/index.js';
import type { Diagnostic, Note } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import { typeName } from './types.js';
import type { ValueType } from './types.js';
import { equivalentOf } from './embedded-equivalents.js';

interface Extra {
  readonly notes?: readonly Note[];
  readonly hints?: readonly (string | undefined)[];
}

function error(code: string, message: string, span: Span, extra: Extra = {}): Diagnostic {
  return make('error', code, message, span, extra);
}

function warning(code: string, message: string, span: Span, extra: Extra = {}): Diagnostic {
  return make('warning', code, message, span, extra);
}

function make(severity: Diagnostic['severity'], code: string, message: string, span: Span, extra: Extra): Diagnostic {
  const hints = (extra.hints ?? []).filter((hint) => hint !== undefined);
  return {
    code, severity, message, span,
    ...(extra.notes === undefined || extra.notes.length === 0 ? {} : { notes: extra.notes }),
    ...(hints.length === 0 ? {} : { hints }),
  };
}

// ---- names --------------------------------------------------------------------

export function unresolvedFunction(name: string, span: Span, candidates: Iterable<string>): Diagnostic {
  return error('E0301', `unresolved function '${name}'`, span, { hints: [didYouMean(name, candidates)] });
}

export function functionArity(name: string, given: number, takes: readonly { readonly count: number; readonly span: Span }[], span: Span): Diagnostic {
  const counts = [...new Set(takes.map((one) => one.count))].sort((a, b) => a - b);
  return error('E0302', `arity mismatch: function '${name}' takes ${counts.join(' or ')} args, found ${given}`, span, {
    notes: takes.map((one) => ({ message: 'declared here', span: one.span })),
  });
}

export function unresolvedArray(name: string, arity: number, span: Span, candidates: Iterable<string>): Diagnostic {
  return error('E0303', `unresolved arity-${arity} global array '${name}', missing global declaration?`, span, {
    hints: [didYouMean(name, candidates) ?? `declare it: global ${name}`],
  });
}

export function duplicateGlobal(name: string, span: Span, first: Span): Diagnostic {
  return error('E0304', `duplicate global name '${name}'`, span, { notes: [{ message: 'first declared here', span: first }] });
}

export function inconsistentArity(name: string, arity: number, first: number, span: Span, firstSpan: Span | undefined): Diagnostic {
  return error('E0305', `inconsistent arity (${arity} vs ${first}) of '${name}'`, span, {
    notes: [{ message: `arity ${first} first inferred here`, ...(firstSpan === undefined ? {} : { span: firstSpan }) }],
  });
}

export function typeMismatch(expected: ValueType, found: ValueType, span: Span, origins: readonly { readonly type: ValueType; readonly span: Span | undefined }[]): Diagnostic {
  const notes: Note[] = [];
  for (const origin of origins) {
    const { span: at } = origin;
    if (at === undefined || (at.source === span.source && at.start === span.start)) continue;
    notes.push({ message: `type was first inferred here (${typeName(origin.type)})`, span: at });
  }
  const hint = found === 'stat' ? 'read a statistic with @count, @sum, @min, @max or @avg' : undefined;
  return error('E0306', `type mismatch: expected ${typeName(expected)} but found ${typeName(found)}`, span, { notes, hints: [hint] });
}

export function unresolvedType(what: string, span: Span): Diagnostic {
  return error('E0307', `unresolved type of ${what}`, span, { hints: ['assign it a number or a string, or use it where one of them is expected'] });
}

export function modifiedDuringForeach(name: string, span: Span, foreachSpan: Span): Diagnostic {
  return error('E0309', `variable '${name}' modified during 'foreach' iteration`, span, { notes: [{ message: 'iterated here', span: foreachSpan }] });
}

export function callModifiesDuringForeach(name: string, span: Span, foreachSpan: Span): Diagnostic {
  return error('E0310', `function call modifies var '${name}' during 'foreach' iteration`, span, { notes: [{ message: 'iterated here', span: foreachSpan }] });
}

export function printArguments(message: string, span: Span): Diagnostic {
  return error('E0313', message, span);
}

export function badFormat(message: string, span: Span): Diagnostic {
  return error('E0314', message, span);
}

export function severalHistograms(name: string, span: Span, first: Span): Diagnostic {
  return error('E0315', `multiple histogram types declared on '${name}'`, span, { notes: [{ message: 'first used here', span: first }] });
}

export function notAStatistic(span: Span): Diagnostic {
  return error('E0316', 'expected a statistic: a global variable or array element that takes values by <<<', span);
}

export function localStatistic(name: string, span: Span): Diagnostic {
  return error('E0316', `'${name}' is a local variable: a statistic must be global`, span, { hints: [`declare it: global ${name}`] });
}

/** stap says so when the script starts, and counts nothing; here it is known before. */
export function histogramInterval(span: Span): Diagnostic {
  return error('E0328', 'histogram: interval cannot be zero', span, { hints: ['@hist_linear(value, low, high, interval)'] });
}

export function histogramBuckets(span: Span): Diagnostic {
  return error('E0328', 'histogram: number of buckets must be between 1 and 126', span, { hints: ['there are (high - low) / interval buckets: adjust low, high and interval'] });
}

export function histogramMisuse(span: Span): Diagnostic {
  return error('E0317', 'base histogram operator where expression expected', span, { hints: ['print it alone, as in print(@hist_log(x)), or take one bucket, as in @hist_log(x)[66]'] });
}

export function embeddedFunction(name: string, code: string, inLibrary: boolean, span: Span): Diagnostic {
  return error('E0318', `function '${name}' has an embedded C body, which cannot be translated to BPF`, span, {
    hints: [inLibrary ? `the library has a function '${name}': remove this one` : equivalentOf(code)],
  });
}

export function embeddedCode(code: string, where: string, span: Span): Diagnostic {
  return error('E0318', `embedded C${where} cannot be translated to BPF`, span, { hints: [equivalentOf(code)] });
}

export function badOverride(name: string, value: string, span: Span): Diagnostic {
  return error('E0319', `-G ${name}=${value}: '${name}' is a long, and '${value}' is no number`, span);
}

export function arrayInitial(name: string, span: Span): Diagnostic {
  return error('E0320', `only scalar globals can be initialised, and '${name}' is used as an array`, span);
}

export function tooManyKeys(name: string, span: Span): Diagnostic {
  return error('E0321', `array '${name}' has more than 9 keys`, span);
}

export function noValue(name: string, span: Span, declared: Span): Diagnostic {
  return error('E0322', `function '${name}' returns no value`, span, { notes: [{ message: 'declared here', span: declared }] });
}

export function foreachStatValue(name: string, span: Span): Diagnostic {
  return error('E0323', `the elements of '${name}' are statistics and cannot be taken as values`, span, { hints: ['iterate over the keys and read the element with @count, @sum, @min, @max or @avg'] });
}

export function foreachKey(key: number, count: number, span: Span): Diagnostic {
  return error('E0324', `foreach sorts by key ${key}, but there are ${count}`, span);
}

export function varianceShift(name: string, span: Span): Diagnostic {
  return error('E0327', `several @variance bit shifts used on '${name}'`, span);
}

// ---- probe points -------------------------------------------------------------

export function unknownProbePoint(point: string, span: Span, near: { readonly name: string; readonly candidates: Iterable<string> }): Diagnostic {
  return error('E0401', `probe point mismatch: nothing is named '${point}'`, span, { hints: [didYouMean(near.name, near.candidates)] });
}

export function noMatch(point: string, span: Span, notes: readonly Note[] = []): Diagnostic {
  return error('E0402', `probe point '${point}' has no match`, span, { notes });
}

export function recursiveAlias(name: string, span: Span): Diagnostic {
  return error('E0403', `recursive loop in alias expansion of '${name}'`, span);
}

export function conditionName(name: string, span: Span): Diagnostic {
  return error('E0404', `'${name}' is not a global variable: the condition of a probe point sees globals alone`, span);
}

export function noProbes(span: Span | undefined): Diagnostic {
  return { code: 'E0405', severity: 'error', message: 'no probes found', ...(span === undefined ? {} : { span }) };
}

// ---- target variables -----------------------------------------------------------

export function unresolvedTarget(message: string, span: Span, name: string, similar: readonly string[], hint: string | undefined, notes: readonly Note[]): Diagnostic {
  return error('E0410', message, span, { notes, hints: [hint, similar.length === 0 ? undefined : (didYouMean(name, similar) ?? `available: ${similar.join(', ')}`)] });
}

export function pointsToSeveral(name: string, span: Span, sources: readonly { readonly type: string; readonly span: Span }[]): Diagnostic {
  return error('E0415', `it is not known what '${name}' points to: its sources disagree`, span, {
    notes: sources.map((one) => ({ message: `'${one.type}' comes in here`, span: one.span })),
    hints: ['use a variable for each, or say which: @cast(VALUE, "struct NAME", "kernel")->MEMBER'],
  });
}

/** --skip-badvars. */
export function skippedTarget(message: string, span: Span, name: string): Diagnostic {
  return warning('W0306', `${message}: '${name}' is taken as 0`, span);
}

export function targetInFunction(name: string, span: Span): Diagnostic {
  return error('E0411', `'${name}' is not available in a function`, span, { hints: ['pass it as an argument'] });
}

export function entryOutsideReturn(span: Span): Diagnostic {
  return error('E0412', '@entry is only valid in .return probes', span);
}

export function entryLocal(name: string, span: Span): Diagnostic {
  return error('E0413', `local variable '${name}' has no value at the function's entry`, span);
}

/** @param isWritable by an assignment, though not like this */
export function writeToTarget(name: string, span: Span, isWritable = false): Diagnostic {
  if (isWritable) return error('E0414', `'${name}' is written by an assignment only`, span, { hints: [`${name} = …`] });
  return error('E0414', `write to target variable '${name}' is not permitted: BPF programs only read what they probe`, span);
}

export function writeNeedsGuruMode(name: string, span: Span): Diagnostic {
  return error('E0414', `write to target variable '${name}' is not permitted without guru mode`, span, { hints: ['give -g: what the handler writes changes what the machine does'] });
}

/** @param why of the value that would be written */
export function refusedWrite(name: string, why: string, span: Span): Diagnostic {
  return error('E0416', `this value is none for '${name}': ${why}`, span);
}

// ---- regular expressions ------------------------------------------------------------

export function malformedRegex(message: string, pattern: string, position: number, span: Span): Diagnostic {
  return error('E0551', `regular expression: ${message}`, span, { hints: [position === 0 ? undefined : `at: ${pattern.slice(position)}`] });
}

// ---- not translated ---------------------------------------------------------------

export function refusedFunction(name: string, reason: string, span: Span): Diagnostic {
  return error('E0552', `function '${name}' is not supported: ${reason}`, span);
}

export function refusedOperator(name: string, reason: string, span: Span, hint?: string): Diagnostic {
  return error('E0552', `@${name}: ${reason}`, span, { hints: [hint] });
}

export function unsupported(code: 'E0551' | 'E0552' | 'E0553', what: string, span: Span, hint?: string): Diagnostic {
  return error(code, `${what} is not supported`, span, { hints: [hint] });
}

// ---- warnings -----------------------------------------------------------------------

export function neverAssignedLocal(name: string, span: Span, candidates: Iterable<string>, isFunction: boolean): Diagnostic {
  return warning('W0301', `never-assigned local variable '${name}'`, span, { hints: [isFunction ? `to call the function, write ${name}()` : didYouMean(name, candidates)] });
}

export function neverAssignedGlobal(name: string, span: Span, candidates: Iterable<string>): Diagnostic {
  return warning('W0302', `never-assigned global variable '${name}'`, span, { hints: [didYouMean(name, candidates)] });
}

export function elidedAssignment(name: string, span: Span): Diagnostic {
  return warning('W0303', `eliding assignment to '${name}'`, span);
}

export function elidedExpression(span: Span): Diagnostic {
  return warning('W0304', 'eliding side-effect-free expression', span);
}

export function elidedProbe(point: string, span: Span): Diagnostic {
  return warning('W0307', `probe '${point}' has been elided: its handler does nothing`, span);
}

export function functionWithoutEffect(name: string, span: Span): Diagnostic {
  return warning('W0308', `side-effect-free function '${name}'`, span);
}

export function crossFileGlobal(name: string, span: Span, declared: Span): Diagnostic {
  return warning('W0309', `cross-file global variable reference to '${name}'`, span, { notes: [{ message: 'declared here', span: declared }] });
}

export function capturedAtEntry(text: string, span: Span): Diagnostic {
  return warning('W0310', `confusing usage, value is captured as @entry(${text}) in .return probe`, span, { hints: [`write @entry(${text})`] });
}

export function unreachable(span: Span): Diagnostic {
  return warning('W0305', 'statement will never be reached', span);
}
