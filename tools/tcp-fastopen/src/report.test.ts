import { describe, expect, test } from '@jest/globals';
import { TextOutput } from '@stapkit/cli-kit';
import type { Attempt } from './connection.js';
import type { TfoOptions } from './options.js';
import { Report } from './report.js';
import { ServerOwners, type ProcessFiles } from './server-owner.js';

const ATTEMPT: Attempt = { timeUs: 1_795_000_000_000_042, result: 'OK', netns: 1, source: '192.0.2.7', sourcePort: 40000, destination: '192.0.2.1', destinationPort: 443, onCpuPid: 12, onCpuCommand: 'curl' };
const nobody: ProcessFiles = { processIn: () => undefined, pids: () => [], read: () => '', list: () => [], link: () => '' };

function reported(options: Partial<TfoOptions>, act: (report: Report) => void): string {
  let text = '';
  const output = new TextOutput(undefined, (_fd, bytes) => { text += Buffer.from(bytes).toString(); return bytes.length; });
  act(new Report({ header: true, way: 'auto', verbose: 0, ...options }, output, new ServerOwners(nobody)));
  output.flush();
  return text;
}

describe('formats', () => {
  test('columns, with the header at once', () => {
    expect(reported({}, (report) => { report.head(); })).toBe('TIME     RESULT SOURCE                DESTINATION               PID COMMAND\n');
    expect(reported({ header: false }, (report) => { report.attempt(ATTEMPT); })).toMatch(/^\d\d:\d\d:\d\d OK {5}192\.0\.2\.7:40000 {7}192\.0\.2\.1:443 {15}- -\n$/);
  });
  test('JSON', () => {
    expect(JSON.parse(reported({ json: true }, (report) => { report.attempt(ATTEMPT); }))).toMatchObject({ result: 'OK', source_port: 40000, on_cpu_pid: 12 });
  });
  test('CSV', () => {
    expect(reported({ csv: true }, (report) => { report.countedFailures(2); })).toMatch(/^time,result,source,source_port,.*,count\n[^,]+,FAILED(?:,){10}2\n$/);
  });
});

test('--count: nothing more is shown', () => {
  const text = reported({ count: 2, header: false, json: true }, (report) => {
    for (let round = 0; round < 5; round += 1) report.attempt(ATTEMPT);
    report.countedFailures(3);
    expect([report.full, report.seen, report.counted]).toEqual([true, 2, 0]);
  });
  expect(text.split('\n').length - 1).toBe(2);
});

test.each<[Partial<TfoOptions>, string]>([[{}, '3 counted by the kernel'], [{ port: 443 }, '3 counted by the kernel, at any address'], [{ addr: '::1' }, '3 counted by the kernel, at any address']])('counted failures do not know of filters: %j', (options, text) => {
  expect(reported({ header: false, ...options }, (report) => { report.countedFailures(3); }).trimEnd().endsWith(`- ${text}`)).toBe(true);
});

test('no failures, no row', () => {
  expect(reported({ header: false }, (report) => { report.countedFailures(0); report.countedFailures(-1); })).toBe('');
});
