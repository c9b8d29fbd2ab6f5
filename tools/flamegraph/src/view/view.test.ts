import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COLOR_SCHEMES } from '../drawing/colors.js';
import { layOut } from '../drawing/layout.js';
import { GROUPINGS } from '../profile/functions.js';
import { packProfile, type PackedProfile } from '../profile/packed-profile.js';
import { profileOf } from '../profile/profiles.test-support.js';
import { describeLine, describeNode } from './describe.js';
import { factsOf } from './facts.js';
import { foldedSubtree } from './folded-subtree.js';
import { foundTotal, searchFunctions } from './search.js';
import { sortFunctions } from './sorting.js';
import { Trees, nodeAt, placeOf } from './trees.js';
import { fragmentOf, viewOf, type View } from './view-state.js';
import { neighbour, nextFound, wider } from './walk.js';

const packed = (...content: Parameters<typeof profileOf>): PackedProfile => packProfile(profileOf(...content));
const LINES = ['main;work;read 3', 'main;work 2', 'main;idle 1', 'main;work;work;read 4'];
const COMPARED = { valueTypes: [{ type: 'before', unit: 'count' }, { type: 'after', unit: 'count' }], meta: { comparison: { before: 'old', after: 'new' } } } as const;
const trees = new Trees(packed(LINES, { frames: { read: { kind: 'kernel', module: '[kernel.kallsyms]' } } }));
const whole = trees.tree({ value: 0, grouping: 'none', reverse: false });
const named = (node: number): string => whole.functions[whole.fn[node]!]!.name;

const place = fc.record({ id: fc.nat(999_999_999), name: fc.string({ unit: 'grapheme' }) });
const anyView: fc.Arbitrary<View> = fc.record({
  value: fc.nat(2), grouping: fc.constantFrom(...GROUPINGS), reverse: fc.boolean(), icicle: fc.boolean(), colors: fc.constantFrom(...COLOR_SCHEMES), shares: fc.boolean(), query: fc.string({ unit: 'grapheme' }),
  zooms: fc.record({ whole: place, callers: place, callees: place }, { requiredKeys: [] }), sandwich: place,
}, { requiredKeys: ['value', 'grouping', 'reverse', 'icicle', 'colors', 'shares', 'query', 'zooms'] });

describe('links', () => {
  test('any view comes back from its fragment, whatever the defaults', () => {
    fc.assert(fc.property(anyView, anyView, (view, other) => {
      const defaults = { ...other, query: '', zooms: {} };
      expect(viewOf(`#${fragmentOf(view, defaults)}`, defaults, 3)).toEqual(view);
    }));
  });

  test.each([['', ''], ['value=9&group=x&colors=&zoom=a~b&fn=~', '']])('%s is as the defaults', (fragment, again) => {
    const defaults: View = { value: 0, grouping: 'none', reverse: false, icicle: false, colors: 'kind', shares: false, query: '', zooms: {} };
    expect(fragmentOf(viewOf(fragment, defaults, 2), defaults)).toBe(again);
  });

  test('a place is found by number, else the widest of that name, else all', () => {
    expect([nodeAt(whole, placeOf(whole, 3)), nodeAt(whole, { id: 0, name: 'read' }), nodeAt(whole, { id: 2, name: 'nothing' }), nodeAt(whole, undefined), placeOf(whole, 0)]).toEqual([3, 4, 0, 0, undefined]);
    expect([trees.functionAt('none', { id: 1, name: 'main' }), trees.functionAt('none', { id: 1, name: 'idle' }), trees.functionAt('none', { id: 1, name: 'x' })]).toEqual([1, whole.functions.findIndex(({ name }) => name === 'idle'), undefined]);
  });
});

test.each([['WOR', 1, 9], ['/^(work|idle)$/', 2, 10], ['kallsyms', 1, 7], ['/', 0, 0], ['zzz', 0, 0], ['/(/', 0, 0]])('search for %s', (query, functions, total) => {
  const search = searchFunctions(whole.functions, query);
  expect([search.functions, foundTotal(whole, search.found!), search.error === undefined]).toEqual([functions, total, query !== '/(/']);
});

test('copied: whole stacks, callers first', () => {
  const lines = ['main;work 2', 'main;work;work;read_[k] 4', 'main;work;read_[k] 3', 'main;idle 1'];
  expect(foldedSubtree(whole, 0, false)).toEqual(lines);
  expect(foldedSubtree(trees.tree({ value: 0, grouping: 'none', reverse: true }), 0, true).sort()).toEqual([...lines].sort());
  expect(foldedSubtree(whole, 3, false)).toEqual(['main;work;work;read_[k] 4']);
  const compared = new Trees(packed(['a;b 4 1', 'a;c 0 2'], COMPARED));
  for (const value of [0, 1]) expect(foldedSubtree(compared.tree({ value, grouping: 'none', reverse: false }), 0, false, value === 0).sort()).toEqual(['a;b 4 1', 'a;c 0 2']);
});

test('from frame to frame', () => {
  const layout = layOut(whole, 0, 100, 0);
  const step = (node: number, to: Parameters<typeof neighbour>[3]): string => named(neighbour(whole, layout, node, to));
  expect([step(2, 'caller'), step(2, 'callee'), step(2, 'after'), step(2, 'before'), step(0, 'caller'), step(4, 'callee')]).toEqual(['main', 'work', 'idle', 'work', 'all', 'read']);
  expect([wider(whole, 4), wider(whole, 1), wider(whole, 0)]).toEqual([2, 0, 0]);
  const { found } = searchFunctions(whole.functions, 'read');
  const first = nextFound(whole, found!, 0, false)!;
  const second = nextFound(whole, found!, first, false)!;
  expect([named(first), named(second), nextFound(whole, found!, second, false), nextFound(whole, found!, first, true)]).toEqual(['read', 'read', first, second]);
  expect(nextFound(whole, searchFunctions(whole.functions, 'zzz').found!, 0, false)).toBeUndefined();
});

test('a frame in words', () => {
  const profile = packed(['main;work 3', 'main 1'], { valueTypes: [{ type: 'cpu', unit: 'nanoseconds' }], frames: { work: { module: '/bin/a', file: 'a.c', line: 7, column: 2 } } });
  const tree = new Trees(profile).tree({ value: 0, grouping: 'none', reverse: false });
  expect(describeNode(profile, tree, 2, { value: 0, zoom: 1 })).toEqual({ name: 'work', kind: 'user', module: '/bin/a', source: 'a.c:7:2', numbers: [['total', '3 ns, 75.00%'], ['self', '3 ns, 75.00%'], ['of the zoomed frame', '75.00%']] });
  const compared = packed(['a 4 1', 'b 0 2'], COMPARED);
  for (const value of [0, 1]) {
    const both = new Trees(compared).tree({ value, grouping: 'none', reverse: false });
    const node = both.functions.findIndex(({ name }) => name === 'a');
    expect(describeLine(describeNode(compared, both, Array.from(both.fn).indexOf(node), { value, zoom: 0 }))).toMatch(/^old 4 \u00b7 new 1 \u00b7 change \u22123, \u221275\.00%/);
  }
});

test('the table\u2019s order', () => {
  const functions = ['all', 'a', 'b', 'c'].map((name) => ({ name, kind: 'user' as const }));
  const totals = { functions: Int32Array.of(1, 2, 3), self: Float64Array.of(0, 1, 3, 1), total: Float64Array.of(0, 5, 3, 9), otherSelf: Float64Array.of(0, 9, 0, 1), otherTotal: Float64Array.of(0, 5, 3, 1) };
  const order = (key: Parameters<typeof sortFunctions>[2]['key'], up: boolean, ownIsBefore = false): number[] => [...sortFunctions(totals, functions, { key, up }, ownIsBefore)];
  expect([order('self', false), order('total', false), order('name', true), order('selfChange', false), order('selfChange', false, true), order('totalChange', true)]).toEqual([[2, 3, 1], [3, 1, 2], [1, 2, 3], [2, 3, 1], [1, 3, 2], [1, 2, 3]]);
});

test('facts', () => {
  const meta = { event: 'cpu-clock', period: 1e9 / 99, periodUnit: 'nanoseconds', durationNs: 1e10, host: 'vm', kernel: '6.1', startTime: 1_795_000_000_000, command: 'node a.js' } as const;
  expect(factsOf(packed(LINES, { meta }), 0)).toEqual(['10 samples', 'cpu-clock at 99 Hz', 'over 10 s', 'node a.js', 'vm', 'Linux 6.1', '2026-11-18 11:06 UTC']);
  expect(factsOf(packed(LINES, { meta: { title: 'On-CPU: node a.js', command: 'node a.js' } }), 0)).toEqual(['10 samples']);
  expect(factsOf(packed(['a 4 1'], COMPARED), 1)).toEqual(['old: 4 \u2192 new: 1']);
});
