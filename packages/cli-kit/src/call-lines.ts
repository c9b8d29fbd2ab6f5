/** Where in the source a function calls another, by the debug information of its program. */
import { DebugInfoError, Dwarf, ElfFile, type DwarfScope } from '@stapkit/debuginfo';
import { openFileSource } from '@stapkit/runtime';
import type { LocalTarget } from './local-target.js';
import { localTarget } from './local-target.js';

export interface CallLine {
  /** Of the source file, as the line table has it. */
  readonly path: string;
  readonly line: number;
}

/**
 * Lines of the direct calls of a function in another one, also where that one was inlined. Compilers record calls (DWARF 5, 3.4)
 * in optimized code alone. Empty without debug information.
 */
export function linesOfCalls(program: string, caller: string, callee: string, target: LocalTarget = localTarget()): readonly CallLine[] {
  try {
    const file = openFileSource(program);
    if (file === undefined) return [];
    const elf = ElfFile.parse(file);
    const found = target.debugFile({ path: program, name: program }, elf);
    const dwarf = 'missing' in found ? undefined : Dwarf.open(found.elf);
    if (dwarf === undefined) return [];
    return dwarf.functions(caller).flatMap((fn) => [...(fn.entryPc === undefined ? [] : [fn.scope]), ...fn.inlinedInstances()]).flatMap((scope) => linesIn(dwarf, scope, callee));
  } catch (error) {
    if (!(error instanceof DebugInfoError)) throw error;
    return [];
  }
}

function linesIn(dwarf: Dwarf, scope: DwarfScope, callee: string): readonly CallLine[] {
  const { lineOffset, compilationDirectory } = scope.unit;
  const table = lineOffset === undefined ? undefined : dwarf.lines.at(lineOffset, compilationDirectory);
  if (table === undefined) return [];
  const here = scope.callSites.flatMap(({ targetName, returnAddress }): readonly CallLine[] => {
    // The return address may be another line's; the byte before it is the call's.
    const row = targetName === callee && returnAddress !== undefined ? table.lineAt(returnAddress - 1n) : undefined;
    return row === undefined ? [] : [{ path: table.path(row.file), line: row.line }];
  });
  return [...here, ...scope.scopes.filter(({ kind }) => kind !== 'inlined').flatMap((inner) => linesIn(dwarf, inner, callee))];
}
