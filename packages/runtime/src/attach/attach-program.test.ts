import { describe, expect, test } from '@jest/globals';
import type { AttachPoint, ProgramKind, ProgramMetadata } from '@stapkit/object';
import { errnoNumber } from '../sys/errno.js';
import { type FakeAnswers, FakeKernel } from '../sys/fake-kernel.js';
import * as uapi from '../sys/uapi.js';
import { AttachError } from './attach-error.js';
import { attachProgram } from './attach-program.js';

const KPROBES = { '/sys/bus/event_source/devices/kprobe/type': '8\n', '/sys/bus/event_source/devices/kprobe/format/retprobe': 'config:0\n' };
const UPROBES = { '/sys/bus/event_source/devices/uprobe/type': '9\n', '/sys/bus/event_source/devices/uprobe/format/retprobe': 'config:0\n' };
const SEMAPHORES = { ...UPROBES, '/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset': 'config:32-63\n' };
const FUNCTION = { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4 } as const;
const USER = { kind: 'user-function', path: '/bin/true', symbol: 'main', fileOffset: 0x1234, return: false } as const;
const NETFILTER = { kind: 'netfilter', family: 2, hook: 3, priority: -150 } as const;
const PROFILE = { kind: 'profile', frequencyHz: 99 } as const;

function attach(answers: FakeAnswers, kind: ProgramKind, target: AttachPoint, targetPid?: number): { kernel: FakeKernel; close: () => void } {
  const kernel = new FakeKernel(answers);
  const metadata: ProgramMetadata = { symbol: 's', section: 's', kind, target, probes: [0], role: 'handler' };
  const attachment = attachProgram({ kernel, programFd: 5, point: 'the.point' }, metadata, targetPid);
  return { kernel, close: () => { attachment.close(); attachment.close(); } };
}
const fails = (errno: string) => (): number => -errnoNumber(errno)!;

test('a function whose unused parts the compiler took away has another name', () => {
  const names: string[] = [];
  attach({
    files: KPROBES,
    perfEventOpen: (attributes) => {
      names.push(Buffer.from(attributes.pointed(56)).toString().slice(0, -1));
      return names.length === 1 ? fails('ENOENT')() : 6;
    },
    ioctl: () => 0,
  }, 'kprobe', FUNCTION);
  expect(names).toEqual(['vfs_read', 'vfs_read.isra.0']);
});

test('a netfilter hook is a link', () => {
  const links: unknown[] = [];
  const { kernel, close } = attach({
    bpf: (command, attributes) => {
      links.push([command, ...[0, 8, 16, 20, 24, 28].map((at) => attributes.u32(at) | 0)]);
      return 7;
    },
  }, 'netfilter', NETFILTER);
  expect(links).toEqual([[uapi.BPF_LINK_CREATE, 5, uapi.BPF_NETFILTER, 2, 3, -150, 0]]);
  close();
  expect(kernel.closed).toEqual([7]);
});

describe('errors name the probe, the cause and the mend', () => {
  test.each<[string, FakeAnswers, ProgramKind, AttachPoint, string]>([
    ['no kprobes', {}, 'kprobe', FUNCTION, 'this kernel has no kprobes (CONFIG_KPROBES is not set); use a tracepoint'],
    ['no function', { files: KPROBES, perfEventOpen: fails('ENOENT') }, 'kprobe', FUNCTION, 'kprobe: the running kernel has no function "vfs_read"; it may be inlined or renamed'],
    ['no function in the module', { files: KPROBES, perfEventOpen: fails('ENOENT') }, 'kprobe', { ...FUNCTION, module: 'xfs' }, 'has no function "vfs_read" in module xfs; is the module loaded? (modprobe xfs)'],
    ['several functions', { files: KPROBES, perfEventOpen: fails('EADDRNOTAVAIL') }, 'kprobe', FUNCTION, 'has several functions "vfs_read"'],
    ['forbidden instruction', { files: KPROBES, perfEventOpen: fails('EINVAL') }, 'kprobe', { ...FUNCTION, offset: 0x12 }, 'kprobe: the kernel forbids a probe at vfs_read+0x12'],
    ['forbidden function', { files: KPROBES, perfEventOpen: fails('EINVAL') }, 'kretprobe', FUNCTION, 'kretprobe: the kernel forbids probes on "vfs_read"'],
    ['not permitted', { files: { ...KPROBES, '/proc/self/status': '' }, effectiveUserId: 7, perfEventOpen: fails('EACCES') }, 'kprobe', FUNCTION, 'kprobe: EACCES; run as root'],
    ['too many files', { files: KPROBES, perfEventOpen: fails('EMFILE') }, 'kprobe', FUNCTION, 'kprobe: EMFILE; too many open files'],
    ['too many programs', { files: KPROBES, perfEventOpen: () => 6, ioctl: fails('E2BIG') }, 'kprobe', FUNCTION, 'kprobe: E2BIG; the probe point carries as many BPF programs'],
    ['no uprobes', {}, 'uprobe', USER, 'this kernel has no uprobes (CONFIG_UPROBE_EVENTS is not set)'],
    ['no file', { files: UPROBES, perfEventOpen: fails('ENOENT') }, 'uprobe', USER, 'there is no file /bin/true; was it moved'],
    ['no process', { files: UPROBES, perfEventOpen: fails('ESRCH') }, 'uprobe', { ...USER, pid: 77 }, 'there is no process 77'],
    ['no code', { files: UPROBES, perfEventOpen: fails('EINVAL') }, 'uretprobe', USER, '/bin/true has no code at offset 0x1234'],
    ['odd file system', { files: UPROBES, perfEventOpen: fails('EIO') }, 'uprobe', USER, 'the file system of /bin/true does not allow probes'],
    ['odd instruction', { files: UPROBES, perfEventOpen: () => 6, ioctl: () => -1 }, 'uprobe', USER, 'uprobe: EPERM'],
    ['unprobed instruction', { files: UPROBES, perfEventOpen: fails('ENOTSUPP') }, 'uprobe', USER, 'the kernel cannot probe the instruction at main (offset 0x1234)'],
    ['no semaphores', { files: UPROBES }, 'uprobe', { ...USER, semaphore: 0x4010 }, 'main runs only while its semaphore is above 0, and this kernel (6.1.0) cannot count it up; Linux 4.20 or later can'],
    ['far semaphore', { files: SEMAPHORES }, 'uprobe', { ...USER, semaphore: 2 ** 32 }, 'the semaphore of main lies behind the first 4 GiB of /bin/true'],
    ['no netfilter hooks', { bpf: fails('EINVAL') }, 'netfilter', NETFILTER, 'this kernel (6.1.0) was built without BPF programs as netfilter hooks; a kernel of Linux 6.4'],
    ['netfilter taken', { bpf: fails('EBUSY') }, 'netfilter', NETFILTER, 'another hook has the priority -150 for itself; give another .priority("N")'],
    ['netfilter forbidden', { bpf: fails('EPERM') }, 'netfilter', NETFILTER, 'netfilter: EPERM; run as root, or give CAP_NET_ADMIN'],
    ['no IPv6', { bpf: fails('EAFNOSUPPORT') }, 'netfilter', NETFILTER, 'protocol family 2 is not there'],
    ['no target', { files: UPROBES }, 'uprobe', { ...USER, pid: 0 }, 'it names no program, and there is no target process; give -x PID or -c COMMAND'],
    ['no tracepoint', { bpf: fails('ENOENT') }, 'raw_tp', { kind: 'tracepoint', name: 'x', arguments: 0 }, 'this kernel (6.1.0) has no tracepoint "x"; list them'],
    ['fentry refused', { bpf: fails('EPERM') }, 'fentry', FUNCTION, 'fentry: EPERM; a security policy refuses it'],
    ['no trampolines', { bpf: fails('ENOTSUPP') }, 'fexit', FUNCTION, 'fexit: this kernel or architecture cannot put a trampoline on functions; a kprobe does it'],
    ['function taken', { bpf: fails('EBUSY') }, 'fentry', FUNCTION, 'fentry: something else (live patching, another tracer) holds the function'],
    ['too fast', { perfEventOpen: fails('EINVAL'), files: { '/proc/sys/kernel/perf_event_max_sample_rate': '50\n' } }, 'perf_event', PROFILE, '99 samples a second are more than this machine allows (50); ask for fewer'],
    ['sampling forbidden', { perfEventOpen: fails('EACCES'), effectiveUserId: 7, files: { '/proc/self/status': '' } }, 'perf_event', PROFILE, 'sampling on CPU 0: EACCES; run as root'],
    ['no counters', { perfEventOpen: fails('ENOENT') }, 'perf_event', { kind: 'perf-event', type: 0, config: 1n, period: 9 }, 'this machine shows no hardware performance counters (virtual machines often have none); use a software event'],
    ['no such counter', { files: { '/sys/bus/event_source/devices/cpu/type': '4\n' }, perfEventOpen: fails('ENOENT') }, 'perf_event', { kind: 'perf-event', type: 0, config: 77n, period: 9 }, "the processor's performance counters have no such event (type 0, config 77)"],
    ['no such event', { perfEventOpen: fails('ENOENT') }, 'perf_event', { kind: 'perf-event', type: 99, config: 1n, period: 9 }, 'this kernel has no performance event of type 99 and config 1'],
    ['no program on it', { perfEventOpen: () => 6, ioctl: fails('EINVAL') }, 'perf_event', { kind: 'perf-event', type: 1, config: 1n, period: 9 }, 'sampling on CPU 0: EINVAL'],
    ['registers taken', { perfEventOpen: fails('ENOSPC') }, 'perf_event', { kind: 'data', access: 'rw', bytes: 4, address: 64n }, 'the processor has no debug register left (x86 has 4); watch fewer'],
    ['not aligned', {}, 'perf_event', { kind: 'data', access: 'rw', bytes: 4, address: 66n }, '0x42 is not a multiple of 4 bytes'],
    ['no symbol', { files: { '/proc/kallsyms': 'ffff0000 D jiffies\n' } }, 'perf_event', { kind: 'data', access: 'write', bytes: 1, symbol: 'none' }, '/proc/kallsyms has no symbol "none"; names of data are there with CONFIG_KALLSYMS_ALL=y only'],
    ['hidden addresses', { files: { '/proc/kallsyms': '0000000000000000 D jiffies\n' } }, 'perf_event', { kind: 'data', access: 'write', bytes: 1, symbol: 'jiffies' }, 'the kernel hides its addresses from this process; run as root'],
    ['no hits', { perfEventOpen: () => 6, hitsBreakpoints: false }, 'perf_event', { kind: 'data', access: 'write', bytes: 1, address: 64n }, 'this machine lets hardware breakpoints be set and does not hit them'],
    ['nonsense', {}, 'kprobe', PROFILE, 'a kprobe program cannot serve "profile": this is a stapkit bug'],
  ])('%s', (_name, answers, kind, target, want) => {
    expect(() => attach(answers, kind, target)).toThrow(AttachError);
    expect(() => attach(answers, kind, target)).toThrow(`cannot attach the.point: `);
    expect(() => attach(answers, kind, target)).toThrow(want);
  });
});

test.each<[ProgramKind, AttachPoint, number | undefined, { type: number; config: bigint; name: string; offset: bigint; pid: number; cpu: number }]>([
  ['kprobe', FUNCTION, undefined, { type: 8, config: 0n, name: 'vfs_read\0', offset: 0n, pid: -1, cpu: 0 }],
  ['kretprobe', { ...FUNCTION, module: 'ext4' }, undefined, { type: 8, config: 1n, name: 'ext4:vfs_read\0', offset: 0n, pid: -1, cpu: 0 }],
  ['uprobe', USER, 44, { type: 9, config: 0n, name: '/bin/true\0', offset: 0x1234n, pid: -1, cpu: 0 }],
  ['uretprobe', { ...USER, pid: 7 }, 44, { type: 9, config: 1n, name: '/bin/true\0', offset: 0x1234n, pid: 7, cpu: -1 }],
  ['uprobe', { ...USER, semaphore: 0x4010 }, 44, { type: 9, config: 0x4010_0000_0000n, name: '/bin/true\0', offset: 0x1234n, pid: -1, cpu: 0 }],
  ['uprobe', { ...USER, pid: 0 }, 44, { type: 9, config: 0n, name: '/bin/true\0', offset: 0x1234n, pid: 44, cpu: -1 }],
])('%s asks perf for its event', (kind, target, targetPid, want) => {
  const seen: unknown[] = [];
  const ioctls: number[][] = [];
  const { kernel, close } = attach({
    files: { ...KPROBES, ...SEMAPHORES },
    perfEventOpen: (attributes, pid, cpu) => {
      seen.push({ type: attributes.u32(0), config: attributes.u64(8), name: Buffer.from(attributes.pointed(56)).toString(), offset: attributes.u64(64), pid, cpu });
      return 6;
    },
    ioctl: (...call) => { ioctls.push(call); return 0; },
  }, kind, target, targetPid);
  expect(seen).toEqual([want]);
  expect(ioctls).toEqual([[6, uapi.PERF_EVENT_IOC_SET_BPF, 5], [6, uapi.PERF_EVENT_IOC_ENABLE, 0]]);
  close();
  expect(kernel.closed).toEqual([6]);
});

test('sampling opens an event on each online CPU, and none stays when one fails', () => {
  const files = { '/sys/devices/system/cpu/online': '0,2-3' };
  const cpus: number[] = [];
  const good = attach({ files, perfEventOpen: (attributes, _pid, cpu) => { cpus.push(cpu, Number(attributes.u64(16))); return 10 + cpu; } }, 'perf_event', { kind: 'profile' });
  expect(cpus).toEqual([0, 250, 2, 250, 3, 250]);
  good.close();
  expect(good.kernel.closed).toEqual([10, 12, 13]);
  const kernel = new FakeKernel({ files, perfEventOpen: (_attributes, _pid, cpu) => (cpu === 3 ? -24 : 10 + cpu) });
  expect(() => attachProgram({ kernel, programFd: 5, point: 'p' }, { symbol: 's', section: 's', kind: 'perf_event', target: PROFILE, probes: [0], role: 'handler' }, undefined)).toThrow('EMFILE');
  expect(kernel.closed).toEqual([10, 12]);
});

test('breakpoints are set on each CPU', () => {
  const seen: unknown[] = [];
  const files = { '/proc/kallsyms': 'ffffffff81000010 D jiffies\n' };
  attach({ files, perfEventOpen: (attributes, pid, cpu) => { seen.push([attributes.u32(0), attributes.u64(16), attributes.u32(52), attributes.u64(56), attributes.u64(64), pid, cpu]); return 6; } }, 'perf_event', { kind: 'data', access: 'write', bytes: 4, symbol: 'jiffies' }).close();
  expect(seen).toEqual([0, 1].map((cpu) => [5, 1n, 2, 0xffff_ffff_8100_0010n, 4n, -1, cpu]));
});

test('a CPU that went offline meanwhile is left out', () => {
  const { kernel, close } = attach({ perfEventOpen: (_attributes, _pid, cpu) => (cpu === 1 ? -19 : 10) }, 'perf_event', PROFILE);
  close();
  expect(kernel.closed).toEqual([10]);
});

test('an offset is not used in another file than the one it was compiled for', () => {
  const elf = Buffer.alloc(64 + 56 + 36);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2]);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(1, 56);
  elf.writeUInt32LE(4, 64);
  elf.writeBigUInt64LE(120n, 64 + 8);
  elf.writeBigUInt64LE(36n, 64 + 32);
  elf.writeUInt32LE(4, 120);
  elf.writeUInt32LE(20, 124);
  elf.writeUInt32LE(3, 128);
  elf.write('GNU\0', 132, 'latin1');
  elf.fill(0xab, 136, 156);
  const files = { ...UPROBES, '/bin/true': elf };
  const id = 'ab'.repeat(20);
  attach({ files, perfEventOpen: () => 6 }, 'uprobe', { ...USER, buildId: id }).close();
  expect(() => attach({ files, perfEventOpen: () => 6 }, 'uprobe', { ...USER, buildId: 'cd' })).toThrow(`/bin/true is not the file that the script was compiled for (build-id ${id}, expected cd); compile the script again`);
});
