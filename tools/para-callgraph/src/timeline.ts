/** Call graphs in time as files for viewers: speedscope's "evented" profiles and Chrome's trace events. */
import type { CallEvent } from './calls.js';

interface TimelineEvent {
  readonly isCall: boolean;
  /** Nanoseconds since the first event of all. */
  readonly at: number;
  readonly name: string;
  readonly values: string;
}

interface Thread {
  readonly pid: number;
  readonly tid: number;
  command: string;
  readonly events: TimelineEvent[];
  readonly open: string[];
}

/** Keeps what happened, each thread's calls and returns in pairs. */
export class Timeline {
  readonly #threads = new Map<number, Thread>();
  #first: bigint | undefined;
  #end = 0;

  push({ timeNs, pid, tid, kind, name, values, command }: CallEvent): void {
    this.#first ??= timeNs;
    const at = Number(timeNs - this.#first);
    this.#end = Math.max(this.#end, at);
    let thread = this.#threads.get(tid);
    if (thread === undefined) this.#threads.set(tid, (thread = { pid, tid, command, events: [], open: [] }));
    thread.command = command;
    if (kind === 'call') {
      thread.open.push(name);
      thread.events.push({ isCall: true, at, name, values });
      return;
    }
    const depth = thread.open.lastIndexOf(name);
    // Its call came before all else.
    if (depth < 0) return;
    closeCalls(thread, depth, at, values);
  }

  /** Each thread with its events in order; calls that did not return end with the last event. */
  threads(): readonly Thread[] {
    for (const thread of this.#threads.values()) closeCalls(thread, 0, this.#end, '');
    return [...this.#threads.values()];
  }

  get endNs(): number {
    return this.#end;
  }
}

/** Ends calls of a thread down to a depth, the innermost first; the value is that of the last one. */
function closeCalls({ open, events }: Thread, depth: number, at: number, values: string): void {
  while (open.length > depth) events.push({ isCall: false, at, name: open.pop() ?? '', values: open.length === depth ? values : '' });
}

const threadName = ({ command, pid, tid }: Thread): string => `${command} ${pid}/${tid}`;

/** https://www.speedscope.app/file-format-schema.json: a profile of type "evented" for each thread, in nanoseconds. */
export function speedscopeText(timeline: Timeline, title: string): string {
  const frames = new Map<string, number>();
  const frame = (name: string): number => {
    const known = frames.get(name) ?? frames.size;
    frames.set(name, known);
    return known;
  };
  const profiles = timeline.threads().map((thread) => ({
    type: 'evented', name: threadName(thread), unit: 'nanoseconds', startValue: thread.events[0]?.at ?? 0, endValue: thread.events.at(-1)?.at ?? 0,
    events: thread.events.map(({ isCall, at, name }) => ({ type: isCall ? 'O' : 'C', frame: frame(name), at })),
  }));
  return `${JSON.stringify({ $schema: 'https://www.speedscope.app/file-format-schema.json', name: title, exporter: 'stapkit para-callgraph', shared: { frames: [...frames.keys()].map((name) => ({ name })) }, profiles })}\n`;
}

/** "Trace Event Format", JSON object form: B and E events, microseconds; chrome://tracing and ui.perfetto.dev read it. */
export function chromeTraceText(timeline: Timeline): string {
  const traceEvents = timeline.threads().flatMap((thread) => {
    const { pid, tid } = thread;
    return [
      { ph: 'M', name: 'thread_name', pid, tid, args: { name: thread.command } },
      ...thread.events.map(({ isCall, at, name, values }) => ({ ph: isCall ? 'B' : 'E', name, cat: 'function', ts: at / 1000, pid, tid, ...(values === '' ? {} : { args: isCall ? { arguments: values } : { value: values } }) })),
    ];
  });
  return `${JSON.stringify({ displayTimeUnit: 'ns', traceEvents })}\n`;
}
