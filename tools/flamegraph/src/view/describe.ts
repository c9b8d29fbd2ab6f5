/** What is told of a frame: in tips, in the line under the graph, and to screen readers. */
import { exactQuantity, percent, shortQuantity, signed } from '../drawing/quantities.js';
import type { CallTree } from '../profile/call-tree.js';
import { tintOf } from '../profile/functions.js';
import { TINT_NAMES } from '../drawing/colors.js';
import { frameAt, type PackedProfile } from '../profile/packed-profile.js';
import type { Frame, ValueType } from '../profile/profile.js';

export interface Described {
  readonly name: string;
  /** `kernel`, `inlined`, …; undefined for roots and processes. */
  readonly kind: string | undefined;
  readonly module: string | undefined;
  /** `sort.cc:120`, of the heaviest of the frames that the node stands for. */
  readonly source: string | undefined;
  /** Label and text, in order. */
  readonly numbers: readonly (readonly [label: string, text: string])[];
}

export function sourceOf({ file, line, column }: Frame): string | undefined {
  if (file === undefined) return undefined;
  return `${file}${line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`}`;
}

/** `1.23 s (1,234,567,890 ns)`, or once when both are the same. */
export function bothQuantities(value: number, type: ValueType): string {
  const [short, exact] = [shortQuantity(value, type), exactQuantity(value, type)];
  return short === exact ? exact : `${short} (${exact})`;
}

/** Before and after as they are, whichever is the tree's own. */
export function changeOf(tree: CallTree, node: number, ownIsBefore: boolean): { readonly before: number; readonly after: number } | undefined {
  if (tree.other === undefined) return undefined;
  const [own, other] = [tree.total[node] ?? 0, tree.other.total[node] ?? 0];
  return ownIsBefore ? { before: own, after: other } : { before: other, after: own };
}

/** @param zoom the zoomed node: shares of it are told, too, when it is not the root */
export function describeNode(profile: PackedProfile, tree: CallTree, node: number, options: { readonly value: number; readonly zoom: number }): Described {
  const { value, zoom } = options;
  const type = profile.valueTypes[value] ?? { type: 'samples', unit: 'count' };
  const fn = tree.functions[tree.fn[node] ?? 0] ?? { name: '', kind: 'user' };
  const frame = tree.frame[node] ?? -1;
  const places = tree.frames[node] ?? 0;
  const [total, self] = [tree.total[node] ?? 0, tree.self[node] ?? 0];
  const numbers: [string, string][] = [];
  const change = changeOf(tree, node, value === 0);
  if (change === undefined) {
    numbers.push(['total', `${bothQuantities(total, type)}, ${percent(total, tree.total[0] ?? 0)}`]);
    numbers.push(['self', `${bothQuantities(self, type)}, ${percent(self, tree.total[0] ?? 0)}`]);
  } else {
    const { before, after } = change;
    numbers.push([profile.meta.comparison?.before ?? 'before', bothQuantities(before, type)], [profile.meta.comparison?.after ?? 'after', bothQuantities(after, type)]);
    numbers.push(['change', `${signed(exactQuantity(after - before, type), after - before)}${before === 0 ? (after === 0 ? '' : ', new') : `, ${signed(percent(after - before, before), after - before)}`}`]);
    numbers.push(['self', bothQuantities(self, type)]);
  }
  if (zoom !== 0) numbers.push(['of the zoomed frame', percent(total, tree.total[zoom] ?? 0)]);
  const source = frame < 0 ? undefined : sourceOf(frameAt(profile, frame));
  return {
    name: fn.name, kind: fn.kind === 'process' ? undefined : TINT_NAMES[tintOf(fn)], module: fn.module,
    source: source === undefined ? undefined : `${source}${places > 1 ? ` and ${places - 1} more ${places === 2 ? 'place' : 'places'}` : ''}`,
    numbers,
  };
}

/** One line, for screen readers and the line under the graph. */
export function describeLine({ module, source, numbers }: Described): string {
  return [...numbers.map(([label, text]) => `${label} ${text}`), ...(module === undefined ? [] : [module]), ...(source === undefined ? [] : [source])].join(' \u00b7 ');
}
