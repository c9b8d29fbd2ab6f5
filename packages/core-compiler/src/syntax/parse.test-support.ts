/** What the tests of pass 1 share. */
import { DiagnosticSink } from '../diagnostics/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import { SourceText } from '../source/index.js';
import type { Declaration, Expression, Script, Statement } from './ast.js';
import { parseScript } from './parse-script.js';
import type { ParseContext, PreprocessorFacts } from './parse-script.js';

export const FACTS: PreprocessorFacts = {
  kernelVersion: '6.1.0', kernelRelease: '6.1.0-56-amd64', arch: 'x86_64', systemtapVersion: '5.6', runtime: 'bpf', guruMode: false, privilege: 'stapdev',
  config: (name) => ({ CONFIG_SMP: 'y', CONFIG_EXT4_FS: 'm', CONFIG_HZ: '250' })[name],
};

export interface Parsed {
  readonly script: Script;
  readonly diagnostics: readonly Diagnostic[];
  /** "E0201@1:5", in order. */
  readonly codes: readonly string[];
}

export function parse(text: string, context: Partial<ParseContext> = {}, file = 'test.stp'): Parsed {
  const diagnostics = new DiagnosticSink();
  const script = parseScript(new SourceText(file, text), { facts: FACTS, args: [], ...context, diagnostics });
  return { script, diagnostics: diagnostics.all, codes: diagnostics.all.map(codeAt) };
}

export function codeAt(diagnostic: Diagnostic): string {
  let { span } = diagnostic;
  while (span?.usedAt !== undefined) span = span.usedAt;
  if (span === undefined) return diagnostic.code;
  const { line, column } = span.source.position(span.start);
  return `${diagnostic.code}@${line}:${column}`;
}

/** The statements of `probe p { TEXT }`; throws with the diagnostics when there are errors. */
export function statements(text: string, context: Partial<ParseContext> = {}): readonly Statement[] {
  const { script, diagnostics } = parse(`probe p { ${text} }`, context);
  const [probe] = script.declarations;
  if (diagnostics.length > 0 || probe?.kind !== 'probe') throw new Error(`${text}: ${diagnostics.map((one) => one.message).join('; ')}`);
  return probe.body.statements;
}

export function expression(text: string, context: Partial<ParseContext> = {}): Expression {
  const [statement, ...more] = statements(`${text};`, context);
  if (statement?.kind !== 'expression' || more.length > 0) throw new Error(`${text}: not one expression`);
  return statement.expression;
}

export function declaration(text: string, context: Partial<ParseContext> = {}): Declaration {
  const { script, diagnostics } = parse(text, context);
  const [only, ...more] = script.declarations;
  if (diagnostics.length > 0 || only === undefined || more.length > 0) throw new Error(`${text}: ${diagnostics.map((one) => one.message).join('; ')}`);
  return only;
}

/** A tree without its spans, to compare by. */
export function withoutSpans(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutSpans);
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).filter(([key, value]) => !/^span$|Span$/.test(key) && value !== undefined).map(([key, value]) => [key, withoutSpans(value)]));
}
