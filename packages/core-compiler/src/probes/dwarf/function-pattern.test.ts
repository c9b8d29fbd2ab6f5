import { expect, test } from '@jest/globals';
import { choosesLine, parseFunctionPattern } from './function-pattern.js';

test.each([
  ['main', { name: 'main' }],
  ['*', { name: '*' }],
  ['Shape::area', { name: 'Shape::area' }],
  ['std::vector<int>::push_back', { name: 'std::vector<int>::push_back' }],
  ['*@net/socket.c', { name: '*', file: 'net/socket.c' }],
  ['f@a.c:12', { name: 'f', file: 'a.c', lines: { kind: 'lines', ranges: [[12, 12]] } }],
  ['f@*.c:12-20', { name: 'f', file: '*.c', lines: { kind: 'lines', ranges: [[12, 20]] } }],
  ['f@a.c:12,15-18', { name: 'f', file: 'a.c', lines: { kind: 'lines', ranges: [[12, 12], [15, 18]] } }],
  ['f@a.c:*', { name: 'f', file: 'a.c', lines: { kind: 'all' } }],
  ['f@a.c+13', { name: 'f', file: 'a.c', lines: { kind: 'relative', line: 13 } }],
  ['f@dir+x/c++.c', { name: 'f', file: 'dir+x/c++.c' }],
  ['', undefined], ['@a.c', undefined], ['f@', undefined], ['f@:12', undefined], ['f@a.c:', undefined], ['f@a.c:20-12', undefined], ['f@a.c:0', undefined], ['f@a.c:x', undefined],
])('%s', (text, want) => {
  expect(parseFunctionPattern(text)).toEqual(want);
});

test.each([
  [{ kind: 'all' } as const, 7, 3, true],
  [{ kind: 'relative', line: 4 } as const, 7, 3, true],
  [{ kind: 'relative', line: 4 } as const, 8, 3, false],
  [{ kind: 'lines', ranges: [[1, 2], [7, 9]] } as const, 8, 3, true],
  [{ kind: 'lines', ranges: [[1, 2], [7, 9]] } as const, 3, 3, false],
])('%j takes line %d of a function at %d: %s', (choice, line, declared, want) => {
  expect(choosesLine(choice, line, declared)).toBe(want);
});
