import { expect, test } from '@jest/globals';
import { MetricsEndpoint, openMetrics } from './metrics-endpoint.js';

test.each([
  ['nothing', '', '# EOF\n'],
  ['samples of a name come together', 'a{x="1"} 1\nb 2\na{x="2"} 3\n', '# TYPE a unknown\na{x="1"} 1\na{x="2"} 3\n# TYPE b unknown\nb 2\n# EOF\n'],
  ['what the script declares stays', '# TYPE hits counter\n# HELP hits all of them\nhits_total 4\nhits_created 1\n', '# TYPE hits counter\n# HELP hits all of them\nhits_total 4\nhits_created 1\n# EOF\n'],
])('%s', (_name, text, expected) => { expect(openMetrics(text)).toBe(expected); });

test('a port that is taken: one line with what to do', async () => {
  const first = await MetricsEndpoint.open(0, () => '');
  try {
    const port = Number(new URL(first.url).port);
    await expect(MetricsEndpoint.open(port, () => '')).rejects.toThrow(`--prometheus: cannot listen on 127.0.0.1:${port}: EADDRINUSE`);
    expect((await fetch(first.url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(first.url.replace('metrics', 'other'))).status).toBe(404);
  } finally {
    first.close();
  }
});
