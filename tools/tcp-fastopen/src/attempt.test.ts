import { expect, test } from '@jest/globals';
import { attemptRow, countedRow, parseAttempt, type Attempt } from './attempt.js';

const ATTEMPT: Attempt = {
  timeUs: 1_795_000_000_000_042, result: 'OK', netns: 4026531840, source: '192.0.2.7', sourcePort: 40000, destination: '192.0.2.1', destinationPort: 443, onCpuPid: 12, onCpuCommand: 'curl',
};
const LINE = '1795000000000042\tOK\t4026531840\t192.0.2.7\t40000\t192.0.2.1\t443\t12\tcurl';

test.each<[string, string, Attempt | undefined]>([
  ['a success', LINE, ATTEMPT],
  ['a failure', LINE.replace('OK', 'FAILED'), { ...ATTEMPT, result: 'FAILED' }],
  ['a request for a cookie', LINE.replace('OK', 'COOKIE'), { ...ATTEMPT, result: 'COOKIE' }],
  ['a command with a tab', `${LINE}\tx`, { ...ATTEMPT, onCpuCommand: 'curl\tx' }],
  ['another result', LINE.replace('OK', 'MAYBE'), undefined],
  ['cut short', LINE.split('\t').slice(0, 6).join('\t'), undefined],
  ['no time', LINE.replace(/^\d+/, 'now'), undefined],
  ['empty', '', undefined],
])('line of %s', (_name, line, attempt) => {
  expect(parseAttempt(line.split('\t'))).toEqual(attempt);
});

test('a row: the server as the process, and the process on the CPU apart from it', () => {
  expect(attemptRow(ATTEMPT, { pid: 99, command: 'nginx' })).toEqual({
    time: ATTEMPT.timeUs, result: 'OK', source: '192.0.2.7', source_port: 40000, destination: '192.0.2.1', destination_port: 443,
    pid: 99, command: 'nginx', on_cpu_pid: 12, on_cpu_command: 'curl', netns: 4026531840, count: 1,
  });
  expect(attemptRow({ ...ATTEMPT, onCpuPid: 0, onCpuCommand: 'swapper/1' }, undefined)).toMatchObject({ pid: null, command: null, on_cpu_pid: null, on_cpu_command: null });
  expect(countedRow(3, 5)).toMatchObject({ time: 5, result: 'FAILED', source: null, count: 3 });
});
