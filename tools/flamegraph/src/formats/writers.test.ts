import { describe, expect, test } from '@jest/globals';
import { ProfileBuilder } from '../profile/profile-builder.js';
import type { Frame, Profile } from '../profile/profile.js';
import { profileOf } from '../profile/profiles.test-support.js';
import { chromeTraceWriter } from './chrome-trace.js';
import { d3JsonWriter } from './d3-json.js';
import { firefoxWriter } from './firefox.js';
import type { ProfileWriter, WriteOptions } from './format.js';
import { pageFiles } from './html.js';
import { perfScriptWriter } from './perf-script-writer.js';
import { writerForFile, WRITERS } from './registry.js';
import { svgWriter } from './svg.js';
import { timelinesOf } from './timeline.js';

const OPTIONS: WriteOptions = { value: 0, title: 'a <title>', grouping: 'none', reverse: false, icicle: false, colors: 'kind', minWidth: 0.1 };
const json = (writer: ProfileWriter, profile: Profile, options: Partial<WriteOptions> = {}): unknown => JSON.parse(writer.write(profile, { ...OPTIONS, ...options }) as string);

/** Two threads, sampled each 10 ms, with a pause in the first. */
function timed(): Profile {
  const builder = new ProfileBuilder([{ type: 'samples', unit: 'count' }]);
  const frame = (name: string): number => builder.frame({ name, kind: name === 'read' ? 'kernel' : 'user', module: name === 'read' ? '[kernel.kallsyms]' : '/bin/app', file: 'a.c', line: 3 });
  const [main, work, read] = [frame('main'), frame('work'), frame('read')];
  for (const [ms, stack, tid] of [[0, [main, work], 1], [10, [main, work, read], 1], [20, [main], 1], [90, [main], 1], [5, [main], 2]] as const) builder.add(stack, [1], { command: 'app', pid: 1, tid }, ms * 1e6);
  return builder.build({ period: 1e7, periodUnit: 'nanoseconds', kernel: '6.1', startTime: 1000 });
}

describe('times', () => {
  test('a sample lasts until the next one, but not longer than usual', () => {
    expect(timelinesOf(timed(), 0)).toMatchObject({ invented: false, threads: [{ slices: [{ start: 0, duration: 1e7 }, { start: 1e7, duration: 1e7 }, { start: 2e7, duration: 1e7 }, { start: 9e7, duration: 1e7 }] }, { slices: [{ start: 5e6, duration: 1e6 }] }] });
  });

  test('without times, stacks lie side by side in alphabetical order', () => {
    const { invented, threads } = timelinesOf(profileOf(['b 2', 'a;x 1', 'a 3']), 0);
    expect([invented, threads[0]!.slices.map(({ start, duration }) => [start, duration])]).toEqual([true, [[0, 3e6], [3e6, 1e6], [4e6, 2e6]]]);
  });
});

test('d3', () => {
  expect(json(d3JsonWriter, profileOf(['a;b 1', 'a;c 2'], { frames: { b: { kind: 'kernel' } } }))).toEqual({ name: 'all', value: 3, children: [{ name: 'a', value: 3, libtype: 'user', children: [{ name: 'c', value: 2, libtype: 'user', children: [] }, { name: 'b', value: 1, libtype: 'kernel', children: [] }] }] });
  expect(json(d3JsonWriter, profileOf(['a;b 1'], {}), { reverse: true })).toMatchObject({ children: [{ name: 'b', children: [{ name: 'a' }] }] });
  const compared = profileOf(['a 1 3', 'b 2 0'], { valueTypes: [{ type: 'before', unit: 'count' }, { type: 'after', unit: 'count' }], meta: { comparison: { before: 'x', after: 'y' } } });
  expect(json(d3JsonWriter, compared)).toMatchObject({ value: 3, delta: 0, children: [{ name: 'a', value: 3, delta: 2 }, { name: 'b', value: 0, delta: -2 }] });
});

test('Chrome trace: a call that goes on is one bar', () => {
  const { traceEvents } = json(chromeTraceWriter, timed()) as { traceEvents: { ph: string; name: string; tid: number; ts: number; dur: number; args: object }[] };
  expect(traceEvents.map(({ ph, name, tid, ts, dur }) => `${ph} ${name} ${tid}${ph === 'X' ? ` ${ts}+${dur}` : ''}`)).toEqual([
    'M thread_name 1', 'M process_name 1', 'X read 1 10000+10000', 'X work 1 0+20000', 'X main 1 0+30000', 'X main 1 90000+10000', 'M thread_name 2', 'X main 2 5000+1000',
  ]);
  expect(traceEvents[2]!.args).toEqual({ module: '[kernel.kallsyms]', file: 'a.c:3' });
  expect(json(chromeTraceWriter, profileOf(['a 1']))).toMatchObject({ otherData: { times: 'made up: stacks lie side by side, as wide as they weigh' } });
});

describe('Firefox Profiler', () => {
  interface Columns { readonly length: number; readonly [name: string]: unknown }
  interface Thread { readonly tid: number; readonly pid: string; readonly samples: Columns & { stack: number[]; time: number[]; weight: number[] }; readonly stackTable: Columns & { frame: number[]; prefix: (number | null)[] }; readonly frameTable: Columns & { func: number[]; category: number[] }; readonly funcTable: Columns & { name: number[]; resource: number[] }; readonly resourceTable: Columns; readonly stringArray: string[] }
  const { meta, threads, libs } = json(firefoxWriter, timed()) as { meta: { interval: number; preprocessedProfileVersion: number; categories: { name: string }[] }; threads: Thread[]; libs: { path: string }[] };

  test('every column is as long as its table', () => {
    for (const thread of threads) {
      for (const table of ['samples', 'stackTable', 'frameTable', 'funcTable', 'resourceTable', 'nativeSymbols', 'markers'] as const) {
        const { length, weightType: _, ...columns } = (thread as unknown as Record<string, Columns>)[table]!;
        for (const column of Object.values(columns)) expect(column).toHaveLength(length);
      }
    }
  });

  test('its stacks are ours', () => {
    const [thread] = threads;
    const { samples, stackTable, frameTable, funcTable, stringArray } = thread!;
    const stackOf = (stack: number | null): string[] => (stack === null ? [] : [...stackOf(stackTable.prefix[stack]!), `${stringArray[funcTable.name[frameTable.func[stackTable.frame[stack]!]!]!]!} (${meta.categories[frameTable.category[stackTable.frame[stack]!]!]!.name})`]);
    expect(samples.stack.map((stack, index) => `${samples.time[index]} ${stackOf(stack).join(';')}`)).toEqual(['0 main (User);work (User)', '10 main (User);work (User);read (Kernel)', '20 main (User)', '90 main (User)']);
    expect([meta.interval, meta.preprocessedProfileVersion, thread!.pid, thread!.tid, libs.map(({ path }) => path)]).toEqual([10, 48, '1', 1, ['/bin/app', '[kernel.kallsyms]']]);
  });
});

describe('SVG', () => {
  const svg = (profile: Profile, options: Partial<WriteOptions> = {}): string => svgWriter.write(profile, { ...OPTIONS, ...options }) as string;
  const profile = profileOf(['main;work<int> 3', 'main;\u0007idle 1'], { meta: { lost: 2 } });

  test('is well-formed and holds no raw markup of names', () => {
    const text = svg(profile);
    expect(text).toContain('work&#60;int&#62;: 3 samples, 75.00%; self 3 samples');
    expect(text).toContain('\ufffdidle');
    expect(text).toContain('4 samples; 2 samples lost');
    expect(text.replace(/<[^<>]*>/g, '')).not.toMatch(/[<>]/);
  });

  test.each([[false, 68, 51, 34], [true, 34, 51, 68]])('icicle %p: root, callee', (icicle, root, main, leaf) => {
    const ys = [...svg(profile, { icicle }).matchAll(/<title>([^:]+):.*?<\/title><rect [^>]* y="(\d+)"/g)].map(([, name, y]) => [name, Number(y)]);
    expect(ys.slice(0, 3)).toEqual([['all', root], ['main', main], ['work&#60;int&#62;', leaf]]);
  });

  test('what is too narrow is counted', () => {
    expect(svg(profileOf(['a 1', 'b 100000']), { minWidth: 0.1 })).toContain('1 frames narrower than 0.1 px are not drawn');
  });
});

describe('the page', () => {
  const page = (split?: string): ReturnType<typeof pageFiles> => pageFiles(profileOf(['</script><b> 1']), OPTIONS, { script: "x='</script>'", style: 'b{}' }, split);

  test('nothing in it ends an element early', () => {
    const [{ content } = { content: '' }] = page();
    expect(content.match(/<\/script/g)).toHaveLength(3);
    expect(content).toContain('<title>a &#60;title&#62;</title>');
    expect(content).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'/);
  });

  test('split: no inline code, and three files that name each other', () => {
    const files = page('a b');
    expect(files.map(({ name }) => name)).toEqual(['a b.html', 'a b.js', 'a b.css']);
    expect(files[0]!.content).not.toMatch(/<style|<script>|style=| on\w+=/);
    expect(files[0]!.content).toContain('<script src="a%20b.js"></script>');
    expect(files[0]!.content).toContain('<link rel="stylesheet" href="a%20b.css">');
  });
});

test('perf script: sums become samples, times and large sums do not', () => {
  const heads = (profile: Profile): string[] => (perfScriptWriter.write(profile, OPTIONS) as string).split('\n').filter((line) => /^\S/.test(line));
  expect(heads(profileOf(['a 2'], { context: { command: 'x', pid: 1, tid: 2 }, meta: { event: 'cpu-clock' } }))).toEqual(['# the times are made up: the profile has none', 'x 1/2 [000]     0.000000:          1 cpu-clock: ', 'x 1/2 [000]     0.001000:          1 cpu-clock: ']);
  expect(heads(profileOf(['a 2000000']))).toEqual(['# the times are made up: the profile has none', '[unknown] 0/0 [000]     0.000000:    2000000 samples: ']);
  expect(heads(timed())[1]).toBe('app 1/1 [000]     0.010000:          1 samples: ');
});

test.each([['x.folded', 'folded'], ['x.txt', 'folded'], ['x.pb.gz', 'pprof'], ['x.speedscope.json', 'speedscope'], ['x.firefox.json', 'firefox'], ['x.trace.json', 'chrome-trace'], ['x.json', 'd3'], ['x.perf.txt', 'perf-script'], ['x.svg', 'svg'], ['x.html', undefined]])('%s asks for %s', (file, name) => {
  expect(writerForFile(file)?.name).toBe(name);
});

test('no two formats have a name or an ending in common', () => {
  const words = WRITERS.flatMap(({ name, endings }) => [name, ...endings]);
  expect(new Set(words).size).toBe(words.length);
});

test.each<[string, Partial<Frame>, string]>([['kernel', { kind: 'kernel' }, '(kernel.kallsyms)'], ['jit', { kind: 'jit' }, '([JIT])'], ['inlined', { kind: 'inlined', module: '/bin/a' }, '(inlined)'], ['unknown', {}, '([unknown])']])('perf script names the module of a frame: %s', (_name, frame, end) => {
  const text = perfScriptWriter.write(profileOf(['a 1'], { frames: { a: frame } }), OPTIONS) as string;
  expect(text.trimEnd().endsWith(end.replace('(kernel', '([kernel').replace('syms)', 'syms])'))).toBe(true);
});
