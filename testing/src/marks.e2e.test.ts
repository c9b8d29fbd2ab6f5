/** USDT probes on this machine: every kind of argument against what the program itself prints, semaphores, libraries, Debian's python3. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';
import { marksScript } from './programs-scripts.js';

const SOURCE = join(CHECKOUT, 'testing/programs/marks.c');
const PYTHON = realpathSync('/usr/bin/python3');
const BUILDS = {
  'gcc -O0': ['gcc', '-O0'],
  'gcc -O2': ['gcc', '-O2', '-g'],
  'gcc -O2, stripped of debug information, semaphores': ['gcc', '-O2', '-DSEMAPHORES'],
  'gcc -O2 -no-pie, semaphores': ['gcc', '-O2', '-no-pie', '-DSEMAPHORES'],
  'gcc -O0 -no-pie': ['gcc', '-O0', '-no-pie'],
  'gcc -O3 -static': ['gcc', '-O3', '-static', '-DSEMAPHORES'],
  'clang -O0, semaphores': ['clang', '-O0', '-DSEMAPHORES'],
  'clang -O2': ['clang', '-O2'],
} as const;
type Build = keyof typeof BUILDS;
const NAMES = Object.keys(BUILDS) as Build[];

let folder = '';
const path = (build: Build): string => join(folder, `marks${NAMES.indexOf(build)}`);
const linked = (): string => join(folder, 'linked');
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-marks-'));
  for (const build of NAMES) {
    const [compiler, ...options] = BUILDS[build];
    execFileSync(compiler, [...options, '-o', path(build), SOURCE]);
  }
  execFileSync('gcc', ['-O2', '-shared', '-fPIC', '-DLIBRARY', '-DSEMAPHORES', '-Wl,-soname,libmarks.so.1', '-o', join(folder, 'libmarks.so.1'), SOURCE]);
  execFileSync('gcc', ['-O2', '-DLINKED', '-o', linked(), SOURCE, join(folder, 'libmarks.so.1'), '-Wl,-rpath,$ORIGIN']);
  copyFileSync(linked(), join(folder, 'another'));
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('arguments are what the program printed', () => {
  test.each(NAMES)('%s', async (build) => {
    const { stdout, stderr } = await stapkit('stapkit', ['-e', marksScript(`process("${path(build)}")`), '-c', `sh -c '${path(build)} 300 > ${folder}/printed'`]);
    const own = execFileSync('cat', [`${folder}/printed`], { encoding: 'latin1' }).split('\n');
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual(own.filter((line) => !line.startsWith('semaphores')));
    // A semaphore counts the probes that are there; "twice" has two places.
    expect(new Set(own.filter((line) => line.startsWith('semaphores')))).toEqual(new Set(BUILDS[build].some((one) => one === '-DSEMAPHORES') ? ['semaphores 1 2'] : []));
  });

  test('in a shared library, and only where the program uses it', async () => {
    const { stdout, stderr } = await stapkit('stapkit', ['-e', marksScript(`process("${linked()}").library("libmarks.so.1")`), '-c', `sh -c '${folder}/another 3 >/dev/null; ${linked()} 200 > ${folder}/printed; ${folder}/another 3 >/dev/null'`]);
    const own = execFileSync('cat', [`${folder}/printed`], { encoding: 'latin1' }).split('\n');
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual(own.filter((line) => !line.startsWith('semaphores')));
  });
});

/** One round of a program that waits for each: a line goes in, its lines come out. */
class Rounds {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string, unknown>;

  constructor(program: string) {
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async next(): Promise<string> {
    this.child.stdin.write('\n');
    let first = '';
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error('the program ended');
      first ||= line.value;
      if (line.value.startsWith('many')) return first;
    }
  }

  end(): void {
    this.child.stdin.end();
  }
}

describe('a semaphore is above 0 while its mark is probed', () => {
  test.each([
    ['by path', (program: string) => `process("${program}")`, 'semaphores 1 2'],
    ['by process', (_program: string, pid: number) => `process(${pid})`, 'semaphores 1 2'],
    ['only one of two', (program: string) => `process("${program}")`, 'semaphores 0 2'],
  ] as const)('%s', async (_name, of, expected) => {
    const program = path('gcc -O2, stripped of debug information, semaphores');
    const [rounds, other] = [new Rounds(program), new Rounds(program)];
    try {
      const before = await rounds.next();
      const marks = expected.endsWith('0 2') ? ['twice'] : ['none', 'twice'];
      const points = marks.map((mark) => `${of(program, rounds.child.pid ?? 0)}.mark("${mark}")`).join(', ');
      const during: string[] = [];
      const { stdout, stderr } = await stapkit('stapkit', ['-e', `probe begin { println("ready") } probe ${points} { printf("%s %d\\n", $$name, pid()) }`, '-T', '20'], {
        started: (session) => {
          session.stdout?.once('data', () => {
            void (async () => {
              // Handlers run when begin has ended, a moment after its output.
              await new Promise((resolve) => setTimeout(resolve, 300));
              during.push(await rounds.next(), await other.next());
              await new Promise((resolve) => setTimeout(resolve, 300));
              session.kill('SIGINT');
            })();
          });
        },
      });
      expect({ before, during, after: [await rounds.next(), await other.next()], stderr }).toEqual({
        before: 'semaphores 0 0',
        during: [expected, _name === 'by process' ? 'semaphores 0 0' : expected],
        after: ['semaphores 0 0', 'semaphores 0 0'],
        stderr: '',
      });
      expect(stdout).toContain(`twice ${rounds.child.pid ?? 0}\n`);
      expect(stdout.includes(` ${other.child.pid ?? 0}\n`)).toBe(_name !== 'by process');
    } finally {
      rounds.end();
      other.end();
    }
  });
});

describe('names and texts', () => {
  test('-L lists marks with their arguments, -l by provider', async () => {
    const program = path('gcc -O2');
    const list = await stapkit('stapkit', ['-L', `process("${program}").mark("[nt]*")`]);
    expect(list.stdout.trim().split('\n')).toEqual([
      `process("${program}").mark("narrow") $arg1:long $arg2:long $arg3:long $arg4:long`, `process("${program}").mark("none")`,
      `process("${program}").mark("text") $arg1:long $arg2:long`, `process("${program}").mark("twice") $arg1:long`,
    ]);
    const provider = await stapkit('stapkit', ['-l', `process("${folder}/mark[1]").provider("k*").mark("t*")`.replace('mark[1]', 'marks[1]')]);
    expect(provider.stdout.trim().split('\n')).toEqual(['text', 'twice'].map((name) => `process("${program}").provider("kit").mark("${name}")`));
  });

  test('$$vars, $$parms, $$name, $$provider, pp(), @defined, variables of the code around', async () => {
    const program = path('gcc -O2');
    const { stdout, stderr } = await stapkit('stapkit', ['-e', `
      probe process("${program}").mark("twice") { if (n++ == 0) println(pp(), "|", $$vars, "|", $$provider, "|", $$name, "|", @defined($arg1), @defined($arg2), "|", probefunc()) }
      probe process("${program}").mark("narrow") { println($$parms, "|", $arg3$) }
      probe process("${program}").mark("none") { println("[", $$vars, "]") }
      probe process("${program}").mark("text") { println($pair$, "|", @cast($arg2, "struct pair")->second, "|", @cast($arg1, "char")[1], "|", @cast($arg2, "struct pair")$, "|", user_string($word)) }
      global n`, '-c', `sh -c '${program} 1 >/dev/null'`]);
    expect({ stderr, lines: stdout.trim().split('\n').sort() }).toEqual({ stderr: '', lines: [
      '$arg1=0x0 $arg2=0xc8 $arg3=0xffffffffffff8ad0 $arg4=0xea60|-30000',
      '[]',
      `process("${program}").mark("twice")|$arg1=0x1|kit|twice|10|round_of_marks`,
      '{.first=1000, .second=-5}|-5|108|{.first=1000, .second=-5}|alpha',
    ].sort() });
  });

  test.each([
    ['P.mark("narow")', "E0424: no mark 'narow' in", "similar names: 'narrow'"],
    ['P.provider("kot").mark("none")', "is of a provider 'kot'; its providers: kit", ''],
    ['process("/bin/ls").mark("none")', 'it has no USDT probes at all (no .note.stapsdt)', ''],
    ['L.mark("many")', 'it has no USDT probes at all', '.library("libmarks.so.1").mark("many")'],
    ['L.library("libmarks.so.1").mark("meny")', "E0424: no mark 'meny'", "similar names: 'many'"],
    ['P.mark("twice") { println($arg2) }', "has no variable '$arg2'", 'the mark has one argument, $arg1'],
    ['P.mark("twice") { println($arg1->x) }', "'$arg1' is 'long', not a structure", 'say what to: @cast($arg1, "struct NAME")->x'],
    ['S.mark("twice") { println($value) }', "has no variable '$value'", 'other variables need debug information: '],
  ])('%s', async (point, message, hint) => {
    const probe = point.replace(/^P/, `process("${path('gcc -O2')}")`).replace(/^S/, `process("${path('gcc -O2 -no-pie, semaphores')}")`).replace(/^L/, `process("${linked()}")`);
    const { stderr, status } = await stapkit('stapkit', ['-p2', '-e', `probe ${probe}${probe.endsWith('}') ? '' : ' {}'}`], { env: { DEBUGINFOD_URLS: '' } });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(status).toBe(1);
  });
});

test('Debian\'s python3: functions and lines of a program', async () => {
  const program = join(folder, 'greet.py');
  writeFileSync(program, 'def greet(name):\n    return "hi " + name\ndef twice(f):\n    f("a")\n    f("b")\ntwice(greet)\n');
  const of = `process("${PYTHON}").provider("python")`;
  const here = `if (user_string($arg1) == "${program}") printf("%s %s %d\\n", $$name, user_string($arg2), $arg3)`;
  const { stdout, stderr } = await stapkit('stapkit', ['-e', `probe ${of}.mark("function__*") { ${here} } probe ${of}.mark("line") { ${here} }`, '-c', `${PYTHON} ${program}`]);
  expect(stderr).toBe('');
  const linesOf = (name: string): string[] => stdout.trim().split('\n').filter((line) => line.startsWith(name)).map((line) => line.slice(name.length + 1));
  // A module begins at line 0 or 1, as its Python has it.
  expect(linesOf('function__entry').map((line) => line.replace(/^<module> 0$/, '<module> 1'))).toEqual(['<module> 1', 'twice 3', 'greet 1', 'greet 1']);
  expect(linesOf('function__return')).toEqual(['greet 2', 'greet 2', 'twice 5', '<module> 6']);
  expect(linesOf('line')).toEqual(['<module> 1', '<module> 3', '<module> 6', 'twice 4', 'greet 2', 'twice 5', 'greet 2']);
});
