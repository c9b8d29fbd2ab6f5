/** -l, -L and --dump-…: what can be probed and called, in stap's layout. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';

const LIBRARY = `
function foo:long(a:long, b:string) { return a }
function bar(x) { return "s" . x }
function noret(x) { println(x) }
function never_resolved(a, b) { }
function _hidden(a) { return bar(a) }
private function unseen(a) { return 1 }
function prio:long(a:long) { return a }
function prio:long(a:long, b:long) { return a }
probe my.alias = begin, end { x = 1 }
probe my.other = my.alias, kernel.function("vfs_read").call? if (1), timer.s(1)! { y = 2 }
probe my.suffix += begin { }
probe _my.hidden = begin { }
`;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-listing-'));
  writeFileSync(join(folder, 'my.stp'), LIBRARY);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

async function lines(...args: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr, status } = await stapkit('stapkit', args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.trimEnd().split('\n');
}

describe('--dump-…', () => {
  test('functions with their types: declared, found, or unknown', async () => {
    const all = await lines('-I', folder, '--dump-functions');
    const own = /^(?:foo|bar|noret|never_resolved|_hidden|unseen|prio):/;
    expect(all.filter((line) => own.test(line))).toEqual([
      'bar:string (x:string)', 'foo:long (a:long, b:string)', 'never_resolved:unknown (a:unknown, b:unknown)', 'noret:unknown (x:unknown)', 'prio:long (a:long)', 'prio:long (a:long, b:long)',
    ]);
    // Some that stap has with the same types.
    for (const known of ['pid:long ()', 'execname:string ()', 'user_string:string (addr:long)', 'strlen:long (s:string)', 'exit:unknown ()']) expect(all).toContain(known);
    expect((await lines('-v', '-I', folder, '--dump-functions')).filter((line) => own.test(line))).toContain('_hidden:string (a:string)');
  });

  test('aliases with what they stand for', async () => {
    const own = ['my.alias = begin, end', 'my.other = my.alias, kernel.function("vfs_read").call? if (1), timer.s(1)!', 'my.suffix += begin'];
    const all = await lines('-I', folder, '--dump-probe-aliases');
    expect(all.filter((line) => /^_?my\./.test(line))).toEqual(own);
    expect(all.some((line) => line.startsWith('syscall.openat = '))).toBe(true);
    expect((await lines('-v', '-I', folder, '--dump-probe-aliases')).filter((line) => /^_?my\./.test(line))).toEqual(['_my.hidden = begin', ...own]);
  });

  test('builtin probe points', async () => {
    const all = await lines('--dump-probe-types');
    for (const known of ['begin(number)', 'kernel.function(string).return', 'process(string).provider(string).mark(string)', 'netfilter.hook(string).pf(string).priority(string)']) expect(all).toContain(known);
  });

  test('only one of them', async () => {
    const { stderr, status } = await stapkit('stapkit', ['--dump-functions', '-l', 'begin']);
    expect(stderr).toContain('only one of -l, -L and --dump-* can be given');
    expect(status).toBe(1);
  });
});

describe('-l and -L', () => {
  test('syscall.* by name, with variables', async () => {
    const all = await lines('-L', 'syscall.*');
    const open = all.find((line) => line.startsWith('syscall.openat ')) ?? '';
    for (const variable of ['name:string', 'argstr:string', 'dfd:long', 'filename:string', '$filename:char*']) expect(open.replaceAll('const ', '').replaceAll(' const', '')).toContain(variable);
    expect(all.length).toBeGreaterThanOrEqual(10);
    expect(all).toEqual([...all].sort());
  });

  test('a kernel function with its variables', async () => {
    expect(await lines('-L', 'kernel.function("inet_csk_accept")')).toEqual([expect.stringMatching(/^kernel\.function\("inet_csk_accept(?:@[^"]*)?"\) \$sk:struct sock\*/) as unknown]);
  });

  test('the functions of a program', async () => {
    const { stdout } = await stapkit('stapkit', ['-l', 'process("/bin/ls").function("*")']);
    const exported = execFileSync('nm', ['-D', '--defined-only', '/bin/ls'], { encoding: 'utf8' }).split('\n').filter((line) => / [TW] /.test(line)).map((line) => line.split(' ')[2]);
    const listed = [...stdout.matchAll(/\.function\("([^"@]+)/g)].map(([, name]) => name);
    for (const name of exported) expect(listed).toContain(name);
  });
});
