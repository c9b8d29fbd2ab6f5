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

/** Colours of functions by their number, as far as they were asked for. */
interface KnownColors {
  readonly key: string;
  readonly plain: string[];
  readonly pale: string[];
}

/** By table of functions: those of the scheme and theme that were used last. A zoom makes no colour anew. */
const knownColors = new WeakMap<readonly TreeFunction[], KnownColors>();

function colorsOf(functions: readonly TreeFunction[], scheme: ColorScheme, theme: Theme): KnownColors {
  const key = `${scheme} ${theme}`;
  const known = knownColors.get(functions);
  if (known?.key === key) return known;
  const made = { key, plain: [], pale: [] };
  knownColors.set(functions, made);
  return made;
}

export function nodeColors(tree: CallTree, { scheme, theme, found, ownIsBefore, scale }: Colouring): (node: number) => string {
  const { functions, fn: ofNode } = tree;
  if (tree.other !== undefined) {
    const changed = (node: number): string => {
      const { before, after } = changeOf(tree, node, ownIsBefore) ?? { before: 0, after: 0 };
      return changeColor(before * scale, after, theme);
    };
    return found === undefined ? changed : (node) => (found[ofNode[node] ?? 0] === 1 ? MATCH_COLORS[theme] : pale(changed(node), theme));
  }
  const known = colorsOf(functions, scheme, theme);
  const plain = (fn: number): string => (known.plain[fn] ??= colorOf(functions[fn] ?? { name: '', kind: 'user' }, scheme, theme));
  if (found === undefined) return (node) => plain(ofNode[node] ?? 0);
  return (node) => {
    const fn = ofNode[node] ?? 0;
    return found[fn] === 1 ? MATCH_COLORS[theme] : (known.pale[fn] ??= pale(plain(fn), theme));
  };
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
