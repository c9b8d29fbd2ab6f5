/** Both decoders against the programs that pack, and what they say to damaged data. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { deflateSync } from 'node:zlib';
import { DebugInfoError } from '../errors.js';
import { run } from '../testing/host-tools.test-support.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { ElfFile } from '../elf/elf-file.js';
import { crc64 } from './crc64.js';
import { decompressOldSection, decompressSection } from './section-compression.js';
import { decompressXz } from './xz.js';
import { decompressZstd } from './zstd.js';

function pack(contents: Uint8Array, command: string, ...parameters: readonly string[]): Uint8Array {
  const { stdout, status, error } = spawnSync(command, [...parameters, '-c', '-'], { input: contents, maxBuffer: 1 << 30 });
  if (status !== 0) throw error ?? new Error(`${command} ended with ${String(status)}`);
  return stdout;
}

/** Bytes that repeat at many distances, with noise between: the same at every run. */
function mixture(length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  let state = 12345;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const back = (state >>> 8) % 5000;
    bytes[at] = (state >>> 24) % 8 === 0 || at <= back ? state >>> 16 : bytes[at - back]!;
  }
  return bytes;
}

const CONTENTS: readonly (readonly [name: string, contents: Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['one byte', Buffer.from('x')],
  ['text', Buffer.from('debug information '.repeat(500))],
  ['zeros', Buffer.alloc(400_000)],
  ['a program', readFileSync(process.platform === 'linux' ? '/bin/sh' : process.execPath)],
  ['noise', mixture(70_000).map((byte, index) => byte ^ (Math.imul(index, 2654435761) >>> 24))],
  ['mixture', mixture(200_000)],
];
const XZ = [['-0'], ['-6'], ['-9e'], ['--check=none'], ['--check=crc32'], ['--check=sha256'], ['--lzma2=lc=0,lp=4,pb=0'], ['--lzma2=lc=4,pb=4,dict=4KiB'], ['--block-size=65536']];
const ZSTD = [['-1'], ['-3'], ['-19'], ['--ultra', '-22'], ['--fast=5'], ['--no-check'], ['--long=27']];

describe.each(CONTENTS)('%s', (name, contents) => {
  // Every way to pack for contents that have all of it, the usual ones for the others.
  const usual = (flags: readonly string[]): boolean => name === 'mixture' || flags[0] === '-6' || flags[0] === '-3' || flags[0] === '-19';
  test.each(XZ.filter(usual).map((flags) => [flags.join(' '), flags] as const))('xz %s', (_flags, flags) => {
    expect(Buffer.compare(decompressXz(pack(contents, 'xz', ...flags), '.x'), contents)).toBe(0);
  });
  test.each(ZSTD.filter(usual).map((flags) => [flags.join(' '), flags] as const))('zstd %s', (_flags, flags) => {
    expect(Buffer.compare(decompressZstd(pack(contents, 'zstd', ...flags), '.x', contents.length), contents)).toBe(0);
  });
});

test('streams and frames follow each other', () => {
  const xz = pack(Buffer.from('abc'), 'xz');
  expect(Buffer.from(decompressXz(Buffer.concat([xz, Buffer.alloc(8), xz]), '.x')).toString()).toBe('abcabc');
  const zstd = pack(Buffer.from('abc'), 'zstd');
  const skippable = new SectionBuilder().u32(0x184d_2a57, 3).u8(1, 2, 3).build();
  expect(Buffer.from(decompressZstd(Buffer.concat([zstd, skippable, zstd]), '.x', 6)).toString()).toBe('abcabc');
});

test('CRC-64 of "123456789"', () => {
  expect(crc64(Buffer.from('123456789'))).toBe(0x995d_c9bb_df19_39fan);
});

describe('damaged', () => {
  const text = Buffer.from('some text, some more text '.repeat(40));
  const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, index) => (index === (at < 0 ? bytes.length + at : at) ? byte ^ 0x41 : byte));
  const xz = pack(text, 'xz');
  const zstd = pack(text, 'zstd');
  test.each<[string, () => unknown, string]>([
    ['xz: no magic', () => decompressXz(text, '.x'), '.x+0x0: not xz data'],
    ['xz: stream flags', () => decompressXz(changed(xz, 7), '.x'), 'a header whose checksum does not fit'],
    ['xz: block header', () => decompressXz(changed(xz, 14), '.x'), '.x'],
    ['xz: contents', () => decompressXz(changed(xz, 40), '.x'), 'xz: '],
    ['xz: footer', () => decompressXz(changed(xz, -1), '.x'), 'xz: no footer'],
    ['xz: a filter for machine code', () => decompressXz(pack(text, 'xz', '--x86', '--lzma2'), '.x'), 'xz: the x86 filter is not supported'],
    ['xz: more than the limit', () => decompressXz(pack(Buffer.alloc(100_000), 'xz'), '.x', 70_000), 'xz: more than 70000 bytes of output'],
    ['zstd: no magic', () => decompressZstd(text, '.x', 10), '.x+0x0: not zstd data'],
    ['zstd: smaller than said', () => decompressZstd(zstd, '.x', text.length + 1), `${text.length + 1} bytes expected, ${text.length} decompressed`],
    ['zstd: larger than said', () => decompressZstd(zstd, '.x', text.length - 1), 'zstd: more than the'],
    ['zstd: a reserved bit', () => decompressZstd(changed(zstd, 4).map((byte, index) => (index === 4 ? byte | 8 : byte)), '.x', text.length), 'zstd: '],
    ['zstd: a Huffman table of one symbol without end', () => decompressZstd(ENDLESS, '.x', 100), 'zstd: '],
  ])('%s', (_name, read, message) => {
    expect(read).toThrow(DebugInfoError);
    expect(read).toThrow(message);
  });

  test.each([['xz', xz], ['zstd', zstd]] as const)('%s cut short anywhere', (name, packed) => {
    for (let length = 0; length < packed.length; length++) {
      // Nothing at all is no frame, and no error: then the size does not fit.
      const read = (): unknown => (name === 'xz' ? decompressXz(packed.subarray(0, length), '.x') : decompressZstd(packed.subarray(0, length), '.x', text.length));
      if (name === 'xz' && length === 0) continue;
      expect(read).toThrow(DebugInfoError);
    }
  });
});

/** Weights from a table with a single symbol, whose state never takes a bit: decoders that wait for the stream's end never stop. */
const ENDLESS = new SectionBuilder().u32(0xfd2f_b528).u8(0x00, 0x58).u8(...blockHeader(16)).u8(0x02 | (8 << 4), 0x80, 0x02).u8(0x04, 0xf0, 0x03, 0x01, 0x01).align(32).build();
function blockHeader(size: number): number[] {
  const word = (size << 3) | (2 << 1) | 1;
  return [word & 0xff, (word >> 8) & 0xff, word >> 16];
}

describe('sections', () => {
  const contents = Buffer.from('contents '.repeat(50));
  const header = (method: number, size: number): SectionBuilder => new SectionBuilder().u32(method, 0).u64(size, 1);
  test.each<[string, () => Uint8Array]>([
    ['zlib', () => decompressSection(header(1, contents.length).bytes(deflateSync(contents)).build(), '.debug_x')],
    ['zstd', () => decompressSection(header(2, contents.length).bytes(pack(contents, 'zstd')).build(), '.debug_x')],
    ['.zdebug_', () => decompressOldSection(new SectionBuilder().text('ZLIB').u8(0, 0, 0, 0, 0, 0, contents.length >> 8, contents.length & 255).bytes(deflateSync(contents)).build(), '.zdebug_x')],
    ['.zdebug_ that is not compressed', () => decompressOldSection(contents, '.zdebug_x')],
  ])('%s', (_name, read) => {
    expect(Buffer.compare(read(), contents)).toBe(0);
  });
  test('a size that is not believed', () => {
    expect(() => decompressSection(header(2, 1e9).bytes(pack(contents, 'zstd')).build(), '.debug_x')).toThrow('1000000000 bytes from');
    expect(() => decompressOldSection(new SectionBuilder().text('ZLIB').u8(255, 0, 0, 0, 0, 0, 0, 0).build(), '.zdebug_x')).toThrow('is too large for a size');
  });
});

describe('programs', () => {
  const folder = mkdtempSync(`${tmpdir()}/stapkit-packed-`);
  const file = (name: string): string => `${folder}/${name}`;
  const open = (name: string): ElfFile => ElfFile.parse(readFileSync(file(name)));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  beforeAll(() => {
    writeFileSync(file('a.c'), 'static __attribute__((noinline)) int hidden(int x) { return x + 1; }\nint shown(int x) { return hidden(x) * 2; }\nint main(void) { return shown(1); }\n');
    run('gcc', '-g', '-O1', '-rdynamic', '-o', file('plain'), file('a.c'));
  });

  test.each([['zlib', '.debug_info'], ['zlib-gnu', '.zdebug_info'], ['zlib-gabi', '.debug_info']])('objcopy --compress-debug-sections=%s', (method, section) => {
    run('objcopy', `--compress-debug-sections=${method}`, file('plain'), file(method));
    const packed = open(method);
    expect(packed.section(section)).toBeDefined();
    expect(packed.hasDwarf).toBe(true);
    for (const name of ['.debug_info', '.debug_abbrev', '.debug_line', '.debug_str', '.debug_loclists']) {
      expect(Buffer.compare(packed.debugSection(name) ?? Buffer.alloc(0), open('plain').debugSection(name) ?? Buffer.alloc(0))).toBe(0);
    }
  });

  test('MiniDebugInfo: symbols of .gnu_debugdata join those of .dynsym', () => {
    // As Fedora's find-debuginfo makes it: what is in .dynsym is left out of the packed table.
    run('objcopy', '--only-keep-debug', file('plain'), file('debug'));
    run('objcopy', '-S', '--remove-section', '.comment', '--keep-symbol=hidden', file('debug'), file('mini'));
    writeFileSync(file('mini.xz'), pack(readFileSync(file('mini')), 'xz'));
    run('strip', '-o', file('stripped'), file('plain'));
    run('objcopy', '--add-section', `.gnu_debugdata=${file('mini.xz')}`, file('stripped'), file('fedora'));
    const [plain, stripped, fedora] = ['plain', 'stripped', 'fedora'].map(open) as [ElfFile, ElfFile, ElfFile];
    expect(stripped.function('hidden')).toBeUndefined();
    expect(fedora.function('hidden')).toEqual(plain.function('hidden'));
    expect(fedora.function('shown')).toEqual(plain.function('shown'));
    expect(fedora.functions('*h*').map(({ name }) => name)).toEqual(expect.arrayContaining(['hidden', 'shown']));
    expect(fedora.functions('hidden')).toHaveLength(1);
  });

  test('a damaged .gnu_debugdata says so', () => {
    writeFileSync(file('rubbish'), 'rubbish');
    run('strip', '-o', file('stripped'), file('plain'));
    run('objcopy', '--add-section', `.gnu_debugdata=${file('rubbish')}`, file('stripped'), file('broken'));
    expect(() => open('broken').functions()).toThrow('.gnu_debugdata+0x0: ');
  });
});
