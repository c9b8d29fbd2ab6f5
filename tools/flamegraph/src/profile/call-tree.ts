/**
 * The merged tree of a profile's stacks, as arrays in preorder: node 0 is the root, the nodes below node n are those from
 * n + 1 to end[n] - 1. A hundred thousand frames are walked in a millisecond, and those too narrow to be seen are passed
 * over with all that is below them. The page and the writers use the same.
 */
import type { FunctionTable, Grouping, TreeFunction } from './functions.js';
import { GrowingTree } from './growing-tree.js';
import type { PackedProfile } from './packed-profile.js';
import { StackMerger, weighedStacks } from './weighed-stacks.js';

/** Totals and selfs by node, in the profile's unit. */
export interface TreeValues {
  /** With everything below. */
  readonly total: Float64Array;
  /** Without. */
  readonly self: Float64Array;
}

export interface CallTree extends TreeValues {
  /** Nodes, the root included. */
  readonly size: number;
  readonly functions: readonly TreeFunction[];
  /** By node: index into `functions`. */
  readonly fn: Int32Array;
  /** -1 for the root. */
  readonly parent: Int32Array;
  /** 0 for the root. */
  readonly depth: Int32Array;
  /** The first node after the subtree. */
  readonly end: Int32Array;
  /** The frame that most of the node's weight has: its line. -1 for root and groups. */
  readonly frame: Int32Array;
  /** How many frames (lines, addresses) are merged in the node. */
  readonly frames: Int32Array;
  readonly deepest: number;
  /** The values that they are compared with, when two profiles are. */
  readonly other: TreeValues | undefined;
}

export interface TreeOptions {
  /** Index into `Profile.valueTypes`: what the widths are. */
  readonly value: number;
  /** Index of the value that it is compared with. */
  readonly other?: number;
  readonly grouping: Grouping;
  /** `callers`: the sampled function is the root's child, and what calls it stands above. */
  readonly direction: 'callees' | 'callers';
  /** Only stacks with this function, from its outermost call on; it is the root. Index into `functionsOf(...)`. */
  readonly focus?: number;
}

/** Sorts a list that is short most of the time: a typed array's own sort takes long to begin. */
function sortShort(list: Int32Array, compare: (a: number, b: number) => number): void {
  if (list.length > 12) {
    list.sort(compare);
    return;
  }
  for (let at = 1; at < list.length; at += 1) {
    const one = list[at] ?? 0;
    let place = at;
    for (; place > 0 && compare(list[place - 1] ?? 0, one) > 0; place -= 1) list[place] = list[place - 1] ?? 0;
    list[place] = one;
  }
}

function totals(self: Float64Array, parent: Int32Array): Float64Array {
  const total = self.slice();
  for (let node = total.length - 1; node > 0; node -= 1) {
    const up = parent[node] ?? 0;
    total[up] = (total[up] ?? 0) + (total[node] ?? 0);
  }
  return total;
}

/** The nodes in preorder, among siblings the heaviest first. */
function preorder(parent: Int32Array, total: Float64Array, otherTotal: Float64Array | undefined, name: (node: number) => string): Int32Array {
  const size = parent.length;
  const compare = (a: number, b: number): number => (total[b] ?? 0) - (total[a] ?? 0) || (otherTotal?.[b] ?? 0) - (otherTotal?.[a] ?? 0) || (name(a) < name(b) ? -1 : 1);
  // Children of a node stand side by side, from first[node] on.
  const first = new Int32Array(size + 1);
  for (let node = 1; node < size; node += 1) { const after = (parent[node] ?? 0) + 1; first[after] = (first[after] ?? 0) + 1; }
  for (let node = 0; node < size; node += 1) first[node + 1] = (first[node + 1] ?? 0) + (first[node] ?? 0);
  const children = new Int32Array(size);
  const filled = first.slice();
  for (let node = 1; node < size; node += 1) { const up = parent[node] ?? 0; const at = filled[up] ?? 0; children[at] = node; filled[up] = at + 1; }
  for (let node = 0; node < size; node += 1) {
    const [from, to] = [first[node] ?? 0, first[node + 1] ?? 0];
    if (to - from > 1) sortShort(children.subarray(from, to), compare);
  }
  const order = new Int32Array(size);
  const pending = new Int32Array(size);
  let waiting = 1;
  for (let at = 0; waiting > 0; at += 1) {
    waiting -= 1;
    const node = pending[waiting] ?? 0;
    order[at] = node;
    for (let index = (first[node + 1] ?? 0) - 1, from = first[node] ?? 0; index >= from; index -= 1) { pending[waiting] = children[index] ?? 0; waiting += 1; }
  }
  return order;
}

/** What a tree is made of; the rest follows from it. By node in preorder. */
export interface TreeColumns extends Pick<CallTree, 'fn' | 'parent' | 'frame' | 'frames'> {
  readonly self: Float64Array;
  /** When two profiles are compared. */
  readonly otherSelf: Float64Array | undefined;
}

/** The whole tree of its columns. @param functions what `fn` points into */
export function treeOf({ fn, parent, frame, frames, self, otherSelf }: TreeColumns, functions: readonly TreeFunction[]): CallTree {
  const size = parent.length;
  const [depth, end] = [new Int32Array(size), new Int32Array(size)];
  let deepest = 0;
  for (let node = 1; node < size; node += 1) {
    const level = (depth[parent[node] ?? 0] ?? 0) + 1;
    depth[node] = level;
    if (level > deepest) deepest = level;
  }
  for (let node = size - 1; node >= 0; node -= 1) {
    const after = Math.max(end[node] ?? 0, node + 1);
    end[node] = after;
    const up = parent[node] ?? -1;
    if (up >= 0 && (end[up] ?? 0) < after) end[up] = after;
  }
  return {
    size, functions, fn, parent, depth, end, frame, frames, deepest, self, total: totals(self, parent),
    other: otherSelf === undefined ? undefined : { total: totals(otherSelf, parent), self: otherSelf },
  };
}

/** Merges a profile's stacks. `table` is that of the same profile and grouping. */
export function buildCallTree(profile: PackedProfile, table: FunctionTable, options: TreeOptions): CallTree {
  const { functions } = table;
  const tree = new GrowingTree(options.focus ?? 0, options.focus === undefined ? profile.stacks.parent.length : 0);
  const merger = new StackMerger(profile, options.focus);
  for (const stacks of weighedStacks(profile, table, options)) merger[options.direction](tree, stacks);
  const grown = tree.columns();
  const otherTotal = options.other === undefined ? undefined : totals(grown.otherSelf, grown.parent);
  const order = preorder(grown.parent, totals(grown.self, grown.parent), otherTotal, (node) => functions[grown.fn[node] ?? 0]?.name ?? '');
  const size = order.length;
  const place = new Int32Array(size);
  for (let at = 0; at < size; at += 1) place[order[at] ?? 0] = at;
  const [fn, parent, frame, frames, self] = [new Int32Array(size), new Int32Array(size), new Int32Array(size), new Int32Array(size), new Float64Array(size)];
  const otherSelf = options.other === undefined ? undefined : new Float64Array(size);
  for (let at = 0; at < size; at += 1) {
    const node = order[at] ?? 0;
    const up = grown.parent[node] ?? -1;
    parent[at] = up < 0 ? -1 : (place[up] ?? 0);
    fn[at] = grown.fn[node] ?? 0;
    self[at] = grown.self[node] ?? 0;
    if (otherSelf !== undefined) otherSelf[at] = grown.otherSelf[node] ?? 0;
    frame[at] = tree.heaviestFrame(node);
    frames[at] = tree.frameCount(node);
  }
  return treeOf({ fn, parent, frame, frames, self, otherSelf }, functions);
}

/** Functions from the root down to a node. */
export function pathTo(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at] ?? -1) path.push(at);
  return path.reverse();
}
