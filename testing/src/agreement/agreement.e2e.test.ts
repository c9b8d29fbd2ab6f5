/**
 * Random scripts mean the same in the kernel and in the host: text, messages, errors with their places, exit state, and all globals.
 * A slice of STAPKIT_FUZZ_SECONDS (60) from a fresh seed, which is printed; STAPKIT_FUZZ_SEED repeats one. Longer searches:
 * scripts/fuzz-executors.mjs.
 */
import { expect, test } from '@jest/globals';
import { fuzz, minimize } from './fuzz.js';

const seconds = Number(process.env['STAPKIT_FUZZ_SECONDS'] ?? 60);
const seed = Number(process.env['STAPKIT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000);

/** What may come of a script beside a comparison, and for how many of a hundred: the rest of them would hide what is not compared. */
const ALLOWED: Readonly<Record<string, number>> = {
  /** A function changes the array that its caller walks. */
  'refused E0310': 2,
  'too large': 2,
  exhausted: 2,
  oversize: 1,
};

test('both executors agree on random scripts', () => {
  process.stdout.write(`STAPKIT_FUZZ_SEED=${seed}\n`);
  const { scripts, counts, failures } = fuzz(seed, { seconds });
  process.stdout.write(`${scripts} random scripts: ${[...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ')}\n`);
  expect(failures.map((failure) => minimize(failure)).join('\n')).toBe('');
  expect(counts.get('same') ?? 0).toBeGreaterThan(0);
  // One of a small number is no trend.
  const tooMany = [...counts].filter(([verdict, count]) => verdict !== 'same' && count > Math.max(3, (scripts * (ALLOWED[verdict] ?? 0)) / 100));
  expect(tooMany).toEqual([]);
}, (seconds + 240) * 1000);
