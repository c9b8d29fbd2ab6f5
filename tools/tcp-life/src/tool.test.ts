import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { connectionRow } from './connection.js';
import { TCP_LIFE } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(TCP_LIFE, ['node', 'tcp-life', '--local', ':443', '--pid', '7', '--longer', '250ms'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'tcp-life.stp')), toolGlobals(TCP_LIFE, options));
  for (const line of ['global local_port = 443 ', 'global longer_than = 250000 ', 'global only_pid = 7 ']) expect(script).toContain(line);
});

const LINE = '1795000000000042\t1511\t192.0.2.1\t40000\t192.0.2.7\t443\t0\t1000\t2000\t2\t440878\tcurl';
const ROW: Row = {
  time: 1_795_000_000_000_042, pid: 1511, command: 'curl', local: '192.0.2.1', local_port: 40000, remote: '192.0.2.7', remote_port: 443, direction: 'out', sent_bytes: 1000, received_bytes: 2000, retransmits: 2, lasted_us: 440878,
};

test.each<[string, string, Row | undefined]>([
  ['a connection', LINE, ROW],
  ['one that came in', LINE.replace('443\t0', '443\t1'), { ...ROW, direction: 'in' }],
  ['begun before', LINE.replace('443\t0', '443\t-1').replace('440878', '-1'), { ...ROW, direction: null, lasted_us: null }],
  ['nobody known', LINE.replace('1511', '0').replace('curl', ''), { ...ROW, pid: null, command: null }],
  ['cut short', LINE.split('\t').slice(0, 9).join('\t'), undefined],
])('%s', (_name, line, row) => {
  expect(connectionRow(line.split('\t'))).toEqual(row);
});
