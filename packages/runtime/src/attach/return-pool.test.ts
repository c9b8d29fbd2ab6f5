import { describe, expect, test } from '@jest/globals';
import type { AttachPoint, ProgramKind } from '@stapkit/object';
import { errnoNumber } from '../sys/errno.js';
import { type FakeAnswers, FakeKernel } from '../sys/fake-kernel.js';
import * as uapi from '../sys/uapi.js';
import { attachProgram } from './attach-program.js';
import type { Attachment } from './attachment.js';

const RETURN = { kind: 'function', symbol: 'vfs_read', return: true, arguments: 4 } as const;
const UNIT = { '/sys/bus/event_source/devices/kprobe/type': '8\n', '/sys/bus/event_source/devices/kprobe/format/retprobe': 'config:0\n' };
const TRACEFS = '/sys/kernel/tracing';

/** Numbers of the events that this process defines, in their order: 1000 and on. */
const IDS = Object.fromEntries(Array.from({ length: 4000 }, (_, index) => [`${TRACEFS}/events/stapkit_${process.pid}/return_${process.pid}_${index}/id`, String(1000 + index)]));

function attach({ files = {}, append, ...answers }: FakeAnswers, target: AttachPoint = RETURN, kind: ProgramKind = 'kretprobe'): { readonly attachment: Attachment; readonly written: string[]; readonly kernel: FakeKernel; readonly opened: unknown[] } {
  const written: string[] = [];
  const opened: unknown[] = [];
  const kernel = new FakeKernel({
    files: { ...UNIT, ...IDS, [`${TRACEFS}/events/header_page`]: 'x', ...files },
    append: (path, text) => {
      written.push(text);
      return append?.(path, text) ?? 0;
    },
    perfEventOpen: (attributes, pid, cpu) => {
      opened.push([attributes.u32(0), attributes.u64(8) >= 1000n ? 'an event' : attributes.u64(8), pid, cpu]);
      return 40 + opened.length;
    },
    bpf: () => 90, ...answers,
  });
  const attachment = attachProgram({ kernel, programFd: 5, point: 'the.point' }, { symbol: 's', section: 's', kind, target, probes: [0], role: 'handler' }, undefined);
  return { attachment, written, kernel, opened };
}
const OWN = new RegExp(`stapkit_${process.pid}/return_\\d+_\\d+`);
/** Names hold the number of the process and of the probe. */
const plain = (lines: readonly string[]): string[] => lines.map((line) => line.replace(OWN, 'EVENT').trim());

test('a return probe has 512 places, and its definition goes when it is closed', () => {
  const { attachment, written, kernel, opened } = attach({});
  expect(opened).toEqual([[uapi.PERF_TYPE_TRACEPOINT, 'an event', -1, 0]]);
  expect(plain(written)).toEqual(['r512:EVENT vfs_read']);
  attachment.close();
  expect([kernel.closed, plain(written).at(-1)]).toEqual([[41], '-:EVENT']);
});

test.each<[string, AttachPoint, number, string]>([
  ['in a module', { ...RETURN, module: 'xfs' }, 1, 'r512:EVENT xfs:vfs_read'],
  ['many share', { ...RETURN, members: Array.from({ length: 100 }, (_, cookie) => ({ symbol: 'vfs_read', cookie })) }, 100, 'r163:EVENT vfs_read'],
  ['never fewer than SystemTap gives', { ...RETURN, members: Array.from({ length: 2000 }, (_, cookie) => ({ symbol: 'vfs_read', cookie })) }, 2000, 'r15:EVENT vfs_read'],
])('places: %s', (_name, target, count, line) => {
  expect(plain(attach({}, target).written)).toEqual(Array.from({ length: count }, () => line));
});

test('what a killed process left is taken away, but for what another one uses', () => {
  const files = { [`${TRACEFS}/kprobe_events`]: 'p:kprobes/p_other_0 vfs_read\nr512:stapkit_1/return_0 vfs_read\nr15:stapkit_2/return_7 xfs:xfs_read\nr4:theirs/return_0 vfs_read\n' };
  const { written } = attach({ files, append: (_path, text) => (text.startsWith('-:stapkit_1/') ? -errnoNumber('EBUSY')! : 0) });
  expect(plain(written)).toEqual(['-:stapkit_1/return_0', '-:stapkit_2/return_7', 'r512:EVENT vfs_read']);
});

describe('the perf unit does it', () => {
  test.each<[string, FakeAnswers]>([
    ['without tracefs', { files: { [`${TRACEFS}/events/header_page`]: undefined as unknown as string } }],
    ['when tracefs may not be written', { append: () => -errnoNumber('EACCES')! }],
  ])('%s', (_name, answers) => {
    const { opened, attachment } = attach(answers);
    expect([opened, 'missedReturns' in attachment]).toEqual([[[8, 1n, -1, 0]], false]);
  });
});

test('calls without a place are counted', () => {
  const files: Record<string, string> = {};
  const { attachment, written } = attach({ files });
  const name = /return_\d+_\d+/.exec(written.at(-1) ?? '')?.[0] ?? '';
  expect(attachment.missedReturns?.()).toBe(0);
  const profile = `  return_1_1   8   9\n  ${name}                      20              7\n`;
  expect(attach({ files: { [`${TRACEFS}/kprobe_profile`]: profile.replace(name, name.replace(/\d+$/, (digits) => String(Number(digits) + 1))) } }).attachment.missedReturns?.()).toBe(7);
});

test('kretprobe_multi: the link counts them', () => {
  const { attachment } = attach({
    bpf: (command, attributes) => {
      if (command !== uapi.BPF_OBJ_GET_INFO_BY_FD) return 90;
      new DataView(attributes.pointed(8).buffer, attributes.pointed(8).byteOffset).setBigUint64(32, 3n, true);
      return 0;
    },
  }, { ...RETURN, members: [{ symbol: 'vfs_read', cookie: 0 }] }, 'kretprobe_multi');
  expect(attachment.missedReturns?.()).toBe(3);
});
