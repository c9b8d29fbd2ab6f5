/** The functions of a tree with their self and total weights. */
import type { CallTree } from './call-tree.js';

/** Weights by function: indexes into `CallTree.functions`. */
export interface FunctionTotals {
  /** Those that the tree has, but processes; in the order of their numbers. */
  readonly functions: Int32Array;
  readonly self: Float64Array;
  /** Recursion counts once. */
  readonly total: Float64Array;
  /** Of the values that they are compared with; zeros when there are none. */
  readonly otherSelf: Float64Array;
  readonly otherTotal: Float64Array;
}

/** For every function below a tree's root. Give it the tree of callees. */
export function functionTotals(tree: CallTree, below = 0): FunctionTotals {
  const { fn: ofNode, end, functions, other } = tree;
  const count = functions.length;
  const [self, total, otherSelf, otherTotal] = [new Float64Array(count), new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const add = (sums: Float64Array, fn: number, weight = 0): void => { sums[fn] = (sums[fn] ?? 0) + weight; };
  // How many calls of each function are open at the current node; a total counts where the first one opens.
  const open = new Int32Array(count);
  const seen = new Uint8Array(count);
  const path = new Int32Array(tree.deepest + 1);
  const last = end[below] ?? 0;
  for (let node = below, depth = 0; node < last; node += 1) {
    for (; depth > 0 && (end[path[depth - 1] ?? 0] ?? 0) <= node; depth -= 1) { const left = ofNode[path[depth - 1] ?? 0] ?? 0; open[left] = (open[left] ?? 0) - 1; }
    const fn = ofNode[node] ?? 0;
    const calls = open[fn] ?? 0;
    seen[fn] = 1;
    add(self, fn, tree.self[node]);
    if (calls === 0) add(total, fn, tree.total[node]);
    if (other !== undefined) {
      add(otherSelf, fn, other.self[node]);
      if (calls === 0) add(otherTotal, fn, other.total[node]);
    }
    open[fn] = calls + 1;
    path[depth] = node;
    depth += 1;
  }
  const rows = new Int32Array(count);
  let size = 0;
  for (let fn = 1; fn < count; fn += 1) if (seen[fn] === 1 && functions[fn]?.kind !== 'process') { rows[size] = fn; size += 1; }
  return { functions: rows.subarray(0, size), self, total, otherSelf, otherTotal };
}
