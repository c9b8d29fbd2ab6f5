/** The functions of a tree with their self and total weights. */
import type { CallTree } from './call-tree.js';

export interface FunctionTotals {
  /** Index into `CallTree.functions`. */
  readonly fn: number;
  readonly self: number;
  /** Recursion counts once. */
  readonly total: number;
  readonly otherSelf: number;
  readonly otherTotal: number;
}

/** For every function below a tree's root but processes, in no order. Give it the tree of callees. */
export function functionTotals(tree: CallTree, below = 0): FunctionTotals[] {
  const count = tree.functions.length;
  const [self, total, otherSelf, otherTotal] = [new Float64Array(count), new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const add = (sums: Float64Array, fn: number, values: Float64Array | undefined, node: number): void => { sums[fn] = (sums[fn] ?? 0) + (values?.[node] ?? 0); };
  // How many calls of each function are open at the current node; a total counts where the first one opens.
  const open = new Int32Array(count);
  const seen = new Uint8Array(count);
  const path: number[] = [];
  for (let node = below; node < (tree.end[below] ?? 0); node += 1) {
    while (path.length > 0 && (tree.end[path.at(-1) ?? 0] ?? 0) <= node) { const fn = tree.fn[path.pop() ?? 0] ?? 0; open[fn] = (open[fn] ?? 0) - 1; }
    const fn = tree.fn[node] ?? 0;
    seen[fn] = 1;
    add(self, fn, tree.self, node);
    add(otherSelf, fn, tree.other?.self, node);
    if (open[fn] === 0) {
      add(total, fn, tree.total, node);
      add(otherTotal, fn, tree.other?.total, node);
    }
    open[fn] = (open[fn] ?? 0) + 1;
    path.push(node);
  }
  const rows: FunctionTotals[] = [];
  for (let fn = 1; fn < count; fn += 1)
    if (seen[fn] === 1 && tree.functions[fn]?.kind !== 'process') rows.push({ fn, self: self[fn] ?? 0, total: total[fn] ?? 0, otherSelf: otherSelf[fn] ?? 0, otherTotal: otherTotal[fn] ?? 0 });
  return rows;
}
