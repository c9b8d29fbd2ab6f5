import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildCallTree, type CallTree } from '../profile/call-tree.js';
import { functionsOf } from '../profile/functions.js';
import { packProfile } from '../profile/packed-profile.js';
import type { Profile } from '../profile/profile.js';
import { anyProfile, profileOf } from '../profile/profiles.test-support.js';
import { changeColor, colorOf } from './colors.js';
import { frameAt, layOut } from './layout.js';
import { exactQuantity, percent, shortQuantity, signed, valueName } from './quantities.js';

const treeOf = (profile: Profile): CallTree => buildCallTree(packProfile(profile), functionsOf(packProfile(profile), 'none'), { value: 0, grouping: 'none', direction: 'callees' });

describe('layout', () => {
  const tree = treeOf(profileOf(['a;b 60', 'a;c 30', 'd 9', 'e 1']));
  const placed = (zoom: number, least: number): string[] => { const layout = layOut(tree, zoom, 100, least); return layout.nodes.map((node, index) => `${tree.functions[tree.fn[node]!]!.name} ${layout.lefts[index]}+${layout.widths[index]}`); };

  test('all', () => { expect(placed(0, 0)).toEqual(['all 0+100', 'a 0+90', 'b 0+60', 'c 60+30', 'd 90+9', 'e 99+1']); });
  test('narrow frames are left out and counted', () => {
    expect(placed(0, 2)).toEqual(['all 0+100', 'a 0+90', 'b 0+60', 'c 60+30', 'd 90+9']);
    expect(layOut(tree, 0, 100, 2).narrow).toBe(1);
  });
  test('zoomed: what is around is as wide', () => { expect(placed(1, 0)).toEqual(['all 0+100', 'a 0+100', 'b 0+66.66666666666667', 'c 66.66666666666667+33.333333333333336']); });
  test('zoomed deep: in preorder, from the root on', () => {
    const deep = treeOf(profileOf(['a;b;c;d 1']));
    expect(layOut(deep, 3, 100, 0).nodes).toEqual([0, 1, 2, 3, 4]);
  });
  test('found again by place', () => {
    const layout = layOut(tree, 0, 100, 0);
    const at = (depth: number, x: number): string => { const node = layout.nodes[frameAt(layout, depth, x)]; return node === undefined ? '-' : tree.functions[tree.fn[node]!]!.name; };
    expect([at(0, 50), at(1, 0), at(1, 89.9), at(1, 90), at(1, 99.5), at(2, 59), at(2, 61), at(2, 95), at(3, 5), at(1, 100)]).toEqual(['all', 'a', 'a', 'd', 'e', 'b', 'c', '-', '-', '-']);
  });
  test('an empty profile is one frame', () => { expect(layOut(treeOf(profileOf(['a 0'])), 0, 100, 1)).toMatchObject({ nodes: [0], narrow: 1 }); });

  test('any: children lie within their parent, side by side', () => {
    fc.assert(fc.property(anyProfile, fc.nat(), (profile, pick) => {
      const any = treeOf(profile);
      const layout = layOut(any, pick % any.size, 1000, 0);
      const index = new Map(layout.nodes.map((node, at) => [node, at]));
      const right = new Map<number, number>();
      layout.nodes.forEach((node, at) => {
        const up = index.get(any.parent[node]!);
        if (up === undefined) return;
        const [left, wide] = [layout.lefts[at]!, layout.widths[at]!];
        expect(left).toBeGreaterThanOrEqual((right.get(up) ?? layout.lefts[up]!) - 1e-6);
        expect(left + wide).toBeLessThanOrEqual(layout.lefts[up]! + layout.widths[up]! + 1e-6);
        right.set(up, left + wide);
      });
    }));
  });
});

const SAMPLES = { type: 'samples', unit: 'count' } as const;
const TIME = { type: 'cpu', unit: 'nanoseconds' } as const;
const BYTES = { type: 'alloc', unit: 'bytes' } as const;
test.each([
  [1234, SAMPLES, '1,234 samples', '1,234 samples'], [1.5, SAMPLES, '1.5 samples', '1.5 samples'], [1, SAMPLES, '1 sample', '1 sample'], [1, { type: 'cache-misses', unit: 'count' } as const, '1 cache-miss', '1 cache-miss'], [1, { type: 'branches', unit: 'count' } as const, '1 branch', '1 branch'], [1, { type: 'page-faults', unit: 'count' } as const, '1 page-fault', '1 page-fault'], [3, { type: 'before', unit: 'count' } as const, '3', '3'],
  [999, TIME, '999 ns', '999 ns'], [1.5e3, TIME, '1.50 \u00b5s', '1,500 ns'], [12.34e9, TIME, '12.3 s', '12,340,000,000 ns'], [0, TIME, '0 ns', '0 ns'], [7.2e12, TIME, '2 h', '7,200,000,000,000 ns'],
  [1, BYTES, '1 B', '1 byte'], [1536, BYTES, '1.50 KiB', '1,536 bytes'],
])('%p %j', (value, type, short, exact) => {
  expect([shortQuantity(value, type), exactQuantity(value, type)]).toEqual([short, exact]);
});

test.each([[1, 3, '33.33%'], [0, 5, '0.00%'], [1, 1e6, '0.00010%'], [1, 0, '0%'], [-1, 4, '-25.00%']])('%p of %p', (part, whole, text) => { expect(percent(part, whole)).toBe(text); });
test('signs', () => { expect([signed('3', 3), signed('-3', -3), signed('0', 0)]).toEqual(['+3', '\u22123', '\u00b10']); });
test('names of values', () => { expect([valueName(SAMPLES), valueName(TIME), valueName(BYTES), valueName({ type: 'time', unit: 'nanoseconds' })]).toEqual(['samples', 'cpu time', 'alloc (bytes)', 'time']); });

describe('colours', () => {
  test.each([['kind'], ['module'], ['name']] as const)('%s: the same function has the same colour', (scheme) => {
    const fn = { name: 'f', kind: 'user', module: 'm' } as const;
    expect(colorOf(fn, scheme, 'light')).toBe(colorOf({ ...fn }, scheme, 'light'));
    expect(colorOf(fn, scheme, 'light')).not.toBe(colorOf(fn, scheme, 'dark'));
    expect(colorOf(fn, scheme, 'light')).toMatch(/^hsl\(\d+ \d+% \d+%\)$/);
  });
  test('kinds differ', () => { expect(new Set((['user', 'kernel', 'jit', 'inlined', 'process'] as const).map((kind) => colorOf({ name: 'f', kind }, 'kind', 'light'))).size).toBe(5); });
  test('more is red, less is blue, new and gone are neither', () => {
    const hue = (before: number, after: number): number => Number(/^hsl\((\d+)/.exec(changeColor(before, after, 'light'))?.[1]);
    expect([hue(1, 2), hue(2, 1), hue(0, 1), hue(1, 0)]).toEqual([2, 212, 32, 262]);
    expect(changeColor(5, 5, 'light')).toBe('hsl(0 0% 88%)');
  });
});
