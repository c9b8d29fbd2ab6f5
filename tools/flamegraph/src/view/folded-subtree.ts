/** A part of a tree as folded stacks, to be pasted into a file or another program. */
import { annotate } from '../formats/annotation.js';
import { pathTo, type CallTree } from '../profile/call-tree.js';
import type { TreeFunction } from '../profile/functions.js';

const nameOf = ({ name, kind }: TreeFunction): string => { const plain = name.replaceAll(';', ':').replace(/[\r\n]+/g, ' '); return kind === 'process' ? plain : annotate(plain, kind); };

/**
 * A line for each node below (and with) `zoom` that has weight of its own: the whole stack, callers first, whichever way
 * the tree grows. A comparison has two numbers, before and after.
 * @param reverse the tree grows from callees to callers
 * @param otherIsAfter in a comparison: the tree's own values are before's
 */
export function foldedSubtree(tree: CallTree, zoom: number, reverse: boolean, otherIsAfter = false): string[] {
  const names = tree.functions.map(nameOf);
  const lines: string[] = [];
  const end = tree.end[zoom] ?? 0;
  // The root counts for a frame when it is a function: in a sandwich.
  const isFrame = tree.functions[tree.fn[0] ?? 0]?.kind !== 'process';
  for (let node = zoom; node < end; node += 1) {
    const [own, other] = [tree.self[node] ?? 0, tree.other?.self[node] ?? 0];
    if (own === 0 && other === 0) continue;
    const path = pathTo(tree, node).slice(isFrame ? 0 : 1).map((at) => names[tree.fn[at] ?? 0] ?? '');
    if (reverse) path.reverse();
    const weights = tree.other === undefined ? [own] : otherIsAfter ? [own, other] : [other, own];
    lines.push(`${path.join(';') || '[no stack]'} ${weights.join(' ')}`);
  }
  return lines;
}
