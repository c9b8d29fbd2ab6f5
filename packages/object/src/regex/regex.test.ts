import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RegexError, compileGroupTables, compileRegex, compileRegexProgram, groupsByTables, matchedGroups, matchesRegex } from './index.js';
import type { GroupTables } from './index.js';

describe('whether a pattern matches anywhere', () => {
  test.each([
    ['abc', 'xxabcxx', true], ['abc', 'xxabxcx', false], ['^abc', 'abcd', true], ['^abc', 'xabc', false], ['abc$', 'xabc', true], ['abc$', 'abcx', false],
    ['^$', '', true], ['^$', 'x', false], ['', '', true], ['a*', '', true], ['a+', '', false], ['.', '', false], ['.', '\n', true],
    ['^a|b$', 'xb', true], ['^a|b$', 'ax', true], ['^a|b$', 'bxa', false], ['(^a|b)c', 'bc', true], ['(^a|b)c', 'xac', false],
    ['a{3}', 'aa', false], ['a{3}', 'aaa', true], ['^a{2,3}$', 'aaaa', false], ['^a{2,}$', 'aaaa', true], ['^(ab){1,2}$', 'abab', true],
    ['[0-9]+', 'x42', true], ['^[^0-9]+$', 'x4', false], ['[]a]', ']', true], ['[^]a]', 'a]', false], ['[a-]', '-', true],
    ['[[:alpha:]_][[:alnum:]_]*', '9x', true], ['^[[:space:]]+$', ' \t\n', true], ['\\.so', 'libc.so', true], ['\\.so', 'libcxso', false], ['a\\|b', 'a|b', true],
    ['^/(usr|lib)(64)?/.*\\.so\\.[0-9]+$', '/lib64/x/libc.so.6', true], ['^str.*ing$', 'string', true], ['(a|ab)(c|bcd)$', 'abcd', true],
    ['a^b', 'a^b', false], ['a$b', 'a$b', false], ['x*$', 'abc', true],
  ] as const)('%j in %j: %j', (pattern, text, expected) => {
    expect(matchesRegex(compileRegex(pattern), text)).toBe(expected);
  });

  test.each([
    ['(', "'(' is not closed", 0], ['a)', "')' without '('", 1], ['[a', "'[' is not closed", 0], ['*a', "'*' repeats nothing", 0], ['(a)\\1', "back-references ('\\1') are not supported", 3],
    ['a{2,1}', 'ends before it begins', 1], ['a{999}', 'more than 255 repetitions', 1], ['[z-a]', 'ends before it begins', 1], ['[[:foo:]]', "no character class '[:foo:]'", 1],
    ['[[.x.]]', 'collating elements', 1], ['a\\', "ends with '\\'", 1], ['((a{99}){99}){99}', 'repeats too much', 0], ['(.*a.{14})', 'too many states', 0], ['a{x', "malformed '{'", 1],
  ])('%j: %s', (pattern, message, position) => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ position, message: expect.stringContaining(message) }));
  });

  test('the table is minimal', () => {
    const { rows, classCount } = compileRegex('^(a|b|c)(a|b|c)$');
    // start, one letter, two letters
    expect(rows.length / classCount).toBe(3);
  });
});

describe('groups', () => {
  test.each([
    ['str(ing)', 'an example string', ['string', 'ing']], ['a|(b)', 'xa', ['a', '']], ['(a|ab)(c|bcd)', 'xabcd', ['abcd', 'a', 'bcd']], ['x*', 'aaxx', ['', ]],
    ['([0-9]+)-([0-9]+)', 'in 10-20, 3-4', ['10-20', '10', '20']], ['^(.*)/([^/]*)$', '/usr/lib/libc.so', ['/usr/lib/libc.so', '/usr/lib', 'libc.so']], ['b(c)?', 'abd', ['b', '']], ['(a*)*', 'aa', ['aa', 'aa']],
  ])('%j in %j', (pattern, text, groups) => {
    expect(matchedGroups(compileRegexProgram(pattern), text)).toEqual(groups);
    expect(groupsByTables(compileGroupTables(compileRegexProgram(pattern)), text)).toEqual(groups);
  });

  test.each([['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', 'matched() in a kernel probe can tell 10 groups apart, the pattern has 11'], ['(a|b)*a(a|b){12}', 'matched() of this pattern needs too large tables']])('tables of %j are refused', (pattern, message) => {
    expect(() => compileGroupTables(compileRegexProgram(pattern))).toThrow(message);
  });
});

const atom: fc.Arbitrary<string> = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'c');
const { pattern: patterns } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof({ maxDepth: 4, depthSize: 'small' },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}')).map(([a, suffix]) => `(${a})${suffix}`),
    tie('pattern').map((a) => `(^${a})`), tie('pattern').map((a) => `(${a}$)`)),
}));

/** undefined: they would be too large. */
function tablesOf(pattern: string): GroupTables | undefined {
  try {
    return compileGroupTables(compileRegexProgram(pattern));
  } catch (error) {
    if (error instanceof RegexError) return undefined;
    throw error;
  }
}

test('agrees with the JavaScript engine', () => {
  fc.assert(fc.property(patterns, fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 8 }), { minLength: 4, maxLength: 12 }), (pattern, texts) => {
    const automaton = compileRegex(pattern);
    const reference = new RegExp(pattern, 's');
    for (const text of texts) {
      expect([pattern, text, matchesRegex(automaton, text)]).toEqual([pattern, text, reference.test(text)]);
      const groups = matchedGroups(compileRegexProgram(pattern), text);
      expect(groups === undefined).toBe(!reference.test(text));
      const byTables = tablesOf(pattern);
      if (byTables !== undefined) expect([pattern, text, groupsByTables(byTables, text)]).toEqual([pattern, text, groups]);
    }
  }), { numRuns: 500 });
});
