/** Each builtin probe point that is listed is one that the builders know, and the builders' words are listed. */
import { expect, test } from '@jest/globals';
import { expand, resolver } from './fixture.test-support.js';
import { inventedKernel } from './fixture-btf.test-support.js';
import { probePointTypes } from './point-types.js';

const types = probePointTypes();
/** What a point is told that does not exist, or takes other arguments. A point that finds nothing is told something else. */
const UNKNOWN = /^E04(?:20|21|22|46|47) /;
const by = resolver({
  btf: inventedKernel(), resolvePath: (path) => path, readBinary: () => Buffer.from('no program'), executableOf: () => ({ path: '/x', name: '/x' }), findLibrary: () => '/lib/x', mappedCode: () => [], targetPid: 5,
}, '/bin/x');
const example = (type: string): string => type.replace('netfilter.hook(string)', 'netfilter.hook("1")').replace('hook(string)', 'hook("1")').replace('pf(string)', 'pf("2")').replace('priority(string)', 'priority("3")').replaceAll('(string)', '("x")').replaceAll('(number)', '(1)');

test('some 290, each once, sorted with a component without an argument before those with one', () => {
  expect(types.length).toBeGreaterThan(280);
  expect(new Set(types).size).toBe(types.length);
  expect(types.filter((one) => one.startsWith('process.plt'))).toEqual(['process.plt', 'process.plt.return', 'process.plt(string)', 'process.plt(string).return']);
  expect(types.slice(0, 7)).toEqual(['begin', 'begin(number)', 'end', 'end(number)', 'error', 'error(number)', 'kernel.data(number).length(number).rw']);
});

test.each(types.filter((one) => !one.startsWith('netfilter')))('%s', (type) => {
  expect(expand(example(type), by).problems.filter((problem) => UNKNOWN.test(problem))).toEqual([]);
});

test.each(types.filter((one) => one.startsWith('netfilter')))('%s: known, though this kernel has none', (type) => {
  expect(expand(example(type), by).problems).toEqual([expect.stringMatching(/^E0446 .* needs BPF programs as netfilter hooks/)]);
});

test('the check can fail', () => {
  for (const text of ['kernel.mark("x")', 'process("x").function("y").nosuch', 'timer.s("x")', 'perf.type(1)']) expect(expand(text, by).problems.join()).toMatch(UNKNOWN);
});
