/** DW_LANG_*: DWARF 5 table 7.17 and dwarfstd.org's list of later codes. */
import type { DwarfLanguage } from './model.js';

const NAMES: Readonly<Record<number, DwarfLanguage>> = {
  0x01: 'c', 0x02: 'c', 0x0c: 'c', 0x1d: 'c', 0x2c: 'c', 0x3e: 'c',
  0x04: 'c++', 0x1a: 'c++', 0x21: 'c++', 0x2a: 'c++', 0x2b: 'c++', 0x3a: 'c++', 0x11: 'c++',
  0x1c: 'rust', 0x16: 'go', 0x8001: 'asm', 0x31: 'asm',
};

export function languageOf(code: number): DwarfLanguage {
  return NAMES[code] ?? 'other';
}

/** C has neither namespaces nor nested types: what stands inside of a struct can be skipped when names are looked for. */
export function hasNestedNames(code: number): boolean {
  const language = languageOf(code);
  return language !== 'c' && language !== 'asm';
}
