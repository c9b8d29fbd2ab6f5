/** tables/syscalls.tsv of the tapset: numbers and parameters of system calls. */
import type { Architecture } from '../target/index.js';

export interface Syscall {
  readonly name: string;
  readonly numbers: Readonly<Partial<Record<Architecture, number>>>;
  /** C declarations: type and name; undefined when they are not known. */
  readonly parameters: readonly { readonly name: string; readonly type: string }[] | undefined;
}

export type SyscallTable = ReadonlyMap<string, Syscall>;

/** @throws Error naming the line, for a table that is not well formed: the table is part of the tapset and no user's input. */
export function parseSyscallTable(text: string): SyscallTable {
  const table = new Map<string, Syscall>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [name, x86, arm, parameters, ...rest] = line.split('\t');
    if (name === undefined || x86 === undefined || arm === undefined || parameters === undefined || rest.length > 0) throw new Error(`syscall table, line ${index + 1}: 4 columns wanted: ${line}`);
    const x86_64 = parseNumber(x86, index);
    const aarch64 = parseNumber(arm, index);
    table.set(name, {
      name,
      numbers: { ...(x86_64 === undefined ? {} : { x86_64 }), ...(aarch64 === undefined ? {} : { aarch64 }) },
      parameters: parseParameters(parameters, index),
    });
  }
  return table;
}

function parseNumber(text: string, index: number): number | undefined {
  if (text === '-') return undefined;
  if (!/^[0-9]+$/.test(text)) throw new Error(`syscall table, line ${index + 1}: '${text}' is not a number`);
  return Number(text);
}

function parseParameters(text: string, index: number): Syscall['parameters'] {
  if (text === '?') return undefined;
  if (text === 'void') return [];
  return text.split(', ').map((declaration) => {
    const match = /^(.*[\s*])(\w+)$/.exec(declaration);
    const [, type, name] = match ?? [];
    if (type === undefined || name === undefined) throw new Error(`syscall table, line ${index + 1}: '${declaration}' is not a parameter`);
    return { type: type.trim(), name };
  });
}
