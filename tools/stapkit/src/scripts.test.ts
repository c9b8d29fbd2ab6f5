import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseStapOptions } from './options.js';
import { objectName, readScripts, scriptArguments } from './scripts.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-scripts-'));
  writeFileSync(join(folder, 'My-Script.stp'), 'probe begin { println("caf\u00e9") }');
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const options = (...args: readonly string[]): ReturnType<typeof parseStapOptions> => parseStapOptions(['node', 'stapkit', ...args], '1.0.0');

test('a file is read as bytes; -E comes after it', () => {
  expect(readScripts(options('-E', 'probe end {}', join(folder, 'My-Script.stp')))).toEqual([
    { file: join(folder, 'My-Script.stp'), text: 'probe begin { println("caf\xc3\xa9") }' },
    { file: '<input>', text: 'probe end {}' },
  ]);
});

test('-e and arguments are bytes too', () => {
  expect(readScripts(options('-e', '# \u00e9'))).toEqual([{ file: '<input>', text: '# \xc3\xa9' }]);
  expect(scriptArguments(options('-e', 'x', '\u00e9'))).toEqual(['\xc3\xa9']);
});

describe('what cannot be read', () => {
  test.each([['none.stp', 'there is no such file'], ['.', 'that is a folder']])('%s', (name, why) => {
    expect(() => readScripts(options(join(folder, name)))).toThrow(why);
  });
});

test.each([
  [['-m', 'name', 'x.stp'], 'name'],
  [['/a/My-Script.stp'], 'my_script'],
  [['-'], 'stap_script'],
  [['-e', 'x'], 'stap_script'],
])('object of %p: %s', (args, name) => {
  expect(objectName(options(...args))).toBe(name);
});
