import { expect, test } from '@jest/globals';
import { styled, visibleLength, wantsColor } from './terminal-style.js';

test.each([
  ['auto', true, {}, true],
  ['auto', false, {}, false],
  ['auto', true, { NO_COLOR: '1' }, false],
  ['auto', true, { NO_COLOR: '' }, true],
  ['auto', true, { TERM: 'dumb' }, false],
  ['always', false, { NO_COLOR: '1' }, true],
  ['never', true, {}, false],
] as const)('--color %s, terminal %s, %p: %s', (when, terminal, environment, wanted) => {
  expect(wantsColor(when, terminal, environment)).toBe(wanted);
});

test('a style is there wherever the output goes, and takes no room', () => {
  expect(styled('red', 'no')).toBe('\x1b[31mno\x1b[39m');
  expect(styled(undefined, 'no')).toBe('no');
  expect(visibleLength(styled('bold', 'text'))).toBe(4);
});
