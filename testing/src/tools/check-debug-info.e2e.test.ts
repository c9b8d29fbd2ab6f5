/** check-debug-info on programs of every kind, against readelf, eu-unstrip, dpkg and /proc; its word on probe points against the compiler's. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CHECKOUT, stapkit, type Finished } from '../checkout.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-check-'));
const root = join(folder, 'debug-root');
const file = (name: string): string => join(folder, name);
const tool = (command: string, ...words: readonly string[]): string => execFileSync(command, words, { encoding: 'utf8', cwd: folder, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
const build = (name: string, ...options: readonly string[]): string => tool('gcc', '-O2', `-Wl,--build-id=0x${createHash('sha1').update(name).digest('hex')}`, '-o', name, ...options);

/** How each program is made. */
const PROGRAMS: Readonly<Record<string, () => void>> = {
  plain: () => { build('plain', '-g', SOURCE); },
  'no-debug': () => { build('no-debug', SOURCE); },
  stripped: () => { build('stripped', SOURCE); tool('strip', 'stripped'); },
  'no-build-id': () => { build('no-build-id', '-g', '-Wl,--build-id=none', SOURCE); },
  dwarf4: () => { build('dwarf4', '-gdwarf-4', '-O0', SOURCE); },
  marks: () => { build('marks', '-g', '-rdynamic', join(CHECKOUT, 'testing/programs/marks.c')); tool('strip', 'marks'); },
  split: () => { tool('gcc', '-O2', '-g', '-gsplit-dwarf', '-c', '-o', 'split.o', SOURCE); build('split', 'split.o'); },
  separate: () => {
    build('separate', '-g', SOURCE);
    const target = join(root, '.build-id', buildIdOf('separate').replace(/^../, '$&/').concat('.debug'));
    mkdirSync(dirname(target), { recursive: true });
    tool('objcopy', '--only-keep-debug', 'separate', target);
    tool('strip', 'separate');
  },
  linked: () => { build('linked', '-g', SOURCE); tool('objcopy', '--only-keep-debug', 'linked', 'linked.debug'); tool('strip', 'linked'); tool('objcopy', '--add-gnu-debuglink=linked.debug', 'linked'); },
  packed: () => {
    build('packed', '-g', SOURCE);
    tool('objcopy', '-S', '--remove-section=.comment', '--keep-symbol=pointers', '--keep-symbol=globals', 'packed', 'mini');
    tool('strip', 'packed');
    tool('xz', 'mini');
    tool('objcopy', '--add-section', '.gnu_debugdata=mini.xz', 'packed');
  },
};
const NAMES = Object.keys(PROGRAMS);
const buildIdOf = (name: string): string => /Build ID: ([0-9a-f]+)/.exec(tool('readelf', '-nW', file(name)))?.[1] ?? '';

/** Defined functions of a symbol table, as readelf says. */
function functionsIn(name: string, table: '.symtab' | '.dynsym'): number {
  const [, part = ''] = new RegExp(`Symbol table '${table.replace('.', '\\.')}'([^']*)`).exec(tool('readelf', '-sW', file(name))) ?? [];
  return part.split('\n').filter((line) => / (?:FUNC|IFUNC) /.test(line) && !/ (?:UND|ABS) /.test(line)).length;
}

type Row = Readonly<Record<string, string | number | null>>;
const rowsOf = ({ stdout }: Finished): readonly Row[] => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Row);

let server: Server;
let address = '';
const asked: string[] = [];
let sleeper: ChildProcess;
const environment = { SYSTEMTAP_DEBUGINFO_PATH: `:.debug:${root}`, DEBUGINFOD_URLS: '', DEBUGINFOD_CACHE_PATH: join(folder, 'cache') };
const check = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> => stapkit('check-debug-info', args, { env: { ...environment, ...env }, timeoutMs: 120_000 });
/** Words of one command line: a row for each program. */
let rows: ReadonlyMap<string, Row>;
let json: Finished;
let csv: Finished;
let columns: Finished;
let answered: Finished;
let process_: Finished;
let table: Finished;

beforeAll(async () => {
  for (const make of Object.values(PROGRAMS)) make();
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (url === `/buildid/${buildIdOf('stripped')}/debuginfo`) response.writeHead(200, { 'x-debuginfod-size': '123456' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sleeper = spawn('sleep', ['300'], { stdio: 'ignore' });
  const all = NAMES.map(file);
  [json, csv, columns, answered, process_] = await Promise.all([
    check(['--json', '--no-libraries', ...all]), check(['--csv', '--no-libraries', ...all]), check(['--no-libraries', file('plain'), file('stripped')]),
    check(['--json', '--no-libraries', file('stripped'), file('no-debug')], { DEBUGINFOD_URLS: address }), check(['--json', '--pid', String(sleeper.pid)]),
  ]);
  table = await check(['--pid', String(sleeper.pid)]);
  rows = new Map(rowsOf(json).map((row) => [String(row['path']).slice(folder.length + 1), row]));
}, 150_000);
jest.setTimeout(150_000);
afterAll(async () => {
  sleeper.kill();
  await new Promise((resolve) => { server.close(resolve); });
  rmSync(folder, { recursive: true, force: true });
});

test.each(NAMES)("%s: symbols, build-id, sections are readelf's", (name) => {
  const row = rows.get(name);
  const sections = tool('readelf', '-SW', file(name));
  expect([row?.['symtab_functions'], row?.['exported_functions']]).toEqual([functionsIn(name, '.symtab'), functionsIn(name, '.dynsym')]);
  expect(row?.['build_id']).toBe(buildIdOf(name) === '' ? null : buildIdOf(name));
  expect(row?.['call_frames']).toBe(sections.includes('.eh_frame ') ? 'yes' : 'no');
  expect(row?.['packed_functions']).toBe(sections.includes('.gnu_debugdata') ? 2 : 0);
  expect(row?.['marks']).toBe(tool('readelf', '-nW', file(name)).split('NT_STAPSDT').length - 1);
  expect(row?.['debug_link']).toBe(sections.includes('.gnu_debuglink') ? 'linked.debug' : null);
});

test.each(NAMES)("%s: the debug file is eu-unstrip's, and what is in it readelf's", (name) => {
  const row = rows.get(name);
  // BASE+SIZE BUILD-ID FILE DEBUG-FILE MODULE; "-": none, ".": in the file itself.
  const [, , , found = ''] = tool('eu-unstrip', '-n', `--debuginfo-path=-:${root}:.debug`, '-e', file(name)).trim().split(' ');
  const expected = found === '.' ? 'inside' : found === '-' ? 'none' : 'separate';
  expect([row?.['dwarf'], row?.['debug_file']]).toEqual([expected, expected === 'separate' ? realpathSync(found) : null]);
  if (expected === 'none') return;
  const place = expected === 'inside' ? file(name) : found;
  expect(row?.['dwarf_version']).toBe(Number(/Version: +(\d)/.exec(tool('readelf', '--debug-dump=info', '--dwarf-depth=1', place))?.[1]));
  // readelf follows links to .dwo files.
  if (name !== 'split') expect(row?.['inline']).toBe(tool('readelf', '--debug-dump=abbrev', place).includes('DW_TAG_inlined_subroutine') ? 'yes' : 'no');
  expect(row?.['split']).toBe(name === 'split' ? 'yes' : 'no');
});

test('the kinds are told apart', () => {
  expect(Object.fromEntries(NAMES.map((name) => [name, rows.get(name)?.['dwarf']]))).toMatchObject({ plain: 'inside', 'no-debug': 'none', stripped: 'none', separate: 'separate', linked: 'separate', packed: 'none', split: 'inside' });
  expect([rows.get('separate')?.['debug_file_by'], rows.get('linked')?.['debug_file_by']]).toEqual(['by build-id', 'by .gnu_debuglink']);
});

test('probe points that are said to work are those that the compiler finds', async () => {
  const POINTS = { function: 'function("*")', return: 'function("*").return', statement: 'statement("*@variables.c:*")', inline: 'function("*").inline', mark: 'mark("*")', plt: 'plt("*")' };
  // Parts in .dwo files are not looked at, which is said.
  const asked_ = NAMES.filter((name) => name !== 'split' && name !== 'marks').flatMap((name) => Object.entries(POINTS).map(([point, suffix]) => ({ name, point, text: `process("${file(name)}").${suffix}` })));
  const answers = rowsOf(await check(['--json', ...asked_.flatMap(({ text }) => ['--probe', text])]));
  expect(answers.map(({ point }) => point)).toEqual(asked_.map(({ text }) => text));
  const works = (name: string, point: string): boolean => String(rows.get(name)?.['works']).split(' ').includes(point);
  expect(asked_.map(({ name, point }) => [name, point, works(name, point)])).toEqual(asked_.map(({ name, point }, index) => [name, point, Number(answers[index]?.['places']) > 0]));
  expect(String(rows.get('marks')?.['works'])).toMatch(/\bmark\b/);
});

test('CSV has what JSON has; columns fit, with the table and the mend', () => {
  const [head = '', ...lines] = csv.stdout.trim().split('\n');
  expect(head.split(',')).toEqual(Object.keys(rowsOf(json)[0] ?? {}));
  expect(lines.map((line) => line.split(',')[2])).toEqual(rowsOf(json).map(({ path }) => path));
  expect([json.status, csv.status, columns.status]).toEqual([1, 1, 1]);
  expect(columns.stdout).toContain(`  build-id     ${buildIdOf('stripped')}\n`);
  expect(columns.stdout).toContain('  mend         compile it with -g\n');
  expect(columns.stdout).toContain(`  ${file('stripped')}: of no package: compile it with -g\n`);
});

test('servers are asked, and nothing is fetched', async () => {
  const found = new Map(rowsOf(answered).map((row) => [row['path'], row]));
  const [has, hasNot] = [found.get(file('stripped')), found.get(file('no-debug'))];
  expect([has?.['debuginfod'], has?.['url']]).toEqual([`${address} has it`, `${address}/buildid/${buildIdOf('stripped')}/debuginfo`]);
  expect([hasNot?.['debuginfod'], hasNot?.['url']]).toEqual([`${address} does not have it`, null]);
  expect(new Set(asked).size).toBe(asked.length);
  expect(() => readdirSync(join(folder, 'cache'))).toThrow();
  const closed = createServer();
  await new Promise<void>((resolve) => { closed.listen(0, '127.0.0.1', resolve); });
  const nobody = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => { closed.close(resolve); });
  const gone = await check(['--json', '--no-libraries', '--missing', file('stripped'), file('plain')], { DEBUGINFOD_URLS: nobody });
  expect(rowsOf(gone).map((row) => [row['path'], row['debuginfod']])).toEqual([[file('stripped'), `${nobody}: ECONNREFUSED`]]);
});

test('a process: the files that it has mapped as code; their packages are dpkg\'s', () => {
  const maps = readFileSync(`/proc/${sleeper.pid ?? 0}/maps`, 'latin1').split('\n');
  const mapped = [...new Set(maps.filter((line) => / r-xp .* \//.test(line)).map((line) => line.slice(line.indexOf('/'))))].sort();
  const seen = rowsOf(process_);
  expect(seen.map(({ name }) => String(name)).sort()).toEqual(mapped);
  expect(table.stdout).toMatch(/^FUNCTIONS +DWARF +INLINE +LINES +STACKS +MARKS +FILE$/m);
  expect(table.stdout.split('\n').filter((line) => mapped.some((path) => line.endsWith(` ${path}`)))).toHaveLength(mapped.length);
  expect(seen[0]?.['name']).toBe(realpathSync(`/proc/${sleeper.pid ?? 0}/exe`));
  for (const { package: owner, version, pid } of seen) expect([version, pid]).toEqual([tool('dpkg-query', '-Wf', '${Version}\n', String(owner)).split('\n')[0], sleeper.pid]);
  const coreutils = seen.find(({ package: owner }) => owner === 'coreutils');
  expect(coreutils?.['install']).toMatch(new RegExp(`apt-get install coreutils-dbg(?:sym)?=${String(coreutils?.['version']).replace(/[+.]/g, '\\$&')}$`));
  expect(coreutils?.['url']).toBe(`https://debuginfod.debian.net/buildid/${String(coreutils?.['build_id'])}/debuginfo`);
});

test('a package: its programs and libraries, as dpkg lists and file(1) would name them', async () => {
  const listed = tool('dpkg-query', '--listfiles', 'xz-utils').split('\n').filter((path) => path.startsWith('/usr/bin/')).map((path) => realpathSync(path));
  const programs = [...new Set(listed)].filter((path) => readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF').sort();
  const { stdout, status } = await check(['--json', '--package', 'xz-utils']);
  expect(rowsOf({ stdout } as Finished).map(({ path }) => path).sort()).toEqual(programs);
  expect(status).toBe(1);
});

test('the kernel: its release and build-id, and what it lets be probed', async () => {
  const { stdout, stderr, status } = await check(['--json']);
  const [row] = rowsOf({ stdout } as Finished);
  expect(stderr).toBe('');
  expect([row?.['kind'], row?.['name']]).toEqual(['kernel', release()]);
  expect(readFileSync('/sys/kernel/notes').toString('hex')).toContain(String(row?.['build_id']));
  expect(String(row?.['works'])).toMatch(/\bkernel\.trace\b/);
  expect(status).toBe(row?.['dwarf'] === 'none' ? 1 : 0);
});

const WRONG: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['no such program', ['no-such-program'], /^check-debug-info: there is no program 'no-such-program'; it is looked for along PATH/],
  ['no such library', ['libno-such'], /^check-debug-info: there is no library 'libno-such'; ldconfig -p lists them/],
  ['no such process', ['--pid', '4194304'], /^check-debug-info: there is no process 4194304; ps -e lists them\n$/],
  ['bad pid', ['--pid', 'x'], /^check-debug-info: --pid: 'x' is not a process id \(1 to 4194304\); see check-debug-info --help\n$/],
  ['no such module', ['--module', 'no_such'], /^check-debug-info: --module: there is no module 'no_such' of this kernel; lsmod/],
  ['no such package', ['--package', 'no-such'], /^check-debug-info: --package: there is no installed package 'no-such'\n$/],
  ['unknown flag', ['--bogus'], /^check-debug-info: unknown option '--bogus'; see check-debug-info --help\n$/],
  ['two formats', ['--json', '--csv'], /cannot be used with/],
  ['no folder for the output', ['-o', '/no/such/file'], /^check-debug-info: cannot write to '\/no\/such\/file': its folder does not exist\n$/],
];
test('wrong usage: one line with the cause, and status 2', async () => {
  const found = await Promise.all(WRONG.map(([, args]) => check(args)));
  expect(found.map(({ stdout, stderr, status }, index) => [WRONG[index]?.[0], stdout, stderr.trimEnd().split('\n').length, status])).toEqual(WRONG.map(([what]) => [what, '', 1, 2]));
  for (const [index, [, , message]] of WRONG.entries()) expect(found[index]?.stderr).toMatch(message);
});

test('status 0 where nothing is missing; --quiet says nothing', async () => {
  const [whole, lacking] = await Promise.all([check(['--quiet', '--probe', `process("${file('plain')}").function("pointers")`]), check(['--quiet', '--no-libraries', file('stripped')])]);
  expect([whole, lacking].map(({ stdout, stderr, status }) => [stdout, stderr, status])).toEqual([['', '', 0], ['', '', 1]]);
});

test('help in 80 columns; man page and completions are those of the package', async () => {
  const [help, man] = await Promise.all([check(['--help']), check(['--man'])]);
  expect(help.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  for (const part of ['Examples:', 'Exit status:']) expect(help.stdout).toContain(part);
  expect(man.stdout).toBe(readFileSync(join(CHECKOUT, 'tools/check-debug-info/dist/man/check-debug-info.8'), 'latin1'));
  expect(readFileSync(join(CHECKOUT, 'tools/check-debug-info/dist/completions/check-debug-info.bash'), 'latin1')).toContain('--servers');
});
