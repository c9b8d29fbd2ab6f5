/** Asks a file everything that readers of ELF, BTF, line tables, call frames and USDT notes can be asked: each answer is a result or DebugInfoError. */
import { Btf } from '../btf/btf.js';
import { CallFrames } from '../cfi/call-frames.js';
import { LineTables } from '../dwarf/line-tables.js';
import { ElfFile } from '../elf/elf-file.js';
import { pltStubs } from '../elf/plt.js';
import { dynamicNeeds } from '../elf/dynamic.js';
import { parseUsdtArguments } from '../usdt/arguments.js';
import { readUsdtProbes, usdtSymbolAddress } from '../usdt/probes.js';
import type { Answers } from './questions.test-support.js';
import { Questions } from './questions.test-support.js';

/** A broken file can have millions of each. */
const LOOKED_AT = 200;

/** So many of a sequence that is made as it is read. */
function taken<T>(all: Iterable<T>): T[] {
  const found: T[] = [];
  for (const one of all) {
    if (found.length === LOOKED_AT) break;
    found.push(one);
  }
  return found;
}

export function exerciseElf(bytes: Uint8Array): Answers {
  const q = new Questions();
  const elf = q.ask(() => ElfFile.parse(bytes));
  if (elf === undefined) return q;
  for (const section of elf.sections.slice(0, LOOKED_AT)) q.ask(() => elf.sectionBytes(section));
  q.ask(() => elf.notes);
  q.ask(() => elf.buildId);
  q.ask(() => elf.debugLink);
  q.ask(() => elf.alternateDebugLink);
  q.ask(() => elf.symbols('main'));
  q.ask(() => elf.function('main'));
  q.ask(() => pltStubs(elf));
  q.ask(() => dynamicNeeds(elf));
  for (const { address } of (q.ask(() => elf.functions('*')) ?? []).slice(0, LOOKED_AT)) {
    q.ask(() => elf.fileOffset(address));
    q.ask(() => elf.isCode(address));
  }
  return q;
}

export function exerciseLines(bytes: Uint8Array): Answers {
  const q = new Questions();
  const elf = q.ask(() => ElfFile.parse(bytes));
  if (elf === undefined) return q;
  const tables = new LineTables(elf, { isCode: (address) => elf.isCode(address) });
  for (const table of q.ask(() => taken(tables.all())) ?? []) {
    q.ask(() => table.files);
    q.ask(() => table.path(1));
    const rows = q.ask(() => taken(table.rows())) ?? [];
    q.ask(() => table.linesOf(table.filesWhere(() => true)));
    for (const { address } of rows.slice(0, 20)) {
      q.ask(() => table.lineAt(address));
      q.ask(() => table.addressAfterPrologue(address, address + 64n));
    }
  }
  q.ask(() => tables.rowsFor('*.c', 1, 100));
  q.ask(() => tables.linesAround('*.c', 10));
  q.ask(() => tables.lineAt(0x1139n));
  return q;
}

export function exerciseFrames(bytes: Uint8Array): Answers {
  const q = new Questions();
  const elf = q.ask(() => ElfFile.parse(bytes));
  if (elf === undefined) return q;
  for (const name of ['.eh_frame', '.debug_frame'] as const) {
    const frames = q.ask(() => CallFrames.ofElf(elf, name));
    if (frames === undefined) continue;
    for (const one of q.ask(() => taken(frames.entries())) ?? []) {
      if (!('low' in one)) continue;
      q.ask(() => frames.rows(one));
      q.ask(() => frames.rowAt(BigInt(one.low)));
      q.ask(() => frames.fdeAt(BigInt(one.high)));
    }
    q.ask(() => frames.unwindTable(6));
  }
  return q;
}

export function exerciseUsdt(bytes: Uint8Array): Answers {
  const q = new Questions();
  const elf = q.ask(() => ElfFile.parse(bytes));
  if (elf === undefined) return q;
  for (const probe of (q.ask(() => readUsdtProbes(elf)) ?? []).slice(0, LOOKED_AT)) {
    q.ask(() => probe.arguments);
    for (const machine of ['x86_64', 'aarch64'] as const) q.ask(() => parseUsdtArguments(probe.argumentText, machine));
    for (const { operand } of q.ask(() => probe.arguments) ?? []) if (operand.kind === 'memory' && operand.symbol !== undefined) q.ask(() => usdtSymbolAddress(elf, operand.symbol ?? ''));
  }
  return q;
}

export function exerciseBtf(bytes: Uint8Array): Answers {
  const q = new Questions();
  const btf = q.ask(() => Btf.parse(bytes));
  if (btf === undefined) return q;
  for (let id = 0; id < Math.min(btf.typeCount + 1, LOOKED_AT); id++) {
    q.ask(() => btf.type(id));
    q.ask(() => btf.resolve(id));
    q.ask(() => btf.sizeOf(id));
    q.ask(() => btf.typeName(id));
    q.ask(() => btf.scalar(id));
    q.ask(() => btf.memberNames(id));
    q.ask(() => btf.locate(id, ['next', 'value']));
    q.ask(() => btf.locate(id, [1, 1]));
  }
  q.ask(() => btf.functions('*'));
  q.ask(() => btf.function('main'));
  q.ask(() => btf.tracepoints('*'));
  q.ask(() => btf.findByName('node', 'struct'));
  q.ask(() => btf.enumValue('RED'));
  return q;
}
