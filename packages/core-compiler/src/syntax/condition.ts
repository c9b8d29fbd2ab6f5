import * as catalog from '../diagnostics/catalog.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { PreprocessorFacts } from './parse-script.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

const COMPARISONS = new Set(['<=', '>=', '<', '>', '==', '!=']);

/**
 * The truth of a `%( CONDITION %?`, or what is wrong with it. `&&` binds before `||`; there are no parentheses.
 * Every comparison is looked at, so that a malformed one is found whatever the others say.
 * @param end the token after the condition, which should be `%?`
 * @param kernelAsked is told the name of each fact about the kernel that was asked
 */
export function evaluateCondition(tokens: readonly Token[], end: Token, facts: PreprocessorFacts, kernelAsked: (fact: string) => void): boolean | Diagnostic {
  let some = false;
  let every = true;
  for (let at = 0; ; ) {
    const [left = end, operator = end, right = end] = tokens.slice(at, at + 3);
    const result = compare(left, operator, right, facts, kernelAsked);
    if (typeof result !== 'boolean') return result;
    every &&= result;
    const joint = tokens[at + 3];
    if (joint === undefined) {
      return end.kind === 'operator' && end.text === '%?' ? some || every : catalog.badCondition(end.span, describeToken(end), "'%?'", "write %( CONDITION %? TEXT %) or %( CONDITION %? TEXT %: OTHER %)");
    }
    if (joint.kind !== 'operator' || (joint.text !== '&&' && joint.text !== '||')) {
      return joint.problem ?? catalog.badCondition(joint.span, describeToken(joint), "'%?', '&&' or '||'", "write %( CONDITION %? TEXT %) or %( CONDITION %? TEXT %: OTHER %)");
    }
    if (joint.text === '||') {
      some ||= every;
      every = true;
    }
    at += 4;
  }
}

function compare(left: Token, operator: Token, right: Token, facts: PreprocessorFacts, kernelAsked: (fact: string) => void): boolean | Diagnostic {
  for (const token of [left, operator, right]) if (token.problem !== undefined) return token.problem;
  if (!isOperand(left)) return catalog.badCondition(left.span, describeToken(left), 'a condition');
  if (operator.kind !== 'operator' || !COMPARISONS.has(operator.text)) return catalog.badCondition(operator.span, describeToken(operator), 'a comparison (== != < <= > >=)');
  const options = isConfig(left) && isConfig(right);
  if (right.kind !== 'number' && right.kind !== 'text' && !options) return catalog.badCondition(right.span, describeToken(right), 'a literal');
  if (left.kind === 'number' || left.kind === 'text') {
    if (left.kind !== right.kind) return catalog.badCondition(right.span, describeToken(right), left.kind === 'number' ? 'a number' : 'a string', 'both sides are numbers or both are strings; @1 is an argument as string, $1 as it was given');
    return holds(operator.text, left.kind === 'number' ? order(left.value ?? 0n, right.value ?? 0n) : order(left.text, right.text));
  }
  return compareFact(left, operator, right, facts, kernelAsked);
}

const FACTS = new Set(['kernel_v', 'kernel_vr', 'arch', 'runtime', 'systemtap_v', 'systemtap_privilege', 'guru_mode']);

function isOperand(token: Token): boolean {
  return token.kind === 'number' || token.kind === 'text' || (token.kind === 'identifier' && (FACTS.has(token.text) || token.text.startsWith('CONFIG_')));
}

function compareFact(left: Token, operator: Token, right: Token, facts: PreprocessorFacts, kernelAsked: (fact: string) => void): boolean | Diagnostic {
  const name = left.text;
  const wants = (kind: 'number' | 'text'): Diagnostic | undefined =>
    right.kind === kind ? undefined : catalog.badCondition(right.span, describeToken(right), kind === 'text' ? 'a string' : 'a number', kind === 'text' ? `write ${name} ${operator.text} "${right.text}"` : `write ${name} ${operator.text} 1`);
  if (name === 'guru_mode') return wants('number') ?? holds(operator.text, order(facts.guruMode ? 1n : 0n, right.value ?? 0n));
  if (name.startsWith('CONFIG_')) {
    kernelAsked(name);
    return compareConfig(facts.config(name) ?? '', operator.text, isConfig(right) ? { ...right, kind: 'text', text: facts.config(right.text) ?? '' } : right);
  }
  const wrong = wants('text');
  if (wrong !== undefined) return wrong;
  if (name === 'kernel_v' || name === 'kernel_vr') {
    kernelAsked(name);
    return compareText(name === 'kernel_v' ? facts.kernelVersion : facts.kernelRelease, operator.text, right.text, compareVersions);
  }
  if (name === 'systemtap_v') return compareText(facts.systemtapVersion, operator.text, right.text, compareVersions);
  const value = name === 'arch' ? facts.arch : name === 'runtime' ? facts.runtime : facts.privilege;
  if (operator.text !== '==' && operator.text !== '!=') return catalog.badCondition(operator.span, describeToken(operator), "'==' or '!='", `'${name}' has no order`);
  return compareText(value, operator.text, right.text, order);
}

function isConfig(token: Token): boolean {
  return token.kind === 'identifier' && token.text.startsWith('CONFIG_');
}

const CONFIG_NUMBER = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/;

/** An unset option is "", and as a number 0. Where both sides are numbers, they compare by value. */
function compareConfig(value: string, operator: string, right: Token): boolean {
  const number = CONFIG_NUMBER.test(value) ? BigInt(value) : 0n;
  if (right.kind === 'number') return holds(operator, order(number, right.value ?? 0n));
  if (CONFIG_NUMBER.test(value) && CONFIG_NUMBER.test(right.text)) return holds(operator, order(number, BigInt(right.text)));
  return compareText(value, operator, right.text, order);
}

function compareText(value: string, operator: string, pattern: string, by: (a: string, b: string) => number): boolean {
  if ((operator === '==' || operator === '!=') && /[*?[]/.test(pattern)) return matchesWildcard(value, pattern) === (operator === '==');
  return holds(operator, by(value, pattern));
}

function order(a: string | bigint, b: string | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(operator: string, result: number): boolean {
  switch (operator) {
    case '<':
      return result < 0;
    case '<=':
      return result <= 0;
    case '>':
      return result > 0;
    case '>=':
      return result >= 0;
    case '==':
      return result === 0;
    default:
      return result !== 0;
  }
}

/** As fnmatch(3) without flags: `*`, `?`, `[a-z]`, `[!a-z]`, backslash. */
export function matchesWildcard(text: string, pattern: string): boolean {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const set = char === '[' ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(pattern.slice(at)) : null;
    if (char === '*') source += '[^]*';
    else if (char === '?') source += '[^]';
    else if (set !== null) {
      source += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replace(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else {
      if (char === '\\' && at + 1 < pattern.length) at++;
      source += pattern.charAt(at).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    }
  }
  try {
    // Repeated stars are one: keeps the match from taking exponential time.
    return new RegExp(`^${source.replace(/(?:\[\^\]\*)+/g, '[^]*')}$`).test(text);
  } catch {
    // A set such as [z-a] matches nothing.
    return false;
  }
}

/**
 * As strverscmp(3): runs of digits compare by value, the rest byte by byte; a run with leading zeros is a fraction
 * ("000" < "00" < "01" < "010" < "09" < "0" < "1" < "9" < "10").
 */
export function compareVersions(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charAt(at) === b.charAt(at)) at++;
  if (at === a.length && at === b.length) return 0;
  // The run of digits that the first difference belongs to, or ends.
  let start = at;
  while (start > 0 && /[0-9]/.test(a.charAt(start - 1))) start--;
  const runA = /^[0-9]*/.exec(a.slice(start))?.[0] ?? '';
  const runB = /^[0-9]*/.exec(b.slice(start))?.[0] ?? '';
  const bytes = order(a.slice(at, at + 1), b.slice(at, at + 1));
  if (runA === '' || runB === '' || runA === runB) return bytes;
  if (!runA.startsWith('0') && !runB.startsWith('0')) return runA.length - runB.length || bytes;
  const zerosA = /^0*/.exec(runA)?.[0].length ?? 0;
  const zerosB = /^0*/.exec(runB)?.[0].length ?? 0;
  // A bare "0" is an integer and follows every fraction; of fractions, more leading zeros make the smaller.
  if (runA === '0' && zerosB > 0) return 1;
  if (runB === '0' && zerosA > 0) return -1;
  return zerosB - zerosA || bytes;
}
