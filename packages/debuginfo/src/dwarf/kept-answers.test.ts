/** Answers kept for the next process: they are the same, cost no search, and are left unused when they are damaged or of another file. */
import { describe, expect, test } from '@jest/globals';
import { ElfFile } from '../elf/elf-file.js';
import { DwarfBuilder, entry } from '../testing/dwarf-builder.test-support.js';
import type { Attribute, Entry } from '../testing/dwarf-builder.test-support.js';
import * as dw from './constants.js';
import { Dwarf } from './dwarf.js';
import { KeptAnswers } from './kept-answers.js';

const name = (text: string): Attribute => [dw.DW_AT_name, dw.DW_FORM_strp, text];
const code = (low: number, bytes: number): Attribute[] => [[dw.DW_AT_low_pc, dw.DW_FORM_addr, low], [dw.DW_AT_high_pc, dw.DW_FORM_data4, bytes]];
const filler = (): Entry => entry(dw.DW_TAG_variable, [name('filler'), [dw.DW_AT_const_value, dw.DW_FORM_block4, new Uint8Array(600_000)]]);

/** Of more than the 4 MB from which on names are searched for. */
function large(prefix = 'f'): Uint8Array {
  const builder = new DwarfBuilder();
  for (let index = 0; index < 10; index++) {
    const low = 0x1000 + index * 0x100;
    const twice = entry(dw.DW_TAG_subprogram, [name(`twice${index}`), [dw.DW_AT_inline, dw.DW_FORM_data1, 1]]);
    const inlined = entry(dw.DW_TAG_inlined_subroutine, [[dw.DW_AT_abstract_origin, dw.DW_FORM_ref4, twice], ...code(low + 4, 8)]);
    const body = entry(dw.DW_TAG_subprogram, [name(`${prefix}${index}`), ...code(low, 0x20)], inlined);
    const type = entry(dw.DW_TAG_structure_type, [name(`s${index}`), [dw.DW_AT_byte_size, dw.DW_FORM_data1, 8]]);
    builder.unit(entry(dw.DW_TAG_compile_unit, [name(`unit${index}.c`), ...code(low, 0x100)], twice, body, type, filler()));
  }
  return builder.elf();
}

function ask(dwarf: Dwarf): unknown {
  const [twice] = dwarf.functions('twice7');
  return [dwarf.functions('f7').map(({ entryPc }) => entryPc), twice?.inlinedInstances().map(({ entryPc }) => entryPc), dwarf.findType('s8', 'struct')?.id, dwarf.findType('s8', 'union'), dwarf.functions('none'), dwarf.functionAt(0x1305n)?.name, dwarf.functionAt(0x9000n), dwarf.unitAt(0x1405n)?.name];
}

describe('answers', () => {
  const bytes = large();
  const open = (answers?: Uint8Array): Dwarf => Dwarf.open(ElfFile.parse(bytes), { answers })!;
  const first = open();
  const want = ask(first);
  const kept = first.exportAnswers()!;

  test('are the same the second time, and nothing is searched for', () => {
    expect(want).toEqual([[0x1700n], [0x1704n], expect.any(Number), undefined, [], 'f3', undefined, 'unit4.c']);
    let read = 0;
    const source = { length: bytes.length, read: (start: number, end: number): Uint8Array => { read += end - start; return bytes.slice(start, end); } };
    expect(ask(Dwarf.open(ElfFile.parse(source))!)).toEqual(want);
    expect(read).toBeGreaterThan(6_000_000);
    read = 0;
    const second = Dwarf.open(ElfFile.parse(source), { answers: kept })!;
    expect(ask(second)).toEqual(want);
    // The units that the answers are in.
    expect(read).toBeLessThan(4 * 620_000);
    expect(second.exportAnswers()).toBeUndefined();
  });

  test.each<[string, (from: Uint8Array) => Uint8Array]>([
    ['cut short', (from) => from.subarray(0, from.length - 1)], ['empty', () => new Uint8Array()], ['of another format', (from) => from.with(4, 99)], ['with a changed byte', (from) => from.with(from.length - 3, from.at(-3)! ^ 1)],
    ['with a changed length', (from) => from.with(13, from[13]! ^ 1)], ['zeros', (from) => new Uint8Array(from.length)],
  ])('that are %s are found anew', (_name, damage) => {
    const dwarf = open(damage(kept));
    expect(ask(dwarf)).toEqual(want);
    expect(Buffer.from(dwarf.exportAnswers()!).equals(kept)).toBe(true);
  });

  test('of another file are not used', () => {
    const other = Dwarf.open(ElfFile.parse(large('longer')), { answers: kept })!;
    expect([other.functions('f7'), other.functions('longer7').map(({ entryPc }) => entryPc)]).toEqual([[], [0x1700n]]);
  });

  test('of two processes that ask at once both stay', () => {
    const [one, other] = [open(), open()];
    one.functions('f1');
    other.functions('f2');
    const both = open(other.exportAnswers(one.exportAnswers()));
    both.functions('f1');
    both.functions('f2');
    expect(both.exportAnswers()).toBeUndefined();
    // What is kept meanwhile may be damaged.
    expect(open(one.exportAnswers(kept.subarray(0, 40))).functions('f1')).toHaveLength(1);
  });
});

test('of too many answers those asked last are kept', () => {
  const answers = new KeptAnswers([1]);
  for (let index = 0; index < 20_000; index++) answers.note(`question ${index}`, Array.from({ length: 40 }, () => 123_456));
  const bytes = answers.bytes();
  expect(bytes.length).toBeGreaterThan(900_000);
  expect(bytes.length).toBeLessThanOrEqual((1 << 20) + 16);
  const again = new KeptAnswers([1], bytes);
  expect([again.known('question 19999')?.length, again.known('question 0')]).toEqual([40, undefined]);
  expect(new KeptAnswers([2], bytes).known('question 19999')).toBeUndefined();
});
