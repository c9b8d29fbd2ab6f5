/** Pass 2. Takes: syntax trees, tapset library, probe resolver. Gives: a closed, typed program. Guarantees: no later pass reports a user mistake about names or types. */
export { elaborate } from './elaborate.js';
export type { ElaborateInput } from './elaborate.js';
export { declaredAliases, declaredFunctions } from './declared.js';
export { listProbes } from './listing.js';
export type { ListedProbe } from './listing.js';
export type * from './typed-tree.js';
