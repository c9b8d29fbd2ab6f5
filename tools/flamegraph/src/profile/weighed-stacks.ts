/** The stored tree of a profile's stacks (`PackedProfile.stacks`) with the weights of one group's samples, and the trees of functions that grow of it. */
import type { FunctionTable } from './functions.js';
import type { GrowingTree } from './growing-tree.js';
import type { PackedProfile } from './packed-profile.js';

/** Arrays by stored stack, one place further than its number: 0 is the empty stack. Only what the group's samples pass is of use. */
export interface WeighedStacks {
  /** The function that stands for who ran; 0 for none. */
  readonly group: number;
  /** Stored stacks that samples of the group pass, callers first. */
  readonly nodes: Int32Array;
  /** Weights of the samples that end there, and with all that they call. */
  readonly self: Float64Array;
  readonly total: Float64Array;
  /** The same of the other value, when two are compared. */
  readonly otherSelf: Float64Array;
  readonly otherTotal: Float64Array;
}

/** Sums group by group in the same arrays, for groups may be thousands. */
class Scales {
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly otherSelf: Float64Array;
  readonly otherTotal: Float64Array;
  readonly #profile: PackedProfile;
  readonly #passed: Uint8Array;
  readonly #nodes: Int32Array;
  #size = 0;

  constructor(profile: PackedProfile) {
    this.#profile = profile;
    const count = profile.stacks.parent.length;
    [this.self, this.total, this.otherSelf, this.otherTotal] = [new Float64Array(count + 1), new Float64Array(count + 1), new Float64Array(count + 1), new Float64Array(count + 1)];
    this.#passed = new Uint8Array(count);
    this.#nodes = new Int32Array(count);
  }

  /** What was weighed before is gone. */
  weigh(group: number, chosen: readonly number[], value: number, other: number | undefined): WeighedStacks {
    const { stacks: { parent }, samples } = this.#profile;
    const { self, total, otherSelf, otherTotal } = this;
    this.#clear();
    const [values, otherValues] = [samples.values[value], other === undefined ? undefined : samples.values[other]];
    for (const sample of chosen) {
      const end = samples.stack[sample] ?? -1;
      self[end + 1] = (self[end + 1] ?? 0) + (values?.[sample] ?? 0);
      otherSelf[end + 1] = (otherSelf[end + 1] ?? 0) + (otherValues?.[sample] ?? 0);
      this.#pass(end);
    }
    const nodes = this.#nodes.subarray(0, this.#size).sort();
    for (let at = -1; at < nodes.length; at += 1) { const place = (nodes[at] ?? -1) + 1; total[place] = self[place] ?? 0; otherTotal[place] = otherSelf[place] ?? 0; }
    for (let at = nodes.length - 1; at >= 0; at -= 1) {
      const place = (nodes[at] ?? 0) + 1;
      const up = (parent[place - 1] ?? -1) + 1;
      total[up] = (total[up] ?? 0) + (total[place] ?? 0);
      otherTotal[up] = (otherTotal[up] ?? 0) + (otherTotal[place] ?? 0);
    }
    return { group, nodes, self, total, otherSelf, otherTotal };
  }

  #pass(end: number): void {
    for (let node = end; node >= 0 && this.#passed[node] === 0; node = this.#profile.stacks.parent[node] ?? -1) {
      this.#passed[node] = 1;
      this.#nodes[this.#size] = node;
      this.#size += 1;
    }
  }

  #clear(): void {
    for (let at = -1; at < this.#size; at += 1) {
      const node = this.#nodes[at] ?? -1;
      this.self[node + 1] = this.otherSelf[node + 1] = 0;
      if (node >= 0) this.#passed[node] = 0;
    }
    this.#size = 0;
  }
}

/** The stacks of each group that has samples, in the order of the groups' first samples. Each is good until the next one is asked for. */
export function* weighedStacks(profile: PackedProfile, { ofContext }: FunctionTable, { value, other }: { readonly value: number; readonly other?: number }): Generator<WeighedStacks> {
  const { context } = profile.samples;
  const groups = new Map<number, number[]>();
  for (let sample = 0; sample < context.length; sample += 1) {
    const group = ofContext[context[sample] ?? -1] ?? 0;
    const samples = groups.get(group);
    if (samples === undefined) groups.set(group, [sample]);
    else samples.push(sample);
  }
  const scales = new Scales(profile);
  for (const [group, samples] of groups) yield scales.weigh(group, samples, value, other);
}

/** Merges weighed stacks of one profile into a tree. */
export class StackMerger {
  readonly #profile: PackedProfile;
  readonly #focus: number | undefined;
  /** Of callees, by stored stack, one place further: the node of the tree, -1 outside of the focus. */
  readonly #ofStored: Int32Array;

  /** @param focus only what this function calls (or what calls it), from its outermost call on: it is the tree's root */
  constructor(profile: PackedProfile, focus: number | undefined) {
    this.#profile = profile;
    this.#focus = focus;
    this.#ofStored = new Int32Array(profile.stacks.parent.length + 1);
  }

  callees(tree: GrowingTree, { group, nodes, self, total, otherSelf, otherTotal }: WeighedStacks): void {
    const { frames, stacks: { parent, frame } } = this.#profile;
    const [focus, ofStored] = [this.#focus, this.#ofStored];
    const isRoot = focus === undefined || focus === group;
    const first = group !== 0 && focus === undefined ? tree.child(0, group, -1, total[0] ?? 0) : 0;
    ofStored[0] = isRoot ? first : -1;
    if (isRoot) tree.addSelf(first, self[0] ?? 0, otherSelf[0] ?? 0);
    for (let at = 0; at < nodes.length; at += 1) {
      const stored = nodes[at] ?? 0;
      const above = ofStored[(parent[stored] ?? -1) + 1] ?? -1;
      const index = frame[stored] ?? 0;
      const fn = frames.fn[index] ?? 0;
      const place = stored + 1;
      const node = above >= 0 ? tree.child(above, fn, index, total[place] || (otherTotal[place] ?? 0)) : fn === focus ? 0 : -1;
      ofStored[place] = node;
      if (node >= 0) tree.addSelf(node, self[place] ?? 0, otherSelf[place] ?? 0);
    }
  }

  callers(tree: GrowingTree, stacks: WeighedStacks): void {
    const { frames, stacks: { parent, frame } } = this.#profile;
    const { group } = stacks;
    for (const [stored, weight, other] of this.#ends(stacks)) {
      let node = 0;
      for (let at = stored; at >= 0; at = parent[at] ?? -1) node = tree.child(node, frames.fn[frame[at] ?? 0] ?? 0, frame[at] ?? 0, weight || other);
      if (group !== 0 && group !== this.#focus) node = tree.child(node, group, -1, weight || other);
      tree.addSelf(node, weight, other);
    }
  }

  /** Where walks to the callers begin: where samples are, or where the function in focus is called first. */
  *#ends({ nodes, self, otherSelf, total, otherTotal, group }: WeighedStacks): Generator<readonly [stored: number, weight: number, other: number]> {
    const { frames, stacks: { parent, frame } } = this.#profile;
    const focus = this.#focus;
    if (focus === undefined) {
      for (let at = -1; at < nodes.length; at += 1) {
        const stored = nodes[at] ?? -1;
        const [weight, other] = [self[stored + 1] ?? 0, otherSelf[stored + 1] ?? 0];
        if (weight > 0 || other > 0) yield [stored, weight, other];
      }
      return;
    }
    if (focus === group) {
      yield [-1, total[0] ?? 0, otherTotal[0] ?? 0];
      return;
    }
    const within = new Uint8Array(parent.length + 1);
    for (let at = 0; at < nodes.length; at += 1) {
      const stored = nodes[at] ?? 0;
      const inside = within[(parent[stored] ?? -1) + 1] === 1;
      const isFocus = frames.fn[frame[stored] ?? 0] === focus;
      within[stored + 1] = inside || isFocus ? 1 : 0;
      if (!inside && isFocus) yield [parent[stored] ?? -1, total[stored + 1] ?? 0, otherTotal[stored + 1] ?? 0];
    }
  }
}
