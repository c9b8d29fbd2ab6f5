import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript } from '@stapkit/cli-kit';
import { TCP_CONNECTIONS, acceptedRow } from './tool.js';

test.each(TCP_CONNECTIONS.ways)('$file has all globals that flags set', ({ file }) => {
  const options = parseToolOptions(TCP_CONNECTIONS, ['node', 'tcp-connections', '--port', '443', '--addr', '192.0.2.1', '--local', ':80', '--remote', '[::1]:81', '--pid', '7'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, file)), toolGlobals(TCP_CONNECTIONS, options));
  for (const line of ['global the_port = 443 ', 'global the_family = 2 ', 'global local_port = 80 ', 'global remote_port = 81 ', 'global remote_family = 10\n', 'global only_pid = 7 ']) expect(script).toContain(line);
});

const LINE = '1795000000000042\t33\t1511\t1512\t192.0.2.1\t443\t192.0.2.7\t40000\t3\t128\tnginx';

test('a connection', () => {
  expect(acceptedRow(LINE.split('\t'))).toEqual({
    time: 1_795_000_000_000_042, uid: 33, command: 'nginx', pid: 1511, tid: 1512, address: '192.0.2.1', port: 443, source: '192.0.2.7', source_port: 40000, waiting: 3, queue_limit: 128,
  });
});

test('a listening socket that is closed meanwhile has no queue', () => {
  expect(acceptedRow(LINE.replace('\t3\t128\t', '\t-1\t-1\t').split('\t'))).toMatchObject({ waiting: null, queue_limit: null });
});

test.each([['cut short', LINE.split('\t').slice(0, 9)], ['no time', LINE.replace(/^\d+/, 'now').split('\t')]])('no connection: %s', (_name, fields) => {
  expect(acceptedRow(fields)).toBeUndefined();
});

test('a full queue is red', () => {
  const queue = TCP_CONNECTIONS.columns.find(({ key }) => key === 'waiting');
  expect([queue?.show?.(3, { waiting: 3, queue_limit: 5 }), queue?.style?.({ waiting: 3, queue_limit: 5 }), queue?.style?.({ waiting: 6, queue_limit: 5 })]).toEqual(['3/5', undefined, 'red']);
});
