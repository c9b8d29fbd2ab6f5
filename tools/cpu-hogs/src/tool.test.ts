import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type Row } from '@stapkit/cli-kit';
import { CPU_HOGS, hogRow } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(CPU_HOGS, ['node', 'cpu-hogs', '--by', 'command', '--pid', '7'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'cpu-hogs.stp')), toolGlobals(CPU_HOGS, options));
  for (const line of ['global by = 2 ', 'global only_pid = 7 ', 'global interval_ticks = 10 ']) expect(script).toContain(line);
});

test.each<[string, Row | undefined]>([
  ['1000000\tnode\t7\t8\t123456\t9', { command: 'node', pid: 7, tid: 8, cpu_percent: 12.3, cpu_us: 123456, turns: 9 }],
  ['1000\ta\tb\t0\t0\t2000\t1', { command: 'a\tb', pid: null, tid: null, cpu_percent: 200, cpu_us: 2000, turns: 1 }],
  ['0\ta\t1\t0\t0\t1', { command: 'a', pid: 1, tid: null, cpu_percent: 0, cpu_us: 0, turns: 1 }],
  ['1000\ta', undefined],
])('line %p', (line, row) => {
  expect(hogRow(line.split('\t'))).toEqual(row);
});
