/** USDT notes of the host's programs, compared with readelf --notes; and of a program with every form of operand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ElfFile } from '../elf/elf-file.js';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import { readUsdtProbes, usdtSymbolAddress } from './probes.js';

function readelfProbes(path: string): string[] {
  return [...run('readelf', '--wide', '--notes', path).matchAll(/Provider: (\S*)\s+Name: (\S*)\s+Location: 0x([0-9a-f]+), Base: 0x[0-9a-f]+, Semaphore: 0x([0-9a-f]+)\s+Arguments:(.*)/g)]
    .map(([, provider, name, pc, semaphore, text]) => [provider, name, BigInt(`0x${pc}`), BigInt(`0x${semaphore}`), text!.trim()].join(' '));
}
const ownProbes = (elf: ElfFile): string[] => readUsdtProbes(elf).map(({ provider, name, pc, semaphore, argumentText }) => [provider, name, pc, semaphore ?? 0n, argumentText].join(' '));

const PROGRAMS = [
  ...readdirSync('/usr/bin').filter((name) => /^python3\.\d+$/.test(name)).map((name) => `/usr/bin/${name}`),
  '/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
].filter((path) => existsSync(path));

(hasTool('readelf') ? describe : describe.skip)('programs of the host', () => {
  test.each(PROGRAMS)('%s', (path) => {
    const elf = ElfFile.parse(readFileSync(path));
    const want = readelfProbes(path);
    expect(ownProbes(elf)).toEqual(want);
    if (path.includes('python')) expect(want.length).toBeGreaterThan(5);
    expect(readUsdtProbes(elf).flatMap((probe) => probe.arguments).filter(({ operand }) => operand.kind === 'unsupported')).toEqual([]);
  });
});

const SOURCE = `
#include <sys/sdt.h>
int global_counter = 7;
static int table[4] = { 1, 2, 3, 4 };
__extension__ unsigned short app_armed_semaphore __attribute__((unused)) __attribute__((section(".probes")));
#define SDT_SEMAPHORES
__attribute__((noinline)) int work(char small, short middle, int whole, long wide, int *pointer, int index) {
  STAP_PROBE5(app, sizes, small, middle, whole, wide, pointer);
  STAP_PROBE3(app, constants, 5, -7L, (char)3);
  STAP_PROBE2(app, memory, pointer[index], global_counter);
  STAP_PROBE(app, bare);
  return table[index & 3] + (int)wide + middle + small + whole;
}
int main(int argc, char **argv) {
  int values[8] = { argc, 2, 3, 4, 5, 6, 7, 8 };
  return work((char)argc, (short)argc, argc, (long)argv, values, argc & 7) == 99;
}
`;
(hasTool('gcc') && existsSync('/usr/include/x86_64-linux-gnu/sys/sdt.h') ? describe : describe.skip)('programs with probes', () => {
  const folder = mkdtempSync(`${tmpdir()}/stapkit-usdt-`);
  beforeAll(() => {
    writeFileSync(`${folder}/a.c`, SOURCE);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  test.each([['gcc', '-O0'], ['gcc', '-O2'], ['gcc', '-O3', '-static', '-no-pie'], ...(hasTool('clang') ? [['clang', '-O0'], ['clang', '-O2']] : [])])('%s %s', (compiler, ...flags) => {
    const path = `${folder}/${[compiler, ...flags].join('')}`;
    run(compiler, ...flags, '-o', path, `${folder}/a.c`);
    const elf = ElfFile.parse(readFileSync(path));
    expect(ownProbes(elf)).toEqual(readelfProbes(path));
    const probes = readUsdtProbes(elf, 'app');
    expect(probes.map(({ name }) => name).sort()).toEqual(['bare', 'constants', 'memory', 'sizes']);
    for (const { pc } of probes) expect(run('objdump', '-d', `--start-address=${pc}`, `--stop-address=${pc + 1n}`, path)).toContain('nop');
    const argumentsOf = (name: string): [number, boolean, string][] => probes.find((probe) => probe.name === name)!.arguments.map(({ size, isSigned, operand }) => [size, isSigned, operand.kind]);
    expect(argumentsOf('sizes').map(([size, isSigned]) => [size, isSigned])).toEqual([[1, true], [2, true], [4, true], [8, true], [8, false]]);
    expect(argumentsOf('constants').map(([, , kind]) => kind)).toEqual(['constant', 'constant', 'constant']);
    expect(probes.flatMap((probe) => probe.arguments).filter(({ operand }) => operand.kind === 'unsupported')).toEqual([]);
    const counter = probes.find(({ name }) => name === 'memory')!.arguments[1]!.operand;
    if (counter.kind === 'memory' && counter.symbol !== undefined) expect(usdtSymbolAddress(elf, counter.symbol)).toBe(elf.symbols('global_counter')[0]!.address);
  });
});
