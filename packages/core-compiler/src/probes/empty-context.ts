/** Contexts of probes that have no variables of their own. @cast works in all of them. */
import type { TypeLookup } from './c-types.js';
import { TargetContext } from './target-context.js';

export function contextWithoutVariables(point: string, lookup: TypeLookup, advice?: string): TargetContext {
  return new TargetContext({ point, lookup, parameters: [], space: 'kernel', parametersAtEntry: false, ...(advice === undefined ? {} : { advice }) });
}
