/** A still picture: opens in every browser and viewer, prints, and stands in documents. Exact numbers are in its titles. */
import { changeColor, colorOf } from '../drawing/colors.js';
import { layOut } from '../drawing/layout.js';
import { exactQuantity, percent, signed } from '../drawing/quantities.js';
import { buildCallTree, type CallTree } from '../profile/call-tree.js';
import { losses } from '../profile/compare.js';
import { functionsOf } from '../profile/functions.js';
import { packProfile } from '../profile/packed-profile.js';
import type { Profile, ValueType } from '../profile/profile.js';
import type { ProfileWriter, WriteOptions } from './format.js';

const WIDTH = 1200;
const MARGIN = 10;
const ROW = 17;
/** Advance of a character of the 11 px monospace font. */
const CHARACTER = 6.65;

/** What XML cannot hold at all becomes U+FFFD. */
function escapeXml(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd').replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function fitting(name: string, width: number): string {
  const room = Math.floor((width - 6) / CHARACTER);
  const characters = Array.from(name);
  if (room < 3) return '';
  return characters.length <= room ? name : `${characters.slice(0, room - 1).join('')}\u2026`;
}

function titleOf(tree: CallTree, node: number, type: ValueType): string {
  const { name, module } = tree.functions[tree.fn[node] ?? 0] ?? { name: '' };
  const total = tree.total[node] ?? 0;
  const before = tree.other?.total[node];
  const change = before === undefined ? '' : `, before ${exactQuantity(before, type)} (${signed(exactQuantity(total - before, type), total - before)})`;
  return `${name}${module === undefined ? '' : ` [${module}]`}: ${exactQuantity(total, type)}, ${percent(total, tree.total[0] ?? 0)}${change}; self ${exactQuantity(tree.self[node] ?? 0, type)}`;
}

function write(profile: Profile, { value, title, grouping, reverse, icicle, colors, minWidth }: WriteOptions): string {
  const compared = profile.meta.comparison !== undefined;
  const shown = compared ? 1 : value;
  const type = profile.valueTypes[shown] ?? { type: 'samples', unit: 'count' };
  const packed = packProfile(profile);
  const tree = buildCallTree(packed, functionsOf(packed, grouping), { value: shown, ...(compared ? { other: 0 } : {}), grouping, direction: reverse ? 'callers' : 'callees' });
  const layout = layOut(tree, 0, WIDTH - 2 * MARGIN, minWidth);
  const head = 34;
  const height = head + layout.rows.length * ROW + 26;
  const frames = layout.nodes.map((node, index) => {
    const fn = tree.functions[tree.fn[node] ?? 0] ?? { name: '', kind: 'user' };
    const depth = tree.depth[node] ?? 0;
    const y = head + (icicle ? depth : layout.rows.length - 1 - depth) * ROW;
    const [left, width] = [MARGIN + (layout.lefts[index] ?? 0), layout.widths[index] ?? 0];
    const fill = tree.other === undefined ? colorOf(fn, colors, 'light') : changeColor(tree.other.total[node] ?? 0, tree.total[node] ?? 0, 'light');
    const label = fitting(fn.name, width);
    const text = label === '' ? '' : `<text x="${(left + 3).toFixed(1)}" y="${y + 12}">${escapeXml(label)}</text>`;
    return `<g><title>${escapeXml(titleOf(tree, node, type))}</title><rect x="${left.toFixed(2)}" y="${y}" width="${Math.max(0.1, width - 0.5).toFixed(2)}" height="${ROW - 1}" rx="1.5" fill="${fill}"/>${text}</g>\n`;
  });
  const remarks = [exactQuantity(tree.total[0] ?? 0, type), ...losses(profile), ...(layout.narrow > 0 ? [`${layout.narrow} frames narrower than ${minWidth} px are not drawn`] : [])].join('; ');
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${WIDTH / 2}" y="22" text-anchor="middle" font-family="system-ui, sans-serif" font-size="16">${escapeXml(title)}</text>
${frames.join('')}<text x="${MARGIN}" y="${height - 9}" fill="#555" font-family="system-ui, sans-serif">${escapeXml(remarks)}</text>
</svg>
`;
}

export const svgWriter: ProfileWriter = {
  name: 'svg',
  endings: ['.svg'],
  description: 'a still picture',
  write,
};
