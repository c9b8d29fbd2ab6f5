/** The nested JSON that d3-flame-graph draws: {name, value, children, libtype}, and delta when two profiles are compared. */
import { buildCallTree, type CallTree } from '../profile/call-tree.js';
import { functionsOf } from '../profile/functions.js';
import { packProfile } from '../profile/packed-profile.js';
import type { ProfileWriter } from './format.js';

/** Written without recursion: stacks may be deeper than ours. */
export function d3Json(tree: CallTree): string {
  const out: string[] = [];
  const open: number[] = [];
  for (let node = 0; node < tree.size; node += 1) {
    const parent = tree.parent[node] ?? -1;
    while (open.length > 0 && open.at(-1) !== parent) { open.pop(); out.push(']}'); }
    if (node > 0) out.push(node === parent + 1 ? '' : ',');
    const { name, kind } = tree.functions[tree.fn[node] ?? 0] ?? { name: '', kind: 'user' };
    const total = tree.total[node] ?? 0;
    const head: Record<string, string | number> = { name, value: total };
    if (kind !== 'process') head.libtype = kind;
    if (tree.other !== undefined) head.delta = total - (tree.other.total[node] ?? 0);
    out.push(JSON.stringify(head).slice(0, -1), ',"children":[');
    open.push(node);
  }
  out.push(']}'.repeat(open.length));
  return out.join('');
}

export const d3JsonWriter: ProfileWriter = {
  name: 'd3',
  endings: ['.d3.json', '.json'],
  description: 'the tree that d3-flame-graph draws',
  write: (profile, { value, grouping, reverse }) => {
    const options = profile.meta.comparison === undefined ? { value } : { value: 1, other: 0 };
    const packed = packProfile(profile);
    return d3Json(buildCallTree(packed, functionsOf(packed, grouping), { ...options, grouping, direction: reverse ? 'callers' : 'callees' }));
  },
};
