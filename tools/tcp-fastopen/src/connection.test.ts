import { describe, expect, test } from '@jest/globals';
import { COLUMNS, countedRow, dataRow, displayRow, parseAttempt, type Attempt } from './connection.js';

const ATTEMPT: Attempt = {
  timeUs: 1_795_000_000_000_042, result: 'OK', netns: 4026531840, source: '192.0.2.7', sourcePort: 40000, destination: '192.0.2.1', destinationPort: 443, onCpuPid: 12, onCpuCommand: 'curl',
};
const LINE = '1795000000000042\tOK\t4026531840\t192.0.2.7\t40000\t192.0.2.1\t443\t12\tcurl';

describe('lines of the script', () => {
  test.each<[string, string, Attempt | undefined]>([
    ['a success', LINE, ATTEMPT],
    ['a failure', LINE.replace('OK', 'FAILED'), { ...ATTEMPT, result: 'FAILED' }],
    ['a command with a tab', `${LINE}\tx`, { ...ATTEMPT, onCpuCommand: 'curl\tx' }],
    ['another result', LINE.replace('OK', 'MAYBE'), undefined],
    ['cut short', LINE.split('\t').slice(0, 6).join('\t'), undefined],
    ['no time', LINE.replace(/^\d+/, 'now'), undefined],
    ['empty', '', undefined],
  ])('%s', (_name, line, attempt) => {
    expect(parseAttempt(line)).toEqual(attempt);
  });
});

test('rows for people: endpoints, and the server as the process', () => {
  const { from, to, pid, command, result } = displayRow({ ...ATTEMPT, source: '2001:db8::7' }, { pid: 99, command: 'nginx' });
  expect([from, to, pid, command, result]).toEqual(['[2001:db8::7]:40000', '192.0.2.1:443', 99, 'nginx', 'OK']);
  expect(displayRow(ATTEMPT, undefined)).toMatchObject({ pid: null, command: null });
  expect(displayRow(ATTEMPT, undefined)['time']).toMatch(/^\d\d:\d\d:\d\d$/);
});

test('rows for programs: microseconds, and the process on the CPU apart from the server', () => {
  expect(dataRow(ATTEMPT, { pid: 99, command: 'nginx' })).toEqual({
    time: '2026-11-18T11:06:40.000042Z', result: 'OK', source: '192.0.2.7', source_port: 40000, destination: '192.0.2.1', destination_port: 443,
    pid: 99, command: 'nginx', on_cpu_pid: 12, on_cpu_command: 'curl', netns: 4026531840, count: 1,
  });
  expect(dataRow({ ...ATTEMPT, onCpuPid: 0, onCpuCommand: 'swapper/1' }, undefined)).toMatchObject({ pid: null, command: null, on_cpu_pid: null, on_cpu_command: null });
});

test('failures that were only counted', () => {
  expect(countedRow(3, ATTEMPT.timeUs, 'people', ', at any address')).toMatchObject({ result: 'FAILED', from: null, command: '3 counted by the kernel, at any address' });
  expect(countedRow(3, ATTEMPT.timeUs, 'programs', '')).toMatchObject({ result: 'FAILED', source: null, count: 3, time: '2026-11-18T11:06:40.000042Z' });
});

test('IPv4 rows fit 80 columns', () => {
  expect(COLUMNS.reduce((sum, { width }) => sum + width + 1, -1)).toBeLessThanOrEqual(80);
});
