/** memory-leak on a program that knows what it leaks, and has no frame pointers. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stapkit, type Finished } from '../checkout.js';
import { buildPrograms, type Programs } from '../programs.js';

jest.setTimeout(120_000);

let programs: Programs;
let waiting: Finished & { readonly told: string };
let old: Finished;
let mapped: Finished;

/** A process that waits until the tool is armed: its unwind tables are known before it allocates. */
async function ofProcess(): Promise<typeof waiting> {
  const target = spawn(programs.path('leaks'), ['wait'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let told = '';
  target.stdout.on('data', (text: Buffer) => { told += text.toString(); });
  try {
    const seen = await stapkit('memory-leak', ['--pid', String(target.pid), '--json', '--top', '100'], { timeoutMs: 100_000, env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (child) => { child.stderr?.once('data', () => target.stdin.write('.')); } });
    return { ...seen, told };
  } finally {
    target.kill();
  }
}

beforeAll(async () => {
  programs = buildPrograms(['leaks'], mkdtempSync(join(tmpdir(), 'stapkit-leaks-')));
  [waiting, old, mapped] = await Promise.all([
    ofProcess(),
    stapkit('memory-leak', ['-c', programs.path('leaks'), '--csv', '--older', '250ms', '--top', '100'], { timeoutMs: 100_000 }),
    stapkit('memory-leak', ['-c', programs.path('leaks'), '--mmap', '--raw'], { timeoutMs: 100_000 }),
  ]);
});
afterAll(() => { programs.remove(); });

/** What the program says: function, bytes, blocks. */
const told = (text: string, word: 'held' | 'mapped'): Readonly<Record<string, readonly number[]>> => Object.fromEntries([...text.matchAll(new RegExp(`^${word} (\\w+) (\\d+) (\\d+)$`, 'gm'))].map(([, name = '', bytes, blocks]) => [name, [Number(bytes), Number(blocks)]]));

/** The same of rows: a function of the program may have several stacks, and one of libc between it and malloc. */
function byFunction(rows: readonly { readonly stack: string; readonly bytes: number; readonly blocks: number }[]): Readonly<Record<string, readonly number[]>> {
  const sums: Record<string, number[]> = {};
  for (const { stack, bytes, blocks } of rows) {
    const name = /(?:^|;)(hold_\w+|free_again|unmap_again)\+/.exec(stack)?.[1];
    if (name === undefined) continue;
    const sum = (sums[name] ??= [0, 0]);
    sum[0] = (sum[0] ?? 0) + bytes;
    sum[1] = (sum[1] ?? 0) + blocks;
  }
  return sums;
}

test('JSON: as many bytes and blocks of each function as the program leaked, by whole stacks', () => {
  expect([waiting.stderr, waiting.status]).toEqual(['__STAPKIT_ARMED\n', 0]);
  const rows = waiting.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { stack: string; bytes: number; blocks: number; newest_ms: number; oldest_ms: number });
  expect(byFunction(rows)).toEqual(told(waiting.told, 'held'));
  expect(rows.map(({ bytes }) => bytes)).toEqual(rows.map(({ bytes }) => bytes).sort((a, b) => b - a));
  expect(rows.filter(({ newest_ms: newest, oldest_ms: oldest }) => !(newest >= 0 && newest <= oldest))).toEqual([]);
  // All but the thread's come from main; what is beside the program's own is pthread_create's.
  for (const { stack } of rows) expect(stack).toMatch(/hold_thread\+.*;thread\+|;main\+/);
  expect(rows.filter(({ stack }) => !/hold_/.test(stack)).filter(({ stack }) => !/pthread_create/.test(stack))).toEqual([]);
});

test('CSV: what is held for longer than it took until all else came', () => {
  expect(old.status).toBe(0);
  const [head = '', ...lines] = old.stdout.split('\n').filter((line) => line.startsWith('time,') || /^\d{4}-/.test(line));
  const rows = lines.map((line) => Object.fromEntries(head.split(',').map((key, at) => [key, line.split(',')[at] ?? ''])) as Record<string, string>);
  expect(rows.find((row) => row['stack']?.startsWith('hold_old+') === true)).toMatchObject({ command: 'leaks', bytes: '5555', blocks: '1' });
  expect(rows.filter((row) => Number(row['oldest_ms']) < 250)).toEqual([]);
});

test('text: mappings', () => {
  expect(mapped.status).toBe(0);
  const found = [...mapped.stdout.matchAll(/^(\d+) bytes in (\d+) blocks?, held for [\dms to]+: leaks \(\d+\)\n {4}(.*)$/gm)].map(([, bytes, blocks, stack = '']) => ({ stack, bytes: Number(bytes), blocks: Number(blocks) }));
  expect(byFunction(found)).toEqual(told(mapped.stdout, 'mapped'));
});
