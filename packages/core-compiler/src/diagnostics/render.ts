import type { Span } from '../source/index.js';
import type { Diagnostic } from './diagnostic.js';

export interface RenderOptions {
  /** ANSI colours; off by default. */
  readonly color?: boolean;
}

const STYLES = { error: '\x1b[1;31m', warning: '\x1b[1;35m', place: '\x1b[1m', caret: '\x1b[1;32m', note: '\x1b[1;36m', hint: '\x1b[1;34m' } as const;
const RESET = '\x1b[0m';
type Paint = (style: keyof typeof STYLES, text: string) => string;

/**
 * One diagnostic as text, lines parted by newlines, none at the end:
 * `FILE:LINE:COL: error CODE: MESSAGE`, the source line, carets under the span, the places that the
 * text came through (macros, arguments), notes with their lines, and hints. The text is a byte string as the sources are.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const paint: Paint = options.color === true ? (style, text) => `${STYLES[style]}${text}${RESET}` : (_style, text) => text;
  const { span } = diagnostic;
  const head = `${paint(diagnostic.severity, `${diagnostic.severity} ${diagnostic.code}:`)} ${paint('place', diagnostic.message)}`;
  const lines: string[] = [];
  if (span === undefined) lines.push(head);
  else {
    lines.push(`${paint('place', `${place(span)}:`)} ${head}`, ...excerpt(span, paint));
    lines.push(...expansions(span, paint));
  }
  for (const note of diagnostic.notes ?? []) {
    if (note.span === undefined) lines.push(`${paint('note', 'note:')} ${note.message}`);
    else lines.push(`${paint('place', `${place(note.span)}:`)} ${paint('note', 'note:')} ${note.message}`, ...excerpt(note.span, paint));
  }
  for (const hint of diagnostic.hints ?? []) lines.push(`${paint('hint', 'hint:')} ${hint}`);
  return lines.join('\n');
}

/** `file:line:column` of a span's start. */
export function place(span: Span): string {
  const { line, column } = span.source.position(span.start);
  return `${span.source.file}:${line}:${column}`;
}

/** The chain of uses through which a text came in, nearest first. */
function expansions(span: Span, paint: Paint): string[] {
  const lines: string[] = [];
  for (let used = span.usedAt; used !== undefined; used = used.usedAt) {
    lines.push(`${paint('place', `${place(used)}:`)} ${paint('note', 'note:')} ${expansionText(used)}`, ...excerpt(used, paint));
  }
  return lines;
}

function expansionText(used: Span): string {
  const text = used.source.text.slice(used.start, used.end);
  const word = /^[@$](?:[0-9]+|[#*]|[A-Za-z_][A-Za-z0-9_]*)/.exec(text)?.[0];
  if (word === undefined) return 'in an expansion used here';
  if (/^[@$][0-9#*]/.test(word)) return `in expansion of script argument '${word}'`;
  return `in expansion of macro '${word}'`;
}

/** The source line and the caret line. A span over several lines is marked to the end of its first. */
function excerpt(span: Span, paint: Paint): string[] {
  const { line, column } = span.source.position(span.start);
  const { text, at } = aroundColumn(span.source.line(line), column - 1);
  const number = String(line);
  const margin = ' '.repeat(number.length);
  const length = Math.max(1, Math.min(span.end - span.start, text.slice(at).trimEnd().length));
  // Tabs are kept so that the caret lines up whatever the terminal's tab stops are.
  const indent = text.slice(0, at).replace(/[^\t]/g, ' ');
  return [`${number} | ${printable(text)}`, `${margin} | ${indent}${paint('caret', '^'.repeat(length))}`];
}

/** Longer lines (a whole script after -e) are shown around the place alone, with dots for the rest. */
const LINE_SHOWN_MAX = 200;

function aroundColumn(line: string, at: number): { readonly text: string; readonly at: number } {
  if (line.length <= LINE_SHOWN_MAX) return { text: line, at };
  const start = Math.max(0, Math.min(at - LINE_SHOWN_MAX / 2, line.length - LINE_SHOWN_MAX));
  const before = start > 0 ? '...' : '';
  const after = start + LINE_SHOWN_MAX < line.length ? '...' : '';
  return { text: `${before}${line.slice(start, start + LINE_SHOWN_MAX)}${after}`, at: at - start + before.length };
}

/** Control characters other than tab would move the caret (or worse, drive the terminal). */
function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '?');
}
