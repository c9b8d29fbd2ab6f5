/** Pass 3, first half. Takes: the elaborated program. Gives: IR for both executors; kernel bodies inlined, with capacities, deferred prints and no dead code. */
export { lowerProgram } from './lower.js';
export type { LowerOptions } from './lower.js';
export { mergeProbes } from './merge-probes.js';
export { isPacking } from './pack-texts.js';
export { optimizeProgram } from './optimize.js';
export { printIr } from './print.js';
export { defaultNesting } from './recursion.js';
export { timeProbes } from './time-probes.js';
export { verifyIr } from './verify.js';
export { Dominators, mapTargets, reversePostorder, successors, terminatorTargets } from './control-flow.js';
export { eachInput, eachOutput, eachPrintValue, terminatorInput } from './operands.js';
export { fixHostFields } from './host-fields.js';
