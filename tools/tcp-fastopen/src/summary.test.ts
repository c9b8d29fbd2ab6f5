import { expect, test } from '@jest/globals';
import type { Attempt } from './attempt.js';
import { Summary } from './summary.js';

const attempt = (destination: string, result: Attempt['result'], source: string): Attempt => ({ timeUs: 0, result, netns: 1, source, sourcePort: 1, destination, destinationPort: 443, onCpuPid: 0, onCpuCommand: '' });

test('counts and rates by server and by peer, the busiest first; counted failures last', async () => {
  const summary = new Summary();
  for (const [destination, result, source] of [['192.0.2.1', 'OK', 'a'], ['::1', 'OK', 'a'], ['::1', 'FAILED', 'b'], ['::1', 'OK', 'a'], ['::1', 'COOKIE', 'c']] as const) summary.add(attempt(destination, result, source));
  expect(summary.servers(2)).toEqual([{ server: '[::1]:443', ok: 2, failed: 1, cookies: 1, clients: 3, rate: 1.5 }, { server: '192.0.2.1:443', ok: 1, failed: 0, cookies: 0, clients: 1, rate: 0.5 }]);
  expect(summary.servers(2, 4).at(-1)).toEqual({ server: '(any)', ok: null, failed: 4, cookies: null, clients: null, rate: 2 });
  expect(summary.peers(3, 2)).toEqual([{ peer: 'a', ok: 3, failed: 0, cookies: 0, rate: 1 }, { peer: 'b', ok: 0, failed: 1, cookies: 0, rate: 0.33 }]);
  expect(await summary.render(2, 2, 0, { boxed: false })).toBe([
    'SERVER        OK FAILED COOKIES CLIENTS ATTEMPTS/S', '[::1]:443      2      1       1       3        1.5', '192.0.2.1:443  1      0       0       1        0.5', '',
    'PEER OK FAILED COOKIES ATTEMPTS/S', 'a     3      0       0        1.5', 'b     0      1       0        0.5', '… and 1 more peers (--top 3)', '',
  ].join('\n').replace('--top', '--peers'));
  expect(summary.json(2, 1, 0).split('\n')[2]).toBe('{"peer":"a","ok":3,"failed":0,"cookies":0,"rate":1.5}');
});
