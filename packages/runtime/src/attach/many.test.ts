import { expect, test } from '@jest/globals';
import type { AttachPoint, ProgramKind } from '@stapkit/object';
import { errnoNumber } from '../sys/errno.js';
import { type FakeAnswers, FakeKernel } from '../sys/fake-kernel.js';
import * as uapi from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { attachProgram } from './attach-program.js';
import type { Attachment } from './attachment.js';

const MEMBERS = ['vfs_read', 'vfs_write', 'notrace_me'].map((symbol, index) => ({ symbol, cookie: 10 + index }));
const KERNEL: AttachPoint = { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4, members: MEMBERS };
const USER: Extract<AttachPoint, { kind: 'user-function' }> = { kind: 'user-function', path: '/bin/true', symbol: 'a', fileOffset: 16, return: true, members: [{ symbol: 'a', fileOffset: 16, cookie: 3 }, { symbol: 'b', fileOffset: 32, cookie: 4 }] };
const FTRACE = { '/sys/kernel/tracing/available_filter_functions': 'vfs_read\nvfs_write\nnotrace_me [odd]\n' };
const PMU = { '/sys/bus/event_source/devices/kprobe/type': '8\n', '/sys/bus/event_source/devices/uprobe/type': '9\n' };
const fails = (errno: string) => (): number => -errnoNumber(errno)!;

function attach(answers: FakeAnswers, kind: ProgramKind, target: AttachPoint): { readonly attachment: Attachment; readonly kernel: FakeKernel } {
  const kernel = new FakeKernel(answers);
  return { kernel, attachment: attachProgram({ kernel, programFd: 5, point: 'the.point' }, { symbol: 's', section: 's', kind, target, probes: [0], role: 'handler' }, undefined) };
}
const words = (bytes: Uint8Array): bigint[] => [...new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)];

test('kprobe_multi: one link with cookies, without the functions that ftrace cannot trace', () => {
  const links: unknown[] = [];
  const { attachment, kernel } = attach({
    files: FTRACE,
    bpf: (command, attributes) => {
      links.push({ command, program: attributes.u32(0), type: attributes.u32(8), flags: attributes.u32(16), count: attributes.u32(20), cookies: words(attributes.pointed(40)) });
      return 7;
    },
  }, 'kprobe_multi', KERNEL);
  expect(links).toEqual([{ command: uapi.BPF_LINK_CREATE, program: 5, type: uapi.BPF_TRACE_KPROBE_MULTI, flags: 0, count: 2, cookies: [10n, 11n] }]);
  expect(attachment.skipped).toEqual(['notrace_me']);
  attachment.close();
  expect(kernel.closed).toEqual([7]);
});

test('uretprobe_multi: offsets and cookies of a file', () => {
  const links: unknown[] = [];
  const { attachment } = attach({
    bpf: (_command, attributes) => {
      links.push({ type: attributes.u32(8), path: Buffer.from(attributes.pointed(16)).toString(), offsets: words(attributes.pointed(24)), cookies: words(attributes.pointed(40)), count: attributes.u32(48), flags: attributes.u32(52) });
      return 7;
    },
  }, 'uretprobe_multi', USER);
  expect(links).toEqual([{ type: uapi.BPF_TRACE_UPROBE_MULTI, path: '/bin/true\0', offsets: [16n, 32n], cookies: [3n, 4n], count: 2, flags: 1 }]);
  expect(attachment.skipped).toBeUndefined();
});

test('semaphores: their offsets beside those of the places, 0 where there is none', () => {
  const [first, second] = USER.members ?? [];
  if (first === undefined || second === undefined) throw new Error('two members');
  const target: AttachPoint = { ...USER, return: false, members: [{ ...first, semaphore: 0x4010 }, second] };
  const links: unknown[] = [];
  attach({ bpf: (_command, attributes) => { links.push(words(attributes.pointed(32))); return 7; } }, 'uprobe_multi', target);
  expect(links).toEqual([[0x4010n, 0n]]);
  const configs: bigint[] = [];
  attach({
    files: { ...PMU, '/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset': 'config:32-63\n' },
    perfEventOpen: (attributes) => { configs.push(attributes.u64(8)); return 6; }, bpf: () => 8,
  }, 'uprobe', target);
  expect(configs).toEqual([0x4010_0000_0000n, 0n]);
});

test('a link for each: those that cannot be probed are told, and all is closed', () => {
  let next = 20;
  const cookies: bigint[] = [];
  const { attachment, kernel } = attach({
    files: PMU,
    perfEventOpen: (attributes) => (Buffer.from(attributes.pointed(56)).toString() === 'notrace_me\0' ? -errnoNumber('EINVAL')! : next++),
    bpf: (_command, attributes) => { cookies.push(attributes.u64(16)); return next++; },
  }, 'kprobe', KERNEL);
  expect(cookies).toEqual([10n, 11n]);
  expect(attachment.skipped).toEqual(['notrace_me']);
  attachment.close();
  expect(kernel.closed).toEqual([20, 21, 22, 23]);
});

test.each<[string, FakeAnswers, ProgramKind, AttachPoint, string]>([
  ['none can be traced', { files: { '/sys/kernel/tracing/available_filter_functions': 'other\n' } }, 'kprobe_multi', KERNEL, 'the kernel forbids probes on all of its functions'],
  ['not built in', { bpf: fails('EOPNOTSUPP') }, 'kprobe_multi', KERNEL, 'kprobe_multi: this kernel was built without it'],
  ['not there', { bpf: fails('ESRCH') }, 'kretprobe_multi', { ...KERNEL, return: true }, 'kretprobe_multi: one of the functions is not there, or may not be probed'],
  ['refused', { bpf: fails('EPERM') }, 'uprobe_multi', { ...USER, return: false }, 'uprobe_multi: EPERM'],
  ['no unit', {}, 'uprobe', { ...USER, return: false }, 'this kernel has no uprobes'],
  ['no cookies', { files: PMU, perfEventOpen: () => 6, bpf: fails('EINVAL') }, 'uprobe', { ...USER, return: false }, 'this kernel (6.1.0) has no links with cookies'],
])('%s', (_name, answers, kind, target, message) => {
  expect(() => attach(answers, kind, target)).toThrow(AttachError);
  expect(() => attach(answers, kind, target)).toThrow(message);
});
