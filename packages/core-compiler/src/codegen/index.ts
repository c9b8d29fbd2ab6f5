/** Pass 3, second half, and pass 4. Takes: optimized IR and the target. Gives: an eBPF object with its metadata. Guarantees: what it emits passes the verifier. */
export { generateObject } from './generate.js';
export type { CompiledObject, GenerateOptions } from './generate.js';
