/** Functions of programs by their ELF symbols: entries and returns. */
import { PT_INTERP, isGlob, type ElfFunction } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../diagnostics/index.js';
import type { ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { readFunctionSuffix } from './dwarf/function-suffix.js';
import { parseFunctionPattern } from './dwarf/function-pattern.js';
import { expandDebugFunctions, type FunctionOwner } from './dwarf/function-points.js';
import { userPoint } from './dwarf/user-points.js';
import { mostFunctions, textArgument, type Surroundings } from './family.js';
import { badPattern, needsDebugFile, noSuchSymbol, tooManyMatches, unprobeableSymbol } from './problems.js';
import type { PlaceKind } from './processes.js';
import { probedFile, type Program } from './programs.js';
import type { ResolvedPoint } from './resolve.js';


/** process("PATH").function("PATTERN") and what may stand behind it: by debug information where there is some, else by symbols. */
export const expandUserFunction: PlaceKind = {
  check({ kind, suffixes }, problems) {
    const text = kind.argument?.kind === 'number' ? hexadecimal(kind.argument.value) : textArgument(kind, problems);
    if (text === undefined) return false;
    if (parseFunctionPattern(text) === undefined) {
      problems.report(badPattern(text, kind.span));
      return false;
    }
    return readFunctionSuffix(suffixes, `process.function("${text}")`, problems) !== undefined;
  },
  expand(program, { kind, suffixes }, around, problems) {
    const text = kind.argument?.kind === 'text' ? kind.argument.value : hexadecimal(kind.argument?.value ?? 0n);
    const pattern = parseFunctionPattern(text);
    const suffix = readFunctionSuffix(suffixes, text, problems);
    if (pattern === undefined || suffix === undefined) return [];
    const debug = around.debug.of(program.elf, program.path, program.pid);
    const pc = kind.argument?.kind === 'number' ? BigInt.asUintN(64, kind.argument.value) : undefined;
    if (typeof debug !== 'string') {
      const body = pc === undefined ? undefined : debug.dwarf.functionAt(pc);
      const place = { pattern, text, suffix, component: kind, ...(body === undefined ? {} : { functions: [body] }) };
      const owner: FunctionOwner = {
        path: program.path, debug,
        point(point, form) {
          if (form.isReturn !== true || !isStart(program, point.body.entryPc, [point.body.name])) return userPoint(program, debug, point, form, around);
          // A wildcard means those that can be probed.
          if (!isGlob(pattern.name)) problems.report(unprobeableSymbol(point.name, kind.span, RETURNS_NOWHERE));
          return undefined;
        },
      };
      const points = pc !== undefined && body === undefined ? undefined : expandDebugFunctions(owner, place, problems);
      if (points !== undefined) return points;
    }
    const whole = `process.function("${text}")${suffixes.map(({ name }) => `.${name}`).join('')}`;
    if (pattern.file !== undefined || (suffix.kind !== 'none' && suffix.kind !== 'call' && suffix.kind !== 'return' && suffix.kind !== 'exported')) {
      problems.report(needsDebugFile(whole, kind.span, typeof debug === 'string' ? debug : `that of ${program.path} does not describe '${pattern.name}'${debug.gaps}`));
      return [];
    }
    return bySymbol(program, { name: pattern.name, ...(pc === undefined ? {} : { pc }), isReturn: suffix.kind === 'return', component: kind, whyNoVariables: typeof debug === 'string' ? debug : `the debug information of ${program.path} does not describe this function${debug.gaps}` }, around, problems);
  },
};

interface Wanted { readonly name: string; /** An address in its code. */ readonly pc?: bigint; readonly isReturn: boolean; readonly component: ProbePointComponent; readonly whyNoVariables: string }

function bySymbol(program: Program, wanted: Wanted, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { name, component, pc } = wanted;
  const found = pc === undefined ? program.elf.functions(name) : covering(program, pc);
  if (found.length === 0) problems.report(pc === undefined ? missing(program, wanted) : unprobeableSymbol(name, component.span, `no symbol of ${program.path} covers code at this address (addresses are those of the file, as nm and objdump print them)`));
  const most = mostFunctions(around);
  if (found.length > most) {
    problems.report(tooManyMatches(name, component.span, found.length, most));
    return [];
  }
  return found.flatMap((one) => resolved(program, one, wanted, around, problems));
}

const hexadecimal = (address: bigint): string => `0x${BigInt.asUintN(64, address).toString(16)}`;

function covering({ elf }: Program, pc: bigint): readonly ElfFunction[] {
  if (!elf.isCode(pc)) return [];
  const one = elf.functions().findLast(({ address }) => address <= pc);
  return one === undefined || (one.size > 0 && pc >= one.address + BigInt(one.size)) ? [] : [one];
}

function missing(program: Program, { name, component: { span }, whyNoVariables }: Wanted): ReturnType<typeof noSuchSymbol> {
  const all = program.elf.functions().flatMap((one) => [one.name, ...one.aliases]);
  const stripped = program.elf.symtab === undefined;
  const imported = program.elf.dynsym?.named(name).some((symbol) => symbol.sectionIndex === 0) === true;
  const why = imported ? 'it is imported from a library: probe the library that has it'
    : all.length === 0 ? `it is stripped of all symbols; ${whyNoVariables}`
      : isGlob(name) ? `none of its ${all.length} function symbols matches`
        : stripped ? `it is stripped, and only ${all.length} exported functions have names; ${whyNoVariables}`
          : 'there is no such symbol; it may be inlined everywhere';
  return noSuchSymbol(name, span, { path: program.path, why, similar: isGlob(name) ? [] : similarNames(name, all, 5) });
}

/** Where a program begins: a probe of its return would overwrite argc. (Libraries have any address there, of linkers of old.) */
function isStart({ elf }: Program, address: bigint | undefined, names: readonly string[]): boolean {
  return address === elf.entry && (elf.type === 'exec' || elf.segments.some(({ type }) => type === PT_INTERP) || names.includes('_start'));
}

const RETURNS_NOWHERE = 'the kernel jumps there: on the stack lies argc, not an address to return to';

function resolved(program: Program, found: ElfFunction, { name: wantedName, pc, isReturn, component, whyNoVariables }: Wanted, around: Surroundings, problems: DiagnosticSink): ResolvedPoint[] {
  // Of several names of one address, the user's own.
  const symbol = isGlob(wantedName) || pc !== undefined ? found.name : wantedName;
  const fileOffset = program.elf.fileOffset(found.address);
  const cause = found.isIfunc ? 'it only chooses an implementation when the program starts (ifunc); probe the implementation'
    : isReturn && isStart(program, found.address, [found.name, ...found.aliases]) ? RETURNS_NOWHERE
    : fileOffset === undefined ? 'its code is not in the file' : undefined;
  if (cause !== undefined || fileOffset === undefined) {
    // A wildcard means those that can be probed.
    if (!isGlob(wantedName)) problems.report(unprobeableSymbol(symbol, component.span, cause ?? ''));
    return [];
  }
  const name = `${program.label}.function("${symbol}")${isReturn ? '.return' : ''}`;
  return [{
    name, where: 'kernel', isReturn, functionName: symbol,
    attach: { kind: 'user-function', ...probedFile(program), symbol, fileOffset, return: isReturn },
    context: contextWithoutVariables(name, around.lookup, `${whyNoVariables}; ${isReturn ? 'use returnval()' : 'use int_arg(N) or pointer_arg(N)'}`),
  }];
}
