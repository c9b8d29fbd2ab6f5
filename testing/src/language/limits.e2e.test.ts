/**
 * Every limit (man stap, SAFETY AND SECURITY; reference 2.8): what is printed and said when it is exceeded, in a kernel handler
 * and in this process. More run-time errors are in limits.e2e.test.ts beside this folder.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { runHandlers, type HandlerOutcome } from '../handlers-of-one-session.js';

interface Case {
  readonly limit: string;
  readonly options: readonly string[];
  readonly globals: string;
  readonly statements: string;
  /** Output of the handler; errors without their place. */
  readonly stdout: string;
  readonly errors: readonly string[];
}

/** Limits that stand together without touching one another's cases: a session for each, and for each executor. */
const [DEFAULTS, SMALL, OTHER] = [[], ['-DMAXSTRINGLEN=16', '-DMAXMAPENTRIES=5', '-DMAXACTION=100'], ['-DMAXSTRINGLEN=1024', '-DMAXMAPENTRIES=2', '-DMAXACTION=200', '-DMAXNESTING=8']] as const;

const fine = (limit: string, options: readonly string[], globals: string, statements: string, stdout: string): Case => ({ limit, options, globals, statements, stdout: `${stdout}\n`, errors: [] });
const fails = (limit: string, options: readonly string[], globals: string, statements: string, error: string, before = ''): Case => ({ limit, options, globals, statements, stdout: before, errors: [error] });

const CASES: readonly Case[] = [
  fine('MAXSTRINGLEN: 512 bytes with the NUL, silently cut', DEFAULTS, '', 's = "0123456789abcdef"; for (i = 0; i < 6; i++) s = s . s; println(strlen(s))', '511'),
  fine('MAXSTRINGLEN: of a concatenation', SMALL, '', 'println("0123456789" . sprint(zero) . "abcdef")', '0123456789' + '0abcd'),
  fine('MAXSTRINGLEN: of sprintf', SMALL, '', 's = sprintf("%030d", zero); println(strlen(s))', '15'),
  fine('MAXSTRINGLEN: of keys', SMALL, 'global a', 'a["0123456789" . "abcdefgh" . sprint(zero)] = 1; foreach (k in a) println(k, strlen(k))', '0123456789abcde15'),
  fine('MAXSTRINGLEN: larger', OTHER, '', 's = "0123456789abcdef"; for (i = 0; i < 6; i++) s = s . s; println(strlen(s))', '1023'),
  fine('MAXMAPENTRIES: as many', SMALL, 'global a', 'for (i = 0; i < 5; i++) a[i] = 1; println(zero)', '0'),
  fails('MAXMAPENTRIES: one more', SMALL, 'global a', 'for (i = 0; i < 6; i++) a[i] = 1; println(zero)', 'Array overflow, check MAXMAPENTRIES'),
  fails('MAXMAPENTRIES: by ++', OTHER, 'global a', 'a[1]++; a[2]++; a[3]++', 'Array overflow, check MAXMAPENTRIES'),
  fails('MAXMAPENTRIES: by <<<', OTHER, 'global a', 'a[1] <<< 1; a[2] <<< 1; a[3] <<< 1', 'Array overflow, check MAXMAPENTRIES'),
  fine('MAXMAPENTRIES: the default, 2048', DEFAULTS, 'global a', 'for (i = 0; i < 2048; i++) a[i] = 1; println(zero)', '0'),
  fails('MAXMAPENTRIES: more than the default', DEFAULTS, 'global a', 'for (i = 0; i < 2049; i++) a[i] = 1', 'Array overflow, check MAXMAPENTRIES'),
  fails('global a[N]', DEFAULTS, 'global a[2]', 'a[1] = 1; a[2] = 1; a[3] = 1', 'Array overflow, check size limit (2)'),
  fine('global a[N]: what is deleted makes room', DEFAULTS, 'global a[2]', 'a[1] = 1; a[2] = 1; delete a[1]; a[3] = 1; println(1 in a, 3 in a)', '01'),
  fine('MAXACTION: as many', OTHER, '', 'for (i = 0; i < 50; i++) zero++; println(zero)', '50'),
  fails('MAXACTION', SMALL, '', 'println("a"); for (i = 0; i < 1000; i++) zero++; println("b")', 'MAXACTION exceeded', 'a\n'),
  fails('MAXACTION: an endless loop, by default', DEFAULTS, '', 'while (1) zero++', 'MAXACTION exceeded'),
  fails('MAXACTION: in a function', SMALL, '', 'endless()', 'MAXACTION exceeded'),
  fine('MAXACTION_INTERRUPTIBLE: of handlers in this process, 10 times MAXACTION', SMALL, '', 'for (i = 0; i < 90; i++) { zero++; zero++ } println(zero)', '180'),
  fails('MAXACTION is not caught: the handler is out of time', SMALL, '', 'try { while (1) zero++ } catch (e) { println(e) }', 'MAXACTION exceeded'),
  fine('MAXNESTING: as deep', OTHER, '', 'println(deep(zero + 5))', '5'),
  fails('MAXNESTING', OTHER, '', 'println(deep(zero + 30))', 'MAXNESTING exceeded'),
  fine('MAXNESTING can be caught', OTHER, '', 'try { println(deep(zero + 30)) } catch (e) { println(e) }', 'MAXNESTING exceeded'),
];

const DEEP = 'function deep(n) { return n <= 0 ? 0 : 1 + deep(n - 1) }';
const ENDLESS = 'function endless() { while (1) print("") }';
const errorsOf = (stderr: string): readonly string[] => stderr.split('\n').filter((line) => line.startsWith('ERROR')).map((line) => line.replace(/^ERROR: (.*?) near .*$/, '$1'));

describe.each([['in this process', 'host'], ['in a kernel handler', 'kernel']] as const)('%s', (_where, executor) => {
  const found = new Map<Case, HandlerOutcome>();
  beforeAll(async () => {
    for (const options of [DEFAULTS, SMALL, OTHER]) {
      const cases = CASES.filter((one) => one.options === options);
      const { handlers, status } = await runHandlers(executor, cases.map(({ globals, statements }) => ({ statements, declarations: [globals, /deep/.test(statements) ? DEEP : '', /endless/.test(statements) ? ENDLESS : ''].join(' ') })), options);
      expect(status).toBe(1);
      cases.forEach((one, index) => { const outcome = handlers[index]; if (outcome !== undefined) found.set(one, outcome); });
    }
  }, 120_000);

  test.each(CASES)('$limit', (one) => {
    const { stdout, errors } = found.get(one) ?? { stdout: 'it did not run', errors: [] };
    expect({ stdout, errors: errors.map((error) => error.replace(/ near .*$/, '')) }).toEqual({ stdout: one.stdout, errors: one.errors });
  });
});

test.each([
  ['as many', '400', 'end\n', [], 0],
  ['one more', '100', 'error\n', ['MAXACTION exceeded'], 1],
] as const)("-DMAXACTION_INTERRUPTIBLE bounds this process's handlers alone: %s", async (_name, most, stdout, errors, status) => {
  const script = 'global n probe begin { for (i = 0; i < 90; i++) n++; exit() } probe end { println("end") } probe error { println("error") }';
  const result = await stapkit('stapkit', ['-w', '--no-global-var-display', `-DMAXACTION_INTERRUPTIBLE=${most}`, '-e', script]);
  expect({ stdout: result.stdout, errors: errorsOf(result.stderr), status: result.status }).toEqual({ stdout, errors, status });
});

describe('counts of a session', () => {
  const failing = (times: number): string => `global n probe timer.ms(1) { n++; if (n > ${times}) exit(); else error("no") } probe end { printf("end %d\\n", n) } probe error { printf("error %d\\n", n) }`;
  test.each<[string, readonly string[], number, string, string]>([
    ['MAXERRORS=0: the first error ends it', [], 3, 'error 1\n', 'WARNING: Number of errors: 1, skipped probes: 0'],
    ['MAXERRORS=2: the third', ['-DMAXERRORS=2'], 5, 'error 3\n', 'WARNING: Number of errors: 3, skipped probes: 0'],
    ['MAXERRORS=9: three are tolerated, and status 1', ['-DMAXERRORS=9'], 3, 'end 4\n', 'WARNING: Number of errors: 3, skipped probes: 0'],
  ])('%s', async (_name, options, times, stdout, warning) => {
    const result = await stapkit('stapkit', [...options, '-e', failing(times)]);
    expect(result).toMatchObject({ stdout, status: 1 });
    expect(result.stderr).toContain(warning);
  });
});

/**
 * A handler with a long loop, in a system call, is interrupted by the timer. Both have a foreach, whose rows a CPU has once:
 * reentrancy, which stap counts, and counts against MAXSKIPPED with INTERRUPTIBLE=0 alone (man stap, MAXSKIPPED).
 */
describe('MAXSKIPPED', () => {
  const script = `global n, a, b, last probe kernel.trace("sys_enter") { if (pid() == target()) { for (i = 0; i < 200000; i++) a[sprint(i % 50)] = sprint(n) . "x"; foreach (k in a limit 1) last[0] = k } }
    probe kernel.trace("hrtimer_expire_entry") { b[sprint(cpu())] = sprint(n++) . "y"; foreach (k in b limit 1) last[1] = k }
    probe end { println("end ", "1" in a, "0" in b) } probe error { println("error") }`;
  const skipping = (options: readonly string[]): ReturnType<typeof stapkit> => stapkit('stapkit', [
    '--no-global-var-display', '-DMAXACTION=1000000', ...options, '-e', script, '-c', 'sleep 0.2',
  ], { timeoutMs: 60_000 });

  test.each([['MAXSKIPPED=0', ['-DMAXSKIPPED=0']], ['-DINTERRUPTIBLE=0 -DMAXSKIPPED=1', ['-DINTERRUPTIBLE=0', '-DMAXSKIPPED=1']]])('%s: one too many ends the session', async (_name, options) => {
    const { stdout, stderr, status } = await skipping(options);
    expect({ stdout, status }).toEqual({ stdout: 'error\n', status: 1 });
    expect(stderr).toMatch(/^ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details\.\nWARNING: Number of errors: 0, skipped probes: [1-9]\d*\n/);
  }, 70_000);

  test.each([['as by default', []], ['--suppress-handler-errors', ['-DINTERRUPTIBLE=0', '-DMAXSKIPPED=0', '--suppress-handler-errors']]])('%s: counted, and the session goes on', async (_name, options) => {
    const { stdout, stderr, status } = await skipping(options);
    expect({ stdout, status }).toEqual({ stdout: 'end 11\n', status: 0 });
    expect(stderr).toMatch(/^WARNING: Number of errors: 0, skipped probes: [1-9]\d*\n$/);
  }, 70_000);
});

/** Limits of stap's module, each far below what the script wants of it: all of it is there, and one line each says that they do nothing. */
describe('-D of what has no meaning here', () => {
  const LIMITS = [
    'MAXTRYLOCK=5', 'TRYLOCKDELAY=5', 'MINSTACKSPACE=2048', 'STP_OVERLOAD_THRESHOLD=1000', 'STP_OVERLOAD_INTERVAL=1000', 'STP_NO_OVERLOAD', 'STP_MAXMEMORY=1',
    'MAXUPROBES=1', 'KRETACTIVE=1', 'MAPHASHBIAS=-8', 'STP_BUFFER_SIZE=64', 'STP_MAX_BUCKETS=4', 'HIST_LOG_BUCKETS=4', 'NO_SUCH_LIMIT=1',
  ];
  let result: Awaited<ReturnType<typeof stapkit>>;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stapkit-limits-'));
    const program = join(folder, 'deep');
    writeFileSync(`${program}.c`, `#define OF(name) __attribute__((noinline)) int name(int n) { return n == 0 ? 0 : 1 + name(n - 1) * 1; }
      OF(one) OF(two) OF(three) int main(void) { return one(40) + two(40) + three(40) == 120 ? 0 : 1; }`);
    execFileSync('gcc', ['-g', '-O0', '-no-pie', '-o', program, `${program}.c`]);
    const functions = ['one', 'two', 'three'];
    const probes = functions.map((name) => `probe process("${program}").function("${name}") { entered["${name}"]++ } probe process("${program}").function("${name}").return { left["${name}"]++; returned <<< $return }`).join('\n');
    const script = `global entered, left, returned, keys ${probes}
      probe begin { for (i = 0; i < 2048; i++) keys[i * 65536] = i }
      probe kernel.trace("sched_switch") { if (once++ == 0) printf("%4000d|%4000d|%4000d|\\n", 1, 2, 3) } global once
      probe end { foreach (name+ in entered) printf("%s %d %d\\n", name, entered[name], left[name]); n = 0; foreach (k in keys) n += keys[k] == k / 65536; println(n); print(@hist_log(returned)) }`;
    result = await stapkit('stapkit', [...LIMITS.flatMap((limit) => ['-D', limit]), '-e', script, '-c', program], { timeoutMs: 60_000 });
    rmSync(folder, { recursive: true });
  }, 70_000);

  test.each(LIMITS.map((limit, index) => [limit, index] as const))('%s: one line says so', (limit, index) => {
    const line = result.stderr.split('\n')[index] ?? '';
    expect(line.slice(line.indexOf('-D '))).toMatch(new RegExp(`^-D ${limit} has no effect: .{20}`));
  });

  const wide = (n: number): string => String(n).padStart(4000);
  test.each([
    ['a print longer than STP_BUFFER_SIZE is whole', `${wide(1)}|${wide(2)}|${wide(3)}|\n`],
    ['MAXUPROBES, KRETACTIVE: every function, every return of calls in calls', 'one 41 41\nthree 41 41\ntwo 41 41\n'],
    ['MAPHASHBIAS: keys of any bits', '\n2048\n'],
    ['STP_MAX_BUCKETS, HIST_LOG_BUCKETS: all buckets of a logarithm', '   32 |@@@'],
  ])('%s', (_what, expected) => {
    expect(result.stdout).toContain(expected);
  });

  test('and nothing else is said', () => {
    expect({ lines: result.stderr.trimEnd().split('\n').length, status: result.status }).toEqual({ lines: LIMITS.length, status: 0 });
  });
});
