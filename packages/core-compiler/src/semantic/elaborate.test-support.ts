/** What the tests of pass 2 share: a resolver of invented probe points, a small library, one-line runs. */
import { DiagnosticSink } from '../diagnostics/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { ContextVariable, ProbeContext, ProbeResolver, ResolvedPoint, TargetResolution } from '../probes/index.js';
import { SourceText } from '../source/index.js';
import { parseScript } from '../syntax/index.js';
import type { Expression, PreprocessorFacts, ProbePoint, TargetExpression } from '../syntax/index.js';
import { createTapsetLibrary } from '../tapset/index.js';
import type { TapsetFile } from '../tapset/index.js';
import { pointName } from './aliases.js';
import { elaborate } from './elaborate.js';
import { listProbes } from './listing.js';
import { printProgram } from './printer.test-support.js';
import type { ElaboratedProgram, TypedExpression } from './typed-tree.js';

const FACTS: PreprocessorFacts = {
  kernelVersion: '6.1.0', kernelRelease: '6.1.0', arch: 'x86_64', config: () => undefined, systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev',
};

/** Functions of the invented kernel: name, parameters, whether they return a value. */
const FUNCTIONS: Readonly<Record<string, { readonly params: readonly string[]; readonly returns: boolean }>> = {
  vfs_read: { params: ['file', 'buf', 'count'], returns: true },
  vfs_write: { params: ['file', 'buf', 'count'], returns: true },
  do_exit: { params: ['code'], returns: false },
};

const SCALAR = { bytes: 8, signed: true } as const;

class FakeContext implements ProbeContext {
  readonly #name: string;
  readonly #isReturn: boolean;

  constructor(name: string, isReturn: boolean) {
    this.#name = name;
    this.#isReturn = isReturn;
  }

  variables(): readonly ContextVariable[] {
    const { params, returns } = FUNCTIONS[this.#name] ?? { params: [], returns: false };
    const own: ContextVariable[] = params.map((name) => ({ name: `$${name}`, type: 'long int', group: 'parameter' }));
    return this.#isReturn && returns ? [{ name: '$return', type: 'long int', group: 'return' }, ...own] : own;
  }

  resolve(expression: TargetExpression, elaborateOperand: (expression: Expression) => TypedExpression): TargetResolution {
    const { base, steps, span } = expression;
    let value: TypedExpression;
    if (base.kind === 'cast') value = elaborateOperand(base.value);
    else if (base.kind !== 'variable') return { ok: false, message: `cannot resolve ${base.kind}`, span, similar: [] };
    else if (base.name === '$$parms') return { ok: true, expression: { kind: 'text', type: 'string', value: 'parms', span } };
    else {
      const index = this.variables().findIndex((one) => one.name === base.name);
      if (index < 0) return { ok: false, message: `unable to find local '${base.name}'`, span, similar: [] };
      if (base.name === '$return') value = { kind: 'return-value', type: 'long', scalar: SCALAR, span };
      else value = { kind: 'argument', type: 'long', index: FUNCTIONS[this.#name]?.params.indexOf(base.name.slice(1)) ?? 0, scalar: SCALAR, span };
    }
    for (const step of steps) {
      if (step.kind === 'member' && step.name === 'missing') return { ok: false, message: "unable to find member 'missing'", span: step.span, similar: ['f_mode'] };
      const address: TypedExpression = step.kind === 'member' ? value : { kind: 'binary', type: 'long', fn: 'add', left: value, right: elaborateOperand(step.index), span, operatorSpan: span };
      value = { kind: 'read', type: 'long', address, scalar: SCALAR, space: 'kernel', span };
    }
    const isParameter = base.kind === 'variable' && base.name !== '$return';
    if (this.#isReturn && isParameter && steps.length > 0) value = { kind: 'entry', type: 'long', expression: value, span };
    return { ok: true, expression: value };
  }
}

/** begin, end, error, timer.s(n), kernel.function("vfs_*")[.return]. */
export class FakeProbeResolver implements ProbeResolver {
  readonly builtinNames = ['begin', 'end', 'error', 'timer', 'kernel'];
  readonly functionContext = new FakeContext('', false);

  expand(point: ProbePoint, problems: DiagnosticSink): readonly ResolvedPoint[] {
    const [first, second, third] = point.components;
    const host = { where: 'host' as const, isReturn: false, context: new FakeContext('', false), name: pointName(point.components) };
    if (first?.name === 'begin' || first?.name === 'end' || first?.name === 'error') return [{ ...host, attach: { kind: first.name, priority: 0 } }];
    if (first?.name === 'timer') return [{ ...host, attach: { kind: 'timer', intervalNs: 1_000_000_000n, randomizeNs: 0n } }];
    const pattern = second?.argument?.kind === 'text' ? second.argument.value : '';
    const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
    const isReturn = third?.name === 'return';
    const found = Object.keys(FUNCTIONS).filter((name) => expression.test(name)).map((name): ResolvedPoint => ({
      name: `kernel.function("${name}")${isReturn ? '.return' : ''}`, where: 'kernel', isReturn, context: new FakeContext(name, isReturn), functionName: name,
      attach: { kind: 'function', symbol: name, return: isReturn, arguments: 3 },
    }));
    if (found.length === 0) problems.report({ code: 'E0420', severity: 'error', message: `no function '${pattern}'`, span: point.span });
    return found;
  }
}

export const LIBRARY: readonly TapsetFile[] = [
  { path: 'context.stp', text: `
function pid:long () %{ pid %}
function execname:string () %{ execname %}
function pp:string () %{ probe_name %}
function ppfunc:string () %{ function_name %}
function strlen:long (s:string) %{ strlen %}
function written:string () %{ procfs_value %}
function error (msg:string) %{ throw %}
function warn (msg:string) %{ warn %}
function exit () %{ exit %}
function where_am_i:string () { return "in " . pp() }
` },
  { path: 'files.stp', text: `
global __opened
probe file.read = kernel.function("vfs_read") { name = "read"; bytes = $count; missing = $nosuch; argstr = sprintf("%d", bytes) }
probe file.read.return = kernel.function("vfs_read").return { name = "read"; retval = $return }
probe file.write = kernel.function("no_such_function") !, kernel.function("vfs_write") { name = "write"; bytes = $count }
probe file.gone = kernel.function("no_such_function") { name = "gone" }
probe file.maybe = kernel.function("no_such_function") ? { name = "maybe" }
probe file.all = file.read, file.write { kind = "file" } , { epilogue = 1; println(epilogue) }
function opened:long () { return __opened }
function note_open () { __opened++ }
` },
  { path: 'argv.stp', text: `global argc\nprobe begin { argc = 2 }\n` },
];

export interface Elaborated {
  readonly program: ElaboratedProgram;
  readonly diagnostics: readonly Diagnostic[];
  /** "E0306@1:15", in order; library files as "E0410@files.stp:3:5". */
  readonly codes: readonly string[];
  /** All of the typed tree. */
  readonly text: string;
}

interface RunOptions {
  readonly overrides?: Readonly<Record<string, string>>;
  readonly autoPrint?: boolean;
  readonly library?: readonly TapsetFile[];
  readonly more?: readonly string[];
}

export function run(script: string, options: RunOptions = {}): Elaborated {
  const diagnostics = new DiagnosticSink();
  const library = createTapsetLibrary(options.library ?? LIBRARY, { diagnostics, facts: FACTS });
  const texts = [script, ...(options.more ?? [])];
  const scripts = texts.map((text, at) => parseScript(new SourceText(at === 0 ? 'test.stp' : `more${at}.stp`, text), { diagnostics, facts: FACTS, args: [], macros: library.macros }));
  const program = elaborate({
    scripts, library, probes: new FakeProbeResolver(), diagnostics,
    globalOverrides: new Map(Object.entries(options.overrides ?? {})), autoPrintGlobals: options.autoPrint ?? false,
  });
  return { program, diagnostics: diagnostics.all, codes: diagnostics.all.map(codeAt), text: printProgram(program, { bodies: true }) };
}

export function list(pattern: string): readonly string[] {
  const diagnostics = new DiagnosticSink();
  const library = createTapsetLibrary(LIBRARY, { diagnostics, facts: FACTS });
  return listProbes(pattern, { library, probes: new FakeProbeResolver(), diagnostics }, true).map((one) => [one.name, ...one.variables].join(' '));
}

function codeAt({ code, span }: Diagnostic): string {
  if (span === undefined) return code;
  const { line, column } = span.source.position(span.start);
  return `${code}@${span.source.origin === 'tapset' ? `${span.source.file}:` : ''}${line}:${column}`;
}
