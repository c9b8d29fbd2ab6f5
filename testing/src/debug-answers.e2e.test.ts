/** What was found in large debug information is kept: the same question again finds it, whatever happened to the file it is kept in. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
/** Of .debug_info, from which on answers are kept. */
const LARGE = 4 << 20;
let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-answers-'));
  path = join(folder, 'variables');
  execFileSync('gcc', ['-O2', '-g', '-Wl,--build-id', '-o', path, SOURCE]);
  // Zeros behind the last unit are padding.
  const info = join(folder, 'info');
  execFileSync('objcopy', ['-O', 'binary', '--only-section=.debug_info', '--set-section-flags', '.debug_info=alloc', path, info]);
  writeFileSync(info, Buffer.concat([readFileSync(info), Buffer.alloc(LARGE)]));
  execFileSync('objcopy', [`--update-section=.debug_info=${info}`, path]);
  mkdirSync(join(folder, 'cache'));
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('whole, damaged, torn or gone: the answer is the same, and it is kept', async () => {
  const kept = (): string => {
    const cache = join(folder, 'cache/stapkit/debug-answers');
    const files = readdirSync(cache).filter((name) => !name.endsWith('.tmp'));
    expect(files).toHaveLength(1);
    return join(cache, files[0]!);
  };
  const script = `probe process("${path}").function("squared") { println($$parms) } probe process("${path}").statement("globals@variables.c:*") { println($$locals) }`;
  const ask = async (): Promise<string> => {
    const { stdout, stderr } = await stapkit('stapkit', ['-p2', '-e', script], { env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') } });
    expect(stderr).toBe('');
    return stdout;
  };
  const first = await ask();
  expect(first).toMatch(/function\("squared@.*variables\.c:\d+"\)[^]*statement\("globals@/);
  const { ino } = statSync(kept());
  expect(await ask()).toBe(first);
  // All answers were there: nothing was written.
  expect(statSync(kept()).ino).toBe(ino);
  const whole = readFileSync(kept());
  for (const bytes of [whole.subarray(0, whole.length / 2), whole.map((byte, at) => (at === whole.length - 20 ? byte ^ 1 : byte)), Buffer.alloc(0)]) {
    writeFileSync(kept(), bytes);
    expect(await ask()).toBe(first);
    expect(readFileSync(kept()).equals(whole)).toBe(true);
  }
});
