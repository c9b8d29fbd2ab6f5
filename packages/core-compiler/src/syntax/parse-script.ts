import * as catalog from '../diagnostics/catalog.js';
import { DiagnosticSink } from '../diagnostics/index.js';
import type { Diagnostic } from '../diagnostics/index.js';
import type { SourceText } from '../source/index.js';
import type { Script } from './ast.js';
import { TokenCursor } from './cursor.js';
import { tokenize } from './lexer.js';
import { parseDeclarations } from './parse-declaration.js';
import { preprocess } from './preprocessor.js';
import { describeToken } from './tokens.js';
import type { Token } from './tokens.js';

/** What `%( … %)` may ask. */
export interface PreprocessorFacts {
  /** Version without suffix: "6.1.0". */
  readonly kernelVersion: string;
  /** Full release: "6.1.0-56-amd64". Empty when unknown: asking for it is then an error. */
  readonly kernelRelease: string;
  readonly arch: string;
  /** "y", "m", a value, or undefined when unset or unknown. */
  config(name: string): string | undefined;
  readonly systemtapVersion: string;
  /** "bpf" */
  readonly runtime: string;
  readonly guruMode: boolean;
  readonly privilege: 'stapdev' | 'stapsys' | 'stapusr';
}

export interface MacroDefinition {
  readonly name: string;
  readonly params: readonly string[] | undefined;
  readonly body: readonly Token[];
}

export interface ParseContext {
  readonly diagnostics: DiagnosticSink;
  readonly facts: PreprocessorFacts;
  /** $1 … $N / @1 … @N of user scripts. */
  readonly args: readonly string[];
  /** Called for each argument index (from 0) that is used. */
  readonly usedArgument?: (index: number) => void;
  /** Macros of the library's .stpm files. */
  readonly macros?: ReadonlyMap<string, MacroDefinition>;
  /** Called when a `%( %)` condition asked about the kernel (kernel_v, kernel_vr, CONFIG_*): the object is then bound to it. */
  readonly kernelAsked?: () => void;
}

/** The tree of a file. Never throws; what is malformed is reported and stands in the tree as 'bad-…' or is left out. */
export function parseScript(source: SourceText, context: ParseContext): Script {
  const diagnostics = new DiagnosticSink();
  const written = tokenize(source, context);
  const { tokens, macros } = preprocess(written, { ...context, diagnostics });
  const span = { source, start: 0, end: source.text.length };
  if (tokens.length === 1 && source.origin === 'user' && !diagnostics.hasErrors) diagnostics.report(catalog.emptyScript({ source, start: 0, end: 0 }, written.length > 1));
  const cursor = new TokenCursor(tokens, diagnostics, () => [...macros.keys(), ...(context.macros?.keys() ?? [])]);
  const declarations = parseDeclarations(cursor);
  // The preprocessor reads the whole file before the parser: told in the order of the text.
  for (const diagnostic of [...diagnostics.all].sort((a, b) => offsetIn(source, a) - offsetIn(source, b))) context.diagnostics.report(diagnostic);
  return { declarations, span };
}

/** Where in the file a diagnostic belongs, or the macro or argument that it comes from was used. */
function offsetIn(source: SourceText, { span }: Diagnostic): number {
  let at = span;
  while (at?.usedAt !== undefined) at = at.usedAt;
  return at?.source === source ? at.start : 0;
}

/** Reads a .stpm file: definitions only. */
export function parseMacroLibrary(source: SourceText, context: ParseContext): Map<string, MacroDefinition> {
  const { tokens, macros } = preprocess(tokenize(source, context), context);
  const [first] = tokens;
  if (first !== undefined && first.kind !== 'end' && first.kind !== 'bad') context.diagnostics.report(catalog.onlyDefinitions(first.span, describeToken(first)));
  return macros;
}
