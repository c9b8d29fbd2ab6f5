import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { Connections, flagNames, segmentRow } from './segments.js';
import { TCP_RETRANS } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(TCP_RETRANS, ['node', 'tcp-retrans', '--remote', '192.0.2.7:443', '--summary', '--interval', '1'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'tcp-retrans.stp')), toolGlobals(TCP_RETRANS, options));
  for (const line of ['global remote_port = 443 ', 'global only_summary = 1 ', 'global interval_ticks = 10 ']) expect(script).toContain(line);
});

const LINE = '1795000000000042\t192.0.2.1\t40000\t192.0.2.7\t443\t1\t24\t1000\t1290287906\t4\t2\t0';
const ROW: Row = { time: 1_795_000_000_000_042, local: '192.0.2.1', local_port: 40000, remote: '192.0.2.7', remote_port: 443, state: 'ESTABLISHED', flags: 'PSH+ACK', bytes: 1000, sequence: 1290287906, congestion: 'Loss', total: 2, error: 0 };

test.each<[string, string, Row | undefined]>([
  ['a segment', LINE, ROW],
  ['the answer to a SYN', LINE.replace('\t1\t24\t1000\t', '\t12\t18\t0\t').replace('\t4\t2\t0', '\t-1\t1\t0'), { ...ROW, state: 'NEW_SYN_RECV', flags: 'SYN+ACK', bytes: 0, congestion: null, total: 1 }],
  ['one that could not be sent', LINE.replace(/0$/, '-105'), { ...ROW, error: -105 }],
  ['cut short', LINE.split('\t').slice(0, 9).join('\t'), undefined],
  ['a tick', 'tick', undefined],
])('%s', (_name, line, row) => {
  expect(segmentRow(line.split('\t'))).toEqual(row);
});

test('flags', () => {
  expect([flagNames(0x11), flagNames(0x04), flagNames(0)]).toEqual(['FIN+ACK', 'RST', '']);
});

test('counts by connection, until they are taken', () => {
  const connections = new Connections();
  for (const row of [ROW, { ...ROW, state: 'FIN_WAIT1', bytes: 1 }, { ...ROW, remote_port: 80 }]) connections.add(row);
  expect(connections.take().map(({ remote_port: port, state, segments, bytes }) => [port, state, segments, bytes])).toEqual([[443, 'FIN_WAIT1', 2, 1001], [80, 'ESTABLISHED', 1, 1000]]);
  expect(connections.take()).toEqual([]);
});
