import { expect, test } from '@jest/globals';
import { parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript } from '@stapkit/cli-kit';
import { RUNQ_LATENCY } from './tool.js';

test('the script has all globals that flags set', () => {
  const options = parseToolOptions(RUNQ_LATENCY, ['node', 'runq-latency', '--per-thread', '--pid', '7', '--interval', '1'], '1.0.0');
  const script = scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'runq-latency.stp')), toolGlobals(RUNQ_LATENCY, options));
  for (const line of ['global per_thread = 1 ', 'global only_pid = 7 ', 'global interval_ticks = 10 ']) expect(script).toContain(line);
});
