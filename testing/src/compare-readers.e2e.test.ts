/** scripts/compare-readers.mjs: what readers say of a program equals what binutils and LLVM say. It is made for large programs; this is a small one. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { CHECKOUT, run } from './checkout.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-compare-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('lines, functions, types, stacks, symbols and frames of an optimized C++ program', async () => {
  const path = join(folder, 'shapes');
  execFileSync('g++', ['-O2', '-g', '-o', path, join(CHECKOUT, 'testing/programs/shapes.cpp')]);
  const { stdout, stderr, status } = await run(process.execPath, [join(CHECKOUT, 'scripts/compare-readers.mjs'), '--sample', '500', path], { timeoutMs: 60_000 });
  expect(stderr).toBe('');
  const counts = [...stdout.matchAll(/: (\d+) compared, (\d+) different$/gm)].map(([, compared, different]) => ({ enough: Number(compared) > 1, different }));
  expect([stdout, counts]).toEqual([stdout, Array.from({ length: 9 }, () => ({ enough: true, different: '0' }))]);
  expect(status).toBe(0);
}, 90_000);
