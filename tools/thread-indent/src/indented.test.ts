import { expect, test } from '@jest/globals';
import { IndentedCalls, indentedLine } from './indented.js';

test('lines by thread, times from its outermost call', () => {
  const calls = new IndentedCalls();
  const line = (text: string): string | undefined => { const row = calls.row(text.split(' ')); return row === undefined ? undefined : indentedLine(row); };
  expect(['100 7 7 1 call f ftp', '105 7 8 1 call f ftp', '110 7 7 2 call g ftp', '120 7 7 2 return g ftp', '130 7 7 1 return f ftp', '150 7 7 1 call h ftp', 'text'].map(line)).toEqual([
    '     0 ftp(7): -> f', '     0 ftp(8): -> f', '    10 ftp(7):  -> g', '    20 ftp(7):  <- g', '    30 ftp(7): <- f', '     0 ftp(7): -> h', undefined,
  ]);
});
