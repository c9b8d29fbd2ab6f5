/** Bad input and a bad world: a clear message, the right exit status, nothing left attached. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { leftBehind, loadedPrograms } from './leftovers.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
let before: ReadonlySet<number>;
beforeAll(() => { programs = buildPrograms(['calls', 'opens']); before = loadedPrograms(); });
afterAll(async () => {
  programs.remove();
  expect(await leftBehind(before)).toEqual([]);
});

test('three different mistakes are all reported, each with a caret', async () => {
  const script = 'global a\nprobe begin {\n  x = pidd()\n  printf("%d\\n", "text")\n  y = 1 + "two"\n  println(x, y)\n}\n';
  const { stderr, status } = await stapkit('stapkit', ['-'], { input: script });
  expect(stderr).toMatch(/pidd/);
  expect(stderr.match(/^\s*\|?.*\^/gm)?.length).toBeGreaterThanOrEqual(3);
  for (const place of [':3:', ':4:', ':5:']) expect(stderr).toContain(place);
  expect(stderr).toContain('hint:');
  expect(status).toBe(1);
});

test('three syntax errors are all reported', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-'], { input: 'probe begin { x = ; }\nfunction f( { }\nprobe end { if x) y = 2 }\n' });
  for (const line of [1, 2, 3]) expect(stderr).toMatch(new RegExp(`:${line}:\\d+`));
  expect(status).toBe(1);
});

test('an unknown $var names the nearest ones', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe kernel.function("vfs_read") { println($coutn) }']);
  expect(stderr).toContain('$coutn');
  expect(stderr).toContain('$count');
  expect(status).toBe(1);
});

test.each([
  ['a missing kernel function', 'probe kernel.function("vfs_raed") { }', /vfs_raed.*[\s\S]*vfs_read/],
  ['a missing binary', 'probe process("/no/such/binary").function("main") { }', /\/no\/such\/binary/],
  ['a missing function in a binary', 'probe process("@PROGRAM@").function("prbed") { }', /prbed[\s\S]*probed/],
  ['a missing tracepoint', 'probe kernel.trace("sched_swich") { }', /sched_swich[\s\S]*sched_switch/],
  ['an unknown probe point', 'probe kernle.function("vfs_read") { }', /kernle/],
  ['embedded C', 'function f:long() %{ THIS->__retvalue = 1; %} probe begin { println(f()) }', /'?f'?/],
])('%s', async (_name, script, message) => {
  const { stderr, status } = await stapkit('stapkit', ['-e', script.replace('@PROGRAM@', programs.path('calls'))]);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/bug in stapkit|at .*\.js:/);
  expect(status).toBe(1);
});

test('optional points that are missing are no error; with none left it is', async () => {
  const some = await stapkit('stapkit', ['-e', 'probe kernel.function("no_such_thing") ?, begin { println("ok") exit() }']);
  expect(some.stdout).toBe('ok\n');
  expect(some.status).toBe(0);
});

test('a probe that fails at every hit stops at the error that is one too many', async () => {
  const script = 'global hits, zero = 0; probe syscall.openat { if (pid() == target()) { hits++; println(1 / zero) } } probe error { printf("%d hits\\n", hits) } probe end { println("end") }';
  const { stdout, stderr, status } = await stapkit('stapkit', ['-D', 'MAXERRORS=2', '-e', script, '-c', programs.path('opens')]);
  expect(stderr.match(/^ERROR: division by 0/gm)).toHaveLength(3);
  expect(stderr).toContain('Number of errors: 3, skipped probes: 0');
  expect(stdout).toMatch(/^3 hits$/m);
  expect(stdout).not.toContain('end');
  expect(status).toBe(1);
});

test('a full disk on -o', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-o', '/dev/full', '-e', 'probe begin { println("lost") exit() }']);
  expect(stderr).toMatch(/\/dev\/full|no space/i);
  expect(stderr).not.toMatch(/bug in stapkit/);
  expect(status).toBe(1);
});

test('a target that ends at once', async () => {
  const { stderr, stdout, status } = await stapkit('stapkit', ['-e', 'global n; probe syscall.close { if (pid() == target()) n++ } probe end { println(n >= 0 ? "end" : "") }', '-c', '/bin/true']);
  expect({ stdout, status, stderr }).toEqual({ stdout: 'end\n', status: 0, stderr: '' });
});

test('a target that does not exist', async () => {
  const missing = await stapkit('stapkit', ['-e', 'probe syscall.close { println(1) } probe end { println("end") }', '-c', '/no/such/program']);
  expect(missing.stderr).toMatch(/\/no\/such\/program/);
  expect(missing.status).toBe(1);
});

test("a command's failure is told, as stap tells it", async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe end { println(1) }', '-c', '/bin/false']);
  expect(stderr).toContain('WARNING: Child process exited with status 1');
  expect(status).toBe(1);
});

test('a run-time error in the kernel: message, place, error probes, status 1', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', 'global zero; probe syscall.open { if (pid() == target()) println(1 / zero) } probe end { println("end") } probe error { println("error probe") }', '-c', programs.path('opens')]);
  expect(stderr).toMatch(/^ERROR: division by 0 near operator '\/' at <input>:1:/m);
  expect(stdout).toContain('error probe');
  expect(stdout).not.toMatch(/^end$/m);
  expect(status).toBe(1);
});

test('without root: one line with cause and mend', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe syscall.open { println("x") }'], { uid: 65534, env: { HOME: '/tmp' } });
  expect(stderr).toMatch(/root|CAP_BPF/);
  expect(stderr).not.toMatch(/bug in stapkit/);
  expect(status).not.toBe(0);
});

test('a kernel that cannot probe functions says why', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-e', 'probe kernel.function("vfs_read") { exit() } probe timer.ms(500) { exit() }']);
  if (status === 0) return; // this machine can: the guests' tests cover it
  expect(stderr).toMatch(/kprobe/i);
  expect(stderr).toMatch(/fentry/i);
  expect(stderr).not.toMatch(/bug in stapkit/);
});
