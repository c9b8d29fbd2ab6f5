import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildCallTree, pathTo, type CallTree, type TreeOptions } from './call-tree.js';
import { compareProfiles } from './compare.js';
import { contextName, defaultGrouping, functionsOf, tintOf } from './functions.js';
import { functionTotals } from './hottest.js';
import { packProfile } from './packed-profile.js';
import { ProfileBuilder } from './profile-builder.js';
import { totalOf, type Profile, type SampleContext } from './profile.js';
import { anyProfile, profileOf } from './profiles.test-support.js';
import { pruneProfile } from './prune.js';

const treeOf = (profile: Profile, options: Partial<TreeOptions> = {}): CallTree => {
  const all: TreeOptions = { value: 0, grouping: 'none', direction: 'callees', ...options };
  const packed = packProfile(profile);
  return buildCallTree(packed, functionsOf(packed, all.grouping), all);
};
const name = (tree: CallTree, node: number): string => tree.functions[tree.fn[node]!]!.name;
/** `name total/self` with an indent for each level. */
const drawn = (tree: CallTree): string[] => Array.from({ length: tree.size }, (_, node) => `${' '.repeat(tree.depth[node]!)}${name(tree, node)} ${tree.total[node]}/${tree.self[node]}${tree.other === undefined ? '' : ` (${tree.other.total[node]}/${tree.other.self[node]})`}`);
const fnOf = (profile: Profile, wanted: string, grouping: TreeOptions['grouping'] = 'none'): number => functionsOf(packProfile(profile), grouping).functions.findIndex((fn) => fn.name === wanted);

const LINES = ['main;work;read 3', 'main;work 2', 'main;idle 1', 'main;work;work;read 4'];

describe('trees', () => {
  test('callees, the heaviest first', () => {
    expect(drawn(treeOf(profileOf(LINES)))).toEqual(['all 10/0', ' main 10/0', '  work 9/2', '   work 4/0', '    read 4/4', '   read 3/3', '  idle 1/1']);
  });

  test('callers', () => {
    expect(drawn(treeOf(profileOf(LINES), { direction: 'callers' }))).toEqual(['all 10/0', ' read 7/0', '  work 7/0', '   work 4/0', '    main 4/4', '   main 3/3', ' work 2/0', '  main 2/2', ' idle 1/0', '  main 1/1']);
  });

  test('below a function, from its outermost call on', () => {
    const profile = profileOf(LINES);
    const focus = fnOf(profile, 'work');
    expect(drawn(treeOf(profile, { focus }))).toEqual(['work 9/2', ' work 4/0', '  read 4/4', ' read 3/3']);
    expect(drawn(treeOf(profile, { focus, direction: 'callers' }))).toEqual(['work 9/0', ' main 9/9']);
  });

  test('of threads', () => {
    const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }]);
    const add = (context: SampleContext, weight: number): void => { builder.add([builder.frame({ name: 'f', kind: 'user' })], [weight], context); };
    add({ command: 'a', pid: 1, tid: 1 }, 1);
    add({ command: 'a', pid: 1, tid: 2 }, 2);
    const profile = builder.build({});
    expect(drawn(treeOf(profile, { grouping: 'thread' }))).toEqual(['all 3/0', ' a 1/2 2/0', '  f 2/2', ' a 1/1 1/0', '  f 1/1']);
    expect(drawn(treeOf(profile, { grouping: 'process' }))).toEqual(['all 3/0', ' a 1 3/0', '  f 3/3']);
    expect(drawn(treeOf(profile, { grouping: 'thread', direction: 'callers' }))).toEqual(['all 3/0', ' f 3/0', '  a 1/2 2/2', '  a 1/1 1/1']);
    expect(drawn(treeOf(profile, { grouping: 'thread', focus: fnOf(profile, 'a 1/2', 'thread') }))).toEqual(['a 1/2 2/0', ' f 2/2']);
  });

  test('compared', () => {
    const [before, after] = [profileOf(['a;b 4', 'a;c 2']), profileOf(['a;b 1', 'a;d 3'])];
    const profile = compareProfiles({ profile: before, value: 0, name: 'old' }, { profile: after, value: 0, name: 'new' });
    expect(drawn(treeOf(profile, { value: 1, other: 0 }))).toEqual(['all 4/0 (6/0)', ' a 4/0 (6/0)', '  d 3/3 (0/0)', '  b 1/1 (4/4)', '  c 0/0 (2/2)']);
    expect(profile.meta.comparison).toEqual({ before: 'old', after: 'new' });
  });

  test('lines of one function are one node, which knows the heaviest', () => {
    const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }]);
    for (const [line, weight] of [[3, 1], [7, 5], [9, 2]] as const) builder.add([builder.frame({ name: 'f', kind: 'user', file: 'a.c', line })], [weight]);
    const profile = builder.build({});
    const tree = treeOf(profile);
    expect([tree.size, profile.frames[tree.frame[1]!]!.line, tree.frames[1]]).toEqual([2, 7, 3]);
  });

  test('a hundred thousand deep', () => {
    const tree = treeOf(profileOf([`${Array.from({ length: 100_000 }, (_, index) => `f${index}`).join(';')} 1`]));
    expect([tree.deepest, tree.total[99_999], pathTo(tree, 3)]).toEqual([100_000, 1, [0, 1, 2, 3]]);
  });
});

test('any tree: totals are sums, subtrees are what lies between a node and its end', () => {
  fc.assert(fc.property(anyProfile, fc.constantFrom('callees', 'callers'), fc.constantFrom('none', 'process', 'thread'), (profile, direction, grouping) => {
    const tree = treeOf(profile, { direction, grouping, value: 1 });
    expect(tree.total[0]).toBe(totalOf(profile, 1));
    for (let node = 0; node < tree.size; node += 1) {
      let [sum, after] = [tree.self[node]!, node + 1];
      while (after < tree.end[node]!) { expect(tree.parent[after]).toBe(node); sum += tree.total[after]!; after = tree.end[after]!; }
      expect([after, sum]).toEqual([tree.end[node], tree.total[node]]);
    }
  }));
});

test('any function: what is above and below it has its total', () => {
  fc.assert(fc.property(anyProfile, (profile) => {
    const packed = packProfile(profile);
    const totals = functionTotals(treeOf(profile));
    for (const fn of totals.functions) {
      const [total, self] = [totals.total[fn], totals.self[fn]];
      const [below, above] = [treeOf(profile, { focus: fn }), treeOf(profile, { focus: fn, direction: 'callers' })];
      expect([below.total[0], above.total[0]]).toEqual([total, total]);
      expect(self).toBe(totalOf({ ...profile, samples: profile.samples.filter(({ stack }) => packed.frames.fn[stack.at(-1) ?? -1] === fn) }, 0));
    }
  }), { numRuns: 50 });
});

test('totals count recursion once, also below a node', () => {
  const tree = treeOf(profileOf(LINES));
  const rows = (below: number): object => { const { functions, self, total } = functionTotals(tree, below); return Object.fromEntries(Array.from(functions, (fn) => [tree.functions[fn]!.name, [self[fn], total[fn]]])); };
  expect(rows(0)).toEqual({ main: [0, 10], work: [2, 9], read: [7, 7], idle: [1, 1] });
  expect(rows(3)).toEqual({ work: [0, 4], read: [4, 4] });
});

test('what is small is cut and told', () => {
  const profile = profileOf(['a;b;c 1', 'a;b;d 2', 'a;e 997']);
  expect(drawn(treeOf(pruneProfile(profile, 0, 1)))).toEqual(['all 1000/0', ' a 1000/0', '  e 997/997', '  [below 1%] 3/3']);
  expect(pruneProfile(profile, 0, 1).meta.notes).toEqual(['3 frames with less than 1% are shown as [below 1%]']);
  expect([pruneProfile(profile, 0, 0), pruneProfile(profile, 0, 0.1)]).toEqual([profile, profile]);
});

test('profiles of different units are not compared', () => {
  const [count, bytes] = [profileOf(['a 1']), profileOf(['a 1'], { valueTypes: [{ type: 'space', unit: 'bytes' }] })];
  expect(() => compareProfiles({ profile: count, value: 0, name: 'x' }, { profile: bytes, value: 0, name: 'y' })).toThrow('diff: x counts samples in count, y space in bytes');
});

test('what profiles lack is told of a comparison, too', () => {
  const [before, after] = [profileOf(['a 1'], { meta: { lost: 7 } }), profileOf(['a 1'], { meta: { notes: ['odd'] } })];
  expect(compareProfiles({ profile: before, value: 0, name: 'x' }, { profile: after, value: 0, name: 'y' }).meta.notes).toEqual(['x: 7 samples lost', 'y: odd']);
});

test.each<[SampleContext | undefined, string | undefined, string | undefined]>([
  [undefined, undefined, undefined], [{ command: 'a', pid: 1, tid: 2 }, 'a 1', 'a 1/2'], [{ command: 'a' }, 'a', 'a'], [{ tid: 2 }, undefined, '[unknown] ?/2'], [{ pid: 1 }, '[unknown] 1', '[unknown] 1/?'],
])('%j is named', (context, process, thread) => {
  expect([contextName(context, 'process'), contextName(context, 'thread'), contextName(context, 'none')]).toEqual([process, thread, undefined]);
});

test('several processes are shown apart', () => {
  expect(defaultGrouping(profileOf(['a 1'], { context: { pid: 1 } }))).toBe('none');
  const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }]);
  builder.add([], [1], { pid: 1 });
  builder.add([], [1], { pid: 2 });
  expect(defaultGrouping(builder.build({}))).toBe('process');
});

test.each([['user', 'main', 'user'], ['user', 'std::sort', 'cxx'], ['inlined', 'std::sort', 'inlined'], ['kernel', 'vfs_read', 'kernel']] as const)('%s %s is coloured as %s', (kind, fn, tint) => {
  expect(tintOf({ kind, name: fn })).toBe(tint);
});
