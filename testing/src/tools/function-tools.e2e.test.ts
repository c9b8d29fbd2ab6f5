/** The tools that trace functions, on a C program that says itself what it called, and on python. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stapkit, type Finished } from '../checkout.js';
import { buildPrograms, type Programs } from '../programs.js';
import { csvRows } from './csv.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'stapkit-functions-'));
let programs: Programs;
beforeAll(() => { programs = buildPrograms(['functions'], folder); });
afterAll(() => { programs.remove(); });

const PYTHON_CALLS = 37;

/** JSON lines of a tool among what its command prints. */
const rows = ({ stdout }: Finished): readonly Record<string, unknown>[] => stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
/** Rows of CSV by the header, which begins so; the program printed lines between them. */
const csvRowsOf = ({ stdout }: Finished, first: string): readonly Readonly<Record<string, string>>[] => csvRows(stdout.split('\n').filter((line) => line.startsWith(first) || /^\d{4}-/.test(line)).join('\n'));

/** What the program says: its graph as depth, arrow, name and values; how often it called what. */
const graphOf = ({ stdout }: Finished): readonly (readonly [depth: number, event: string])[] => [...stdout.matchAll(/^graph (\d+) (.*)$/gm)].map(([, depth, event = '']) => [Number(depth), event]);
const callsOf = ({ stdout }: Finished): Readonly<Record<string, number>> => Object.fromEntries([...stdout.matchAll(/^calls (\w+) (\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]));

describe('para-callgraph', () => {
  const file = (name: string): string => join(folder, name);
  let text: Finished;
  let json: Finished;
  let csv: Finished;
  beforeAll(async () => {
    const command = programs.path('functions');
    [text, json, csv] = await Promise.all([
      stapkit('para-callgraph', [':*', ':outer', '-c', command, '--times', '-o', file('rows'), '--speedscope', file('speedscope.json'), '--chrome-trace', file('trace.json')]),
      stapkit('para-callgraph', [':recurse', '--depth', '2', '--json', '-c', command]),
      stapkit('para-callgraph', [`${command}:leaf`, '--csv', '-c', command]),
    ]);
  });

  test('text: the calls and returns that the program tells of, in its order, at its depths, with its values', () => {
    expect([text.stderr, text.status]).toEqual(['', 0]);
    const lines = readFileSync(file('rows'), 'utf8').trimEnd().split('\n').map((line) => /^ *\d+ functions\(\d+\):( *)((?:->|<-)[^<]*?)( <[\d.]+[a-z]+>)?$/.exec(line));
    expect(lines.map((line) => [(line?.[1]?.length ?? 0) + 1, line?.[2]])).toEqual(graphOf(text));
    expect(lines.filter((line) => (line?.[3] !== undefined) !== (line?.[2]?.startsWith('<-') === true))).toEqual([]);
  });

  test('JSON: the two outermost levels', () => {
    expect([json.stderr, json.status]).toEqual(['', 0]);
    let depth = 0;
    const expected = graphOf(json).filter(([, event]) => event.includes('recurse')).flatMap(([, event]) => {
      const at = event.startsWith('->') ? ++depth : depth--;
      const [, name, values = ''] = /^..(\w+)(?: (.*))?$/.exec(event) ?? [];
      return at > 2 ? [] : [{ event: event.startsWith('->') ? 'call' : 'return', depth: at, function: name, values }];
    });
    expect(expected.length).toBeGreaterThan(10);
    expect(rows(json)).toMatchObject(expected);
    expect(rows(json).filter(({ event, duration_ns: ns }) => (event === 'call') !== (ns === null))).toEqual([]);
  });

  test('CSV: as many rows as the program called and returned', () => {
    expect([csv.stderr, csv.status]).toEqual(['', 0]);
    expect(csvRowsOf(csv, 'time,').map((row) => row['function'])).toEqual(Array.from({ length: 2 * (callsOf(csv)['leaf'] ?? 0) }, () => 'leaf'));
  });

  test('the graphs in time have the same calls, each with its end', () => {
    const calls = graphOf(text).filter(([, event]) => event.startsWith('->')).map(([, event]) => event.slice(2).split(' ')[0]);
    const { shared, profiles } = JSON.parse(readFileSync(file('speedscope.json'), 'utf8')) as { shared: { frames: { name: string }[] }; profiles: { type: string; endValue: number; events: { type: string; frame: number; at: number }[] }[] };
    const { traceEvents } = JSON.parse(readFileSync(file('trace.json'), 'utf8')) as { traceEvents: { ph: string; name: string; ts: number }[] };
    expect(profiles).toHaveLength(1);
    const events = profiles[0]?.events ?? [];
    expect(events.filter(({ type }) => type === 'O').map(({ frame }) => shared.frames[frame]?.name)).toEqual(calls);
    expect(traceEvents.filter(({ ph }) => ph === 'B').map(({ name }) => name)).toEqual(calls);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b));
    for (const each of [events.map(({ type, frame }) => [type === 'O', frame]), traceEvents.filter(({ ph }) => ph !== 'M').map(({ ph, name }) => [ph === 'B', name])]) {
      const open: unknown[] = [];
      for (const [opens, what] of each) {
        if (opens === true) open.push(what);
        else expect(open.pop()).toBe(what);
      }
      expect(open).toEqual([]);
    }
  });
});

describe('func-count', () => {
  let table: Finished;
  let json: Finished;
  let csv: Finished;
  let python: Finished;
  beforeAll(async () => {
    const command = `${programs.path('functions')} 1000 3`;
    [table, json, csv, python] = await Promise.all([
      stapkit('func-count', [':*', '-c', command]),
      stapkit('func-count', [':busy', '-i', '0.1', '--json', '-c', command]),
      stapkit('func-count', [':*', '--csv', '-c', programs.path('functions')]),
      stapkit('func-count', ['libc:getloadavg', '--json', '-c', `python3 -S -c "import os; [os.getloadavg() for _ in range(${PYTHON_CALLS})]"`]),
    ]);
  });

  test('table: the counts that the program tells', () => {
    expect([table.stderr, table.status]).toEqual(['', 0]);
    const found = Object.fromEntries([...table.stdout.matchAll(/^ *([\d.]+k?) (\w+) +functions functions\.c:\d+ *$/gm)].map(([, count = '', name = '']) => [name, count]));
    expect(found).toMatchObject(Object.fromEntries(Object.entries(callsOf(table)).map(([name, count]) => [name, count === 3000 ? '3.00k' : String(count)])));
  });

  test('JSON: tables at intervals leave out no call of several threads', () => {
    expect([json.stderr, json.status]).toEqual(['', 0]);
    const counted = rows(json);
    expect(new Set(counted.map((row) => row['function']))).toEqual(new Set(['busy']));
    expect(counted.reduce((sum, { calls }) => sum + Number(calls), 0)).toBe(callsOf(json)['busy']);
  });

  test('CSV', () => {
    expect([csv.stderr, csv.status]).toEqual(['', 0]);
    expect(Object.fromEntries(csvRowsOf(csv, 'time,').map(({ function: name = '', calls }) => [name, Number(calls)]))).toMatchObject(callsOf(csv));
  });

  test("functions of libc that python calls, by the library's short name", () => {
    expect([python.stderr, python.status]).toEqual(['', 0]);
    expect(rows(python)).toMatchObject([{ calls: PYTHON_CALLS, function: 'getloadavg' }]);
  });
});

describe('func-latency', () => {
  let table: Finished;
  let json: Finished;
  let csv: Finished;
  beforeAll(async () => {
    const command = `${programs.path('functions')} 0 1 3`;
    [table, json, csv] = await Promise.all([
      stapkit('func-latency', [':leaf', '-c', command, '--raw']),
      stapkit('func-latency', [':nap', '--by', '$ms', '--unit', 'ms', '--json', '-c', command]),
      stapkit('func-latency', [':recurse', '--by', '$n', '--summary', '--csv', '-c', command]),
    ]);
  });

  test('table: all calls, and all of them in the histogram', () => {
    expect([table.stderr, table.status]).toEqual(['', 0]);
    const calls = callsOf(table)['leaf'] ?? 0;
    const row = / +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) leaf *\n/.exec(table.stdout)?.slice(1).map(Number) ?? [];
    expect(row[0]).toBe(calls);
    expect(row.slice(1, 4)).toEqual(row.slice(1, 4).sort((a, b) => a - b));
    expect([...table.stdout.matchAll(/^ *\d+ \|@* +(\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(calls);
  });

  test('JSON: by argument, within what the program measured around each call', () => {
    expect([json.stderr, json.status]).toEqual(['', 0]);
    const told = [...json.stdout.matchAll(/^nap (\d+) (\d+)$/gm)].map(([, ms = '', ns]) => ({ ms, ns: Number(ns) }));
    expect(told.length).toBe(3);
    const all = rows(json);
    for (const { ms, ns } of told) {
      expect(all).toContainEqual(expect.objectContaining({ by: ms, calls: 1 }));
      const took = Number(all.find((row) => row['by'] === ms)?.['total_ns']);
      expect([took >= Number(ms) * 1e6, took <= ns]).toEqual([true, true]);
      expect(all).toContainEqual(expect.objectContaining({ histogram: ms }));
    }
  });

  test('CSV: a recursive function, by argument', () => {
    expect([csv.stderr, csv.status]).toEqual(['', 0]);
    const expected: Record<string, number> = {};
    for (const [, n = ''] of csv.stdout.matchAll(/^graph \d+ ->recurse n=0x(\d)$/gm)) expected[n] = (expected[n] ?? 0) + 1;
    expect(Object.fromEntries(csvRowsOf(csv, 'time,').map(({ by = '', calls }) => [by, Number(calls)]))).toEqual(expected);
    expect(csv.stdout).not.toContain('histogram');
  });
});

test.each(['para-callgraph', 'func-count', 'func-latency'])('%s: functions of the kernel, where they cannot be probed: one line', async (tool) => {
  const { stdout, stderr, status } = await stapkit(tool, ['do_filp_open', '-c', 'true']);
  // A kernel with kprobes has them.
  if (status !== 0) expect([stdout, status, stderr.trimEnd().split('\n').length, /^\S+: cannot attach .*do_filp_open.*kprobes/.test(stderr)]).toEqual(['', 2, 1, true]);
});
