/** Debug information that is not in the program: by build-id, by .gnu_debuglink, dwz's and split files, packed symbols, compressed sections. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, stapkit, type Finished } from './checkout.js';

const SOURCE = join(CHECKOUT, 'testing/programs/variables.c');
/** Of the statement that is probed. */
const LINE = `${SOURCE}:${readFileSync(SOURCE, 'utf8').split('\n').findIndex((line) => line.includes('NOINLINE void globals')) + 5}`;
const folder = mkdtempSync(join(tmpdir(), 'stapkit-debug-files-'));
/** Stands for /usr/lib/debug. */
const root = join(folder, 'debug-root');
const file = (name: string): string => join(folder, name);
const tool = (command: string, ...words: string[]): string => execFileSync(command, words, { encoding: 'utf8', cwd: folder });

/** Links the program that was compiled once; builds of the same code are of different build-ids. */
function build(name: string, object = 'O2.o', ...options: string[]): string {
  tool('gcc', '-o', file(name), `-Wl,--build-id=0x${createHash('sha1').update(name).digest('hex')}`, ...options, object);
  return file(name);
}

const buildIdOf = (path: string): string => /Build ID: ([0-9a-f]+)/.exec(tool('readelf', '-n', path))?.[1] ?? '';

/** Moves the debug information into a file of its own, as Debian's packages have it; the program has no link to it. */
function separate(name: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  tool('objcopy', '--only-keep-debug', file(name), target);
  tool('strip', file(name));
}

function byBuildId(name: string): string {
  const id = buildIdOf(file(name));
  return join(root, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`);
}

function linked(name: string, debugFile: string, ...options: string[]): void {
  build(name, 'O2.o', ...options);
  separate(name, file('link.debug'));
  mkdirSync(dirname(debugFile), { recursive: true });
  renameSync(file('link.debug'), debugFile);
  tool('objcopy', `--add-gnu-debuglink=${debugFile}`, file(name));
}

const NO_ID = '-Wl,--build-id=none';
/** How the debug information of each program is to be found, by name of the program. */
const FOUND: Readonly<Record<string, () => void>> = {
  'by build-id': () => { build('by build-id'); separate('by build-id', byBuildId('by build-id')); },
  '.gnu_debuglink, beside it': () => { linked('.gnu_debuglink, beside it', file('beside.debug'), NO_ID); },
  '.gnu_debuglink, in .debug': () => { linked('.gnu_debuglink, in .debug', file('.debug/inside.debug'), NO_ID); },
  '.gnu_debuglink, below the root': () => { linked('.gnu_debuglink, below the root', join(root, folder, 'below.debug'), NO_ID); },
  'eu-strip': () => { build('eu-strip', 'O2.o', NO_ID); tool('eu-strip', '-f', 'eu.debug', 'eu-strip'); },
  // The program has an id, the debug file lost it: the checksum tells.
  'a debug file without its build-id': () => {
    build('a debug file without its build-id');
    tool('objcopy', '--only-keep-debug', '--remove-section=.note.gnu.build-id', file('a debug file without its build-id'), file('no-id.debug'));
    tool('strip', file('a debug file without its build-id'));
    tool('objcopy', `--add-gnu-debuglink=${file('no-id.debug')}`, file('a debug file without its build-id'));
  },
  'dwz -m, absolute': () => { common('dwz -m, absolute', 'absolute.dwz', []); },
  'dwz -m -r, relative': () => { common('dwz -m -r, relative', 'relative.dwz', ['-r']); },
  'dwz -m, common file by build-id': () => {
    const moved = common('dwz -m, common file by build-id', 'moved.dwz', []);
    const id = buildIdOf(moved);
    mkdirSync(join(root, '.build-id', id.slice(0, 2)), { recursive: true });
    renameSync(moved, join(root, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`));
  },
  // As Debian has it: /usr/lib/debug/.build-id/…, which names ../../.dwz/….
  'dwz -m, of a separate file': () => {
    build('dwz -m, of a separate file');
    const debugFile = byBuildId('dwz -m, of a separate file');
    separate('dwz -m, of a separate file', debugFile);
    build('other of separate', 'O1.o');
    mkdirSync(join(root, '.dwz'), { recursive: true });
    tool('dwz', '-m', join(root, '.dwz/all.debug'), '-r', debugFile, file('other of separate'));
  },
  'zlib': () => { build('zlib', 'O2.o', '-gz=zlib'); },
  'zlib-gnu': () => { tool('objcopy', '--compress-debug-sections=zlib-gnu', build('plain for gnu'), file('zlib-gnu')); },
  'zstd': () => { tool('objcopy', '--compress-debug-sections=zstd', build('plain for zstd'), file('zstd')); },
  'zstd, by build-id': () => {
    build('zstd, by build-id');
    const target = byBuildId('zstd, by build-id');
    separate('zstd, by build-id', target);
    tool('objcopy', '--compress-debug-sections=zstd', target);
  },
  'type units of DWARF 4': () => { compiled('type units of DWARF 4', 'gcc', SOURCE, '-gdwarf-4', '-fdebug-types-section'); },
  'type units of DWARF 5': () => { compiled('type units of DWARF 5', 'gcc', SOURCE, '-gdwarf-5', '-fdebug-types-section'); },
  // Compiled and linked in two steps: the .dwo has its object's name.
  '.dwo of DWARF 4': () => { split('.dwo of DWARF 4', 'four', '-gdwarf-4'); },
  '.dwo of DWARF 5': () => { split('.dwo of DWARF 5', 'five', '-gdwarf-5'); },
  '.dwo beside the program': () => {
    split('.dwo beside the program', 'elsewhere/moved', '-gdwarf-5');
    renameSync(file('elsewhere/moved.dwo'), file('moved.dwo'));
  },
  '.dwp': () => {
    split('.dwp', 'packed', '-gdwarf-5');
    tool('llvm-dwp', '-e', '.dwp', '-o', '.dwp.dwp');
    rmSync(file('packed.dwo'));
  },
};

function compiled(name: string, compiler: string, source: string, ...options: string[]): string {
  tool(compiler, '-O2', '-g', ...options, '-o', name, source);
  return file(name);
}

/** dwz moves what two programs share into a third file. */
function common(name: string, common: string, options: readonly string[]): string {
  build(name);
  build(`other of ${name}`, 'O1.o');
  tool('dwz', '-m', options.includes('-r') ? common : file(common), ...options, name, `other of ${name}`);
  return file(common);
}

function split(name: string, object: string, dwarf: string): void {
  mkdirSync(dirname(file(object)), { recursive: true });
  tool('gcc', '-O2', '-g', dwarf, '-gsplit-dwarf', '-c', '-o', `${object}.o`, SOURCE);
  tool('gcc', '-o', name, `${object}.o`);
}

/** What is wrong, and what is said. */
const TROUBLE: Readonly<Record<string, { readonly make: () => void; readonly said: () => readonly string[] }>> = {
  'the checksum is wrong': {
    make: () => { linked('the checksum is wrong', file('changed.debug'), NO_ID); appendFileSync(file('changed.debug'), 'x'); },
    said: () => [`no debug information for ${file('the checksum is wrong')} (${file('changed.debug')} is of another build, or was changed: its checksum is not that of .gnu_debuglink)`],
  },
  'the build-id is another': {
    make: () => {
      build('another', 'O1.o');
      linked('the build-id is another', file('other-id.debug'));
      tool('objcopy', '--only-keep-debug', file('another'), file('other-id.debug'));
    },
    said: () => [`${file('other-id.debug')} is of another build: its build-id is ${buildIdOf(file('another'))}`, `build-id ${buildIdOf(file('the build-id is another'))}`],
  },
  'the debug file is stripped': {
    make: () => { linked('the debug file is stripped', file('stripped.debug')); tool('strip', '-o', file('stripped.debug'), file('the debug file is stripped')); },
    said: () => [`${file('stripped.debug')} has no DWARF`],
  },
  'the debug file is none': {
    make: () => { linked('the debug file is none', file('rubbish.debug')); writeFileSync(file('rubbish.debug'), 'rubbish'); },
    said: () => [`${file('rubbish.debug')}: `],
  },
  'the common file is missing': {
    make: () => { rmSync(common('the common file is missing', 'gone.dwz', [])); },
    said: () => [`no ${file('gone.dwz')}, which the debug information of ${file('the common file is missing')} refers to: install the debug package that has it`],
  },
  'the .dwo is missing': {
    make: () => { split('the .dwo is missing', 'gone', '-gdwarf-5'); rmSync(file('gone.dwo')); },
    said: () => ['of which a part is in gone.dwo: not found, or of another build'],
  },
  'the .dwo is of another build': {
    make: () => {
      split('the .dwo is of another build', 'old', '-gdwarf-5');
      tool('gcc', '-O1', '-g', '-gdwarf-5', '-gsplit-dwarf', '-c', '-o', 'old.o', SOURCE);
    },
    said: () => ['of which a part is in old.dwo: not found, or of another build'],
  },
};

const environment = { SYSTEMTAP_DEBUGINFO_PATH: `+:.debug:${root}`, DEBUGINFOD_URLS: '' };
const own = new Map<string, string>();
let probed: Finished;
let refused: Finished;
beforeAll(async () => {
  mkdirSync(root);
  for (const level of ['O1', 'O2']) tool('gcc', `-${level}`, '-g', '-c', '-o', `${level}.o`, SOURCE);
  for (const make of Object.values(FOUND)) make();
  for (const { make } of Object.values(TROUBLE)) make();
  const names = Object.keys(FOUND);
  const script = names.map((name, index) => `probe process("${file(name)}").function("pointers") { printf("${index} pointers id=%d next=%d name=%s text=%s tag=%d low=%d middle=%d high=%d\\n", $r->id, $r->next->id, user_string($r->name), user_string($text), $r->inner->tag, $r->flags->low, $r->flags->middle, $r->flags->high) }
probe process("${file(name)}").statement("globals@variables.c+4").nearest { printf("${index} statement %s %s\\n", usymname(uaddr()), usymfileline(uaddr())) }`).join('\n');
  writeFileSync(file('all.sh'), names.map((name, index) => `'${file(name)}' 2 > ${file(`printed${index}`)}\n`).join(''));
  // One session for all of them: its start is what costs.
  probed = await stapkit('stapkit', ['-w', '-e', script, '-c', `sh ${file('all.sh')}`], { env: environment });
  names.forEach((name, index) => own.set(name, readFileSync(file(`printed${index}`), 'latin1')));
  const wanted = Object.keys(TROUBLE).map((name) => `probe process("${file(name)}").function("pointers") { println($r->id) }`).join('\n');
  refused = await stapkit('stapkit', ['-p2', '-e', wanted], { env: { ...environment, SYSTEMTAP_DEBUGINFO_PATH: `:.debug:${folder}/empty` } });
}, 120_000);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

test.each(Object.keys(FOUND))('variables are what the program printed: %s', (name) => {
  expect(probed.stderr).toBe('');
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('pointers id'))
    .map((line) => ['id', 'next', 'name', 'text', 'tag', 'low', 'middle', 'high'].map((key) => new RegExp(` ${key}=(\\S*)`).exec(line)?.[1] ?? '').join(' '));
  const index = Object.keys(FOUND).indexOf(name);
  const mine = probed.stdout.split('\n').filter((line) => line.startsWith(`${index} `)).map((line) => line.slice(line.indexOf(' ') + 1));
  expect(lines(mine.join('\n'))).toEqual(lines(own.get(name) ?? ''));
  expect(lines(mine.join('\n'))).toHaveLength(2);
  // Names and lines of addresses are looked for by the process that prints them, and in the same places.
  expect(mine.filter((line) => line.startsWith('statement'))).toEqual([`statement globals ${LINE}`, `statement globals ${LINE}`]);
});

test.each([['gcc', 'variables.c'], ['g++', 'shapes.cpp']])('names, types and lines of type units are those of the plain build: %s', async (compiler, name) => {
  const source = join(CHECKOUT, 'testing/programs', name);
  const listed: string[] = [];
  for (const options of [[], ['-fdebug-types-section']]) {
    // One path: it is part of what is listed.
    const program = compiled(`listed ${name}`, compiler, source, '-gdwarf-4', ...options);
    expect(tool('readelf', '-SW', program).includes('.debug_types')).toBe(options.length > 0);
    const { stdout, stderr } = await stapkit('stapkit', ['-L', `process("${program}").function("*"), process("${program}").function("*").return, process("${program}").statement("*@${name}:*")`]);
    expect(stderr).toBe('');
    listed.push(stdout);
  }
  expect(listed[0]).toMatch(name === 'variables.c' ? /\$pair:struct pair / : /\$this:class geo::Square\* const /);
  expect(listed[1]).toBe(listed[0]);
});

test.each(Object.keys(TROUBLE))('it is said, and not used: %s', (name) => {
  expect(refused.status).toBe(1);
  for (const part of TROUBLE[name]?.said() ?? ['?']) expect(refused.stderr).toContain(part);
});

test('.gnu_debugdata: packed symbols name functions, and variables say what is missing', async () => {
  build('packed symbols');
  // As Fedora does it: the symbols of the text section that .dynsym lacks.
  tool('objcopy', '--only-keep-debug', 'packed symbols', 'whole.debug');
  tool('objcopy', '-S', '--remove-section=.gdb_index', '--remove-section=.comment', '--keep-symbol=pointers', '--keep-symbol=globals', 'whole.debug', 'mini');
  tool('strip', 'packed symbols');
  copyFileSync(file('packed symbols'), file('none'));
  tool('xz', '--keep', 'mini');
  tool('objcopy', '--add-section', '.gnu_debugdata=mini.xz', 'packed symbols');
  const script = `probe process("${file('packed symbols')}").function("pointers") { printf("%s %s\\n", probefunc(), user_string(pointer_arg(2))) }`;
  const { stdout, stderr } = await stapkit('stapkit', ['-e', script, '-c', `sh -c "'${file('packed symbols')}' 2 >/dev/null"`], { env: environment });
  expect({ stdout, stderr }).toEqual({ stdout: 'pointers caf\u00c3\u00a9\n'.repeat(2), stderr: '' });
  const variables = await stapkit('stapkit', ['-p2', '-e', `probe process("${file('packed symbols')}").function("pointers") { println($r->id) } probe process("${file('none')}").function("pointers") { println(1) }`], { env: environment });
  expect(variables.stderr).toContain(`no debug information for ${file('packed symbols')}, build-id `);
  expect(variables.stderr).toContain(`no function 'pointers' in ${file('none')}: it is stripped`);
});
