/** A process in a mount namespace and a root of its own, whose program, library and debug files this machine does not have, probed by its PID. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit, type Finished } from './checkout.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-container-'));
const root = join(folder, 'root');
const SOURCE = join(CHECKOUT, 'testing/programs/container.c');
const lineWith = (part: string): number => readFileSync(SOURCE, 'utf8').split('\n').findIndex((line) => line.includes(part)) + 1;
/** The separate debug file of the second program is inside, below its /usr/lib/debug; that of its library beside it. */
const KINDS = ['whole', 'stripped'] as const;
const children = new Map<string, ChildProcess>();
const results = new Map<string, Finished>();
/** Of probed(), by kind of the program. */
const addresses = new Map<string, string>();

/** Builds into folder/new, which the script copies into the tmpfs that is the process's root. */
function build(kind: string): string {
  const made = join(folder, 'new');
  mkdirSync(join(made, 'app'), { recursive: true });
  const tool = (command: string, ...words: string[]): void => { execFileSync(command, words, { cwd: join(made, 'app') }); };
  const id = (name: string): string => createHash('sha1').update(`${kind} ${name} ${folder}`).digest('hex');
  tool('gcc', '-O2', '-g', '-fno-omit-frame-pointer', '-shared', '-fPIC', '-DLIBRARY', `-Wl,--build-id=0x${id('library')}`, '-Wl,-soname,libinside.so', '-o', 'libinside.so', SOURCE);
  tool('gcc', '-O2', '-g', '-fno-omit-frame-pointer', `-Wl,--build-id=0x${id('program')}`, '-o', 'inside', SOURCE, 'libinside.so', '-Wl,-rpath,/app');
  addresses.set(kind, `0x${/^([0-9a-f]+) T probed$/m.exec(execFileSync('nm', [join(made, 'app/inside')], { encoding: 'utf8' }))?.[1] ?? ''}`);
  if (kind === 'stripped') {
    const links = join(made, `usr/lib/debug/.build-id/${id('program').slice(0, 2)}`);
    mkdirSync(links, { recursive: true });
    tool('objcopy', '--only-keep-debug', 'inside', join(links, `${id('program').slice(2)}.debug`));
    tool('objcopy', '--only-keep-debug', 'libinside.so', 'libinside.debug');
    tool('strip', 'inside', 'libinside.so');
    tool('objcopy', '--add-gnu-debuglink=libinside.debug', 'libinside.so');
  }
  return made;
}

/** Starts the program where it alone is, beside the C library; what was built is removed before it runs. */
async function start(kind: string): Promise<number> {
  const made = build(kind);
  const libraries = [...execFileSync('ldd', ['/bin/true'], { encoding: 'utf8' }).matchAll(/(\/\S*\/(?:libc|ld-)[^ ]*)/g)].map(([, path = '']) => path);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(folder, 'enter.sh'), `set -e
mount -t tmpfs none ${root}
cp -r ${made}/. ${root}
for f in ${libraries.join(' ')}; do mkdir -p ${root}/$(dirname $f); cp -L $f ${root}/$f; done
rm -r ${made}
exec chroot ${root} /app/inside
`);
  const child = spawn('unshare', ['--mount', 'sh', join(folder, 'enter.sh')], { stdio: ['pipe', 'ignore', 'inherit'] });
  children.set(kind, child);
  const pid = child.pid ?? 0;
  const comm = (): string => { try { return readFileSync(`/proc/${pid}/comm`, 'latin1').trim(); } catch { return ''; } };
  while (comm() !== 'inside') {
    if (child.exitCode !== null) throw new Error(`the program ended with status ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return pid;
}

/** The program is told to go on when the session runs: a timer, not begin. */
const scriptOf = (pid: number, address: string): string => `
  probe process(${pid}).function("probed") { printf("function %d %s %d\\n", $request->id, user_string($request->name), $limit); println(sprint_ubacktrace()) }
  probe process(${pid}).function("twice").inline { printf("inline %s\\n", probefunc()) }
  probe process(${pid}).mark("served") { printf("mark %d %s\\n", $arg1, user_string($arg2)) }
  probe process(${pid}).library("libinside.so").function("in_library") { printf("library %d %s\\n", $pair->second, usymname(uaddr())) }
  probe process(${pid}).statement("probed@container.c:${lineWith('STATEMENT')}") { printf("statement %d %d %s\\n", $sum, $limit, pp()) }
  probe process(${pid}).function("labelled").label("out") { println("place label") }
  probe process(${pid}).plt("in_library") { println("place plt") }
  probe process(${pid}).plt("in_library").return { println("place plt-return") }
  probe process(${pid}).statement(${address}).absolute { println("place address") }
  probe process(${pid}).statement("*@container.c:${lineWith('STATEMENT')}") { println("place line") }
  probe process(${pid}).statement("*@container.c:${lineWith('long probed') + 1}").nearest { println("place nearest") }
  probe process(${pid}).library("libinside.so").statement("*@container.c:${lineWith('return pair->first')}") { println("place library-line") }
  probe process(${pid}).library("libinside.so").statement("*@container.c:${lineWith('#ifdef LIBRARY')}").nearest { println("place library-nearest") }
  probe process(${pid}).function("finished") { exit() }
  global started
  probe timer.ms(1) { if (!started++) system("kill -USR1 ${pid}") }`;

beforeAll(async () => {
  for (const kind of KINDS) {
    const pid = await start(kind);
    results.set(kind, await stapkit('stapkit', ['-w', '-e', scriptOf(pid, addresses.get(kind) ?? '')], { env: { DEBUGINFOD_URLS: '' }, timeoutMs: 60_000 }));
  }
}, 120_000);
afterAll(() => {
  for (const child of children.values()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

describe.each(KINDS)('%s', (kind) => {
  const lines = (word: string): readonly string[] => (results.get(kind)?.stdout ?? '').split('\n').filter((line) => line.startsWith(word));

  test('its files are not here', () => {
    expect([results.get(kind)?.stderr, existsSync(join(root, 'app')), existsSync('/app/inside')]).toEqual(['', false, false]);
  });

  test('.function with variables', () => {
    expect(lines('function')).toEqual(['function 7 seven 99', 'function 8 eight 100']);
  });

  test('.inline', () => {
    expect(lines('inline')).toEqual(['inline twice', 'inline twice']);
  });

  test('.mark', () => {
    expect(lines('mark')).toEqual(['mark 7 seven', 'mark 8 eight']);
  });

  test('.library("…").function', () => {
    expect(lines('library')).toEqual(['library 14 in_library', 'library 16 in_library']);
  });

  test('.statement', () => {
    expect(lines('statement').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['statement 106 99', 'statement 108 100']);
  });

  test('labels, calls by the PLT, statements by line, nearest and address, of the program and of its library', () => {
    const places = new Map<string, number>();
    for (const line of lines('place ')) places.set(line.slice('place '.length), (places.get(line.slice('place '.length)) ?? 0) + 1);
    expect(places).toEqual(new Map(['address', 'label', 'library-line', 'library-nearest', 'line', 'nearest', 'plt', 'plt-return'].map((place) => [place, 2])));
  });

  test('names in stacks', () => {
    const frames = (results.get(kind)?.stdout ?? '').split('\n').filter((line) => line.endsWith(' [inside]')).map((line) => line.replace(/\+.*/, ''));
    const whole = ['probed', 'serve', 'main', '_start'];
    expect(frames).toEqual([...whole, ...whole]);
  });
});
