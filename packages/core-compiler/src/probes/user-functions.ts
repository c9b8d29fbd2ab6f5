/** process("PATH").function("NAME"), .call, .return, and process(PID): functions of programs by their ELF symbols. */
import { DebugInfoError, ElfFile, isGlob, type ElfFunction } from '@stapkit/debuginfo';
import { similarNames, type DiagnosticSink } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';
import { contextWithoutVariables } from './empty-context.js';
import { hasNoArgument, textArgument, type Expand, type Surroundings } from './family.js';
import { incompletePoint, needsDebugInfo, noCommand, noSuchProgram, noSuchSymbol, notAProgram, tooManyMatches, unknownComponent, unprobeableSymbol } from './problems.js';
import type { ResolvedPoint } from './resolve.js';

const MOST_FUNCTIONS = 2000;
const KINDS = ['function'];
const NEED_MORE: ReadonlySet<string> = new Set(['statement', 'mark', 'plt', 'library', 'begin', 'end', 'thread', 'syscall', 'insn', 'data', 'provider']);

interface Program {
  /** Where the kernel finds the file. */
  readonly path: string;
  /** As the probe point is named. */
  readonly label: string;
  readonly elf: ElfFile;
  readonly pid?: number;
}

export const expandProcess: Expand = (point, around, problems) => {
  const [process, kind, suffix, extra] = point.components;
  if (process === undefined) return [];
  if (kind === undefined) {
    problems.report(incompletePoint(point, 'process', '.function("NAME")'));
    return [];
  }
  if (!KINDS.includes(kind.name)) {
    problems.report(NEED_MORE.has(kind.name) ? { ...needsDebugInfo(kind, `process.${kind.name}`), message: `process.${kind.name} is not supported yet` } : unknownComponent(kind, 'process', KINDS));
    return [];
  }
  const pattern = textArgument(kind, problems);
  if (pattern === undefined || !suffixIsKnown(suffix, extra, pattern, problems)) return [];
  const program = open(process, point, around, problems);
  if (program === undefined) return [];
  return find(program, { name: pattern.split('@')[0] ?? pattern, isReturn: suffix?.name === 'return', component: kind, hasFile: pattern.includes('@') }, around, problems);
};

function suffixIsKnown(suffix: ProbePointComponent | undefined, extra: ProbePointComponent | undefined, pattern: string, problems: DiagnosticSink): boolean {
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

/** Finds and reads the program that `process`, `process("PATH")` or `process(PID)` means. */
function open(process: ProbePointComponent, point: ProbePoint, around: Surroundings, problems: DiagnosticSink): Program | undefined {
  const { argument, span } = process;
  const pid = argument?.kind === 'number' ? Number(argument.value) : undefined;
  const wanted = argument?.kind === 'text' ? argument.value : pid === undefined ? commandPath(around.command) : `/proc/${pid}/exe`;
  if (wanted === undefined || wanted === '') {
    problems.report(noCommand(point.span));
    return undefined;
  }
  const path = around.target.resolvePath(wanted);
  const bytes = path === undefined ? undefined : around.target.readBinary(path, pid);
  if (path === undefined || bytes === undefined) {
    problems.report(noSuchProgram(wanted, span));
    return undefined;
  }
  const elf = parseProgram(path, bytes, around, span, problems);
  if (elf === undefined) return undefined;
  return { path, elf, label: pid === undefined ? `process("${path}")` : `process(${pid})`, ...(pid === undefined ? {} : { pid }) };
}

/** First word of -c CMD, quotes removed. */
function commandPath(command: string | undefined): string | undefined {
  const match = /^\s*(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(command ?? '');
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

function parseProgram(path: string, bytes: Uint8Array, { target }: Surroundings, span: Span, problems: DiagnosticSink): ElfFile | undefined {
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    const line = Buffer.from(bytes.subarray(2, 200)).toString('latin1').split('\n')[0]?.trim() ?? '';
    problems.report(notAProgram(path, span, `it is a script; probe its interpreter, ${line}`));
    return undefined;
  }
  try {
    const elf = ElfFile.parse(bytes);
    if (elf.machine === target.arch) return elf;
    problems.report(notAProgram(path, span, `it is for ${elf.machine}, and this is ${target.arch}`));
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(notAProgram(path, span, cause.message));
  }
  return undefined;
}

interface Wanted { readonly name: string; readonly isReturn: boolean; readonly component: ProbePointComponent; readonly hasFile: boolean }

function find(program: Program, wanted: Wanted, around: Surroundings, problems: DiagnosticSink): readonly ResolvedPoint[] {
  const { name, component } = wanted;
  if (wanted.hasFile) {
    problems.report(needsDebugInfo(component, `process.function with a source file`, `use the name alone: "${name}"`));
    return [];
  }
  try {
    const found = program.elf.functions(name);
    if (found.length === 0) problems.report(missing(program, name, component.span));
    if (found.length > MOST_FUNCTIONS) {
      problems.report(tooManyMatches(name, component.span, found.length, MOST_FUNCTIONS));
      return [];
    }
    return found.flatMap((one) => resolved(program, one, wanted, around, problems));
  } catch (cause) {
    if (!(cause instanceof DebugInfoError)) throw cause;
    problems.report(notAProgram(program.path, component.span, cause.message));
    return [];
  }
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
      ...(buildId === undefined ? {} : { buildId }), ...(program.pid === undefined ? {} : { pid: program.pid }),
    },
    context: contextWithoutVariables(name, around.lookup, isReturn
      ? 'variables of programs need DWARF debug information, which is not read yet: use returnval()'
      : 'variables of programs need DWARF debug information, which is not read yet: use int_arg(N) or pointer_arg(N)'),
  }];
}
