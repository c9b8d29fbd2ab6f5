/** Files that the host's compiler made, compared with what readelf reads in them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import { ElfFile } from './elf-file.js';

const SOURCE = `
static int hidden(int x) { return x + 1; }
int visible(int x) { return hidden(x) * 2; }
int alias_of_visible(int) __attribute__((alias("visible")));
static int fast(void) { return 1; }
static int (*choose(void))(void) { return fast; }
int chosen(void) __attribute__((ifunc("choose")));
int weak_one(void) __attribute__((weak));
int weak_one(void) { return 3; }
int main(void) { return visible(1) + chosen() + weak_one(); }
`;
const directory = mkdtempSync(`${tmpdir()}/stapkit-elf-`);
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const BUILDS: readonly (readonly [name: string, ...flags: string[]])[] = [
  ['pie', '-O1', '-g'],
  ['static-address', '-no-pie', '-O0'],
  ['shared', '-shared', '-fPIC', '-O2'],
  ['relocatable', '-c', '-O1', '-ffunction-sections'],
  ['compressed', '-g', '-gz=zlib'],
  ['stripped', '-s', '-O1', '-rdynamic'],
];

interface ReadelfSymbol { readonly address: bigint; readonly size: number; readonly type: string; readonly binding: string; readonly section: string; readonly name: string }

/** Rows of `readelf --symbols`. */
function readelfSymbols(path: string, table: '--syms' | '--dyn-syms'): ReadelfSymbol[] {
  const rows: ReadelfSymbol[] = [];
  let isWanted = false;
  for (const line of run('readelf', '--wide', table, path).split('\n')) {
    if (line.startsWith('Symbol table')) isWanted = line.includes(table === '--syms' ? '.symtab' : '.dynsym');
    const match = /^\s*\d+: ([0-9a-f]+)\s+(\d+|0x[0-9a-f]+) (\w+|<OS specific>: 10)\s+(\w+)\s+\w+\s+(\w+) ?(.*)$/.exec(line);
    if (!isWanted || match === null) continue;
    const [, address, size, type, binding, section, name] = match;
    // readelf says IFUNC only where the header's OSABI is GNU, which strip resets.
    rows.push({ address: BigInt(`0x${address}`), size: Number(size), type: type === '<OS specific>: 10' ? 'IFUNC' : type!, binding: binding!, section: section!, name: name!.replace(/ \(\d+\)$/, '') });
  }
  return rows;
}

const functionsOf = (rows: readonly ReadelfSymbol[]): ReadelfSymbol[] => rows.filter(({ type, section }) => (type === 'FUNC' || type === 'IFUNC') && section !== 'UND' && section !== 'ABS');

(hasTool('gcc') && hasTool('readelf') ? describe : describe.skip)('files of gcc', () => {
  beforeAll(() => {
    writeFileSync(`${directory}/a.c`, SOURCE);
    for (const [name, ...flags] of BUILDS) run('gcc', ...flags, '-Wl,--build-id', '-o', `${directory}/${name}`, `${directory}/a.c`);
  });
  const open = (name: string): ElfFile => ElfFile.parse(readFileSync(`${directory}/${name}`));

  test.each(BUILDS.map(([name]) => name))('%s: every symbol is readelf\'s', (name) => {
    const elf = open(name);
    for (const [table, option] of [[elf.symtab, '--syms'], [elf.dynsym, '--dyn-syms']] as const) {
      const want = readelfSymbols(`${directory}/${name}`, option);
      expect(table?.count ?? 0).toBe(want.length);
      for (const [index, row] of want.entries()) {
        const have = table!.symbol(index);
        // readelf names section symbols after their section, and adds the versions of imports.
        if (row.type !== 'SECTION') expect(have.name).toBe(row.name.split('@')[0]);
        expect([have.address, have.size]).toEqual([row.address, row.size]);
      }
    }
  });

  test.each(BUILDS.map(([name]) => name))('%s: every function is found by its name, and at its bytes', (name) => {
    const elf = open(name);
    const rows = functionsOf(readelfSymbols(`${directory}/${name}`, name === 'stripped' ? '--dyn-syms' : '--syms'));
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      const found = elf.functions(row.name.split('@')[0]).find(({ address }) => address === row.address);
      expect(found?.isIfunc).toBe(row.type === 'IFUNC');
      if (name !== 'relocatable') expect(elf.addressOf(elf.fileOffset(row.address)!)).toBe(row.address);
    }
    expect(elf.functions().length).toBe(new Set(rows.map(({ address, section }) => `${section} ${address}`)).size);
  });

  test('a function\'s file offset has the function\'s code', () => {
    const elf = open('pie');
    const text = elf.section('.text')!;
    const found = elf.function('visible')!;
    expect(elf.fileOffset(found.address)).toBe(text.offset + Number(found.address - text.address));
    expect(found.aliases).toEqual(['alias_of_visible']);
    expect(elf.function('weak_one')?.binding).toBe('weak');
    expect(elf.function('hidden')).toBeUndefined(); // -O1 inlined it
    expect(open('static-address').function('hidden')?.binding).toBe('local');
  });

  test.each(BUILDS.map(([name]) => name))('%s: sections are readelf\'s', (name) => {
    const elf = open(name);
    const rows = [...run('readelf', '--wide', '--sections', `${directory}/${name}`).matchAll(/^\s*\[\s*(\d+)\] (\S*)\s+\S+\s+([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+)/gm)].slice(1);
    expect(rows.length).toBe(elf.sections.length - 1);
    for (const [, index, sectionName, address, offset, size] of rows) {
      expect(elf.sections[Number(index)]).toMatchObject({ name: sectionName, address: BigInt(`0x${address}`), offset: Number.parseInt(offset!, 16), size: Number.parseInt(size!, 16) });
    }
  });

  test('build-id', () => {
    const want = /Build ID: ([0-9a-f]+)/.exec(run('readelf', '--notes', `${directory}/pie`))![1];
    expect(open('pie').buildId).toBe(want);
    expect(open('relocatable').buildId).toBeUndefined();
  });

  test('compressed sections come out as they went in', () => {
    const elf = open('compressed');
    const section = elf.section('.debug_info')!;
    expect(section.flags & 0x800n).toBe(0x800n);
    run('objcopy', '--decompress-debug-sections', `${directory}/compressed`, `${directory}/plain`);
    const plain = open('plain');
    expect(Buffer.from(elf.sectionBytes(section)).equals(plain.sectionBytes(plain.section('.debug_info')!))).toBe(true);
  });

  test('debug link', () => {
    run('objcopy', '--only-keep-debug', `${directory}/pie`, `${directory}/pie.debug`);
    run('objcopy', `--add-gnu-debuglink=${directory}/pie.debug`, `${directory}/pie`, `${directory}/linked`);
    expect(open('linked').debugLink).toEqual({ fileName: 'pie.debug', crc: crc32(readFileSync(`${directory}/pie.debug`)) });
    const debug = open('pie.debug');
    expect(debug.buildId).toBe(open('pie').buildId);
    expect(debug.sectionBytes(debug.section('.text')!).length).toBe(0);
    expect(debug.function('visible')?.address).toBe(open('pie').function('visible')?.address);
  });

  test('versions of a library\'s functions', () => {
    const path = /libc\.so\.6 => (\S+)/.exec(run('ldd', `${directory}/pie`))?.[1];
    expect(path).toBeDefined();
    const elf = ElfFile.parse(readFileSync(path!));
    const rows = readelfSymbols(path!, '--dyn-syms').filter(({ name, section }) => name.includes('@') && section !== 'UND');
    expect(rows.length).toBeGreaterThan(1000);
    for (const row of rows.filter((_row, index) => index % 17 === 0)) {
      const [name, version] = row.name.split(/@+/);
      const found = elf.dynsym!.named(`${name}@${version}`);
      expect(found.map(({ address }) => address)).toContain(row.address);
      expect(found.find(({ address }) => address === row.address)?.isDefaultVersion).toBe(row.name.includes('@@'));
    }
  });
});

/** CRC-32 as .gnu_debuglink has it (polynomial 0xedb88320). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}
