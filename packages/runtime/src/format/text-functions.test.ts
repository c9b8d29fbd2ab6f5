import { expect, test } from '@jest/globals';
import { describeScriptError } from './script-error.js';
import { substr } from './text-functions.js';

test.each<[bigint, bigint, string]>([[0n, 3n, 'abc'], [2n, 99n, 'cdef'], [2n, 1n << 62n, 'cdef'], [6n, 1n, ''], [-1n, 2n, ''], [1n, 0n, ''], [1n, -1n, '']])(
  'substr(abcdef, %s, %s)', (start, length, want) => { expect(substr('abcdef', start, length)).toBe(want); },
);

test.each([
  ['/', "ERROR: division by 0 near operator '/' at <input>:1:24 in probe begin"],
  ['x', "ERROR: division by 0 near identifier 'x' at <input>:1:24 in probe begin"],
  ["operator '@min'", "ERROR: division by 0 near operator '@min' at <input>:1:24 in probe begin"],
  ['foreach', "ERROR: division by 0 near keyword 'foreach' at <input>:1:24 in probe begin"],
])('an error near %s', (token, want) => {
  expect(describeScriptError('division by 0', { file: '<input>', line: 1, column: 24, token }, 'begin')).toBe(want);
});
