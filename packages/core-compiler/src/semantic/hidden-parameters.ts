/** Parameters that functions get beside their own, for what they use of the probe. */
import { LocalVariable } from './symbols.js';
import type { FunctionInfo, ProbeFact } from './symbols.js';
import type { LocalSymbol } from './typed-tree.js';

export function hiddenParam(info: FunctionInfo, fact: ProbeFact): LocalSymbol {
  const known = info.hiddenParams.get(fact);
  if (known?.symbol !== undefined) return known.symbol;
  const variable = new LocalVariable(`.${fact}`, info.declaration.span, true);
  variable.symbol = { kind: 'local', name: variable.name, type: 'string' };
  info.hiddenParams.set(fact, variable);
  return variable.symbol;
}
