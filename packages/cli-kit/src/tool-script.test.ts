import { expect, test } from '@jest/globals';
import { readToolScript, scriptWithGlobals } from './tool-script.js';

const SCRIPT = 'global the_pid = 0    # a number\nglobal the_comm = "a \\"b\\""\nglobal n\nprobe begin { the_pid = 0 }\n';

test.each<[string, Record<string, string>, string]>([
  ['nothing', {}, SCRIPT],
  ['a number', { the_pid: '7' }, SCRIPT.replace('the_pid = 0  ', 'the_pid = 7  ')],
  ['a negative number', { the_pid: '-7' }, SCRIPT.replace('the_pid = 0  ', 'the_pid = -7  ')],
  ['a text', { the_comm: 'x"y\\$1' }, SCRIPT.replace('"a \\"b\\""', '"x\\"y\\\\$$1"')],
])('the script with its globals set: %s', (_name, globals, script) => {
  expect(scriptWithGlobals(SCRIPT, new Map(Object.entries(globals)))).toBe(script);
});

test.each(['n', 'none'])('a global without an initial value (%s) is our mistake', (name) => {
  expect(() => scriptWithGlobals(SCRIPT, new Map([[name, '1']]))).toThrow(`the script has no line 'global ${name} = VALUE'`);
});

test('a script beside the module or one folder up', () => {
  expect(readToolScript(import.meta.url, 'package.json')).toContain('@stapkit/cli-kit');
  expect(() => readToolScript(import.meta.url, 'none.stp')).toThrow('the script none.stp is missing');
});
