import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { findExample } from './examples.js';

test('an example by its name alone, in whatever folder it is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-examples-'));
  try {
    mkdirSync(join(folder, 'network/one.stp'), { recursive: true });
    writeFileSync(join(folder, 'network/two.stp'), '');
    expect(findExample('two.stp', ['/nonexistent', folder])).toBe(join(folder, 'network/two.stp'));
    expect(() => findExample('one.stp', [folder])).toThrow(`no example is named 'one.stp' in ${folder}`);
    expect(() => findExample('two.stp', [])).toThrow('there are no examples on this machine');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
