/** Functions of programs by their ELF symbols: entries and returns. */
import { isGlob, type ElfFunction } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, mostFunctions, textArgument, type Surroundings } from './family.js';
import { needsDebugInfo, noSuchSymbol, tooManyMatches, unknownComponent, unprobeableSymbol } from './problems.js';
import type { PlaceKind } from './processes.js';
import type { Program } from './programs.js';
import type { ResolvedPoint } from './resolve.js';


/** process("PATH").function("NAME"), with .call or .return. */
export const expandUserFunction: PlaceKind = {
  check({ kind, suffixes }, problems) {
    const pattern = textArgument(kind, problems);
    return pattern !== undefined && suffixIsKnown(suffixes, pattern, problems);
  },
  expand(program, { kind, suffixes }, around, problems) {
    const pattern = kind.argument?.kind === 'text' ? kind.argument.value : '';
    return find(program, { name: pattern.split('@')[0] ?? pattern, isReturn: suffixes[0]?.name === 'return', component: kind, hasFile: pattern.includes('@') }, around, problems);
  },
};

function suffixIsKnown([suffix, extra]: readonly ProbePointComponent[], pattern: string, problems: DiagnosticSink): boolean {
  if (suffix === undefined) return true;
  const before = `process.function("${pattern}")`;
  if (suffix.name === 'inline' || suffix.name === 'label' || suffix.name === 'callee' || suffix.name === 'callees' || suffix.name === 'exported') {
    problems.report(needsDebugInfo(suffix, `${before}.${suffix.name}`));
    return false;
  }
  if (suffix.name !== 'call' && suffix.name !== 'return') {
    problems.report(unknownComponent(suffix, before, ['call', 'return']));
    return false;
  }
  if (extra !== undefined) {
    problems.report(unknownComponent(extra, `${before}.${suffix.name}`, []));
    return false;
  }
  return hasNoArgument(suffix, problems);
}

interface Wanted { readonly name: string; readonly isReturn: boolean; readonly component: ProbePointComponent; readonly hasFile: boolean }

function find(program: Program, wanted: Wanted, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { name, component } = wanted;
  if (wanted.hasFile) {
    problems.report(needsDebugInfo(component, `process.function with a source file`, `use the name alone: "${name}"`));
    return [];
  }
  const found = program.elf.functions(name);
  if (found.length === 0) problems.report(missing(program, name, component.span));
  const most = mostFunctions(around);
  if (found.length > most) {
    problems.report(tooManyMatches(name, component.span, found.length, most));
    return [];
  }
  return found.flatMap((one) => resolved(program, one, wanted, around, problems));
}

function missing(program: Program, name: string, span: Span): ReturnType<typeof noSuchSymbol> {
  const all = program.elf.functions().flatMap((one) => [one.name, ...one.aliases]);
  const stripped = program.elf.symtab === undefined;
  const imported = program.elf.dynsym?.named(name).some((symbol) => symbol.sectionIndex === 0) === true;
  const why = imported ? 'it is imported from a library: probe the library that has it'
    : all.length === 0 ? 'it is stripped of all symbols'
      : isGlob(name) ? `none of its ${all.length} function symbols matches`
        : stripped ? `it is stripped, and only ${all.length} exported functions have names`
          : 'there is no such symbol; it may be inlined everywhere';
  return noSuchSymbol(name, span, { path: program.path, why, similar: isGlob(name) ? [] : similarNames(name, all, 5) });
}

function resolved(program: Program, found: ElfFunction, { name: wantedName, isReturn, component }: Wanted, around: Surroundings, problems: DiagnosticSink): ResolvedPoint[] {
  // Of several names of one address, the user's own.
  const symbol = isGlob(wantedName) ? found.name : wantedName;
  const fileOffset = program.elf.fileOffset(found.address);
  const cause = found.isIfunc ? 'it only chooses an implementation when the program starts (ifunc); probe the implementation' : fileOffset === undefined ? 'its code is not in the file' : undefined;
  if (cause !== undefined || fileOffset === undefined) {
    // A wildcard means those that can be probed.
    if (!isGlob(wantedName)) problems.report(unprobeableSymbol(symbol, component.span, cause ?? ''));
    return [];
  }
  const name = `${program.label}.function("${symbol}")${isReturn ? '.return' : ''}`;
  const { buildId } = program.elf;
  return [{
    name, where: 'kernel', isReturn, functionName: symbol,
    attach: {
      kind: 'user-function', path: program.path, symbol, fileOffset, return: isReturn,
      ...(buildId === undefined ? {} : { buildId }), ...(program.pid === undefined ? {} : { pid: program.pid }), ...(program.processes === undefined ? {} : { processes: program.processes }),
    },
    context: contextWithoutVariables(name, around.lookup, isReturn
      ? 'variables of programs need DWARF debug information, which is not read yet: use returnval()'
      : 'variables of programs need DWARF debug information, which is not read yet: use int_arg(N) or pointer_arg(N)'),
  }];
}
