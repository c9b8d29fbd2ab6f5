/** -I, -G and --compatible: library folders of one's own, initial values, an older language. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';

const [major = '', minor = ''] = release().split('.');
const ARCH = process.arch === 'arm64' ? 'arm64' : 'x86_64';
/** Files of the -I folder. */
const FILES: Readonly<Record<string, string>> = {
  'values.stp': 'global lib_count = 40 function lib_next() { lib_count++; return lib_count } function lib_where() { return "any" } function lib_arch() { return "any" }\nprivate function secret() { return 1 } private global hidden = 3 function uses_private() { return secret() + hidden }',
  [`${major}.${minor}/where.stp`]: 'function lib_where() { return "this kernel" }',
  [`${ARCH}/arch.stp`]: 'function lib_arch() { return "this architecture" }',
  'names.stpm': '@define lib_twice(x) %( (@x * 2) %)',
  'aliases.stp': 'probe lib.start = begin { started = @lib_twice(4) } probe lib.around = begin(2) { x = 1 }, { printf("after %d ", x) }\nprobe lib.both.a = begin(3) { which = "a" } probe lib.both.b = begin(4) { which = "b" }',
  'embedded.stp': 'function lib_c:long() %{ STAP_RETURN(1) %}',
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-library-'));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test('functions, globals, macros, aliases and their variables; folders for this kernel and architecture come first', async () => {
  const script = 'probe lib.start { printf("%d %d %d %s, %s, %d; ", started, lib_next(), lib_count, lib_where(), lib_arch(), uses_private()) } probe lib.around { x++ } probe lib.both.* { printf("%s ", which) } probe begin(9) { println(@lib_twice(21)); exit() }';
  const { stdout, stderr, status } = await stapkit('stapkit', ['-I', folder, '-e', script]);
  expect({ stdout, stderr, status }).toEqual({ stdout: '8 41 41 this kernel, this architecture, 4; after 2 a b 42\n', stderr: '', status: 0 });
});

test.each([
  ["a library's embedded C is refused with its place", ['-e', 'probe begin { println(lib_c()) }'], "embedded.stp:1:10: error E0318: function 'lib_c'"],
  ['private functions stay in their file', ['-e', 'probe begin { println(secret()) }'], "error E0301: unresolved function 'secret'"],
  ['private globals as well', ['-e', 'probe begin { println(hidden + 1) }'], "warning W0301: never-assigned local variable 'hidden'"],
])('%s', async (_name, args, message) => {
  const { stderr } = await stapkit('stapkit', ['-p2', '-I', folder, ...args]);
  expect(stderr).toContain(message);
});

test('-l finds aliases of the folder', async () => {
  const { stdout } = await stapkit('stapkit', ['-I', folder, '-l', 'lib.*']);
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['lib.around', 'lib.start']));
});

test('a folder that is not there: one line', async () => {
  const { stderr, status } = await stapkit('stapkit', ['-I', join(folder, 'none'), '-e', 'probe begin { exit() }']);
  expect(stderr).toBe(`stapkit: -I: cannot read the folder '${join(folder, 'none')}': there is no such folder\n`);
  expect(status).toBe(1);
});

test.each([['1.3', 'old'], ['5.6', 'new']])('--compatible=%s is what systemtap_v tells', async (version, told) => {
  const { stdout } = await stapkit('stapkit', [`--compatible=${version}`, '-e', 'probe begin { println(%( systemtap_v <= "1.4" %? "old" %: "new" %)) exit() }']);
  expect(stdout).toBe(`${told}\n`);
});

describe('globals of an object that is run later (man stap, VARIABLES: "can then be set on the command line when calling staprun")', () => {
  beforeAll(async () => {
    const script = 'global number = 4, text = "a", unset, written private global own = 1 probe begin { written = number + 1; printf("%d %s %d %d %d%s\\n", number, text, unset + 1, written, own, number == 4 ? " four" : ""); exit() }';
    const { status } = await stapkit('stapkit', ['-w', '-p4', '-m', 'settable', '-G', 'text=b', '-e', script], { cwd: folder });
    expect(status).toBe(0);
  });

  test.each([
    [[], '4 b 1 5 1 four\n'],
    [['number=5', 'text=c d', 'unset=7'], '5 c d 8 6 1\n'],
    [['number=-0x10', 'text='], '-16  1 -15 1\n'],
    [['text=caf\u00e9'], '4 caf\xc3\xa9 1 5 1 four\n'],
  ])('%j', async (settings, expected) => {
    const { stdout, stderr } = await stapkit('stapkit-run', [join(folder, 'settable.o'), ...settings]);
    expect({ stdout, stderr }).toEqual({ stdout: expected, stderr: '' });
  });

  test.each([
    ['nothing=1', "the object has no global 'nothing' that can be set; it has: number, text, unset, written"],
    ['number=abc', 'number=abc: the global "number" is a number'],
  ])('%s is refused', async (setting, message) => {
    const { stderr, status } = await stapkit('stapkit-run', [join(folder, 'settable.o'), setting]);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
