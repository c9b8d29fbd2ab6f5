/**
 * Random scripts mean the same in the kernel and in the host: text, messages, errors with their places, and all globals.
 *
 * STAPKIT_FUZZ_SEED repeats a run; STAPKIT_FUZZ_SECONDS is how long it searches.
 */
import { expect, test } from '@jest/globals';
import { fuzz } from './fuzz.js';

const SECONDS = Number(process.env['STAPKIT_FUZZ_SECONDS'] ?? 60);
const SEED = Number(process.env['STAPKIT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);

test('both executors agree on random scripts', () => {
  process.stdout.write(`STAPKIT_FUZZ_SEED=${SEED} STAPKIT_FUZZ_SECONDS=${SECONDS}\n`);
  const report = fuzz(SEED, { seconds: SECONDS });
  process.stdout.write(`${report.scripts} random scripts, ${report.refused} refused, ${report.oversize} printed too much\n`);
  expect(report.difference ?? '').toBe('');
  expect(report.scripts).toBeGreaterThan(0);
  expect((report.refused + report.oversize) / report.scripts).toBeLessThan(0.1);
}, (SECONDS + 120) * 1000);
