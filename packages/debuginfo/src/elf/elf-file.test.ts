import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { DebugInfoError } from '../errors.js';
import { buildElf, buildSymbols } from '../testing/elf-builder.test-support.js';
import type { SymbolSpec } from '../testing/elf-builder.test-support.js';
import { SectionBuilder, StringTable } from '../testing/section-builder.test-support.js';
import { ElfFile } from './elf-file.js';

const SYMBOLS: readonly SymbolSpec[] = [
  { name: 'main', address: 0x1010, size: 32 },
  { name: 'helper', address: 0x1100, size: 8, binding: 0 },
  { name: 'helper', address: 0x1080, size: 8, binding: 0 },
  { name: 'strong', address: 0x1200, size: 16 },
  { name: '__strong_alias', address: 0x1200, size: 16, binding: 2 },
  { name: 'imported', address: 0, section: 0 },
  { name: 'absolute', address: 0x5, section: 0xfff1 },
  { name: 'choose', address: 0x1300, type: 10 },
  { name: 'data', address: 0x2000, type: 1 },
  { name: 'read@@V_2', address: 0x1400 },
  { name: 'read@V_1', address: 0x1500 },
];

function program(withStatic = true, withDynamic = true): Uint8Array {
  const { table, strings } = buildSymbols(SYMBOLS);
  const text = { name: '.text', type: 1, bytes: new Uint8Array(0x20).fill(0x90), flags: 6, address: 0x1000 };
  const note = new SectionBuilder().u32(4, 20, 3).text('GNU\0').bytes(Uint8Array.from({ length: 20 }, (_, index) => index)).build();
  const link = new SectionBuilder().text('prog.debug\0').align(4).u32(0xdeadbeef).build();
  const names = new StringTable();
  const dynamic = new SectionBuilder().u64(0, 0, 0);
  for (const [name, address] of [['wait', 0x1600], ['wait', 0x1700], ['dynamic_only', 0x1800], ['main', 0x1010]] as const) dynamic.u32(names.add(name)).u8(0x12, 0).u16(1).u64(address, 4);
  const definitions = new SectionBuilder();
  definitions.u16(1, 0, 2, 1).u32(0, 20, 28).u32(names.add('W_1'), 0);
  definitions.u16(1, 0, 3, 1).u32(0, 20, 0).u32(names.add('W_2'), 0);
  const versions = new SectionBuilder().u16(0, 0x8002, 3, 1, 1).build();
  return buildElf([
    text,
    { name: '.note.gnu.build-id', type: 7, bytes: note, alignment: 4 },
    { name: '.gnu_debuglink', type: 1, bytes: link },
    { name: '.strtab', type: 3, bytes: strings },
    ...(withStatic ? [{ name: '.symtab', type: 2, bytes: table, link: 4 }] : []),
    { name: '.dynstr', type: 3, bytes: names.build() },
    ...(withDynamic
      ? [
          { name: '.dynsym', type: 11, bytes: dynamic.build(), link: withStatic ? 6 : 5 },
          { name: '.gnu.version', type: 0x6fffffff, bytes: versions },
          { name: '.gnu.version_d', type: 0x6ffffffd, bytes: definitions.build() },
        ]
      : []),
    { name: '.bss', type: 8, bytes: new Uint8Array() },
  ], [{ type: 1, offset: 0x200, address: 0x1000, fileSize: 0x400, memorySize: 0x900 }]);
}

describe('file', () => {
  const elf = ElfFile.parse(program());

  test('header', () => {
    expect([elf.type, elf.machine, elf.machineNumber]).toEqual(['dyn', 'x86_64', 62]);
    expect(elf.sections.map(({ name }) => name)).toEqual(['', '.text', '.note.gnu.build-id', '.gnu_debuglink', '.strtab', '.symtab', '.dynstr', '.dynsym', '.gnu.version', '.gnu.version_d', '.bss', '.shstrtab']);
    expect(elf.segments).toMatchObject([{ type: 1, offset: 0x200, address: 0x1000n, fileSize: 0x400, memorySize: 0x900n }]);
  });

  test('build-id and debug link', () => {
    expect(elf.buildId).toBe('000102030405060708090a0b0c0d0e0f10111213');
    expect(elf.debugLink).toEqual({ fileName: 'prog.debug', crc: 0xdeadbeef });
    expect(ElfFile.parse(buildElf([])).buildId).toBeUndefined();
    expect(ElfFile.parse(buildElf([])).debugLink).toBeUndefined();
  });

  test('section bytes', () => {
    expect(elf.sectionBytes(elf.section('.text')!)).toEqual(new Uint8Array(0x20).fill(0x90));
    expect(elf.sectionBytes(elf.section('.bss')!).length).toBe(0);
    expect(elf.section('.debug_info')).toBeUndefined();
  });

  test.each([[0x1000n, 0x200], [0x1010n, 0x210], [0x13ffn, 0x5ff], [0x1400n, undefined], [0xfffn, undefined], [0xffffffffffffffffn, undefined]])('address %s is at offset %s', (address, want) => {
    expect(elf.fileOffset(address)).toBe(want);
    if (want !== undefined) expect(elf.addressOf(want)).toBe(address);
  });
});

describe('functions', () => {
  const elf = ElfFile.parse(program());

  test.each<[string, object | undefined]>([
    ['main', { address: 0x1010n, size: 32, binding: 'global', isIfunc: false, aliases: [] }],
    ['strong', { name: 'strong', address: 0x1200n, aliases: ['__strong_alias'], binding: 'global' }],
    ['__strong_alias', { name: '__strong_alias', address: 0x1200n, aliases: ['strong'], binding: 'weak' }],
    ['helper', { address: 0x1080n, binding: 'local' }],
    ['choose', { isIfunc: true, address: 0x1300n }],
    ['read', { name: 'read', address: 0x1400n }],
    ['read@V_1', { name: 'read', address: 0x1500n }],
    ['read@@V_2', { address: 0x1400n }],
    ['wait', { address: 0x1700n }],
    ['wait@W_1', { address: 0x1600n }],
    ['dynamic_only', { address: 0x1800n }],
    ['imported', undefined],
    ['data', undefined],
    ['ain', undefined],
    ['mai', undefined],
    ['', undefined],
  ])('%s', (name, want) => {
    const found = elf.function(name);
    if (want === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(want);
  });

  test('an exact name gives all static functions of that name', () => {
    expect(elf.functions('helper').map(({ address }) => address)).toEqual([0x1080n, 0x1100n]);
  });

  test.each([
    ['*', ['main', 'helper', 'helper', 'strong', 'choose', 'read', 'read', 'wait', 'wait', 'dynamic_only']],
    ['*o*', ['strong', 'choose', 'dynamic_only']],
    ['re?d', ['read', 'read']],
    ['z*', []],
  ])('functions(%s)', (glob, want) => {
    expect(elf.functions(glob).map(({ name }) => name)).toEqual(want);
  });

  test.each([
    [0x1010n, 'main'], [0x102fn, 'main'], [0x1030n, undefined], [0x100fn, undefined], [0x1200n, 'strong'],
    [0n, undefined], [0xffffffffffffffffn, undefined],
  ])('functionAround(%s) is %s', (address, want) => {
    expect(elf.functionAround(address)?.name).toBe(want);
  });

  test('an address is listed once, with its aliases', () => {
    expect(elf.functions('*strong*')).toMatchObject([{ name: 'strong', aliases: ['__strong_alias'] }]);
  });

  test('a stripped file has its dynamic symbols alone', () => {
    const stripped = ElfFile.parse(program(false));
    expect(stripped.symtab).toBeUndefined();
    expect(stripped.functions().map(({ name }) => name)).toEqual(['main', 'wait', 'wait', 'dynamic_only']);
    expect(stripped.function('helper')).toBeUndefined();
    expect(ElfFile.parse(program(false, false)).functions()).toEqual([]);
  });

  test('symbols of any type', () => {
    expect(elf.symbols('data')).toMatchObject([{ type: 'object', address: 0x2000n }]);
    expect(elf.symbols('imported')).toEqual([]);
    expect(elf.dynsym?.named('wait').map(({ version, isDefaultVersion }) => [version, isDefaultVersion])).toEqual([['W_1', false], ['W_2', true]]);
  });
});

describe('compressed sections', () => {
  const contents = Buffer.from('debug '.repeat(100));
  const compressed = (method: number, size: number, data: Uint8Array = deflateSync(contents)): ElfFile => {
    const bytes = new SectionBuilder().u32(method, 0).u64(size, 1).bytes(data).build();
    return ElfFile.parse(buildElf([{ name: '.debug_x', type: 1, bytes, flags: 0x800 }]));
  };
  const read = (elf: ElfFile): Uint8Array => elf.sectionBytes(elf.section('.debug_x')!);

  test('zlib', () => {
    expect(Buffer.from(read(compressed(1, 600))).toString()).toBe(contents.toString());
  });

  test.each<[string, () => ElfFile, string]>([
    ['zstd that is none', () => compressed(2, 600), '.debug_x+0x0: not zstd data'],
    ['unknown', () => compressed(9, 600), 'unknown compression 9'],
    ['a size that is too small', () => compressed(1, 599), 'cannot decompress'],
    ['a size that is too large', () => compressed(1, 601), '601 bytes expected, 600 decompressed'],
    ['a size that cannot be', () => compressed(1, 1e12), '1000000000000 bytes from 44 compressed ones are not believed'],
    ['rubbish', () => compressed(1, 600, new Uint8Array(40).fill(7)), 'cannot decompress'],
  ])('%s', (_name, make, message) => {
    expect(() => read(make())).toThrow(DebugInfoError);
    expect(() => read(make())).toThrow(message);
  });
});

describe('broken files', () => {
  const good = program();
  const changed = (offset: number, ...values: readonly number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(values, offset);
    return copy;
  };
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), 'ELF header+0x0: not an ELF file'],
    ['a script', Buffer.from('#!/bin/sh\n'), 'not an ELF file: it does not start with 7f 45 4c 46'],
    ['32-bit', changed(4, 1), 'ELF header+0x4: 32-bit ELF files are not supported'],
    ['big-endian', changed(5, 2), 'big-endian ELF files are not supported'],
    ['cut in the header', good.subarray(0, 40), 'ELF header+0x28: 8 bytes wanted, 0 left'],
    ['cut in the sections', good.subarray(0, good.length - 8), '12 headers of 64 bytes wanted'],
  ])('%s', (_name, bytes, message) => {
    expect(() => ElfFile.parse(bytes)).toThrow(DebugInfoError);
    expect(() => ElfFile.parse(bytes)).toThrow(message);
  });

  test('a section behind the end of the file', () => {
    const elf = ElfFile.parse(good);
    const section = { ...elf.section('.text')!, offset: good.length - 2 };
    expect(() => elf.sectionBytes(section)).toThrow(`32 bytes wanted, 2 left in the file`);
  });

  test('any changed bytes give a result or a DebugInfoError, in bounded time', () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 10 });
    // Half of the changes go into the headers, where they do most harm.
    const inHeaders = fc.array(fc.tuple(fc.oneof(fc.nat({ max: 119 }), fc.integer({ min: good.length - 12 * 64, max: good.length - 1 })), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(fc.oneof(changes, inHeaders), fc.nat({ max: good.length * 4 }), (list, cut) => {
      const bytes = good.slice(0, cut);
      for (const [at, value] of list) if (at < bytes.length) bytes[at] = value;
      const started = process.cpuUsage();
      exercise(bytes);
      expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
    }), { numRuns: 3000 });
  });
});

function exercise(bytes: Uint8Array): void {
  const tolerate = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
    }
  };
  tolerate(() => {
    const elf = ElfFile.parse(bytes);
    for (const read of [() => elf.buildId, () => elf.debugLink, () => elf.functions(), () => elf.function('main'), () => elf.function('wait'), () => elf.symbols('read'), () => elf.fileOffset(0x1010n), () => elf.addressOf(0x210)]) tolerate(read);
    for (const section of elf.sections) tolerate(() => elf.sectionBytes(section));
  });
}
