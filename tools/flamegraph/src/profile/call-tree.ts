/**
 * The merged tree of a profile's stacks, as arrays in preorder: node 0 is the root, the nodes below node n are those from
 * n + 1 to end[n] - 1. A hundred thousand frames are walked in a millisecond, and those too narrow to be seen are passed
 * over with all that is below them. The page and the writers use the same.
 */
import type { FunctionTable, Grouping, TreeFunction } from './functions.js';
import type { Profile } from './profile.js';

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

/** A tree that grows stack by stack, its nodes in the order of their making: a parent before its children. */
class Growing {
  readonly fn: number[] = [0];
  readonly parent: number[] = [-1];
  readonly self: number[] = [0];
  readonly otherSelf: number[] = [0];
  /** By node: the frames merged in it with their weights, as a frame or a map when there are several. */
  readonly frames: (number | Map<number, number>)[] = [-1];
  readonly frameWeight: number[] = [0];
  readonly #children = new Map<number, number>();
  readonly #functions: number;

  constructor(functions: number, root: number) {
    this.#functions = functions;
    this.fn[0] = root;
  }

  child(node: number, fn: number, frame: number, weight: number): number {
    const key = node * this.#functions + fn;
    const known = this.#children.get(key);
    if (known === undefined) {
      const id = this.fn.push(fn) - 1;
      this.#children.set(key, id);
      this.parent.push(node);
      this.self.push(0);
      this.otherSelf.push(0);
      this.frames.push(frame);
      this.frameWeight.push(weight);
      return id;
    }
    this.#addFrame(known, frame, weight);
    return known;
  }

  #addFrame(node: number, frame: number, weight: number): void {
    const merged = this.frames[node] ?? -1;
    if (merged === frame) this.frameWeight[node] = (this.frameWeight[node] ?? 0) + weight;
    else if (typeof merged === 'number') this.frames[node] = new Map([[merged, this.frameWeight[node] ?? 0], [frame, weight]]);
    else merged.set(frame, (merged.get(frame) ?? 0) + weight);
  }

  /** The heaviest of a node's frames, and their number. */
  framesOf(node: number): readonly [heaviest: number, count: number] {
    const merged = this.frames[node] ?? -1;
    if (typeof merged === 'number') return [merged, merged < 0 ? 0 : 1];
    let [heaviest, most] = [-1, -1];
    for (const [frame, weight] of merged) if (weight > most) [heaviest, most] = [frame, weight];
    return [heaviest, merged.size];
  }
}

/** Puts one sample's stack into the tree. */
function grow(tree: Growing, stack: readonly number[], table: FunctionTable, group: number, options: TreeOptions, weight: number, other: number): void {
  const { focus, direction } = options;
  const weightOfFrame = weight > 0 ? weight : other;
  let first = 0;
  if (focus !== undefined) {
    first = group === focus ? -1 : stack.findIndex((frame) => table.ofFrame[frame] === focus);
    if (first < 0 && group !== focus) return;
    tree.frames[0] = -1;
  }
  let node = 0;
  const step = (index: number): void => {
    const frame = stack[index] ?? 0;
    node = tree.child(node, table.ofFrame[frame] ?? 0, frame, weightOfFrame);
  };
  const stepGroup = (): void => { if (group !== 0) node = tree.child(node, group, -1, weightOfFrame); };
  if (direction === 'callees') {
    if (focus === undefined) stepGroup();
    for (let index = focus === undefined ? 0 : first + 1; index < stack.length; index += 1) step(index);
  } else {
    for (let index = (focus === undefined ? stack.length : first) - 1; index >= 0; index -= 1) step(index);
    if (group !== focus) stepGroup();
  }
  tree.self[node] = (tree.self[node] ?? 0) + weight;
  tree.otherSelf[node] = (tree.otherSelf[node] ?? 0) + other;
}

function totals(self: readonly number[], parent: readonly number[]): Float64Array {
  const total = Float64Array.from(self);
  for (let node = total.length - 1; node > 0; node -= 1) {
    const up = parent[node] ?? 0;
    total[up] = (total[up] ?? 0) + (total[node] ?? 0);
  }
  return total;
}

/** The nodes in preorder, among siblings the heaviest first. */
function preorder(parent: readonly number[], total: Float64Array, otherTotal: Float64Array, name: (node: number) => string): { readonly order: Int32Array; readonly end: Int32Array } {
  const size = parent.length;
  const weight = (node: number): number => Math.max(total[node] ?? 0, otherTotal[node] ?? 0);
  const children: number[][] = Array.from({ length: size }, () => []);
  for (let node = 1; node < size; node += 1) children[parent[node] ?? 0]?.push(node);
  for (const list of children)
    if (list.length > 1) list.sort((a, b) => (total[b] ?? 0) - (total[a] ?? 0) || weight(b) - weight(a) || (name(a) < name(b) ? -1 : 1));
  const order = new Int32Array(size);
  const place = new Int32Array(size);
  const end = new Int32Array(size);
  const pending = [0];
  for (let at = 0, node = pending.pop(); node !== undefined; node = pending.pop(), at += 1) {
    order[at] = node;
    place[node] = at;
    const list = children[node] ?? [];
    for (let index = list.length - 1; index >= 0; index -= 1) pending.push(list[index] ?? 0);
  }
  for (let at = size - 1; at >= 0; at -= 1) {
    end[at] = Math.max(end[at] ?? 0, at + 1);
    const up = parent[order[at] ?? 0] ?? -1;
    if (up >= 0) end[place[up] ?? 0] = Math.max(end[place[up] ?? 0] ?? 0, end[at] ?? 0);
  }
  return { order, end };
}

/** Merges a profile's stacks. */
export function buildCallTree(profile: Profile, table: FunctionTable, options: TreeOptions): CallTree {
  const { functions } = table;
  const tree = new Growing(functions.length, options.focus ?? 0);
  for (const { stack, values, context } of profile.samples)
    grow(tree, stack, table, table.ofContext(context), options, values[options.value] ?? 0, options.other === undefined ? 0 : (values[options.other] ?? 0));
  const total = totals(tree.self, tree.parent);
  const otherTotal = totals(tree.otherSelf, tree.parent);
  const { order, end } = preorder(tree.parent, total, otherTotal, (node) => functions[tree.fn[node] ?? 0]?.name ?? '');
  const size = order.length;
  const place = new Int32Array(size);
  order.forEach((node, at) => { place[node] = at; });
  const parent = Int32Array.from(order, (node) => { const up = tree.parent[node] ?? -1; return up < 0 ? -1 : (place[up] ?? 0); });
  const depth = new Int32Array(size);
  let deepest = 0;
  for (let at = 1; at < size; at += 1) deepest = Math.max(deepest, depth[at] = (depth[parent[at] ?? 0] ?? 0) + 1);
  const frames = Array.from(order, (node) => tree.framesOf(node));
  return {
    size, functions, parent, depth, deepest, end,
    fn: Int32Array.from(order, (node) => tree.fn[node] ?? 0),
    frame: Int32Array.from(frames, ([heaviest]) => heaviest),
    frames: Int32Array.from(frames, ([, count]) => count),
    total: total.map((_, at) => total[order[at] ?? 0] ?? 0),
    self: Float64Array.from(order, (node) => tree.self[node] ?? 0),
    other: options.other === undefined ? undefined : { total: otherTotal.map((_, at) => otherTotal[order[at] ?? 0] ?? 0), self: Float64Array.from(order, (node) => tree.otherSelf[node] ?? 0) },
  };
}

/** Functions from the root down to a node. */
export function pathTo(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at] ?? -1) path.push(at);
  return path.reverse();
}
