/** `@probewrite`: which variables the handler of the script's own writes, aliases apart (man stap, PROBES). */
import type { BlockStatement, Expression } from '../syntax/index.js';

const known = new WeakMap<BlockStatement, ReadonlySet<string>>();

/** Names of script and target variables (`$name`) that the block writes. */
export function writtenIn(block: BlockStatement): ReadonlySet<string> {
  let names = known.get(block);
  if (names === undefined) {
    const found = new Set<string>();
    collect(block, found);
    known.set(block, (names = found));
  }
  return names;
}

/** The name that `@probewrite(operand)` asks about. */
export function variableName(expression: Expression): string | undefined {
  if (expression.kind === 'name' || expression.kind === 'index') return expression.name;
  return expression.kind === 'target' && expression.base.kind === 'variable' ? expression.base.name : undefined;
}

function collect(node: unknown, found: Set<string>): void {
  if (Array.isArray(node)) {
    for (const one of node) collect(one, found);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const { kind, target } = node as { readonly kind?: string; readonly target?: Expression };
  if ((kind === 'assign' || kind === 'increment' || kind === 'delete') && target !== undefined) {
    const name = variableName(target);
    if (name !== undefined) found.add(name);
  }
  if (kind === 'foreach' || kind === 'try') for (const name of loopNames(node)) found.add(name);
  for (const [key, value] of Object.entries(node)) {
    if (!/span$/i.test(key)) collect(value, found);
  }
}

/** Variables that a loop or a catch sets. */
function loopNames(node: object): readonly string[] {
  const { keys = [], value, variable } = node as { readonly keys?: readonly { readonly name: string }[]; readonly value?: { readonly name: string }; readonly variable?: { readonly name: string } };
  return [...keys, value, variable].flatMap((one) => (one === undefined ? [] : [one.name]));
}
