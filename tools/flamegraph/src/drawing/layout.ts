/** Which frames of a tree are wide enough to be drawn, and where. */
import { pathTo, type CallTree } from '../profile/call-tree.js';

export interface Layout {
  /** Frames to draw, in preorder: their nodes and their places in pixels. */
  readonly nodes: readonly number[];
  readonly lefts: readonly number[];
  readonly widths: readonly number[];
  /** By depth from the root: indexes into `nodes`, from left to right. */
  readonly rows: readonly (readonly number[])[];
  /** Nodes of the shown subtree that are narrower than the limit. */
  readonly narrow: number;
}

/**
 * @param zoom this node is as wide as the drawing, and so are those around it
 * @param minWidth pixels; narrower frames are counted, not placed
 */
export function layOut(tree: CallTree, zoom: number, width: number, minWidth: number): Layout {
  const [nodes, lefts, widths]: [number[], number[], number[]] = [[], [], []];
  const rows: number[][] = [];
  const place = (node: number, left: number, wide: number): void => {
    const index = nodes.push(node) - 1;
    lefts.push(left);
    widths.push(wide);
    (rows[tree.depth[node] ?? 0] ??= []).push(index);
  };
  for (const node of pathTo(tree, zoom).slice(0, -1)) place(node, 0, width);
  const whole = tree.total[zoom] ?? 0;
  const scale = whole > 0 ? width / whole : 0;
  // By depth: where the next child of the open frame at that depth begins.
  const next: number[] = [];
  let narrow = 0;
  const end = tree.end[zoom] ?? 0;
  for (let node = zoom; node < end;) {
    const depth = tree.depth[node] ?? 0;
    const wide = node === zoom ? width : (tree.total[node] ?? 0) * scale;
    const left = node === zoom ? 0 : (next[depth - 1] ?? 0);
    next[depth - 1] = left + wide;
    if (wide < minWidth && node !== zoom) {
      const after = tree.end[node] ?? node + 1;
      narrow += after - node;
      node = after;
      continue;
    }
    next[depth] = left;
    place(node, left, wide);
    node += 1;
  }
  return { nodes, lefts, widths, rows, narrow };
}

/** Index into the layout of the frame at a place; -1 when there is none. */
export function frameAt(layout: Layout, depth: number, x: number): number {
  const row = layout.rows[depth] ?? [];
  let [low, high] = [0, row.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((layout.lefts[row[middle] ?? 0] ?? 0) <= x) low = middle;
    else high = middle - 1;
  }
  const index = row[low];
  return index !== undefined && x >= (layout.lefts[index] ?? 0) && x < (layout.lefts[index] ?? 0) + (layout.widths[index] ?? 0) ? index : -1;
}
