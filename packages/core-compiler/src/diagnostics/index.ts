/** Takes: findings of the passes. Gives: text with caret and hint. Guarantees: nothing is reported twice. */
export { DiagnosticSink } from './diagnostic.js';
export type { Diagnostic, Note } from './diagnostic.js';
export { place, renderDiagnostic } from './render.js';
export type { RenderOptions } from './render.js';
export { didYouMean, editDistance, similarNames } from './similar.js';
