import { expect, test } from '@jest/globals';
import { OpenCalls, callEvent, callLine, type CallEvent } from './calls.js';
import { Timeline, chromeTraceText, speedscopeText } from './timeline.js';

const event = (ns: number, kind: 'call' | 'return', name: string, values = '', tid = 7): CallEvent => ({ timeNs: 1_700_000_000_000_000_000n + BigInt(ns), pid: 7, tid, kind, name, values, command: 'prog' });
// b never returns; c is called before tracing, d has not returned at the end.
const EVENTS = [event(0, 'call', 'a', 'n=0x1'), event(1000, 'call', 'b'), event(1500, 'return', 'c'), event(3000, 'return', 'a', 'return=0x2'), event(3500, 'call', 'd'), event(4000, 'call', 'e', '', 8), event(4600, 'return', 'e', '', 8)];

test('lines of the script', () => {
  expect(callEvent(['1700000000000000001', '7', '8', 'call', '1', 'f', 'a=0x1', 'with', 'tab'])).toEqual({ ...event(1, 'call', 'f', 'a=0x1', 8), command: 'with\ttab' });
  expect([callEvent(['a', '7', '8', 'call', '1', 'f', '', 'c']), callEvent(['hello'])]).toEqual([undefined, undefined]);
});

test('a return ends what was left inside it, and has the time that the call took', () => {
  const open = new OpenCalls();
  expect(EVENTS.map((one) => { const row = open.push(one); return callLine(row, row['duration_ns'] === null ? '' : String(row['duration_ns'])); })).toEqual([
    '     0 prog(7):->a n=0x1', '     1 prog(7): ->b', '     1 prog(7):<-c', '     3 prog(7):<-a return=0x2 <3000>', '     0 prog(7):->d', '     0 prog(8):->e', '     0 prog(8):<-e <600>',
  ]);
});

test('in time: every call has an end, threads are apart', () => {
  const timeline = new Timeline();
  for (const one of EVENTS) timeline.push(one);
  const [first, second] = (JSON.parse(speedscopeText(timeline, 'title')) as { profiles: { name: string; events: { type: string; at: number; frame: number }[] }[] }).profiles;
  expect(first?.events.map(({ type, at, frame }) => `${type}${frame}@${at}`)).toEqual(['O0@0', 'O1@1000', 'C1@3000', 'C0@3000', 'O2@3500', 'C2@4600']);
  expect([second?.name, second?.events.length]).toEqual(['prog 7/8', 2]);
  const { traceEvents } = JSON.parse(chromeTraceText(timeline)) as { traceEvents: { ph: string; name: string; ts: number; args?: unknown }[] };
  expect(traceEvents.filter(({ ph, name }) => ph !== 'M' && name < 'c').map(({ ph, name, ts, args }) => [ph, name, ts, args])).toEqual([['B', 'a', 0, { arguments: 'n=0x1' }], ['B', 'b', 1, undefined], ['E', 'b', 3, undefined], ['E', 'a', 3, { value: 'return=0x2' }]]);
});
