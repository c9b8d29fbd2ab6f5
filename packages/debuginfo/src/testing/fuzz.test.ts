/** A fixed slice of scripts/fuzz-readers.mjs's work: changed files give a result or DebugInfoError. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DebugPrograms, debugProgramNames, hasDebugTools } from './debug-programs.test-support.js';
import { exerciseDwarf } from './exercise-dwarf.test-support.js';
import { exerciseElf, exerciseFrames, exerciseLines, exerciseUsdt } from './exercise-readers.test-support.js';
import { ElfFile } from '../elf/elf-file.js';

const programs = new DebugPrograms();
afterAll(() => {
  programs.remove();
});

const INPUTS = 60;
const READERS = { dwarf: exerciseDwarf, elf: exerciseElf, lines: exerciseLines, frames: exerciseFrames, usdt: exerciseUsdt };
const SECTIONS = /^\.(debug_|eh_frame|symtab|strtab|dynsym|note|dynamic|rela)/;

/** Some bytes of the sections, the same at every run (a linear congruential generator). */
function changed(original: Uint8Array, seed: number): Uint8Array {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const sections = ElfFile.parse(original).sections.filter(({ name, type, size }) => SECTIONS.test(name) && type !== 8 && size > 0);
  const bytes = Uint8Array.from(original);
  for (let edits = 1 + below(8); edits > 0; edits--) {
    const { offset, size } = below(8) === 0 ? { offset: 0, size: 64 } : sections[below(sections.length)]!;
    bytes[offset + below(size)] = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)]!;
  }
  return bytes;
}

(hasDebugTools ? describe : describe.skip).each(debugProgramNames.filter((name) => ['gcc-O2-dwarf5', 'gcc-O2-dwarf4', 'gcc-object'].includes(name)))('%s', (name) => {
  test.each(Object.entries(READERS))('%s', (_reader, exercise) => {
    const original = readFileSync(programs.get(name).path);
    let answered = 0;
    for (let seed = 1; seed <= INPUTS; seed++) answered += exercise(changed(original, seed)).answered;
    expect(answered).toBeGreaterThan(0);
  }, 60_000);
});
