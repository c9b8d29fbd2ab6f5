/** Chrome's trace events: a bar for each call, for Perfetto and chrome://tracing. */
import type { Profile } from '../profile/profile.js';
import type { ProfileWriter } from './format.js';
import { timelinesOf, type Slice } from './timeline.js';

interface TraceEvent {
  readonly ph: 'X' | 'M';
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** A stack that goes on in the next slice without a gap is one bar. */
function* bars(slices: readonly Slice[]): Generator<{ readonly frame: number; readonly start: number; readonly end: number }> {
  let open: { frame: number; start: number }[] = [];
  let now = 0;
  const touches = (start: number): boolean => start - now < 1;
  for (const { stack, start, duration } of slices) {
    let common = 0;
    if (touches(start)) while (common < open.length && common < stack.length && open[common]?.frame === stack[common]) common += 1;
    for (const { frame, start: since } of open.splice(common).reverse()) yield { frame, start: since, end: now };
    open = [...open, ...stack.slice(common).map((frame) => ({ frame, start }))];
    now = start + duration;
  }
  for (const { frame, start } of open.reverse()) yield { frame, start, end: now };
}

function write(profile: Profile, value: number, title: string): string {
  const { threads, invented } = timelinesOf(profile, value);
  const events: TraceEvent[] = [];
  threads.forEach(({ context, slices }, index) => {
    const { command, pid, tid } = context ?? {};
    const where = { pid: pid ?? tid ?? 0, tid: tid ?? pid ?? index };
    if (command !== undefined) events.push({ ph: 'M', name: 'thread_name', ...where, args: { name: command } });
    if (command !== undefined && where.pid === where.tid) events.push({ ph: 'M', name: 'process_name', ...where, args: { name: command } });
    for (const { frame, start, end } of bars(slices)) {
      const { name = '', kind = 'user', module, file, line } = profile.frames[frame] ?? {};
      const args = { ...(module === undefined ? {} : { module }), ...(file === undefined ? {} : { file: line === undefined ? file : `${file}:${line}` }) };
      events.push({ ph: 'X', name, cat: kind, ...where, ts: start / 1000, dur: (end - start) / 1000, ...(Object.keys(args).length === 0 ? {} : { args }) });
    }
  });
  const { type, unit } = profile.valueTypes[value] ?? { type: 'samples', unit: 'count' };
  return JSON.stringify({ displayTimeUnit: 'ns', otherData: { title, value: `${type} (${unit})`, ...(invented ? { times: 'made up: stacks lie side by side, as wide as they weigh' } : {}) }, traceEvents: events });
}

export const chromeTraceWriter: ProfileWriter = {
  name: 'chrome-trace',
  endings: ['.trace.json'],
  description: 'for ui.perfetto.dev and chrome://tracing',
  write: (profile, { value, title }) => write(profile, value, title),
};
