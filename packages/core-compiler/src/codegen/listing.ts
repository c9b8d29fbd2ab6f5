/** The programs as text, with the script's lines between. */
import { disassemble } from '../bpf/index.js';
import type { AssembledCode } from '../bpf/index.js';
import type { Subprogram } from './handler-environment.js';
import type { EmittedProgram } from './programs.js';

export function listPrograms(programs: readonly EmittedProgram[], subprograms: readonly Subprogram[], sourceLine: (file: string, line: number) => string): string {
  const parts = [
    ...programs.map(({ section, symbol, code }) => `${symbol}: # ${section}\n${listCode(code, sourceLine)}`),
    ...subprograms.map(({ symbol, code }) => `${symbol}: # subprogram\n${listCode(code, sourceLine)}`),
  ];
  return parts.join('\n');
}

export function listCode({ instructions, slots }: AssembledCode, sourceLine: (file: string, line: number) => string): string {
  const firstSlot = new Map(instructions.map((one, index) => [one, slots[index] ?? 0]));
  let last = '';
  let text = '';
  for (const one of instructions) {
    const { location } = one;
    const key = location === undefined ? last : `${location.file}:${location.line}`;
    if (location !== undefined && key !== last) text += `; ${key}  ${sourceLine(location.file, location.line).trim()}\n`;
    last = key;
    const slot = firstSlot.get(one) ?? 0;
    text += `${String(slot).padStart(6)}: ${disassemble(one)}\n`;
  }
  return text;
}
