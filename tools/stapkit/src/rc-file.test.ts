import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withRcOptions, wordsOf } from './rc-file.js';

test.each<[string, readonly string[]]>([
  ['-v -w', ['-v', '-w']],
  ['# a comment\n-D NAME=1\n\n  -I dir # another', ['-D', 'NAME=1', '-I', 'dir']],
  [`-e 'probe begin { println("x") }' -G "a=b c"`, ['-e', 'probe begin { println("x") }', '-G', 'a=b c']],
  ['-G a=1#2 -I a\\ b', ['-G', 'a=1#2', '-I', 'a b']],
  ['"a\\"b"', ['a"b']],
  ['', []],
])('words of %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test('options of the file come first; without one the command line is as it was', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-rc-'));
  try {
    const argv = ['node', 'stapkit', '-v', 'x.stp'];
    expect(withRcOptions(argv, { SYSTEMTAP_DIR: folder })).toEqual(argv);
    writeFileSync(join(folder, 'rc'), '-w\n');
    expect(withRcOptions(argv, { SYSTEMTAP_DIR: folder })).toEqual(['node', 'stapkit', '-w', '-v', 'x.stp']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
