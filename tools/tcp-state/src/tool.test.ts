import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { LiveSockets, parseChange } from './changes.js';
import { TCP_STATE } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(TCP_STATE, ['node', 'tcp-state', '--remote', '192.0.2.7:443', '--pid', '7', '--live'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'tcp-state.stp')), toolGlobals(TCP_STATE, options));
  for (const line of ['global remote_port = 443 ', 'global remote_family = 2\n', 'global only_live = 1 ', 'global only_pid = 7 ', 'global interval_ticks = 10 ']) expect(script).toContain(line);
});

const LINE = '1795000000000042\t-131387187074240\t192.0.2.1\t40000\t192.0.2.7\t443\t2\t1\t118\t0\t1511\tcurl';
const ROW: Row = {
  time: 1_795_000_000_000_042, local: '192.0.2.1', local_port: 40000, remote: '192.0.2.7', remote_port: 443, old_state: 'SYN_SENT', new_state: 'ESTABLISHED', in_state_us: 118, retransmits: 0, pid: 1511, command: 'curl',
};

test.each<[string, string, Row | undefined]>([
  ['a change', LINE, ROW],
  ['its beginning before', LINE.replace('\t118\t', '\t-1\t'), { ...ROW, in_state_us: null }],
  ['sent again', LINE.replace('\t2\t1\t118\t0\t', '\t1\t0\t118\t3\t'), { ...ROW, old_state: 'ESTABLISHED', new_state: null, retransmits: 3 }],
  ['nobody known', LINE.replace('1511\tcurl', '0\t'), { ...ROW, pid: null, command: null }],
  ['cut short', LINE.split('\t').slice(0, 9).join('\t'), undefined],
])('%s', (_name, line, row) => {
  expect(parseChange(line.split('\t'))?.row).toEqual(row);
});

test('the table: state, since when, what was sent again; a closed one is shown once', () => {
  const sockets = new LiveSockets();
  const change = (socket: string, time: number, old: number, next: number): void => {
    const parsed = parseChange([String(time), socket, '::1', '1', '::1', '2', String(old), String(next), '-1', '0', '0', '']);
    if (parsed !== undefined) sockets.change(parsed);
  };
  change('a', 100, 7, 2);
  change('a', 200, 2, 1);
  change('a', 250, 1, 0);
  change('b', 300, 1, 0);
  change('c', 400, 5, 7);
  const shown = (now: number): unknown => sockets.rows(now).map(({ state, in_state_us: us, retransmits }) => [state, us, retransmits]);
  expect(shown(500)).toEqual([['ESTABLISHED', 300, 1], ['ESTABLISHED', null, 1], ['CLOSE', 100, 0]]);
  expect(shown(600)).toEqual([['ESTABLISHED', 400, 1], ['ESTABLISHED', null, 1]]);
});
