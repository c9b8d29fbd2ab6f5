/** Wildcards of functions: one program at all of them, each told apart by its cookie; with a link for each where the kernel has no other way. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

let programs: Programs;
let many: string;
beforeAll(() => {
  programs = buildPrograms(['many', 'calls']);
  many = programs.path('many');
});
afterAll(() => { programs.remove(); });

async function output(script: string, env: Readonly<Record<string, string>> = {}): Promise<{ readonly lines: readonly string[]; readonly stderr: string }> {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-v', '-e', script, '-c', many], { env, timeoutMs: 60_000 });
  expect([status, stderr.includes('WARNING')]).toEqual([0, false]);
  const lines = stdout.trim().split('\n');
  expect(lines).toContain('1001');
  return { lines: lines.filter((line) => line !== '1001'), stderr };
}

// In a script for a few functions by links of their own, for a thousand by one.
describe.each([['one link', {}, 'f???', 1000, /attached by uprobe_multi|attached by u(ret)?probe_multi/], ['a link each', { STAPKIT_ATTACH: 'single' }, 'f00?', 10, /attached by u(ret)?probe$/m]] as const)('%s', (_name, env, pattern, count, way) => {
  test('counts, by the name of the function as a key', async () => {
    const { lines, stderr } = await output(`global n probe process("${many}").function("${pattern}") { n[probefunc()]++ } probe end { foreach (f+ in n) println(f, " ", n[f]) }`, env);
    expect(lines).toEqual(Array.from({ length: count }, (_, index) => `f${String(index).padStart(3, '0')} ${index === 0 ? 2 : 1}`));
    expect(stderr).toMatch(way);
    expect(stderr).toMatch(new RegExp(`translated to BPF: [1-9] programs`));
  }, 60_000);

  test('names that are printed, at entries and returns, in the order of calls', async () => {
    const { lines } = await output(`global depth probe process("${many}").function("${pattern}").call { printf("%d %s %s %d\\n", depth++, ppfunc(), pp(), int_arg(1)) } probe process("${many}").function("${pattern}").return { printf("%d %s = %d\\n", --depth, ppfunc(), returnval()) }`, env);
    const names = [...Array.from({ length: count }, (_, index) => `f${String(index).padStart(3, '0')}`), 'f000'];
    const numbers = [...Array.from({ length: count }, (_, index) => index), 1000];
    expect(lines).toEqual(names.flatMap((name, index) => [`0 ${name} process("${many}").function("${name}") ${numbers[index] ?? -1}`, `0 ${name} = ${(numbers[index] ?? -1) + 1}`]));
  }, 60_000);

  test('a name that decides something', async () => {
    const { lines } = await output(`probe process("${many}").function("${pattern}") { if (probefunc() == "f007") println("seven ", strlen(pp()) > 20) }`, env);
    expect(lines).toEqual(['seven 1']);
  }, 60_000);
});

test('handlers that differ between the functions have programs of their own', async () => {
  const { lines, stderr } = await output(`global n probe process("${many}").function("f00?").return { n += @entry(int_arg(1)) } probe end { println(n) }`);
  expect(lines).toEqual(['1045']);
  expect(stderr).toMatch(/translated to BPF: 2\d programs[^]*attached by uretprobe$/m);
}, 60_000);

test('an error says which wildcard', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['-e', `probe process("${many}").function("f00?") { println(1 / (int_arg(1) - 5)) }`, '-c', many]);
  expect(stdout.trim().split('\n').filter((line) => line !== '1001')).toEqual(['0', '0', '0', '0', '-1']);
  expect(stderr).toContain(`ERROR: division by 0 near operator '/' at <input>:1:`);
  expect(stderr).toContain(`in probe process("${many}").function("f00?")`);
  expect(status).toBe(1);
});

test('too many programs is one message', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-p4', '-e', `probe process("${many}").function("f*").return, process("${many}").function("f???").return, process("${many}").function("*f*").return { println(@entry(int_arg(1))) }`]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/error E0513: the script has \d{4} probes of different code in the kernel, and at most 2000 can be loaded/);
}, 60_000);
