/** SystemTap's own examples (Debian's systemtap-doc): all parse, and the language keeps none from compiling. */
import { expect, test } from '@jest/globals';
import { CHECKOUT, run } from '../checkout.js';

test('every example parses; what is missing is probes, functions and debug information, never the language', async () => {
  const { stdout, stderr, status } = await run(process.execPath, ['--max-semi-space-size=64', `${CHECKOUT}scripts/examples-report.mjs`, '--check'], { timeoutMs: 290_000 });
  expect({ stderr, status, said: /\*\*(language|internal error)\*\*/.exec(stdout) }).toEqual({ stderr: '', status: 0, said: null });
  const [, scripts, parse, elaborate] = (/(\d+) scripts: (\d+) parse, (\d+) elaborate, \d+ compile$/m.exec(stdout) ?? []).map(Number);
  expect(scripts).toBeGreaterThan(150);
  expect(parse).toBe(scripts);
  expect(elaborate).toBeGreaterThanOrEqual(120);
}, 300_000);
