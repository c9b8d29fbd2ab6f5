import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { rewrittenRow } from './rewritten.js';
import { VARNISH_CL } from './tool.js';

test.each(['varnish-cl.stp', 'varnish-cl-exported.stp'])('%s has all globals that flags set', (file) => {
  const options = parseToolOptions(VARNISH_CL, ['node', 'varnish-cl', '--url', '/img/', '--pid', '7', '--status', '206'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, file)), new Map([...toolGlobals(VARNISH_CL, options)]));
  for (const line of ['global the_url = "/img/" ', 'global only_pid = 7 ', 'global the_status = 206 ']) expect(script).toContain(line);
});

const ROW: Row = { time: 42, pid: 7, status: 200, before: 40, after: 5000, vxid: 32770, url: '/a' };

test.each<[string, Row | undefined]>([
  ['42\t7\t200\t40\t5000\t32770\t/a', ROW],
  ['42\t7\t200\t-1\t5000\t32770\t/a\tb', { ...ROW, before: null, url: '/a\tb' }],
  ['42\t7\t200\t-2\t5000\t32770\t', { ...ROW, before: 'invalid', url: null }],
  ['42\t7\t200', undefined],
  ['WARNING: a\tb\tc\td\te\tf\tg', undefined],
])('line %p', (line, row) => {
  expect(rewrittenRow(line.split('\t'))).toEqual(row);
});
