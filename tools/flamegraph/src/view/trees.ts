/** The trees of a profile that a page shows: made when they are asked for, and kept while they are. */
import { buildCallTree, type CallTree } from '../profile/call-tree.js';
import { functionsOf, type FunctionTable, type Grouping } from '../profile/functions.js';
import { functionTotals, type FunctionTotals } from '../profile/hottest.js';
import type { PackedProfile } from '../profile/packed-profile.js';
import type { Place } from './view-state.js';

/** Trees that are kept: switching to and fro costs nothing. */
const KEPT = 6;

export interface TreeChoice {
  readonly value: number;
  readonly grouping: Grouping;
  readonly reverse: boolean;
  /** A function's index: only stacks with it. */
  readonly focus?: number;
}

/** The tree that a page opens with. */
export function firstChoice({ meta }: Pick<PackedProfile, 'meta'>, { value, grouping, reverse }: Omit<TreeChoice, 'focus'>): Omit<TreeChoice, 'focus'> {
  return { value: meta.comparison === undefined ? value : 1, grouping, reverse };
}

const keyOf = ({ value, grouping, reverse, focus }: TreeChoice): string => `${value} ${grouping} ${String(reverse)} ${focus ?? ''}`;

export class Trees {
  readonly profile: PackedProfile;
  readonly compared: boolean;
  readonly #tables = new Map<Grouping, FunctionTable>();
  readonly #trees = new Map<string, CallTree>();
  readonly #totals = new WeakMap<CallTree, FunctionTotals>();

  constructor(profile: PackedProfile) {
    this.profile = profile;
    this.compared = profile.meta.comparison !== undefined;
  }

  table(grouping: Grouping): FunctionTable {
    const known = this.#tables.get(grouping) ?? functionsOf(this.profile, grouping);
    this.#tables.set(grouping, known);
    return known;
  }

  /** Takes a tree that is there already. */
  add(choice: TreeChoice, tree: CallTree): void {
    this.#trees.set(keyOf(choice), tree);
  }

  tree(choice: TreeChoice): CallTree {
    const { value, grouping, reverse, focus } = choice;
    const key = keyOf(choice);
    const tree = this.#trees.get(key) ?? buildCallTree(this.profile, this.table(grouping), {
      value, grouping, direction: reverse ? 'callers' : 'callees', ...(this.compared ? { other: 1 - value } : {}), ...(focus === undefined ? {} : { focus }),
    });
    // The one that was not asked for the longest goes first.
    this.#trees.delete(key);
    this.#trees.set(key, tree);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > KEPT && oldest !== undefined) this.#trees.delete(oldest);
    return tree;
  }

  /** Self and total of each function, of the tree of callees. */
  totals(choice: Pick<TreeChoice, 'value' | 'grouping'>): FunctionTotals {
    const tree = this.tree({ ...choice, reverse: false });
    const totals = this.#totals.get(tree) ?? functionTotals(tree);
    this.#totals.set(tree, totals);
    return totals;
  }

  /** Index of the function that a link means; undefined when there is none of that name. */
  functionAt(grouping: Grouping, { id, name }: Place): number | undefined {
    const { functions } = this.table(grouping);
    if (id > 0 && functions[id]?.name === name) return id;
    const other = functions.findIndex((fn, index) => index > 0 && fn.name === name);
    return other < 0 ? undefined : other;
  }
}

/** The node that a link means: that of its number, else the widest of that name, else the root. */
export function nodeAt(tree: CallTree, place: Place | undefined): number {
  if (place === undefined) return 0;
  const nameAt = (node: number): string | undefined => tree.functions[tree.fn[node] ?? -1]?.name;
  if (nameAt(place.id) === place.name) return place.id;
  let best = 0;
  for (let node = 1; node < tree.size; node += 1)
    if (nameAt(node) === place.name && (best === 0 || (tree.total[node] ?? 0) > (tree.total[best] ?? 0))) best = node;
  return best;
}

export function placeOf(tree: CallTree, node: number): Place | undefined {
  return node === 0 ? undefined : { id: node, name: tree.functions[tree.fn[node] ?? 0]?.name ?? '' };
}
