/** The colour of each frame as it is shown now, and the legend of these colours. */
import { CHANGE_LEGEND, TINT_NAMES, changeColor, colorOf, legendColor, MATCH_COLORS, type ColorScheme, type Theme } from '../drawing/colors.js';
import type { CallTree } from '../profile/call-tree.js';
import { TINTS, tintOf, type Tint, type TreeFunction } from '../profile/functions.js';
import { changeOf } from '../view/describe.js';

export interface Colouring {
  readonly scheme: ColorScheme;
  readonly theme: Theme;
  readonly found: Uint8Array | undefined;
  /** The tree's own values are those before the change. */
  readonly ownIsBefore: boolean;
  /** What a count before is multiplied with before it is compared: 1, or the quotient of the wholes. */
  readonly scale: number;
}

/** What was not found steps back, as far as its name can still be read. */
const pale = (color: string, theme: Theme): string => color.replace(')', theme === 'dark' ? ' / 0.55)' : ' / 0.38)');

export function nodeColors(tree: CallTree, { scheme, theme, found, ownIsBefore, scale }: Colouring): (node: number) => string {
  const byFunction = new Map<number, string>();
  const plain = (node: number): string => {
    const change = changeOf(tree, node, ownIsBefore);
    if (change !== undefined) return changeColor(change.before * scale, change.after, theme);
    const fn = tree.fn[node] ?? 0;
    const known = byFunction.get(fn) ?? colorOf(tree.functions[fn] ?? { name: '', kind: 'user' }, scheme, theme);
    byFunction.set(fn, known);
    return known;
  };
  if (found === undefined) return plain;
  return (node) => (found[tree.fn[node] ?? 0] === 1 ? MATCH_COLORS[theme] : pale(plain(node), theme));
}

/** By table of functions: the same for all that is shown of it. */
const knownTints = new WeakMap<readonly TreeFunction[], ReadonlySet<Tint>>();

function tintsOf(functions: readonly TreeFunction[]): ReadonlySet<Tint> {
  const known = knownTints.get(functions);
  if (known !== undefined) return known;
  const tints = new Set<Tint>();
  for (const fn of functions) {
    tints.add(tintOf(fn));
    if (tints.size === TINTS.length) break;
  }
  knownTints.set(functions, tints);
  return tints;
}

/** Name and colour of what the graph has; none where colours mean nothing by themselves. */
export function legendOf(tree: CallTree, { scheme, theme }: Pick<Colouring, 'scheme' | 'theme'>): readonly (readonly [name: string, color: string])[] {
  if (tree.other !== undefined) return CHANGE_LEGEND.map(([name, before, after]) => [name, changeColor(before, after, theme)] as const);
  if (scheme !== 'kind') return [];
  const tints = tintsOf(tree.functions);
  return TINTS.filter((tint) => tints.has(tint) && tint !== 'process').map((tint) => [TINT_NAMES[tint], legendColor(tint, theme)] as const);
}
