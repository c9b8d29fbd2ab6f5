/** Calls of the executor's own operations that no library function stands for. */
import { INTRINSICS } from '@stapkit/object';
import type { Span } from '../source/index.js';
import { InternalError } from './internal-error.js';
import type { FunctionSymbol, TypedExpression } from './typed-tree.js';

/** A call of an intrinsic that has a result. */
export function callIntrinsic(name: string, args: readonly TypedExpression[], span: Span): TypedExpression {
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (intrinsic?.result === undefined) throw new InternalError(`there is no intrinsic '${name}' with a result`);
  const symbol: FunctionSymbol = {
    kind: 'function', name, span, locals: [], result: intrinsic.result, body: { kind: 'intrinsic', name },
    params: intrinsic.params.map((type, index) => ({ kind: 'local', name: `p${index}`, type })),
  };
  return { kind: 'call', type: intrinsic.result, function: symbol, args: [...args], span };
}
