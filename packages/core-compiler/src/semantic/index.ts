/** Pass 2. Takes: syntax trees, tapset library, probe resolver. Gives: a closed, typed program. Guarantees: no later pass reports a user mistake about names or types. */
export { elaborate, listProbes } from './elaborate.js';
export type { ElaborateInput, ListedProbe } from './elaborate.js';
export type * from './typed-tree.js';
