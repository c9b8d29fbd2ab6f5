/** The procedure linkage table and the dynamic section, compared with objdump, readelf and ldconfig. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { buildElf, buildSymbols } from '../testing/elf-builder.test-support.js';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import { dynamicNeeds } from './dynamic.js';
import { ElfFile } from './elf-file.js';
import { parseLdCache } from './ld-cache.js';
import { pltStubs } from './plt.js';

const SOURCE = `
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
int (*kept)(const char *) = puts; /* its address is taken: .plt.got */
int main(int argc, char **argv) { kept("x"); puts(argv[0]); printf("%g %ld\\n", cos(argc), strtol(argv[0], 0, 10)); return abs(argc); }
`;
const directory = mkdtempSync(`${tmpdir()}/stapkit-plt-`);
afterAll(() => { rmSync(directory, { recursive: true, force: true }); });

const BUILDS: readonly (readonly [name: string, ...flags: string[]])[] = [
  ['lazy', '-Wl,-z,lazy'],
  ['now', '-Wl,-z,now'],
  ['static-address', '-no-pie', '-Wl,-z,lazy'],
  ['ibt', '-fcf-protection=full', '-Wl,-z,ibtplt', '-Wl,-z,lazy'],
  ['ibt-now', '-fcf-protection=full', '-Wl,-z,ibtplt', '-Wl,-z,now'],
  ['shared', '-shared', '-fPIC', '-Wl,-soname,libshown.so.1', '-Wl,-rpath,$ORIGIN/lib:/opt/lib'],
];

(process.arch === 'x64' && hasTool('gcc') && hasTool('objdump') ? describe : describe.skip)('programs of gcc', () => {
  beforeAll(() => {
    writeFileSync(`${directory}/a.c`, SOURCE);
    for (const [name, ...flags] of BUILDS) run('gcc', '-O1', '-fno-builtin', ...flags, '-o', `${directory}/${name}`, `${directory}/a.c`, '-lm');
  });
  const open = (name: string): ElfFile => ElfFile.parse(readFileSync(`${directory}/${name}`));

  test.each(BUILDS.map(([name]) => name))("%s: stubs are objdump's", (name) => {
    const called = new Map<string, bigint>();
    const sections = ['.plt', '.plt.got', '.plt.sec'].filter((section) => open(name).section(section) !== undefined);
    const text = run('objdump', '-d', ...sections.flatMap((section) => ['-j', section]), `${directory}/${name}`);
    for (const [, address = '', function_ = ''] of text.matchAll(/^([0-9a-f]+) <([\w.]+)@plt>:/gm)) called.set(function_, BigInt(`0x${address}`));
    expect(called.size).toBeGreaterThanOrEqual(3);
    expect(new Map(pltStubs(open(name)).map((stub) => [stub.name, stub.address]))).toEqual(called);
  });

  test.each(BUILDS.map(([name]) => name))("%s: what it needs is readelf's", (name) => {
    const text = run('readelf', '-d', `${directory}/${name}`);
    expect(dynamicNeeds(open(name)).needed).toEqual([...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library));
  });

  test('name and search path', () => {
    expect(dynamicNeeds(open('shared'))).toMatchObject({ soname: 'libshown.so.1', searchPath: ['$ORIGIN/lib', '/opt/lib'] });
    expect(dynamicNeeds(open('lazy'))).toMatchObject({ soname: undefined, searchPath: [] });
  });
});

test('stubs of arm64, with and without bti', () => {
  const { table, strings } = buildSymbols([{ name: 'puts', address: 0, section: 0 }, { name: 'cos', address: 0, section: 0 }]);
  const relocations = new SectionBuilder().u64(0x20018).u32(1026, 1).u64(0).u64(0x20020).u32(1026, 2).u64(0).build();
  // adrp x16, 0x20000; ldr x17, [x16, #0x18]; add x16, x16, #0x18; br x17
  const stub = (address: number, slot: number): number[] => {
    const pages = (slot >> 12) - (address >> 12);
    return [0x90000010 | ((pages & 3) << 29) | ((pages >> 2) << 5), 0xf9400211 | (((slot & 0xfff) / 8) << 10), 0x91000210 | ((slot & 0xfff) << 10), 0xd61f0220];
  };
  const code = new SectionBuilder().u32(...stub(0x1000, 0x20018)).u32(0xd503245f, ...stub(0x1014, 0x20020)).build();
  const elf = ElfFile.parse(buildElf([
    { name: '.dynsym', type: 11, bytes: table, link: 2 }, { name: '.dynstr', type: 3, bytes: strings },
    { name: '.rela.plt', type: 4, bytes: relocations }, { name: '.plt', type: 1, bytes: code, address: 0x1000 },
  ], [], 183));
  expect(pltStubs(elf)).toEqual([{ name: 'puts', address: 0x1000n }, { name: 'cos', address: 0x1010n }]);
});

test('no table, no stubs', () => {
  expect(pltStubs(ElfFile.parse(buildElf([])))).toEqual([]);
});

(hasTool('ldconfig') && process.arch === 'x64' ? test : test.skip)("the dynamic linker's cache is what ldconfig prints", () => {
  const printed = run('ldconfig', '-p').split('\n').map((line) => /^\t(\S+) \(libc6,x86-64\) => (\S+)$/.exec(line)).filter((match) => match !== null);
  const first = new Map<string, string>();
  for (const [, name = '', path = ''] of printed) if (!first.has(name)) first.set(name, path);
  expect(first.size).toBeGreaterThan(0);
  expect([...parseLdCache(readFileSync('/etc/ld.so.cache'), 'x86_64')].sort()).toEqual([...first].sort());
});

test('another format of the cache is empty, a cut one an error', () => {
  expect(parseLdCache(Buffer.from('ld.so-1.7.0 only'), 'x86_64').size).toBe(0);
  expect(() => parseLdCache(Buffer.concat([Buffer.from('glibc-ld.so.cache1.1'), Buffer.from([9, 0, 0, 0])]), 'x86_64')).toThrow('ld.so.cache');
});
