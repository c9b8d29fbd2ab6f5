import { expect, test } from '@jest/globals';
import type { Attempt } from './connection.js';
import { Summary } from './summary.js';

const attempt = (destination: string, result: Attempt['result'], source: string): Attempt => ({ timeUs: 0, result, netns: 1, source, sourcePort: 1, destination, destinationPort: 443, onCpuPid: 0, onCpuCommand: '' });

test('counts by server, the busiest first; counted failures last', async () => {
  const summary = new Summary();
  for (const [destination, result, source] of [['192.0.2.1', 'OK', 'a'], ['::1', 'OK', 'a'], ['::1', 'FAILED', 'b'], ['::1', 'OK', 'a']] as const) summary.add(attempt(destination, result, source));
  expect(summary.rows()).toEqual([{ server: '[::1]:443', ok: 2, failed: 1, clients: 2 }, { server: '192.0.2.1:443', ok: 1, failed: 0, clients: 1 }]);
  expect(summary.rows(4).at(-1)).toEqual({ server: '(any)', ok: null, failed: 4, clients: null });
  expect(await summary.render(false)).toBe('SERVER         OK  FAILED  CLIENTS\n[::1]:443       2       1        2\n192.0.2.1:443   1       0        1\n');
});
