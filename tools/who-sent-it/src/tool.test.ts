import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript } from '@stapkit/cli-kit';
import { addressText, destinationRow } from './destinations.js';
import { packetLine, packetRow } from './packet.js';
import { icmpName, parseProtocol } from './protocols.js';
import { WHO_SENT_IT } from './tool.js';

test.each(['who-sent-it.stp', 'who-sent-it-queue.stp'])('%s has all globals that flags set', (file) => {
  const options = parseToolOptions(WHO_SENT_IT, ['node', 'who-sent-it', '--port', '53', '--addr', '::1', '--proto', 'icmp', '--pid', '7', '--summary', '--interval', '1'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, file)), toolGlobals(WHO_SENT_IT, options));
  for (const line of ['global dest_port = 53 ', 'global dest_family = 10 ', 'global dest_protocol = 1 ', 'global only_summary = 1 ', 'global only_pid = 7 ', 'global interval_ticks = 10 ']) expect(script).toContain(line);
});

const UDP = '1795000000000042\t1511\t1512\t17\t-1\t192.0.2.1\t40000\t192.0.2.7\t53\t60\tnamed';

test('a packet with ports', () => {
  const row = packetRow(UDP.split('\t'));
  expect(row).toEqual({ time: 1_795_000_000_000_042, command: 'named', pid: 1511, tid: 1512, protocol: 'UDP', source: '192.0.2.1', source_port: 40000, destination: '192.0.2.7', destination_port: 53, icmp: null, bytes: 60 });
  expect(packetLine(row ?? {})).toBe('named[1512] sent packet to 192.0.2.7:53 UDP 60 bytes');
});

test.each([
  ['ICMP', '1\t1\t2\t1\t2048\t::\t0\t192.0.2.7\t0\t84\tping', 'ping[2] sent packet to 192.0.2.7 ICMP echo request 84 bytes'],
  ['ICMPv6', '1\t1\t2\t58\t34560\t::\t0\t2001:db8::1\t0\t84\tping', 'ping[2] sent packet to 2001:db8::1 ICMPv6 neighbour solicitation 84 bytes'],
  ['a later fragment', '1\t1\t2\t17\t-1\t::\t0\t2001:db8::1\t0\t84\ta\tb', 'a\tb[2] sent packet to 2001:db8::1 UDP 84 bytes'],
  ['another protocol', '1\t1\t2\t200\t-1\t::\t0\t2001:db8::1\t0\t84\tx', 'x[2] sent packet to 2001:db8::1 200 84 bytes'],
])('%s', (_name, line, text) => {
  expect(packetLine(packetRow(line.split('\t')) ?? {})).toBe(text);
});

test.each([['cut short', UDP.split('\t').slice(0, 9)], ['no time', UDP.replace(/^\d+/, 'now').split('\t')]])('no packet: %s', (_name, fields) => {
  expect(packetRow(fields)).toBeUndefined();
});

test('ICMP types by name, others by number', () => {
  expect([icmpName(1, 3 << 8 | 1), icmpName(58, 1 << 8), icmpName(1, 200 << 8 | 7), icmpName(6, -1)]).toEqual(['destination unreachable', 'destination unreachable', 'type 200 code 7', null]);
});

test('protocols by name and number', () => {
  expect(['tcp', 'UDP', 'icmp', '132'].map(parseProtocol)).toEqual([6, 17, 1, 132]);
  for (const wrong of ['http', '0', '256']) expect(() => parseProtocol(wrong)).toThrow(`'${wrong}' is no protocol`);
});

test('a row of the summary: its address is numbers', () => {
  expect(destinationRow(['a', 'b', '7', '6', '4', '0', '117571776', '3', '200'])).toEqual({ command: 'a\tb', pid: 7, protocol: 'TCP', destination: '192.0.2.7', packets: 3, bytes: 200 });
  expect(addressText(4, 0n, 0x0100007fn)).toBe('127.0.0.1');
  expect(addressText(6, 0n, 0x01n << 56n)).toBe('::1');
  expect(addressText(6, 0xb80d0120n, -1n << 56n)).toBe('2001:db8::ff');
  expect(destinationRow(['a', 'b'])).toBeUndefined();
});

test.each([
  [['--interval', '1'], '--interval goes with --summary'],
  [['--top', '1'], '--top goes with --summary'],
])('%p is refused', (args, message) => {
  expect(() => parseToolOptions(WHO_SENT_IT, ['node', 'who-sent-it', ...args], '1.0.0')).toThrow(message);
});
