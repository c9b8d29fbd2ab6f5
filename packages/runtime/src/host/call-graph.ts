/** How deep calls may nest in a program: MAXNESTING concerns recursion, never a chain of different functions. */
import type { FunctionId, IrBody, ObjectMetadata } from '@stapkit/object';

function calls(body: IrBody): FunctionId[] {
  return body.blocks.flatMap((block) => block.instructions.flatMap((instruction) => (instruction.op === 'call' ? [instruction.function] : [])));
}

/** The longest chain of different functions, and MAXNESTING more when some function can reach itself (as stap does). */
export function nestingLimit(metadata: ObjectMetadata): number {
  const depths = new Map<FunctionId, number>();
  const active = new Set<FunctionId>();
  const cycle = { found: false };
  const depth = (id: FunctionId): number => {
    if (active.has(id)) {
      cycle.found = true;
      return 0;
    }
    const known = depths.get(id);
    if (known !== undefined) return known;
    active.add(id);
    const body = metadata.functions[id]?.body;
    const deepest = 1 + Math.max(0, ...(body === undefined ? [] : calls(body)).map(depth));
    active.delete(id);
    depths.set(id, deepest);
    return deepest;
  };
  const longest = Math.max(0, ...metadata.functions.map((_function, id) => depth(id)));
  return cycle.found ? longest + metadata.limits.MAXNESTING : longest;
}
