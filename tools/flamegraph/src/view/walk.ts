/** Going from frame to frame. */
import type { Layout } from '../drawing/layout.js';
import type { CallTree } from '../profile/call-tree.js';

export type Step = 'caller' | 'callee' | 'before' | 'after';

/** The drawn frame beside one: its parent, its widest child, its neighbours in the row. Itself where there is none. */
export function neighbour(tree: CallTree, layout: Layout, node: number, step: Step): number {
  const depth = tree.depth[node] ?? 0;
  if (step === 'caller') return Math.max(0, tree.parent[node] ?? 0);
  if (step === 'callee') {
    // In preorder, and the widest child first: it is the next node.
    const child = (layout.rows[depth + 1] ?? []).find((index) => tree.parent[layout.nodes[index] ?? 0] === node);
    return child === undefined ? node : (layout.nodes[child] ?? node);
  }
  const row = layout.rows[depth] ?? [];
  const at = row.findIndex((index) => layout.nodes[index] === node);
  return layout.nodes[row[at + (step === 'after' ? 1 : -1)] ?? -1] ?? node;
}

/** The nearest frame around one that is wider; the root at last. */
export function wider(tree: CallTree, node: number): number {
  let at = Math.max(0, tree.parent[node] ?? 0);
  while (at > 0 && (tree.total[at] ?? 0) <= (tree.total[node] ?? 0)) at = tree.parent[at] ?? 0;
  return Math.max(0, at);
}

/** The next node found after (or before) one, around the end; undefined when there is none. */
export function nextFound(tree: CallTree, found: Uint8Array, from: number, back: boolean): number | undefined {
  for (let distance = 1; distance <= tree.size; distance += 1) {
    const node = (from + (back ? -distance : distance) + 2 * tree.size) % tree.size;
    if (found[tree.fn[node] ?? 0] === 1 && (tree.total[node] ?? 0) > 0) return node;
  }
  return undefined;
}
