import { describe, expect, test } from '@jest/globals';
import type { ObjectMetadata } from '@stapkit/object';
import { LineSplitter, describeWays, exitStatusOf, waysTaken } from './tool-session.js';

describe('lines', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['whole', ['a\nb\n'], ['a', 'b']],
    ['in pieces', ['a', 'b\nc', '\n'], ['ab', 'c']],
    ['empty ones', ['\n\na\n'], ['', '', 'a']],
    ['the last without its end', ['a\nb'], ['a', 'b']],
    ['a character cut in two', ['\xc3', '\xa9\n'], ['\xc3\xa9']],
    ['nothing', [''], []],
  ])('%s', (_name, chunks, lines) => {
    const seen: string[] = [];
    const splitter = new LineSplitter((line) => seen.push(line));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk, 'latin1'));
    splitter.end();
    splitter.end();
    expect(seen).toEqual(lines);
  });
});

const metadata = {
  programs: [{ kind: 'fentry', role: 'entry' }, { kind: 'fexit', role: 'handler' }, { kind: 'kretprobe', role: 'handler' }, { kind: 'tp_btf', role: 'handler' }],
  plans: [{ ways: [{ programs: [0, 1] }, { programs: [2] }] }, { ways: [{ programs: [3] }] }],
} as unknown as ObjectMetadata;

test.each<[string, readonly { plan: number; way: number; passedOver: string[] }[], { ways: string[]; passedOver: string[] }, string]>([
  ['best ways', [{ plan: 0, way: 0, passedOver: [] }, { plan: 1, way: 0, passedOver: [] }], { ways: ['fexit', 'tp_btf'], passedOver: [] }, 'attached by fexit, tp_btf\n'],
  ['a second way, told once', [{ plan: 0, way: 1, passedOver: ['fexit: EPERM'] }, { plan: 0, way: 1, passedOver: ['fexit: EPERM'] }], { ways: ['kretprobe'], passedOver: ['fexit: EPERM'] }, 'attached by kretprobe\npassed over: fexit: EPERM\n'],
  ['nothing to attach', [], { ways: [], passedOver: [] }, ''],
])('ways: %s', (_name, outcomes, taken, text) => {
  expect(waysTaken(metadata, outcomes)).toEqual(taken);
  expect(describeWays(taken)).toBe(text);
});

test.each([
  [{ status: 0, armed: true, reason: 'signal' }, 0],
  [{ status: 0, armed: false, reason: 'signal' }, 130],
  [{ status: 0, armed: false, reason: 'exit' }, 0],
  [{ status: 1, armed: true, reason: 'errors' }, 1],
] as const)('exit status of %j', (end, status) => {
  expect(exitStatusOf(end)).toBe(status);
});
