/**
 * Random scripts mean the same in the kernel and in the host: text, messages, errors with their places, and all globals.
 *
 * By default the scripts of a committed seed are run. STAPKIT_FUZZ_SECONDS=N searches for N seconds from a fresh seed, which
 * is printed; STAPKIT_FUZZ_SEED repeats a search.
 */
import { expect, test } from '@jest/globals';
import { fuzz } from './fuzz.js';

const seconds = process.env['STAPKIT_FUZZ_SECONDS'];
/** Of the default run. */
const COMMITTED = { seed: 3, scripts: 64 };
const SEED = Number(process.env['STAPKIT_FUZZ_SEED'] ?? (seconds === undefined ? COMMITTED.seed : Date.now() % 1_000_000_000));

test('both executors agree on random scripts', () => {
  process.stdout.write(`STAPKIT_FUZZ_SEED=${SEED}\n`);
  const report = fuzz(SEED, seconds === undefined ? { scripts: COMMITTED.scripts } : { seconds: Number(seconds) });
  process.stdout.write(`${report.scripts} random scripts, ${report.refused} refused, ${report.oversize} printed too much\n`);
  expect(report.difference ?? '').toBe('');
  expect(report.scripts).toBeGreaterThan(0);
  expect((report.refused + report.oversize) / report.scripts).toBeLessThan(0.1);
}, (Number(seconds ?? 60) + 120) * 1000);
