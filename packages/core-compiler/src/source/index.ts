/** Texts and places in them. Leaf: everything else points here. */
export { SourceText } from './source-text.js';
export type { Span } from './source-text.js';
