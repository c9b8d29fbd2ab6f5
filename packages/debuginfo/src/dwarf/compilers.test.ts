/** Programs of gcc, clang and rustc: every entry as llvm-dwarfdump reads it, every address as llvm-symbolizer does, every type as the program itself laid it out. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ElfFile } from '../elf/elf-file.js';
import { C_PROGRAM, CPP_PROGRAM, RUST_PROGRAM } from '../testing/dwarf-programs.test-support.js';
import { dumpEntries, symbolize } from '../testing/dwarfdump.test-support.js';
import type { DumpedEntry } from '../testing/dwarfdump.test-support.js';
import { hasTool, run } from '../testing/host-tools.test-support.js';
import * as dw from './constants.js';
import { offsetOf } from './die-id.js';
import type { Die } from './die.js';
import { Dwarf } from './dwarf.js';
import type { DwarfOptions } from './dwarf.js';
import type { DwarfInlined } from './model.js';
import { World } from './world.js';

const directory = mkdtempSync(`${tmpdir()}/stapkit-dwarf-`);
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** STAPKIT_COMPILERS=all: every compiler with every option, some minutes. Else one of each kind. */
const ALL = process.env['STAPKIT_COMPILERS'] === 'all';
const SLICE: ReadonlySet<string> = new Set(['gcc -O0 DWARF 5', 'clang -O2 DWARF 4', 'clang type units DWARF 5', 'gcc DWARF 2', 'gcc relocatable', 'g++ -O3 -flto DWARF 5', 'g++ type units DWARF 4', 'clang++ -O0 DWARF 5', 'rustc optimized']);

interface Build {
  readonly name: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly source: 'c' | 'cpp' | 'rs';
}

const OPTIMIZATIONS: readonly (readonly string[])[] = [['-O0'], ['-O2'], ['-O3', '-flto']];
function builds(): Build[] {
  const all: Build[] = [];
  for (const [compiler, source] of [['gcc', 'c'], ['clang', 'c'], ['g++', 'cpp'], ['clang++', 'cpp']] as const) {
    for (const version of [4, 5]) {
      for (const optimization of OPTIMIZATIONS) {
        // Debian's clang has no LTO plugin for the linker.
        if (compiler.startsWith('clang') && optimization.includes('-flto')) continue;
        all.push({ name: `${compiler} ${optimization.join(' ')} DWARF ${version}`, compiler, source, flags: [...optimization, '-g', `-gdwarf-${version}`] });
      }
      all.push({ name: `${compiler} type units DWARF ${version}`, compiler, source, flags: ['-O1', '-g', `-gdwarf-${version}`, '-fdebug-types-section'] });
    }
  }
  all.push({ name: 'gcc compressed', compiler: 'gcc', source: 'c', flags: ['-O1', '-g', '-gz=zlib'] }, { name: 'gcc DWARF 3', compiler: 'gcc', source: 'c', flags: ['-O1', '-g', '-gdwarf-3', '-gstrict-dwarf'] });
  all.push({ name: 'gcc DWARF 2', compiler: 'gcc', source: 'c', flags: ['-O0', '-g', '-gdwarf-2', '-gstrict-dwarf'] }, { name: 'gcc 64-bit DWARF 5', compiler: 'gcc', source: 'c', flags: ['-O2', '-g', '-gdwarf64'] });
  all.push({ name: 'gcc functions in sections of their own', compiler: 'gcc', source: 'c', flags: ['-O2', '-g', '-ffunction-sections', '-Wl,--gc-sections'] }, { name: 'gcc relocatable', compiler: 'gcc', source: 'c', flags: ['-c', '-O2', '-g', '-ffunction-sections'] });
  all.push({ name: 'rustc debug', compiler: 'rustc', source: 'rs', flags: ['-g'] }, { name: 'rustc optimized', compiler: 'rustc', source: 'rs', flags: ['-g', '-O'] });
  return all.filter(({ name, compiler }) => (ALL || SLICE.has(name)) && hasTool(compiler));
}

const BUILDS = builds();
const pathOf = (name: string): string => join(directory, name.replaceAll(' ', '_'));
const rows = BUILDS.map((build) => [build.name, build] as const);
function compile({ name, compiler, flags, source }: Build): void {
  const output = pathOf(name);
  if (compiler === 'rustc') run('rustc', ...flags, '-o', output, join(directory, 'program.rs'));
  else run(compiler, ...flags, '-w', '-o', output, join(directory, `program.${source}`));
}
const dumps = new Map<string, DumpedEntry[]>();
/** What llvm-dwarfdump says of a section, asked once. */
function dumpOf(path: string, section = '--debug-info'): DumpedEntry[] {
  const key = `${section} ${path}`;
  const dump = dumps.get(key) ?? dumpEntries(path, section);
  dumps.set(key, dump);
  return dump;
}
const openElf = (path: string): ElfFile => ElfFile.parse(readFileSync(path));
const open = (path: string, options?: DwarfOptions): Dwarf => Dwarf.open(openElf(path), options)!;

const SIGNED: ReadonlySet<number> = new Set([dw.DW_FORM_ref_sig8]);
const TAGS = new Map(Object.entries(dw).filter(([key]) => key.startsWith('DW_TAG_')).map(([key, value]) => [value as number, key]));
const ATTRIBUTES = new Map(Object.entries(dw).filter(([key]) => key.startsWith('DW_AT_')).map(([key, value]) => [key, value as number]));

/** The entries of a tree, each with its depth. */
function flatten(root: Die): { readonly die: Die; readonly depth: number }[] {
  const found: { die: Die; depth: number }[] = [];
  const visit = (die: Die, depth: number): void => {
    found.push({ die, depth });
    for (const child of die.children()) visit(child, depth + 1);
  };
  visit(root, 0);
  return found;
}

/** An attribute as it should print; undefined: this kind of value is compared elsewhere. */
function differs(die: Die, attribute: string, printed: string, isRelocatable: boolean): string | undefined | false {
  const number = ATTRIBUTES.get(attribute)!;
  if (attribute === 'DW_AT_decl_file' || attribute === 'DW_AT_call_file') {
    const file = die.unit.place(die.number(number), 1, undefined)!.file;
    const path = printed.replace(/^"|"$/g, '');
    return file === path || resolve(die.unit.compilationDirectory, file) === resolve(path) ? false : file;
  }
  const text = /^"(.*)"$/s.exec(printed);
  if (text !== null) return die.text(number) === text[1]!.replace(/\\(.)/g, '$1') ? false : String(die.text(number));
  if (printed === 'true') return die.flag(number) ? false : 'false';
  const value = /^(0x[0-9a-f]+|-?\d+)(?: ".*")?$/s.exec(printed)?.[1];
  if (value === undefined) return undefined;
  const wanted = BigInt(value);
  const reference = die.reference(number);
  // Type units are named by their signatures.
  if (reference !== undefined && /^0x[0-9a-f]{16}$/.test(printed) && SIGNED.has(die.abbreviation.forms[die.abbreviation.names.indexOf(number)]!)) return undefined;
  if (reference !== undefined) return BigInt(offsetOf(reference)) === wanted ? false : `entry 0x${offsetOf(reference).toString(16)}`;
  const address = die.address(number);
  // llvm-dwarfdump counts from the start of each section; readers lay them out one behind the other.
  if (isRelocatable && (address !== undefined || attribute === 'DW_AT_high_pc')) return undefined;
  if (address !== undefined) return address === wanted ? false : `address 0x${address.toString(16)}`;
  // In DWARF 2 and 3 places of lists have the forms of constants.
  const list = attribute === 'DW_AT_const_value' ? undefined : die.listPlace(number);
  if (list !== undefined) return BigInt(list.value) === wanted ? false : `list ${list.value}`;
  const constant = die.constant(number);
  if (typeof constant !== 'bigint') return die.number(number) === Number(wanted) ? false : `number ${String(die.number(number))}`;
  if (attribute === 'DW_AT_high_pc') return constant + die.address(dw.DW_AT_low_pc)! === wanted ? false : `length ${constant}`;
  return BigInt.asUintN(64, constant) === BigInt.asUintN(64, wanted) ? false : `constant ${constant}`;
}

/** Every entry and every attribute, as far as llvm-dwarfdump's text says the value. */
function compareEntries(dumped: readonly DumpedEntry[], roots: readonly Die[], isRelocatable = false): { entries: number; values: number; problems: string[] } {
  const have = roots.flatMap(flatten);
  const problems: string[] = [];
  let values = 0;
  if (have.length !== dumped.length) problems.push(`${have.length} entries, ${dumped.length} expected`);
  for (const [index, want] of dumped.entries()) {
    const found = have[index];
    if (found === undefined || problems.length > 10) break;
    const { die, depth } = found;
    const place = `0x${want.offset.toString(16)} ${want.tag}`;
    if (die.unit.header.offset + die.at !== want.offset || depth !== want.depth || (TAGS.has(die.tag) && TAGS.get(die.tag) !== want.tag)) problems.push(`${place}: have 0x${(die.unit.header.offset + die.at).toString(16)} depth ${depth} tag ${die.tag}`);
    if (die.abbreviation.names.length !== want.attributes.size) problems.push(`${place}: ${die.abbreviation.names.length} attributes, ${want.attributes.size} expected`);
    for (const [attribute, printed] of want.attributes) {
      if (!ATTRIBUTES.has(attribute)) continue;
      const other = differs(die, attribute, printed, isRelocatable);
      if (other !== undefined) values++;
      if (other !== false && other !== undefined) problems.push(`${place} ${attribute}: ${other}, expected ${printed}`);
    }
  }
  return { entries: have.length, values, problems };
}

/** [low, high) pairs of an entry's printed attributes. */
function printedRanges({ attributes }: DumpedEntry): [bigint, bigint][] {
  const ranges = [...(attributes.get('DW_AT_ranges') ?? '').matchAll(/\[(0x[0-9a-f]+), (0x[0-9a-f]+)\)/g)].map(([, low, high]): [bigint, bigint] => [BigInt(low!), BigInt(high!)]);
  const low = attributes.get('DW_AT_low_pc');
  const high = attributes.get('DW_AT_high_pc');
  if (low !== undefined && high !== undefined) ranges.push([BigInt(low.split(' ')[0]!), BigInt(high.split(' ')[0]!)]);
  return ranges.filter(([from, to]) => from < to);
}
const byAddress = (a: readonly [bigint, bigint], b: readonly [bigint, bigint]): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

function checkFunctions(dwarf: Dwarf, elf: ElfFile, dumped: readonly DumpedEntry[]): void {
  const want = dumped.filter(({ tag }) => tag === 'DW_TAG_subprogram').map((one) => ({ offset: one.offset, ranges: printedRanges(one).filter(([low]) => elf.isCode(low)).sort(byAddress) })).filter(({ ranges }) => ranges.length > 0);
  const have = dwarf.functions('*').filter(({ ranges }) => ranges.length > 0).map(({ id, ranges }) => ({ offset: offsetOf(id), ranges: ranges.map(({ low, high }): [bigint, bigint] => [low, high]).sort(byAddress) }));
  expect(have.sort((a, b) => a.offset - b.offset)).toEqual(want);
  const inlined = dumped.filter(({ tag, attributes }) => tag === 'DW_TAG_inlined_subroutine' && /^0x/.test(attributes.get('DW_AT_abstract_origin') ?? '')).map((one) => ({ offset: one.offset, ranges: printedRanges(one).filter(([low]) => elf.isCode(low)) })).filter(({ ranges }) => ranges.length > 0);
  const origins = new Map(dwarf.functions('*').map((one) => [one.originId, one]));
  const instances: DwarfInlined[] = [...origins.values()].flatMap((one) => [...one.inlinedInstances()]).filter(({ ranges }) => ranges.length > 0);
  expect(instances.map(({ id, ranges }) => ({ offset: offsetOf(id), ranges: ranges.map(({ low, high }) => [low, high]) })).sort((a, b) => a.offset - b.offset)).toEqual(inlined);
}

/** Starts of lines: all places where something can change. */
function codeAddresses(dwarf: Dwarf, most: number): bigint[] {
  const all = new Set<bigint>();
  for (const unit of dwarf.units) if (unit.lineOffset !== undefined) for (const row of dwarf.lines.at(unit.lineOffset).rows()) if (!row.isEndOfSequence) all.add(row.address);
  const sorted = [...all].filter((address) => dwarf.functionAt(address) !== undefined).sort((a, b) => (a < b ? -1 : 1));
  const step = Math.max(1, Math.ceil(sorted.length / most));
  return sorted.filter((_address, index) => index % step === 0);
}

function checkStacks(path: string, dwarf: Dwarf): number {
  const addresses = codeAddresses(dwarf, 1500);
  const want = symbolize(path, addresses);
  const have = addresses.map((pc) => {
    const scopes = dwarf.scopesAt(pc);
    const frames = dwarf.inlineStack(pc);
    const calls = scopes.filter((scope): scope is DwarfInlined => scope.kind === 'inlined').map(({ call }) => call?.line ?? 0);
    return frames.map((frame, index) => {
      return { name: frame.name, line: index === 0 ? 'of the line table' : calls[index - 1] };
    });
  });
  // Thunks have a mangled name alone, which the symbolizer does not take.
  expect(have).toEqual(want.map((frames, place) => frames.map(({ name, line }, index) => ({ name: name === '??' ? have[place]![index]?.name : name, line: index === 0 ? 'of the line table' : line }))));
  return addresses.length;
}

(hasTool('gcc') && hasTool('llvm-dwarfdump') ? describe : describe.skip)('programs', () => {
  beforeAll(() => {
    writeFileSync(join(directory, 'program.c'), C_PROGRAM);
    writeFileSync(join(directory, 'program.cpp'), CPP_PROGRAM);
    writeFileSync(join(directory, 'program.rs'), RUST_PROGRAM);
    for (const build of BUILDS) compile(build);
  }, 300_000);

  test('all compilers are there', () => {
    expect(new Set(BUILDS.map(({ compiler }) => compiler))).toEqual(new Set(['gcc', 'g++', 'clang', 'clang++', 'rustc']));
  });

  // The entries of Rust's standard library are many, and those of LLVM as Clang's are.
  test.each(rows.filter(([, { source }]) => ALL || source !== 'rs'))('%s: every entry', (name) => {
    const path = pathOf(name);
    const world = new World(openElf(path), {});
    const roots = (section: 0 | 1): Die[] => (world.ownSections.find(({ part }) => part === section)?.units ?? []).map(({ root }) => root);
    const info = compareEntries(dumpOf(path), roots(0), name.includes('relocatable'));
    // With DWARF 4 most of the values are in a section of types.
    const types = openElf(path).section('.debug_types') === undefined ? undefined : compareEntries(dumpOf(path, '--debug-types'), roots(1));
    expect([...info.problems, ...(types?.problems ?? [])]).toEqual([]);
    expect(info.values + (types?.values ?? 0)).toBeGreaterThan((info.entries + (types?.entries ?? 0)) * 2);
  }, 60_000);

  test.each(rows.filter(([name, { source }]) => !name.includes('relocatable') && (ALL || source !== 'rs')))('%s: functions and inlined instances', (name) => {
    const path = pathOf(name);
    checkFunctions(open(path), openElf(path), dumpOf(path));
  }, 60_000);

  test.each(rows.filter(([name]) => !name.includes('relocatable')))('%s: the stack at every line', (name) => {
    const path = pathOf(name);
    expect(checkStacks(path, open(path))).toBeGreaterThan(50);
  }, 60_000);

  test.each(rows)('%s: the same with an index', (name) => {
    const path = pathOf(name);
    const plain = open(path);
    const indexed = open(path, { index: () => plain.exportIndex() });
    const listed = (dwarf: Dwarf): unknown => [dwarf.functions('*').map((one) => [one.id, one.qualifiedName, one.entryPc]), dwarf.globals('*').map((one) => [one.id, one.qualifiedName]), dwarf.types('*').map(({ id }) => id)];
    expect(listed(indexed)).toEqual(listed(plain));
    // Each name by itself finds what the wildcard found.
    for (const one of plain.functions('*').slice(0, 60)) {
      if (!/[*?[\]\\<]|::/.test(one.name)) expect(indexed.functions(one.name).map(({ id }) => id)).toContain(one.id);
    }
  }, 60_000);

  const cBuilds = rows.filter(([, { source, flags }]) => source === 'c' && !flags.includes('-c'));
  test.each(cBuilds)('%s: types are laid out as the program says', (name) => {
    const path = pathOf(name);
    const dwarf = open(path);
    let compared = 0;
    for (const line of run(path).split('\n')) {
      const [what, type = '', member = '', offset, size] = line.split(' ');
      if (what !== 'size' && what !== 'member' && what !== 'bits') continue;
      const struct = dwarf.findType(type, 'struct');
      expect([type, struct?.kind]).toEqual([type, 'struct']);
      const id = struct!.id;
      compared++;
      if (what === 'size') {
        expect([line, dwarf.sizeOf(id)]).toEqual([line, Number(member)]);
        continue;
      }
      const place = dwarf.locate(id, member.split(/[.[\]]+/).filter((step) => step !== '').map((step) => (/^\d/.test(step) ? Number(step) : step)));
      if (what === 'member') expect([line, place?.offset, dwarf.sizeOf(place!.typeId)]).toEqual([line, Number(offset), Number(size)]);
      else {
        let ones = 0n;
        for (const [index, byte] of Buffer.from(offset!, 'hex').entries()) ones |= BigInt(byte) << BigInt(8 * index);
        expect([line, ((1n << BigInt(place!.bitSize)) - 1n) << BigInt(place!.offsetBits)]).toEqual([line, ones]);
      }
    }
    expect(compared).toBeGreaterThan(30);
  });

  test.each(cBuilds.filter(([, { flags }]) => flags.includes('-O0')))('%s: C names and types as they are printed', (name) => {
    const dwarf = open(pathOf(name));
    const isOld = name.includes('DWARF 2');
    const [compute] = dwarf.functions('compute');
    expect(compute!.parameters.map((one) => `${dwarf.typeName(one.typeId)} ${one.name}`)).toEqual(['int count', 'char** texts', 'struct point where', 'double scale', 'u32* out']);
    expect(compute!.declaration?.file.endsWith('program.c')).toBe(true);
    expect(dwarf.functions('variadic')[0]).toMatchObject({ isVariadic: true, isExternal: true });
    expect(dwarf.functions('leaf')[0]).toMatchObject({ isExternal: false, isPrototyped: true });
    expect(compute!.scope.labels.map((label) => label.name)).toEqual(['overflow']);
    expect(dwarf.globals('names').map((one) => dwarf.typeName(one.typeId))).toEqual(['char const* const[]']);
    const member = (path: string): string => dwarf.typeName(dwarf.member(dwarf.findType('node', 'struct')!.id, path)!.typeId);
    expect(['next', 'at', 'words', 'color', 'owner'].map(member)).toEqual(['struct node*', 'struct point', 'union word[]', 'enum color', 'device_t*']);
    expect(dwarf.typeName(dwarf.member(dwarf.findType('device', 'struct')!.id, 'open')!.typeId)).toBe('int (*) (struct device*, int, ...)');
    const color = dwarf.findType('color', 'enum');
    expect(color?.enumerators).toEqual([{ name: 'RED', value: 0n }, { name: 'GREEN', value: 5n }, { name: 'BLUE', value: isOld ? color!.enumerators[2]!.value : -3n }]);
    expect(dwarf.functions('*', { file: 'program.c' }).length).toBe(dwarf.functions('*').length);
    expect(dwarf.functions('*', { file: 'rogram.c' })).toEqual([]);
  });

  test.each(rows.filter(([, { source, flags }]) => source === 'cpp' && flags.includes('-O0')))('%s: C++ names and types', (name) => {
    const dwarf = open(pathOf(name));
    const names = (pattern: string): string[] => [...new Set(dwarf.functions(pattern).filter(({ entryPc }) => entryPc !== undefined).map(({ qualifiedName }) => qualifiedName))];
    expect(names('geo::Shape::area')).toEqual(['geo::Shape::area']);
    expect(names('Shape::area')).toEqual(['geo::Shape::area']);
    expect(names('geo::versioned')).toEqual(['geo::v1::versioned']);
    expect(names('secret')).toEqual(['geo::(anonymous namespace)::secret']);
    expect(names('largest')).toEqual(['largest<int>']);
    expect(names('std::vector<int, *>::begin')).toEqual(['std::vector<int, std::allocator<int> >::begin']);
    expect(dwarf.functions('Shape::area').filter(({ entryPc }) => entryPc !== undefined).map(({ linkageName }) => linkageName)).toEqual(['_ZNK3geo5Shape4areaEv']);
    expect(dwarf.functions('_ZNK3geo5Shape4areaEv').map(({ name: found }) => found)).toContain('area');
    const [references] = dwarf.functions('references');
    expect(references!.parameters.map((one) => dwarf.typeName(one.typeId))).toEqual([expect.stringMatching(/string&$/), 'enum Kind', expect.stringMatching(/nullptr/)]);
    const shape = dwarf.findType('geo::Shape')!;
    expect(dwarf.memberNames(shape.id)).toEqual(expect.arrayContaining(['id', 'side_', 'corners_']));
    expect(dwarf.locate(shape.id, ['corners_', 2, 'y'])?.offset).toBe(dwarf.locate(shape.id, ['corners_'])!.offset + 10);
    expect(dwarf.member(shape.id, 'id')?.offset).toBe(8);
    expect(dwarf.globals('geo::Shape::made').map(({ linkageName }) => linkageName)).toEqual(['_ZN3geo5Shape4madeE']);
    const both = dwarf.resolve(dwarf.findType('Both')!.id);
    expect(both.kind === 'struct' && both.members.filter(({ isBase }) => isBase).map((one) => one.name)).toEqual(['Left', 'Right']);
    expect(dwarf.functions('operator()').some(({ qualifiedName }) => qualifiedName.startsWith('main') || qualifiedName.includes('lambda') || qualifiedName.includes('(anonymous class)'))).toBe(true);
  });

  test.each(rows.filter(([, { source }]) => source === 'rs'))('%s: Rust names and types', (name) => {
    const dwarf = open(pathOf(name));
    expect(dwarf.functions('shapes::*::area').map(({ qualifiedName }) => qualifiedName)).toContain('program::shapes::{impl#0}::area'.replace('{impl#0}', dwarf.functions('area').find(({ entryPc }) => entryPc !== undefined)!.qualifiedName.split('::')[2]!));
    expect(dwarf.functions('*sum', { file: '*program.rs' }).filter(({ entryPc }) => entryPc !== undefined).flatMap(({ parameters }) => parameters.map((one) => `${one.name}: ${dwarf.typeName(one.typeId)}`))).toEqual(['values: struct &[i32]', 'name: struct &str']);
    const shape = dwarf.findType('shapes::Shape', 'struct')!;
    expect(shape.variantParts[0]!.variants.flatMap(({ members }) => members.map((one) => one.name)).sort()).toEqual(['Circle', 'Nothing', 'Rect']);
    expect(dwarf.locate(shape.id, ['Circle', '__0'])?.scalar).toEqual({ bytes: 4, signed: false });
    expect(dwarf.locate(shape.id, ['Rect', 'h'])?.scalar).toEqual({ bytes: 2, signed: false });
  });
});

(hasTool('gcc') && hasTool('clang') && hasTool('llvm-dwarfdump') ? describe : describe.skip)('debug information in several files', () => {
  beforeAll(() => {
    writeFileSync(join(directory, 'program.c'), C_PROGRAM);
    writeFileSync(join(directory, 'program.cpp'), CPP_PROGRAM);
  });

  const SPLIT = [['gcc', 'c', 4], ['gcc', 'c', 5], ['clang', 'c', 4], ['clang', 'c', 5], ['g++', 'cpp', 4], ['g++', 'cpp', 5], ['clang++', 'cpp', 5]] as const;
  test.each(SPLIT.filter(([compiler]) => ALL || compiler === 'clang++'))('split DWARF of %s (%s) %i: .dwo, .dwp, and whole', (compiler, source, version) => {
    const folder = pathOf(`split ${compiler} ${version}`);
    mkdirSync(folder);
    const input = join(directory, `program.${source}`);
    run('sh', '-c', `cd ${folder} && ${compiler} -w -O2 -g -gdwarf-${version} -gsplit-dwarf -c -o p.o ${input} && ${compiler} -o split p.o && ${compiler} -w -O2 -g -gdwarf-${version} -o whole ${input}`);
    const elf = openElf(join(folder, 'split'));
    const asked: string[] = [];
    const dwo = (unit: { readonly name: string; readonly compilationDirectory: string }): ElfFile | undefined => {
      const path = resolve(unit.compilationDirectory, unit.name);
      asked.push(path);
      return existsSync(path) ? openElf(path) : undefined;
    };
    const listed = (dwarf: Dwarf): unknown => dwarf.functions('*').map((one) => [one.qualifiedName, one.ranges.map(({ low, high }) => high - low), one.parameters.map((parameter) => [parameter.name, dwarf.typeName(parameter.typeId), parameter.location?.kind]), one.inlinedInstances().length, one.unit.name === input]).sort();
    const whole = listed(open(join(folder, 'whole')));
    expect(listed(Dwarf.open(elf, { split: dwo })!)).toEqual(whole);
    expect(new Set(asked).size).toBe(1);
    expect(checkStacks(join(folder, 'split'), Dwarf.open(elf, { split: dwo })!)).toBeGreaterThan(50);
    // llvm-dwp of LLVM 14 knows DWARF 5 packages, and binutils' dwp only the older ones.
    run('sh', '-c', `cd ${folder} && ${version === 4 && hasTool('dwp') ? 'dwp' : 'llvm-dwp'} -e split -o split.dwp`);
    const dwp = openElf(join(folder, 'split.dwp'));
    expect(listed(Dwarf.open(elf, { package: () => dwp })!)).toEqual(whole);
    // Clang names the types of its conversions in expressions, and has them in a .dwo or not as it needs them.
    const types = (dwarf: Dwarf): string[] => dwarf.types('*').map((type) => `${dwarf.qualifiedTypeName(type.id)} ${dwarf.sizeOf(type.id) ?? ''}`).filter((text) => !text.startsWith('DW_ATE_')).sort();
    const packaged = types(Dwarf.open(elf, { package: () => dwp })!);
    const inWhole = new Set(types(open(join(folder, 'whole'))));
    expect(packaged.filter((text) => inWhole.has(text))).toEqual([...inWhole].flatMap((text) => packaged.filter((one) => one === text)));
    // g++ leaves types that nothing uses out, but not of a .dwo: llvm-dwarfdump has them there as well. It fails for want of the program's ranges.
    const more = packaged.filter((text) => !inWhole.has(text));
    const dumped = new Set(compiler === 'g++' ? [...run('sh', '-c', 'llvm-dwarfdump --debug-info "$0" 2>/dev/null || true', asked[0]!).matchAll(/DW_AT_name\t\("(.*)"\)/g)].map(([, text]) => text!) : []);
    expect(more.length > 0).toBe(compiler === 'g++');
    expect(more.filter((text) => ![...dumped].some((name) => ` ${text.replaceAll('::', ' ')}`.includes(` ${name.replaceAll('::', ' ')} `)))).toEqual([]);
  }, 60_000);

  (hasTool('dwz') ? test.each(([['g++', 5], ['g++', 4], ['gcc', 5]] as const).slice(0, ALL ? 3 : 1)) : test.skip.each([['', 0]] as const))('dwz over two programs of %s, DWARF %i', (compiler, version) => {
    const folder = pathOf(`dwz ${compiler} ${version}`);
    mkdirSync(folder);
    const input = join(directory, `program.${compiler === 'g++' ? 'cpp' : 'c'}`);
    run('sh', '-c', `cd ${folder} && for n in 1 2; do ${compiler} -w -O2 -g -gdwarf-${version} -DNUMBER=$n -o p$n ${input}; cp p$n q$n; done; dwz -m common p1 p2`);
    const common = (): ElfFile => openElf(join(folder, 'common'));
    const listed = (dwarf: Dwarf): unknown => [
      dwarf.functions('*').map((one) => [one.qualifiedName, one.entryPc, one.parameters.map((parameter) => [parameter.name, dwarf.typeName(parameter.typeId), parameter.location?.kind]), one.inlinedInstances().map(({ entryPc }) => entryPc)]).sort(),
      dwarf.types('*').map((type) => [dwarf.qualifiedTypeName(type.id), type.kind, dwarf.sizeOf(type.id)]).sort(),
      dwarf.globals('*').map((one) => [one.qualifiedName, dwarf.typeName(one.typeId)]).sort(),
    ];
    const elf = openElf(join(folder, 'p1'));
    expect(elf.section('.gnu_debugaltlink')).toBeDefined();
    expect(listed(Dwarf.open(elf, { supplementary: common })!)).toEqual(listed(open(join(folder, 'q1'))));
    expect(() => Dwarf.open(elf)!.functions('*').map((one) => one.name)).toThrow('the supplementary file that this debug information refers to was not found');
  }, 60_000);
});
