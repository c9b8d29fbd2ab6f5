import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Profile } from '../profile/profile.js';
import { foldedLines } from './folded.js';
import { readProfile } from './registry.js';

const read = (text: string): Profile => readProfile(Buffer.from(text));
const FRAMES = '\tffffffff81d7f497 read_zero+0x77 ([kernel.kallsyms])\n\t    559af687f224 main+0x45 (/bin/spin prog)\n\n';

describe('the line of a sample', () => {
  test.each<[string, object, string | undefined, number | undefined]>([
    ['a b 5  1.500000:    2004008 cpu-clock: ', { command: 'a b', tid: 5 }, 'cpu-clock', 2_004_008],
    ['a b 5/6 [001]  1.500000:    2004008 cycles:u: ', { command: 'a b', pid: 5, tid: 6, cpu: 1 }, 'cycles:u', 2_004_008],
    ['sleep 32730 [001]  9495.725622: sched:sched_switch: prev_comm=sleep prev_pid=32730 (x) ==> next', { command: 'sleep', tid: 32_730, cpu: 1 }, 'sched:sched_switch', undefined],
    ['  :-1    -1 [000] 1.000000:  1 cpu/event=0x3c,umask=0x1/: ', { command: ':-1', tid: -1, cpu: 0 }, 'cpu/event=0x3c,umask=0x1/', 1],
    ['swapper     0 [003] d.h.  1.000000: 250000 cpu-clock:pppH: ', { command: 'swapper', tid: 0, cpu: 3 }, 'cpu-clock:pppH', 250_000],
    ['V8 Worker 12 1.0:  7 page-faults:', { command: 'V8 Worker', tid: 12 }, 'page-faults', 7],
    ['java 9 cycles:', { command: 'java', tid: 9 }, 'cycles', undefined],
  ])('%s', (line, context, event, period) => {
    const profile = read(`${line}\n${FRAMES}`);
    expect(profile.samples.map((sample) => sample.context)).toEqual([context]);
    expect([profile.meta.event, profile.samples[0]!.values]).toEqual([event, period === undefined ? [1] : [1, period]]);
  });

  test('without a call chain the address stands on it', () => {
    const profile = read('       spin prog   366  9497.329979:   10101010 cpu-clock:      559af687f224 std::f<int, char (*)(int)>::g(int, char)+0x45 (/tmp/spin prog (deleted))\n');
    expect(profile.frames).toEqual([{ name: 'std::f<int, char (*)(int)>::g(int, char)', kind: 'user', module: '/tmp/spin prog (deleted)', address: 0x559af687f224n }]);
  });
});

test('frames: outermost first, with kind, module, place; inlined ones in the module of the function around them', () => {
  const profile = read(`x 1/1 1.0: 1 cpu-clock: 
	ffffffffc0123456 nf_hook+0x1 ([nf_tables])
	               0 [unknown] ([unknown])
	           1489e get_indices+0x9e (inlined)
  cpu.h:12
	           1489e init_features+0x9e (/lib/ld.so)
  ./x86/cpu.c:30 (discriminator 2)
	    7f0000000001 Function:~hot file.js:1 (/tmp/perf-1.map)
  perf-1.map[7f0000000001]
	    7f0000000002 [unknown] ([unknown])
	ffffffff81000000 [unknown] ([unknown])
`);
  expect(profile.samples[0]!.stack.map((index) => profile.frames[index])).toEqual([
    { name: '[unknown]', kind: 'user', address: 0xffffffff81000000n },
    { name: '[unknown]', kind: 'user', address: 0x7f0000000002n },
    { name: 'Function:~hot file.js:1', kind: 'jit', module: '/tmp/perf-1.map', address: 0x7f0000000001n },
    { name: 'init_features', kind: 'user', module: '/lib/ld.so', address: 0x1489en, file: './x86/cpu.c', line: 30 },
    { name: 'get_indices', kind: 'inlined', module: '/lib/ld.so', address: 0x1489en, file: 'cpu.h', line: 12 },
    { name: '[unknown]', kind: 'user' },
    { name: 'nf_hook', kind: 'kernel', module: '[nf_tables]', address: 0xffffffffc0123456n },
  ]);
});

test('times count from the first sample; several events are several types of value', () => {
  const profile = read(`a 1 10.000002: 5 page-faults: \n${FRAMES}a 1 10.000000: 7 task-clock: \n${FRAMES}`);
  expect(profile.valueTypes).toEqual([{ type: 'page-faults', unit: 'count' }, { type: 'task-clock', unit: 'nanoseconds' }]);
  expect(profile.samples.map(({ values, timeNs }) => [values, timeNs])).toEqual([[[5, 0], 2000], [[0, 7], 0]]);
  expect(profile.meta).toEqual({ event: 'page-faults, task-clock', durationNs: 2000 });
});

test("perf's own header tells command, host and kernel", () => {
  expect(read(`# ========\n# hostname : vm\n# os release : 6.1.0\n# cmdline : /usr/bin/perf record -g ./spin \n#\na 1 1.0: cycles:\n${FRAMES}`).meta).toMatchObject({ host: 'vm', kernel: '6.1.0', command: '/usr/bin/perf record -g ./spin' });
});

test.each<[string, string]>([
  [`a 1 1.0: cycles:\n${FRAMES}what is this\n`, "perf script: line 5: neither a sample nor a frame: 'what is this'"],
  [`a 1 1.0: cycles:\n\tzzzz main (x)\n\tff main (x)\n`, "perf script: line 2: neither a sample nor a frame: '\tzzzz main (x)'"],
])('%j is refused', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('perf 6.1 of a C++ program with inlined calls: every period arrives', () => {
  const profile = readProfile(readFileSync(new URL('../../testdata/perf-dwarf.txt', import.meta.url)));
  const lines = foldedLines(profile, [1], 'process');
  expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(profile.samples.reduce((sum, { values }) => sum + values[1]!, 0));
  expect(lines.slice(0, 3)).toMatchSnapshot();
});
