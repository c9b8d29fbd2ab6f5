import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { Changes, eventRow } from './events.js';
import { TCP_TRACE } from './tool.js';

const parse = (...args: readonly string[]): ReturnType<typeof parseToolOptions> => parseToolOptions(TCP_TRACE, ['node', 'tcp-trace', ...args], '1.0.0');

test.each<[readonly string[], readonly string[]]>([
  [['--rule', '*:*-192.0.2.7:80'], ['global remote_port = 80 ', 'global remote_family = 2\n', 'global local_port = 0 ']],
  [['--rule', ':443-*'], ['global local_port = 443 ', 'global remote_port = 0 ']],
  [['--rule', '[::1]:1-[::1]:2'], ['global local_port = 1 ', 'global remote_port = 2 ', 'global local_family = 10\n']],
  [['--port', '443'], ['global the_port = 443 ']],
])('%p in the script', (args, lines) => {
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'tcp-trace.stp')), toolGlobals(TCP_TRACE, parse(...args)));
  for (const line of lines) expect(script).toContain(line);
});

test.each([
  [['--values', 'state,speed'], "'speed' is no value: state, timer, txq"],
  [['--rule', '192.0.2.7'], "'192.0.2.7' is no rule"],
  [['--rule', 'x:1-*'], "'x' is not an IPv4 or IPv6 address"],
  [['--rule', '*-*:1', '--local', ':1'], '--rule excludes --local and --remote'],
])('%p is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('columns are the values that were asked for; JSON has all', () => {
  const columns = TCP_TRACE.columnsFor?.(parse('--values', 'cwnd,timer')) ?? [];
  expect(columns.flatMap(({ title }) => title ?? [])).toEqual(['TIME', 'EVENT', 'LOCAL', 'REMOTE', 'TIMER', 'SNDCWND']);
  expect(columns.map(({ key }) => key)).toEqual(TCP_TRACE.columns.map(({ key }) => key));
  expect((TCP_TRACE.columnsFor?.(parse('--values', 'all')) ?? []).filter(({ title }) => title !== undefined)).toHaveLength(16);
});

const LINE = '1795000000000042\trecv\t-131\t192.0.2.1\t40000\t192.0.2.7\t443\t1\t5\t2000\t0\t65535\t10\t65536\t70656\t1308\t2147483647\t2\t1000';
const ROW: Row = {
  time: 1_795_000_000_000_042, event: 'recv', local: '192.0.2.1', local_port: 40000, remote: '192.0.2.7', remote_port: 443, state: 'ESTABLISHED', timer: 'loss', tx_queue: 2000, rx_queue: 0, pmtu: 65535,
  snd_cwnd: 10, snd_wnd: 65536, rcv_wnd: 70656, srtt_us: 163.5, ssthresh: null, rexmit: 2, length: 1000,
};

test('a segment, and a change of state', () => {
  expect(eventRow(LINE.split('\t'))).toEqual({ socket: '-131', row: ROW });
  expect(eventRow(LINE.replace('recv', 'state 4').replace('\t2147483647\t', '\t7\t').split('\t'))?.row).toEqual({ ...ROW, event: 'state', state: 'FIN_WAIT1', ssthresh: 7 });
  expect(eventRow(LINE.split('\t').slice(0, 9))).toBeUndefined();
});

test('--update change: only what is new on the socket', () => {
  const changes = new Changes(['cwnd', 'state']);
  expect([ROW, ROW, { ...ROW, snd_cwnd: 11 }, { ...ROW, snd_cwnd: 11, length: 5 }].map((row) => changes.isNew('a', row))).toEqual([true, false, true, false]);
  expect(changes.isNew('b', ROW)).toBe(true);
});
