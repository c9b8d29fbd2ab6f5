/** Limits and run-time errors, by both executors: the same script in a begin probe and in a kernel probe. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { runHandlers, type HandlerOutcome } from './handlers-of-one-session.js';

const IN_KERNEL = 'kernel.trace("sched_switch")';

interface Surroundings { readonly globals?: string; readonly functions?: string; readonly options?: readonly string[] }
type Row = readonly [name: string, statements: string, Surroundings, expected: string];

/** Runs the statements in begin, and in a kernel probe; each ends with END or ERR. */
async function both(statements: string, { globals = '', options = [], functions = '' }: Surroundings = {}): Promise<{ readonly host: Outcome; readonly kernel: Outcome }> {
  const last = 'probe end { println("END") } probe error { println("ERR") }';
  const script = (point: string): string => `global zero; ${globals} ${functions} probe begin(-1) { zero = 0 } probe ${point} { ${statements}; exit() } ${last}`;
  return { host: await outcome([...options, '-w', '-e', script('begin')]), kernel: await outcome([...options, '-w', '-e', script(IN_KERNEL)]) };
}

interface Outcome { readonly stdout: string; readonly errors: readonly string[]; readonly status: number | null }

async function outcome(args: readonly string[]): Promise<Outcome> {
  const { stdout, stderr, status } = await stapkit('stapkit', args);
  expect(stderr).not.toContain('bug in stapkit');
  // Places differ between the two scripts, and several CPUs can come to the same error.
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR')).map((line) => line.replaceAll(/<input>:\d+:\d+/g, 'PLACE').replace(/ in probe .*$/, ''));
  return { stdout: /(END|ERR)\n/.exec(stdout) === null ? stdout : stdout.replace(/^([\s\S]*?(?:END|ERR)\n)[\s\S]*$/, '$1'), errors: [...new Set(errors)], status };
}

/** All rows in a session for each executor, those with options (which do not touch one another) in another. Outcomes by name and executor. */
async function outcomes(rows: readonly Row[]): Promise<ReadonlyMap<string, HandlerOutcome>> {
  const found = new Map<string, HandlerOutcome>();
  for (const group of [rows.filter(([, , { options }]) => options === undefined), rows.filter(([, , { options }]) => options !== undefined)]) {
    const cases = group.map(([, statements, { globals = '', functions = '' }]) => ({ statements, declarations: `${globals} ${functions}` }));
    for (const where of ['host', 'kernel'] as const) {
      const { handlers, status } = await runHandlers(where, cases, group.flatMap(([, , { options = [] }]) => options));
      expect(status).toBe(handlers.some(({ errors }) => errors.length > 0) ? 1 : 0);
      handlers.forEach((one, index) => found.set(`${where} ${group[index]?.[0] ?? ''}`, one));
    }
  }
  return found;
}

describe('run-time errors', () => {
  const rows: readonly Row[] = [
    ['division by zero', 'println(1 / zero)', {}, "division by 0 near operator '/' at PLACE"],
    ['remainder of a division by zero', 'println(1 % zero)', {}, "division by 0 near operator '%' at PLACE"],
    ['error()', 'error("no luck")', {}, "no luck near identifier 'error' at PLACE"],
    ['an error in a function names the call', 'println(f(zero))', { functions: 'function f(x) { return 1 / x }' }, "division by 0 near operator '/' at PLACE (called from identifier 'f' at PLACE)"],
    ['an error in a function that a function calls', 'println(g(zero))', { functions: 'function f(x) { return 1 / x } function g(x) { return f(x) }' }, "division by 0 near operator '/' at PLACE (called from identifier 'g' at PLACE)"],
    ['an empty aggregate', 'println(@avg(s))', { globals: 'global s; probe timer.s(1000) { s <<< 1 }' }, "empty aggregate near operator '@avg' at PLACE"],
    ['an array that is full', 'for (i = 0; i < 9; i++) a[i] = 1', { globals: 'global a', options: ['-DMAXMAPENTRIES=4'] }, "Array overflow, check MAXMAPENTRIES near identifier 'a' at PLACE"],
    ['an array with a size of its own', 'for (i = 0; i < 9; i++) a[i] = 1', { globals: 'global a[3]' }, "Array overflow, check size limit (3) near identifier 'a' at PLACE"],
    ['an endless while', 'while (1) zero++', {}, "MAXACTION exceeded near keyword 'while' at PLACE"],
    ['an endless for', 'for (;;) zero++', {}, "MAXACTION exceeded near keyword 'for' at PLACE"],
    ['a loop beyond MAXACTION', 'for (i = 0; i < 5000; i++) zero += i', { options: ['-DMAXACTION=100'] }, "MAXACTION exceeded near keyword 'for' at PLACE"],
    ['calls beyond MAXNESTING', 'println(f(20))', { functions: 'function f(n) { zero++; return n < 2 ? 1 : n * f(n - 1) }' }, "MAXNESTING exceeded near identifier 'f' at PLACE (called from identifier 'f' at PLACE)"],
    ['a caught error that is raised anew', 'try { error("a") } catch (m) { error(m . "b") }', {}, "ab near identifier 'error' at PLACE"],
    ['an error in a catch', 'try { error("a") } catch { println(1 / zero) }', {}, "division by 0 near operator '/' at PLACE"],
  ];
  let found: ReadonlyMap<string, HandlerOutcome>;
  beforeAll(async () => { found = await outcomes(rows); }, 120_000);

  test.each(rows)('%s', (name, _statements, _surroundings, message) => {
    for (const where of ['host', 'kernel']) expect([where, found.get(`${where} ${name}`)]).toEqual([where, { stdout: '', errors: [message] }]);
  });

  test('one ends the session: error probes instead of end probes, status 1', async () => {
    const { host, kernel } = await both('println(1 / zero)');
    expect(host).toEqual({ stdout: 'ERR\n', errors: ["ERROR: division by 0 near operator '/' at PLACE"], status: 1 });
    expect(kernel).toEqual(host);
  });
});

describe('what is no error', () => {
  const rows: readonly Row[] = [
    ['strings are cut at MAXSTRINGLEN - 1 bytes', 'x = "abcdefgh" . "ijklmnop" . sprint(zero); println(x, strlen(x))', { options: ['-DMAXSTRINGLEN=12'] }, 'abcdefghijk11\n'],
    ['keys as well', 'a["abcdefgh" . "ijklmnop" . sprint(zero)] = 5; println(a["abcdefghijk"])', { globals: 'global a', options: ['-DMAXSTRINGLEN=12'] }, '5\n'],
    ['a wrapping array', 'for (i = 0; i < 900; i++) a[i] = 1; println(zero)', { globals: 'global a%[8]; probe timer.s(1000) { println(a[1]) }' }, '0\n'],
    ['a loop below MAXACTION', 'for (i = 0; i < 50; i++) t += i; println(t)', { options: ['-DMAXACTION=1000'] }, '1225\n'],
    ['recursion below MAXNESTING', 'println(f(5 + zero))', { functions: 'function f(n) { return n < 2 ? 1 : n * f(n - 1) }' }, '120\n'],
    ['deeper with -DMAXNESTING', 'println(f(50 + zero))', { functions: 'function f(n) { return n < 2 ? 1 : n + f(n - 1) }', options: ['-DMAXNESTING=60'] }, '1275\n'],
    ['try and catch', 'try { println(1 / zero) } catch (m) { println(m) }', {}, 'division by 0\n'],
    ['nested', 'try { try { error("a" . sprint(zero)) } catch (m) { error(m . "b") } } catch (n) { println(n) }', {}, 'a0b\n'],
    ['in a function', 'println(f(zero))', { functions: 'function f(x) { try { return 1 / x } catch { return 7 } }' }, '7\n'],
    ['around a function', 'try { println(f(zero)) } catch (m) { println(m) }', { functions: 'function f(x) { return 1 / x }' }, 'division by 0\n'],
    ['in recursion', 'println(f(4 + zero))', { functions: 'function f(n) { if (n == 0) error("x"); try { return f(n - 1) } catch (m) { if (n < 3) error(m . "y"); return strlen(m) } }' }, '3\n'],
    ['next in a function goes to the next overload', 'println(f(zero))', { functions: 'function f(x) { if (x == 0) next; return 1 } function f(x) { return 2 }' }, '2\n'],
  ];
  let found: ReadonlyMap<string, HandlerOutcome>;
  beforeAll(async () => { found = await outcomes(rows); }, 120_000);

  test.each(rows)('%s', (name, _statements, _surroundings, stdout) => {
    for (const where of ['host', 'kernel']) expect([where, found.get(`${where} ${name}`)]).toEqual([where, { stdout, errors: [] }]);
  });

  test.each<Row>([
    ['exit() lets the handler end', 'exit(); println("more")', {}, 'more\nEND\n'],
    ['exit() in a function', 'f(); println("more")', { functions: 'function f() { exit() }' }, 'more\nEND\n'],
    ['abort() does not', 'abort(); println("more")', {}, 'END\n'],
    ['abort() is not caught', 'try { abort() } catch { println("caught") } println("more")', {}, 'END\n'],
    ['abort() in a function', 'println(f(zero)); println("more")', { functions: 'function f(x) { if (x == 0) abort(); return x }' }, 'END\n'],
  ])('%s', async (_name, statements, options, stdout) => {
    const { host, kernel } = await both(statements, options);
    expect(host).toEqual({ stdout, errors: [], status: 0 });
    // Other CPUs may print the same before the session ends.
    expect({ ...kernel, stdout: [...new Set(kernel.stdout.split('\n'))].join('\n') }).toEqual({ ...host, stdout: [...new Set(stdout.split('\n'))].join('\n') });
  });
});

describe('the end of a session with errors', () => {
  test('the counts, and what failed', async () => {
    const { stderr, status } = await stapkit('stapkit', ['-e', 'probe begin { error("x") } probe error { println("e") }']);
    expect(stderr).toBe("ERROR: x near identifier 'error' at <input>:1:15 in probe begin\nWARNING: Number of errors: 1, skipped probes: 0\nPass 5: run failed.\n");
    expect(status).toBe(1);
  });

  test('MAXERRORS errors are tolerated: end probes, and status 1', async () => {
    const { stdout, status } = await stapkit('stapkit', ['-DMAXERRORS=1', '-e', 'probe begin { error("x") } probe timer.ms(10) { exit() } probe end { println("end") }']);
    expect({ stdout, status }).toEqual({ stdout: 'end\n', status: 1 });
  });

  test('an error in an end probe: the others are skipped, error probes run', async () => {
    const { stdout, status } = await stapkit('stapkit', ['-e', 'probe begin { exit() } probe end { error("x") } probe end(5) { println("no") } probe error { println("err") }']);
    expect({ stdout, status }).toEqual({ stdout: 'err\n', status: 1 });
  });

  test('--suppress-handler-errors shows none and goes on; the count is shown', async () => {
    const { stdout, stderr, status } = await stapkit('stapkit', ['--suppress-handler-errors', '-e', `global n; probe ${IN_KERNEL} { n++; error("x") } probe timer.ms(200) { exit() } probe end { println(n > 1) }`]);
    expect(stdout).toBe('1\n');
    expect(stderr).toMatch(/^WARNING: Number of errors: \d+, skipped probes: 0\nPass 5: run failed\.\n$/);
    expect(status).toBe(1);
  });
});

describe('options', () => {
  test('--suppress-time-limits with -g: a long loop runs to its end', async () => {
    const { stdout, status } = await stapkit('stapkit', ['-g', '--suppress-time-limits', '-e', `global a; probe ${IN_KERNEL} { if (a == 0) for (i = 0; i < 100000; i++) a++; exit() } probe end { println(a >= 100000) }`]);
    expect({ stdout, status }).toEqual({ stdout: '1\n', status: 0 });
  });

  test('--skip-badvars: 0, with a warning', async () => {
    const { stdout, stderr } = await stapkit('stapkit', ['--skip-badvars', '-e', `probe ${IN_KERNEL} { println($nothing); exit() }`]);
    expect(stdout).toMatch(/^0\n/);
    expect(stderr).toContain("'$nothing' is taken as 0");
  });

  test('-D without effect: one line, and the script runs', async () => {
    const { stdout, stderr } = await stapkit('stapkit', ['-DMAXTRYLOCK=10', '-DFOO=bar', '-e', 'probe begin { println("ran"); exit() }']);
    expect(stdout).toBe('ran\n');
    expect(stderr.split('\n').filter((line) => line !== '')).toEqual([expect.stringContaining('-D MAXTRYLOCK=10 has no effect'), expect.stringContaining('-D FOO=bar has no effect')]);
  });
});
