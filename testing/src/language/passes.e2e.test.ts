/** What the passes print (-p1, -p2, -p3), keep (-k) and say (--vp, -v), and warnings as errors or not at all (-W, -w). */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';

const SCRIPT = 'global a, b%[10], c = 3, s function f:long(x) { y = x + 1; return y } probe begin { a[1, "x"] = f(2); b[2] = c; c++; foreach ([i, j] in a) s <<< i; t = 3 }\n'
  + 'probe end { foreach (k in b) println(k, b[k], @count(s)) } probe kernel.trace("sched:sched_switch") if (c > 2) { c = 5 }';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-passes-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

test('-p1 prints what parses to the same again', async () => {
  const first = await stapkit('stapkit', ['-w', '-p1', '-e', SCRIPT]);
  expect(first.status).toBe(0);
  expect(first.stdout).toMatch(/^# parse tree dump\n# file <input>\nglobal a\nglobal b%\[10\]\nglobal c = 3\n/);
  const again = await stapkit('stapkit', ['-w', '-p1', '-'], { input: first.stdout });
  expect(again.stdout).toBe(first.stdout.replace('# file <input>', '# file <stdin>'));
});

test("-p2 has stap's layout: globals, functions and probes, each with its types and locals", async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-p2', '-e', SCRIPT]);
  expect(stdout).toBe([
    '# globals', 'a:long [long, string]', 'b%[10]:long [long]', 'c:long', 's:stats',
    '# functions', 'f:long (x:long)', '  # locals', '  y:long',
    '# probes', 'begin /* <- begin */', '  # locals', '  i:long', '  j:string', 'end /* <- end */', '  # locals', '  k:long', 'kernel.trace("sched:sched_switch") if (c > 2) /* <- kernel.trace("sched:sched_switch") if (c > 2) */', '',
  ].join('\n'));
  expect(stderr).toMatch(/^<input>:1:149: warning W0303: eliding assignment to 't'\n/);
  expect(status).toBe(0);
});

/** As stap 4.8 prints them, but for the parentheses of conditions. */
test('-p2 shows the way of each probe point through aliases', async () => {
  const script = [
    'probe a.b = timer.ms(5), timer.s(3) { println(1) }', 'probe c = a.b, begin ? { println(2) }', 'probe e += c, nosuch !, end { println(3) }',
    'probe h.k = e if (pid() > 1) { println(4) }', 'probe c ?, nothere ?, begin(3) ! { println(5) }', 'probe h.* if (tid() > 2) { println(6) }',
  ].join('\n');
  const { stdout, status } = await stapkit('stapkit', ['-w', '-p2', '-e', script]);
  const through = (name: string, chain: string): string => `${name} if ((pid() > 1) && (tid() > 2)) /* <- ${chain}e += c, nosuch!, end <- h.k = e if (pid() > 1) <- h.* if (tid() > 2) */`;
  const [times, start] = ['a.b = timer.ms(5), timer.s(3) <- c = a.b, begin? <- ', 'c = a.b, begin? <- '];
  expect(stdout.slice(stdout.indexOf('# probes')).trimEnd().split('\n')).toEqual([
    '# probes', `timer.ms(5) /* <- ${times}c?,nothere?,begin(3)! */`, `timer.s(3) /* <- ${times}c?,nothere?,begin(3)! */`, `begin? /* <- ${start}c?,nothere?,begin(3)! */`, 'begin(3)! /* <- c?,nothere?,begin(3)! */',
    through('timer.ms(5)', times), through('timer.s(3)', times), through('begin?', start), through('end', ''),
  ]);
  expect(status).toBe(0);
});

test('-p3 prints the intermediate code and the BPF, with the lines of the script', async () => {
  const { stdout, status } = await stapkit('stapkit', ['-w', '-p3', '-e', SCRIPT]);
  expect(stdout).toMatch(/^global c:long = 3$/m);
  // Which system an event belongs to stands in tracefs alone: a machine may not have it mounted.
  expect(stdout).toMatch(/^kernel probe kernel\.trace\("(sched:)?sched_switch"\).*\n {2}b0:\n {4}r0:long = load c\n/m);
  expect(stdout).toMatch(/^probe_\w+: # (tp_btf|raw_tp)\/sched_switch\n; <input>:2 .*\n {5}0: r\d = /m);
  expect(status).toBe(0);
});

test('-k keeps what each pass made', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-w', '-k', '-p4', '-m', 'kept', '-e', SCRIPT], { cwd: folder, env: { TMPDIR: folder } });
  const kept = /^Keeping temporary directory "(.*)"$/m.exec(stderr)?.[1] ?? '';
  expect(status).toBe(0);
  expect(readdirSync(kept).sort()).toEqual(['elaborated.txt', 'kept.o', 'parsed.stp', 'translated.txt']);
  expect(readFileSync(join(kept, 'elaborated.txt'), 'utf8')).toMatch(/^# globals\n/);
  expect((await stapkit('stapkit', ['-w', '-p1', join(kept, 'parsed.stp')])).status).toBe(0);
});

test.each([
  ['-v', ['-v', '-p2'], [1, 2]],
  ['--vp 01', ['--vp', '01', '-p2'], [2]],
  ['--vp 1000', ['--vp', '1000', '-p4', '-m', 'vp'], [1]],
  ['--vp 0011', ['--vp', '0011', '-p4', '-m', 'vp'], [3, 4]],
])('%s tells of passes', async (_name, args, passes) => {
  const { stderr } = await stapkit('stapkit', ['-w', ...args, '-e', SCRIPT], { cwd: folder, env: { STAPKIT_NO_CACHE: '1' } });
  expect([...stderr.matchAll(/^Pass (\d): /gm)].map(([, pass]) => Number(pass))).toEqual(passes);
});

const WARNS = 'probe begin { unread = 1; println("ran"); exit() }';

test('warnings are shown, and the script runs', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', WARNS, 'unused']);
  expect({ stdout, status }).toEqual({ stdout: 'ran\n', status: 0 });
  expect(stderr).toBe([
    // What the library uses of the arguments is known after pass 2.
    "<input>:1:15: warning W0303: eliding assignment to 'unread'", `1 | ${WARNS}`, '  |               ^^^^^^^^^^', "warning W0101: unused command line option $1/@1: 'unused'", '',
  ].join('\n'));
});

test('-w hides them', async () => {
  expect(await stapkit('stapkit', ['-w', '-e', WARNS, 'unused'])).toMatchObject({ stdout: 'ran\n', stderr: '', status: 0 });
});

test.each([[['-e', WARNS], 2, 'analysis failed'], [['-e', 'probe begin { println(1) }', 'unused'], 1, 'parse failed']])('-W makes them errors: %j', async (args, pass, failed) => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-W', ...args]);
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  expect(stderr).toContain('-W treats this warning as an error');
  expect(stderr).toMatch(new RegExp(`Pass ${pass}: ${failed}\\.\\n$`));
});
