/** Takes: findings of the passes. Gives: text with caret and hint. Guarantees: nothing is reported twice. */
export { DiagnosticSink } from './diagnostic.js';
export type { Diagnostic, Note } from './diagnostic.js';
export { renderDiagnostic } from './render.js';
