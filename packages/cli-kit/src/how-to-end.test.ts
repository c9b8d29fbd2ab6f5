import { expect, test } from '@jest/globals';
import { howToEnd } from './how-to-end.js';

test.each([[false, true, '; Ctrl-C ends it'], [true, true, ''], [false, false, ''], [true, false, '']])('ends by itself %p, terminal %p', (endsByItself, terminal, text) => {
  expect(howToEnd(endsByItself, terminal)).toBe(text);
});
