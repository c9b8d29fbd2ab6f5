/** Messages about probe points: codes E0420 to E0449, sorted; each names its cause and what to do. */
import { didYouMean, type Diagnostic } from '../diagnostics/index.js';
import type { Span } from '../source/index.js';
import type { ProbePoint, ProbePointComponent } from '../syntax/index.js';

function error(code: string, message: string, span: Span, ...hints: readonly (string | undefined)[]): Diagnostic {
  const given = hints.filter((hint) => hint !== undefined);
  return { code, severity: 'error', message, span, ...(given.length === 0 ? {} : { hints: given }) };
}

/** What follows a known component is not known. */
export function unknownComponent(component: ProbePointComponent, after: string, known: readonly string[]): Diagnostic {
  return error('E0420', `'${after}' has no '${component.name}'`, component.span, didYouMean(component.name, known) ?? (known.length === 0 ? undefined : `known here: ${known.join(', ')}`));
}

export function wrongArgument(component: ProbePointComponent, wanted: string): Diagnostic {
  const found = component.argument === undefined ? 'none' : component.argument.kind === 'text' ? `"${component.argument.value}"` : String(component.argument.value);
  return error('E0421', `'${component.name}' takes ${wanted}, found ${found === 'none' ? 'no argument' : found}`, component.span);
}

export function incompletePoint(point: ProbePoint, text: string, wanted: string): Diagnostic {
  return error('E0422', `'${text}' is not a whole probe point: ${wanted} must follow`, point.span);
}

export function incompleteSuffix(component: ProbePointComponent, text: string, wanted: string): Diagnostic {
  return error('E0422', `'${text}' is not a whole probe point: ${wanted} must follow`, component.span);
}

export function numberOutOfRange(component: ProbePointComponent, what: string): Diagnostic {
  return error('E0423', `'${component.name}' takes ${what}`, component.span);
}

export function noSuchMark(name: string, span: Span, details: { readonly path: string; readonly similar: readonly string[]; readonly why: string; readonly libraries: readonly string[] }): Diagnostic {
  const library = details.libraries.length === 0 ? undefined : `a library that it uses has it: ${details.libraries.join(', ')}`;
  return error('E0424', `no mark '${name}' in ${details.path}: ${details.why}`, span, library, similarHint(details.similar));
}

export function noKernelTypes(text: string, span: Span, problem: string): Diagnostic {
  return error('E0425', `${text} needs the kernel's type information (BTF): ${problem}`, span, 'use a kernel built with CONFIG_DEBUG_INFO_BTF=y, or give a BTF file of the target kernel');
}

export function unknownFunction(name: string, span: Span, near: { readonly similar: readonly string[]; readonly where: string; readonly why: string; readonly hint?: string }): Diagnostic {
  return error('E0426', `no function '${name}' in ${near.where}: ${near.why}`, span, near.hint, similarHint(near.similar));
}

export function noFunctionMatches(pattern: string, span: Span, where: string): Diagnostic {
  return error('E0427', `no function of ${where} matches '${pattern}'`, span);
}

export function tooManyMatches(pattern: string, span: Span, count: number, most: number, what = 'functions'): Diagnostic {
  return error('E0428', `'${pattern}' matches ${count} ${what}, and at most ${most} can be probed at once`, span, 'narrow the pattern');
}

/** @param debug why there is no debug information either */
export function noModuleTypes(module: string, span: Span, problem: string, debug?: unknown): Diagnostic {
  return error('E0430', `no type information for module '${module}': ${problem}${typeof debug === 'string' ? `, and ${debug}` : ''}`, span, 'load the module; functions of modules that are built into the kernel are kernel.function("NAME")');
}

/** @param found modules that match, and what is wrong with the first of them */
export function noModuleMatches(pattern: string, span: Span, { names, why }: { readonly names: readonly string[]; readonly why: string | undefined }): Diagnostic {
  if (names.length === 0) return error('E0452', `no module matches '${pattern}'`, span, 'of the running kernel those count that are loaded (lsmod), of another one those whose debug information is here');
  return error('E0452', `none of the ${names.length} modules that match '${pattern}' has such a place${why === undefined ? '' : `; of '${names[0] ?? ''}': ${why}`}`, span, `they are ${names.slice(0, 8).join(', ')}${names.length > 8 ? ' …' : ''}`);
}

export function unknownTracepoint(name: string, span: Span, details: { readonly similar: readonly string[]; readonly hint?: string }): Diagnostic {
  return error('E0431', `no tracepoint '${name}' in this kernel`, span, details.hint, similarHint(details.similar));
}

/** @param unknownSystems which subsystem a tracepoint is of could not be read */
export function noTracepointMatches(pattern: string, span: Span, unknownSystems: boolean): Diagnostic {
  if (!unknownSystems) return error('E0432', `no tracepoint matches '${pattern}'`, span);
  return error('E0432', `it is not known which tracepoints match '${pattern}': their subsystems stand in tracefs, which cannot be read here`, span, 'as root: mount -t tracefs none /sys/kernel/tracing; or leave the subsystem out: kernel.trace("sched_*")');
}

export function unknownSyscall(name: string, span: Span, details: { readonly arch: string; readonly similar: readonly string[]; readonly elsewhere?: string }): Diagnostic {
  const only = details.elsewhere === undefined ? '' : `; it exists on ${details.elsewhere}`;
  return error('E0433', `${details.arch} has no system call '${name}'${only}`, span, similarHint(details.similar));
}

export function noCommand(span: Span): Diagnostic {
  return error('E0434', 'this probe point names no program, and there is no -c COMMAND or -x PID to take it from', span, 'write process("PATH"), or give -c COMMAND');
}

export function noSuchProgram(path: string, span: Span): Diagnostic {
  return error('E0435', `cannot find the program '${path}'`, span, path.includes('/') ? 'check the path, and that it can be read' : 'it is not in PATH: give its full path');
}

export function notAProgram(path: string, span: Span, why: string): Diagnostic {
  return error('E0436', `'${path}' is not a program that can be probed: ${why}`, span);
}

export function noSuchSymbol(name: string, span: Span, details: { readonly path: string; readonly similar: readonly string[]; readonly why: string }): Diagnostic {
  return error('E0437', `no function '${name}' in ${details.path}: ${details.why}`, span, similarHint(details.similar));
}

const DEBUG_HINTS = {
  program: 'compile the program with -g, or install its debug package (-dbg, -dbgsym, -debuginfo), or set DEBUGINFOD_URLS',
  kernel: 'install the debug package of this kernel (-dbg, -debuginfo), or set DEBUGINFOD_URLS; without it a function of the kernel can be probed by its name alone: kernel.function("NAME"), with .call or .return',
  module: 'without it a function of the module can be probed by its name alone: module("NAME").function("NAME"), with .call or .return',
} as const;

export function needsDebugFile(text: string, span: Span, why: string, of: keyof typeof DEBUG_HINTS = 'program'): Diagnostic {
  return error('E0466', `'${text}' needs debug information (DWARF): ${why}`, span, DEBUG_HINTS[of]);
}

/** @param details.gaps which of its files are missing, where some are */
export function noDebugFunction(text: string, span: Span, details: { readonly path: string; readonly gaps?: string; readonly similar: readonly string[]; readonly files: readonly string[] | undefined }): Diagnostic {
  const why = details.files === undefined ? `no function '${text}' in the debug information of ${details.path}${details.gaps ?? ''}`
    : details.files.length === 0 ? `no source file of ${details.path} matches '${text.slice(text.indexOf('@') + 1)}'`
      : `no function matches '${text}' in ${details.path} (source file: ${details.files.slice(0, 3).join(', ')})`;
  return error('E0461', why, span, similarHint(details.similar));
}

export function onlyInlined(text: string, span: Span, details: { readonly path: string; readonly suffix: string }): Diagnostic {
  return error('E0462', `'${text}' has no body of its own in ${details.path}: it was inlined wherever it is called, so there is no .${details.suffix} of it`, span, 'probe its inlined bodies with .inline, or the functions that call it');
}

export function nothingInside(text: string, span: Span, what: string): Diagnostic {
  return error('E0463', `'${text}' has no ${what}`, span);
}

export function noStatement(text: string, span: Span, near: { readonly path: string; readonly before: number | undefined; readonly after: number | undefined }): Diagnostic {
  const lines = [near.before, near.after].filter((line) => line !== undefined);
  return error('E0464', `no code of ${near.path} belongs to '${text}'`, span, lines.length === 0 ? 'is the source file named as when it was compiled?' : `the nearest lines with code: ${lines.join(' and ')}; or add .nearest`);
}

export function badPattern(text: string, span: Span): Diagnostic {
  return error('E0465', `'${text}' is not understood`, span, 'write NAME, NAME@FILE, NAME@FILE:LINE, NAME@FILE+LINE or NAME@FILE:*; wildcards are allowed in NAME and FILE');
}

/** An address in the middle of a statement: of an instruction perhaps, where a breakpoint would break the program. */
export function notAtStatement(address: bigint, start: bigint, span: Span): Diagnostic {
  const text = (value: bigint): string => `0x${value.toString(16)}`;
  return error('E0467', `no statement begins at ${text(address)}`, span, `the statement there begins at ${text(start)}: write that, or add .nearest; with .absolute the address is taken as it is, and must be an instruction's first byte`);
}

/** The shipped table of this very kernel knows better. */
export function functionInOtherFile(text: string, span: Span, files: readonly string[]): Diagnostic {
  return error('E0461', `no function matches '${text}' in the kernel: it is in ${files.slice(0, 3).join(', ')}`, span);
}

export function unprobeableSymbol(name: string, span: Span, why: string): Diagnostic {
  return error('E0438', `function '${name}' cannot be probed: ${why}`, span);
}

export function unknownTick(component: ProbePointComponent): Diagnostic {
  return error('E0439', `the tick rate of the target kernel (CONFIG_HZ) is not known, so '${component.name}' has no length`, component.span, 'use timer.ms(N)');
}

export function noSyscallMatches(pattern: string, span: Span, arch: string): Diagnostic {
  return error('E0440', `no system call of ${arch} matches '${pattern}'`, span);
}

export function noSuchProcess(pid: number, span: Span): Diagnostic {
  return error('E0441', `there is no process ${pid}, or it may not be looked at`, span, 'threads of the kernel run no program');
}

export function noProgramMatches(pattern: string, span: Span): Diagnostic {
  return error('E0442', `no file matches '${pattern}'`, span, 'a pattern is for paths: PATH is not searched');
}

export function otherLibraryFolder(pattern: string, span: Span, taken: string): Diagnostic {
  return { code: 'W0424', severity: 'warning', message: `no file matches '${pattern}': '${taken}' is taken, where Debian has libraries`, span };
}

export function tooManyPrograms(pattern: string, span: Span, count: number, most: number): Diagnostic {
  return error('E0443', `'${pattern}' matches ${count} programs, and at most ${most} can be probed at once`, span, 'narrow the pattern');
}

export function noLibraryMatches(name: string, program: string, span: Span): Diagnostic {
  return error('E0444', `'${program}' uses no library '${name}'`, span, 'give the library\'s whole path if it is loaded later (dlopen)');
}

export function noSuchStub(name: string, span: Span, details: { readonly path: string; readonly similar: readonly string[]; readonly why: string }): Diagnostic {
  return error('E0445', `${details.path} calls no library function '${name}': ${details.why}`, span, similarHint(details.similar));
}

export function unknownName(component: ProbePointComponent, what: string, known: readonly string[]): Diagnostic {
  const text = component.argument?.kind === 'text' ? component.argument.value : String(component.argument?.value ?? '');
  return error('E0449', `'${text}' is no ${what}`, component.span, didYouMean(text, known) ?? `known: ${known.join(', ')}`);
}

/** Known to SystemTap, and beyond what BPF can do. */
export function unsupportedPoint(component: ProbePointComponent, text: string, why: string, hint: string): Diagnostic {
  return error('E0446', `'${text}' cannot be probed: ${why}`, component.span, hint);
}

export function repeatedComponent(component: ProbePointComponent, rule: string): Diagnostic {
  return error('E0447', `'.${component.name}' is one too many: ${rule}`, component.span);
}

export function unknownData(name: string, span: Span, path: string, why: string): Diagnostic {
  return error('E0448', `no data '${name}' in ${path}: ${why}`, span);
}

export function unknownAddress(name: string, span: Span, path: string): Diagnostic {
  return error('E0450', `the address of '${name}' is not known before ${path} runs: it is loaded at another place each time`, span, 'give process(PID) of one that runs, or link the program with -no-pie');
}

export function wrongProcfsPath(component: ProbePointComponent, why: string): Diagnostic {
  return error('E0451', `'${component.name}' takes a path within the session's folder: ${why}`, component.span, 'write procfs("NAME") or procfs("FOLDER/NAME")');
}

/** A qualifier that is taken and not looked at. */
export function fileNotChecked(text: string, span: Span, elsewhere?: { readonly release: string; readonly file: string }): Diagnostic {
  const known = elsewhere === undefined ? '' : `, and in the table of kernel ${elsewhere.release} the function is in ${elsewhere.file}`;
  return { code: 'W0420', severity: 'warning', message: `the source file in '${text}' is not checked: the kernel's type information (BTF) does not have it${known}`, span };
}

/** What the shipped table of source files answered, for a kernel that is not its own. */
export function filesOfOtherKernel(text: string, span: Span, facts: { readonly release: string; readonly from: string; readonly missing: string; readonly count: number; readonly absent: number; readonly ambiguous: readonly string[] }): Diagnostic {
  const { release, from, missing, count, absent, ambiguous } = facts;
  const kernel = from === release ? `known from a table of this kernel, ${from}` : `known from kernel ${from}, the nearest to ${release === '' ? 'this one' : release} that is in the table`;
  const others = ambiguous.length === 0 ? '' : `; other files have functions of the same name as ${ambiguous.slice(0, 5).map((name) => `'${name}'`).join(', ')}${ambiguous.length > 5 ? ` and ${ambiguous.length - 5} more` : ''}, and which one is probed is the kernel's choice`;
  return {
    code: 'W0422', severity: 'warning', message: `the functions of '${text}' are ${kernel}: ${count} of its ${count + absent} are in this one${others}`, span,
    hints: [`exact with debug information: ${missing}`],
  };
}

/** `$return` where the compiler may have left the result out. */
export function resultOfClone(name: string, symbol: string, span: Span): Diagnostic {
  const isPart = /\.part(?:\.\d+)?$/.test(symbol);
  return {
    code: 'W0423', severity: 'warning', message: `'$return' may be what a register happened to hold: the compiler made '${symbol}' of '${name}', which gives no result if no caller of it uses one`, span,
    hints: [`trust it where a caller uses the result, or compile with ${isPart ? '-fno-partial-inlining' : '-fno-ipa-sra'}`],
  };
}

export function withoutEffect(component: ProbePointComponent, why: string): Diagnostic {
  return { code: 'W0421', severity: 'warning', message: `'.${component.name}' has no effect: ${why}`, span: component.span };
}

function similarHint(similar: readonly string[]): string | undefined {
  return similar.length === 0 ? undefined : `similar names: ${similar.map((name) => `'${name}'`).join(', ')}`;
}
