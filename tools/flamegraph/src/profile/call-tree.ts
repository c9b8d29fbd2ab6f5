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

/** Numbers by pairs of numbers: a Map needs a key made of both, which is an object of its own beyond 31 bits. */
class PairIndex {
  #slots = new Int32Array(1 << 12).fill(-1);
  readonly #firsts: readonly number[];
  readonly #seconds: readonly number[];

  /** @param firsts @param seconds the pairs by their numbers; they grow as pairs are added */
  constructor(firsts: readonly number[], seconds: readonly number[]) {
    this.#firsts = firsts;
    this.#seconds = seconds;
  }

  /** The number of a pair; a negative one when it is not known: what `add` takes. */
  find(first: number, second: number): number {
    let slot = this.#home(first, second);
    for (let id = this.#slots[slot] ?? -1; id >= 0; id = this.#slots[slot] ?? -1) {
      if (this.#firsts[id] === first && this.#seconds[id] === second) return id;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return -1 - slot;
  }

  /** @param place what `find` gave for the pair of this number */
  add(place: number, id: number): void {
    this.#slots[-1 - place] = id;
    if (id * 2 < this.#slots.length) return;
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    for (let known = 1; known <= id; known += 1) this.#slots[-1 - this.find(this.#firsts[known] ?? 0, this.#seconds[known] ?? 0)] = known;
  }

  #home(first: number, second: number): number {
    const mixed = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1);
  }
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
  readonly #children = new PairIndex(this.parent, this.fn);

  constructor(root: number) {
    this.fn[0] = root;
  }

  child(node: number, fn: number, frame: number, weight: number): number {
    const known = this.#children.find(node, fn);
    if (known < 0) {
      const id = this.fn.push(fn) - 1;
      this.parent.push(node);
      this.#children.add(known, id);
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
  // Children of a node stand side by side, from first[node] on.
  const first = new Int32Array(size + 1);
  for (let node = 1; node < size; node += 1) first[(parent[node] ?? 0) + 1] = (first[(parent[node] ?? 0) + 1] ?? 0) + 1;
  for (let node = 0; node < size; node += 1) first[node + 1] = (first[node + 1] ?? 0) + (first[node] ?? 0);
  const children = new Int32Array(size);
  const filled = first.slice();
  for (let node = 1; node < size; node += 1) { const up = parent[node] ?? 0; children[filled[up] ?? 0] = node; filled[up] = (filled[up] ?? 0) + 1; }
  for (let node = 0; node < size; node += 1) {
    const list = children.subarray(first[node], first[node + 1]);
    if (list.length > 1) list.sort((a, b) => (total[b] ?? 0) - (total[a] ?? 0) || weight(b) - weight(a) || (name(a) < name(b) ? -1 : 1));
  }
  const order = new Int32Array(size);
  const place = new Int32Array(size);
  const end = new Int32Array(size);
  const pending = [0];
  for (let at = 0, node = pending.pop(); node !== undefined; node = pending.pop(), at += 1) {
    order[at] = node;
    place[node] = at;
    for (let index = (first[node + 1] ?? 0) - 1; index >= (first[node] ?? 0); index -= 1) pending.push(children[index] ?? 0);
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
  const tree = new Growing(options.focus ?? 0);
  for (const { stack, values, context } of profile.samples)
    grow(tree, stack, table, table.ofContext(context), options, values[options.value] ?? 0, options.other === undefined ? 0 : (values[options.other] ?? 0));
  const total = totals(tree.self, tree.parent);
  const otherTotal = totals(tree.otherSelf, tree.parent);
  const { order, end } = preorder(tree.parent, total, otherTotal, (node) => functions[tree.fn[node] ?? 0]?.name ?? '');
  const size = order.length;
  const place = new Int32Array(size);
  for (let at = 0; at < size; at += 1) place[order[at] ?? 0] = at;
  // `map` of a typed array: `from` with a function walks an iterator, which takes as long as all the rest.
  const parent = order.map((node) => place[tree.parent[node] ?? 0] ?? 0);
  parent[0] = -1;
  const depth = new Int32Array(size);
  let deepest = 0;
  for (let at = 1; at < size; at += 1) deepest = Math.max(deepest, depth[at] = (depth[parent[at] ?? 0] ?? 0) + 1);
  const frames = new Int32Array(size);
  const frame = order.map((node, at) => { const [heaviest, count] = tree.framesOf(node); frames[at] = count; return heaviest; });
  const inOrder = (values: ArrayLike<number>): Float64Array => new Float64Array(size).map((_, at) => values[order[at] ?? 0] ?? 0);
  return {
    size, functions, parent, depth, deepest, end, frame, frames,
    fn: order.map((node) => tree.fn[node] ?? 0),
    total: inOrder(total),
    self: inOrder(tree.self),
    other: options.other === undefined ? undefined : { total: inOrder(otherTotal), self: inOrder(tree.otherSelf) },
  };
}

/** Functions from the root down to a node. */
export function pathTo(tree: CallTree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = tree.parent[at] ?? -1) path.push(at);
  return path.reverse();
}
