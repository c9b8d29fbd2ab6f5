import { describe, expect, test } from '@jest/globals';
import type { StackFrame } from '@stapkit/cli-kit';
import { parseOptions } from '../cli/options.js';
import { namedProfile } from './named-profile.js';
import { Progress } from './progress.js';
import { parseSampledLine, type SampledStack } from './sampled-lines.js';
import { samplerScript, type SamplerPlan } from './sampler-script.js';

const PLAN: SamplerPlan = { source: { kind: 'event', point: 'perf.sw.cpu_clock', hz: 99 }, family: false, stacks: 'both', perThread: false, progressHz: 0 };

describe('the script', () => {
  test.each<[string, Partial<SamplerPlan>, string]>([
    ['the whole machine', {}, 'probe perf.sw.cpu_clock.hz(99)\n{\n\tif (pid() == 0) next\n'],
    ['each event', { source: { kind: 'event', point: 'perf.sw.page_faults', hz: undefined } }, 'probe perf.sw.page_faults.sample(1)\n'],
    ['a name with a quote', { comm: 'a"b\\' }, 'if (pid() == 0 || execname() != "a\\"b\\\\") next'],
    ['a process with its children', { family: true }, 'if (pid() == 0 || !of_target()) next'],
    ['a control group', { cgroup: 77n }, 'if (pid() == 0 || !in_cgroup(77)) next'],
    ['user stacks of threads', { stacks: 'user', perThread: true }, 'samples[execname(), pid(), tid(), ubacktrace(), ""] <<< 1'],
    ['a weight', { source: { kind: 'probe', point: 'kernel.trace("x")', weight: '$a' } }, 'probe kernel.trace("x")\n{\n\ttry { weight = $a } catch'],
    ['waits of some length', { source: { kind: 'off-cpu', minUs: 50 } }, 'if (us >= 50) {\n\t\t\ttaken <<< 1\n\t\t\ttry { samples[blocked_comm[thread], blocked_pid[thread], 0, '],
    ['progress', { progressHz: 4 }, 'probe timer.ms(250) {'],
  ])('%s', (_name, change, piece) => { expect(samplerScript({ ...PLAN, ...change })).toContain(piece); });
});

describe('its lines', () => {
  const STACK: SampledStack = { pid: 7, tid: 0, count: 2, weight: 5, user: [0x10n, 0x20n], kernel: [], command: 'a\tb' };
  test.each([
    ['a stack', 'stack\t7\t0\t2\t5\t0x10 0x20 \t\ta\tb', { kind: 'stack', stack: STACK }],
    ['the counts', 'end\t9\t1\t2\t3', { kind: 'end', counts: { taken: 9, lost: 1, unread: 2, negative: 3 } }],
    ['progress', 'progress\t9\t1', { kind: 'progress', counts: { taken: 9, lost: 1, unread: 0, negative: 0 } }],
    ['cut short', 'stack\t7\t0', undefined], ['none', 'hello', undefined],
  ])('%s', (_name, line, parsed) => { expect(parseSampledLine(line)).toEqual(parsed); });
});

test('names: inlined frames, callers by the call, one name for a process', () => {
  const asked: string[] = [];
  const names = {
    frames: (pid: number, address: bigint, returns: boolean): StackFrame[] => {
      asked.push(`${pid} ${address} ${returns}`);
      if (pid === 0) return [{ name: 'vfs_read', kind: 'kernel', module: 'kernel', address }];
      if (address === 1n) return [{ name: 'in', kind: 'inlined', module: '/p', address, file: 'p.c', line: 3 }, { name: 'work', kind: 'user', module: '/p', address, buildId: 'ab' }];
      return [{ name: address === 2n ? 'main' : undefined, kind: 'user', module: '/p', address }];
    },
  };
  const stack = { pid: 5, tid: 0, weight: 1 };
  const profile = namedProfile([
    { ...stack, command: 'sh', count: 1, user: [3n], kernel: [] }, { ...stack, command: 'node', count: 4, user: [1n, 2n], kernel: [9n] }, { ...stack, command: 'worker', count: 2, user: [1n, 2n], kernel: [9n] },
  ], [{ type: { type: 'samples', unit: 'count' }, of: ({ count }) => count }], names, () => ({}));
  const name = (index: number): string => profile.frames[index]?.name ?? '';
  expect(profile.samples.map(({ stack: frames, values, context }) => [frames.map(name).join(';'), values[0], context?.command])).toEqual([['[unknown]', 1, 'node'], ['main;work;in;vfs_read', 6, 'node']]);
  expect(asked).toEqual(['5 3 false', '5 1 false', '5 2 true', '0 9 false']);
  expect(profile.frames.find(({ kind }) => kind === 'kernel')?.module).toBe('[kernel.kallsyms]');
  expect([...profile.buildIds]).toEqual([['/p', 'ab']]);
});

test('progress on a terminal', () => {
  const written: string[] = [];
  let now = 1000;
  const progress = new Progress({ write: (text) => { written.push(text); }, durationSeconds: 10, now: () => now });
  progress.start();
  now += 2600;
  progress.tell({ taken: 12_345, lost: 2, unread: 0, negative: 0 });
  progress.end();
  progress.end();
  expect(written).toEqual(['\r\u001b[K0 samples, 0 lost, 10 s left; Ctrl-C ends it', '\r\u001b[K12,345 samples, 2 lost, 8 s left; Ctrl-C ends it', '\r\u001b[K']);
});

describe('options that do not go together', () => {
  test.each<[string[], string]>([
    [['--pid', '7', '-c', 'ls'], '--pid and -c: one or the other'], [['--off-cpu', '--freq', '9'], '--off-cpu and --freq: one or the other'], [['--user', '--kernel'], '--user and --kernel: one or the other'],
    [['--min-us', '5'], '--min-us is of use with --off-cpu alone'], [['--weight', '1'], '--weight is of use with --probe alone'], [['--from', 'x', '--freq', '9'], '--from and --freq: a profile is read or sampled'],
    [['--diff', 'x', 'y', '--off-cpu'], '--diff and --off-cpu: a profile is read or sampled'], [['--event', 'nope'], "--event: there is no event 'nope'"], [['--freq', '0'], "'0' is not a count"],
    [['--comm', 'a-name-of-16-bytes'], "--comm: 'a-name-of-16-bytes' can match no process"], [['--min-us', '1s', '--off-cpu'], "'1s' is not a number of microseconds"],
  ])('%j', (words, message) => { expect(() => parseOptions(['node', 'flamegraph', ...words], '1')).toThrow(message); });
});
