/** Call frames of real programs, compared with readelf --debug-dump=frames-interp, row by row. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { DebugPrograms, debugProgramNames, hasDebugTools } from '../testing/debug-programs.test-support.js';
import { ElfFile } from '../elf/elf-file.js';
import type { ElfMachine } from '../elf/header.js';
import { dwarfRegisterName, frameRegisters } from '../dwarf/registers.js';
import { CallFrames } from './call-frames.js';
import type { FrameRow, RegisterRule } from './frame-rows.js';
import { CFA_EXPRESSION, SavedAs, unwindRowAt } from './unwind-table.js';
import type { UnwindTable } from './unwind-table.js';
import { FRAME, SAVED_FP, unpackRule } from '../unwind/rules.js';
import { readUnwindRows, ruleAt } from '../unwind/unwind-rows.js';

interface ReadelfRow { readonly low: bigint; readonly cfa: string; readonly rules: ReadonlyMap<string, string> }
interface ReadelfFunction { readonly low: bigint; readonly high: bigint; readonly rows: readonly ReadelfRow[] }

/** FDEs of one section. Rows of CIEs alone are left out. */
function readelfFunctions(path: string, section: string): ReadelfFunction[] {
  const functions: ReadelfFunction[] = [];
  let isWanted = false;
  let rows: ReadelfRow[] | undefined;
  let columns: string[] = [];
  // readelf ends with 1 after a warning about sections that are not of interest here.
  const { stdout } = spawnSync('readelf', ['--wide', '--debug-dump=frames-interp', path], { encoding: 'utf8', maxBuffer: 1 << 30 });
  for (const line of stdout.split('\n')) {
    const contents = /^Contents of the (\S+) section/.exec(line);
    if (contents !== null) isWanted = contents[1] === section;
    if (!isWanted) continue;
    const fde = /^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE .* pc=([0-9a-f]+)\.\.([0-9a-f]+)/.exec(line);
    if (fde !== null) {
      rows = [];
      functions.push({ low: BigInt(`0x${fde[1]}`), high: BigInt(`0x${fde[2]}`), rows });
    } else if (/ CIE /.test(line)) rows = undefined;
    else if (/^ +LOC +CFA/.test(line)) columns = line.trim().split(/\s+/).slice(2);
    else if (rows !== undefined && /^[0-9a-f]{16} /.test(line)) {
      const [low, cfa, ...rules] = line.trim().replace(/ \(\w+\)/g, '').split(/\s+/);
      rows.push({ low: BigInt(`0x${low}`), cfa: cfa!, rules: new Map(columns.map((name, index) => [name, rules[index]!])) });
    }
  }
  return functions;
}

function ruleText(rule: RegisterRule | undefined): string {
  if (rule === undefined) return 'u';
  switch (rule.kind) {
    case 'offset': return `c${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'value-offset': return `v${rule.offset < 0 ? '' : '+'}${rule.offset}`;
    case 'register': return `r${rule.register}`;
    case 'expression': return 'exp';
    case 'value-expression': return 'vexp';
    case 'same-value': return 's';
    case 'undefined': return 'u';
  }
}

const cfaText = ({ cfa }: FrameRow, machine: ElfMachine): string => (cfa === undefined ? '?' : cfa.kind === 'expression' ? 'exp' : `${dwarfRegisterName(machine, cfa.register)}+${cfa.offset}`);

/** readelf's name for a column: "ra" is the CIE's return address, rip on x86-64 and x30 itself on AArch64. */
function columnRule(row: FrameRow, name: string, machine: ElfMachine): string {
  const register = [...row.registers.keys()].find((number) => dwarfRegisterName(machine, number) === name) ?? (name === 'ra' ? row.returnAddressRegister : undefined);
  return ruleText(register === undefined ? undefined : row.registers.get(register));
}

function compare(path: string, elf: ElfFile, section: '.eh_frame' | '.debug_frame'): number {
  const frames = CallFrames.ofElf(elf, section)!;
  const table = frames.unwindTable(frameRegisters(elf.machine)!.framePointer);
  const walked = readUnwindRows(elf);
  const differing: string[] = [];
  let count = 0;
  for (const { low, high, rows } of readelfFunctions(path, section)) {
    const fde = frames.fdeAt(low);
    if (high === low) continue;
    if (fde === undefined || BigInt.asUintN(64, BigInt(fde.high)) !== high) {
      differing.push(`${low.toString(16)}: no such function`);
      continue;
    }
    const own = frames.rows(fde);
    rows.forEach((want, index) => {
      // Where a row ends at its own address, the next one holds from there.
      if (rows[index + 1]?.low === want.low || want.low >= high) return;
      count++;
      const row = own.find((one) => one.low === want.low || (one.low < want.low && one.high > want.low));
      const have = row === undefined ? 'no row' : `${cfaText(row, elf.machine)} ${[...want.rules.keys()].map((name) => (name === 'ra_sign_state' ? '' : columnRule(row, name, elf.machine))).join(' ')}`;
      const wanted = `${want.cfa} ${[...want.rules].map(([name, rule]) => (name === 'ra_sign_state' ? '' : rule)).join(' ')}`;
      if (have !== wanted) differing.push(`${want.low.toString(16)}: ${have}, readelf ${wanted}`);
      const rule = walked === undefined ? undefined : ruleText86(ruleAt(walked, Number(want.low)));
      if (rule !== undefined && rule !== readelfRule(want)) differing.push(`${want.low.toString(16)}: rule ${rule}, ${readelfRule(want)}`);
      const compact = compactText(table, want.low);
      if (row !== undefined && compact !== compactOf(row, elf.machine)) differing.push(`${want.low.toString(16)}: compact ${compact}, ${compactOf(row, elf.machine)}`);
    });
  }
  expect(differing.slice(0, 10)).toEqual([]);
  return count;
}

/** A rule of the walked rows in readelf's words. */
function ruleText86(packed: number): string {
  const { kind, offset, saved, savedOffset } = unpackRule(packed);
  if (kind === FRAME.outermost) return 'outermost';
  if (kind === FRAME.stackPointer || kind === FRAME.framePointer) return `${kind === FRAME.stackPointer ? 'rsp' : 'rbp'}+${offset} ${saved === SAVED_FP.same ? 'u' : saved === SAVED_FP.atCfa ? `c${savedOffset}` : 'exp'}`;
  return 'other';
}
function readelfRule({ cfa, rules }: ReadelfRow): string {
  if (rules.get('ra') === 'u') return 'outermost';
  const saved = rules.get('rbp') ?? 'u';
  return /^(rsp|rbp)\+\d+$/.test(cfa) && rules.get('ra') === 'c-8' && !saved.startsWith('r') && !saved.startsWith('v') ? `${cfa} ${saved}` : 'other';
}

/** What the compact table says at an address, and what the full row says of the same. */
function compactText(table: UnwindTable, pc: bigint): string {
  const row = unwindRowAt(table, pc);
  if (row === undefined) return 'none';
  const cfa = table.cfaRegisters[row]!;
  const saved = (rule: number, offset: number): string => (rule === SavedAs.offset ? `c${offset}` : rule === SavedAs.same ? 's' : rule === SavedAs.undefined ? 'u' : `other ${rule}`);
  return [cfa === CFA_EXPRESSION ? 'exp' : `${cfa}+${table.cfaOffsets[row]!}`, saved(table.framePointerRules[row]!, table.framePointerOffsets[row]!), saved(table.returnAddressRules[row]!, table.returnAddressOffsets[row]!)].join(' ');
}
function compactOf(row: FrameRow, machine: ElfMachine): string {
  const saved = (rule: RegisterRule | undefined): string => (rule === undefined || rule.kind === 'same-value' ? 's' : rule.kind === 'offset' ? `c${rule.offset}` : rule.kind === 'undefined' ? 'u' : `other ${rule.kind === 'expression' ? SavedAs.expression : rule.kind === 'register' ? SavedAs.register : rule.kind === 'value-offset' ? SavedAs.valueOffset : SavedAs.valueExpression}`);
  const { cfa } = row;
  const where = cfa?.kind === 'register-offset' ? `${cfa.register}+${cfa.offset}` : 'exp';
  return [where, saved(row.registers.get(frameRegisters(machine)!.framePointer)), saved(row.registers.get(row.returnAddressRegister))].join(' ');
}

const programs = new DebugPrograms();
afterAll(() => {
  programs.remove();
});

(hasDebugTools ? describe : describe.skip)('programs of the host\'s compilers', () => {
  test.each(debugProgramNames.filter((name) => name !== 'gcc-object'))('%s', (name) => {
    const { path, elf } = programs.get(name);
    expect(compare(path, elf, '.eh_frame')).toBeGreaterThan(2);
  });

  test('.debug_frame', () => {
    const { path, elf } = programs.get('gcc-debug-frame');
    expect(compare(path, elf, '.debug_frame')).toBeGreaterThan(10);
    const { address } = elf.function('average')!;
    expect(CallFrames.ofElf(elf, '.eh_frame')?.rowAt(address)).toBeUndefined();
  });

  test('an object file, whose addresses are relocated', () => {
    const { elf } = programs.get('gcc-object');
    const frames = CallFrames.ofElf(elf, '.eh_frame')!;
    for (const { sectionIndex, address, size } of elf.functions('*')) {
      const low = elf.layout.addressOf(sectionIndex, address);
      const fde = frames.fdeAt(low)!;
      expect([BigInt(fde.low), BigInt(fde.high)]).toEqual([low, low + BigInt(size)]);
      expect(frames.rowAt(low)?.cfa).toEqual({ kind: 'register-offset', register: 7, offset: 8 });
    }
  });

  if (debugProgramNames.includes('aarch64-O0')) {
    test('AArch64: return addresses are signed between paciasp and autiasp', () => {
      const { elf } = programs.get('aarch64-O0');
      const { address, size } = elf.function('average')!;
      const signed = Array.from({ length: size / 4 }, (_, index) => CallFrames.ofElf(elf, '.eh_frame')!.rowAt(address + BigInt(4 * index))!.isReturnAddressSigned);
      expect([signed[0], signed[2], signed.at(-1)]).toEqual([false, true, false]);
    });
  }
});

const LARGE = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6'].filter((path) => existsSync(path));
(hasDebugTools ? describe : describe.skip)('libraries of the host', () => {
  test.each(LARGE)('%s', (path) => {
    expect(compare(path, ElfFile.parse(readFileSync(path)), '.eh_frame')).toBeGreaterThan(10_000);
  }, 120_000);

  test.each(LARGE)('%s: the search table finds what a search through .eh_frame finds', (path) => {
    const elf = ElfFile.parse(readFileSync(path));
    const searched = CallFrames.ofElf(elf, '.eh_frame')!;
    const scanned = new CallFrames(searched.section);
    const functions = elf.functions('*');
    expect(functions.length).toBeGreaterThan(1000);
    expect(functions.filter(({ address }) => searched.fdeAt(address + 1n)?.offset !== scanned.fdeAt(address + 1n)?.offset)).toEqual([]);
  });
});
