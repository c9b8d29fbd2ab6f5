import { expect, describe, test } from '@jest/globals';
import { Attributes } from './attributes.js';
import { onlineCpus, parseCpuList, possibleCpuCount } from './cpus.js';
import { errnoMeaning, errnoName, errnoNumber } from './errno.js';
import { FakeKernel } from './fake-kernel.js';
import { hasCapability, isAtLeast } from './kernel.js';
import { checked, syscallError } from './syscall-error.js';

test.each([
  [2, 'ENOENT', 'no such file or directory'],
  [95, 'EOPNOTSUPP', 'operation not supported on transport endpoint'],
  [524, 'ENOTSUPP', 'operation is not supported'],
  [4711, 'errno 4711', ''],
])('error number %i is %s', (number, name, meaning) => {
  expect([errnoName(number), errnoMeaning(number)]).toEqual([name, meaning]);
  expect(errnoNumber(name)).toBe(meaning === '' ? undefined : number);
});

test.each([
  ['0', [0]], ['0-3', [0, 1, 2, 3]], ['0-1,8', [0, 1, 8]], ['0,2-3', [0, 2, 3]],
])('CPU list %s', (text, cpus) => {
  expect(parseCpuList(text)).toEqual(cpus);
});

test('a sparse set of CPUs counts its members', () => {
  const kernel = new FakeKernel({ files: { '/sys/devices/system/cpu/possible': '0-3,8\n', '/sys/devices/system/cpu/online': '0,8\n' } });
  expect(possibleCpuCount(kernel)).toBe(5);
  expect(onlineCpus(kernel)).toEqual([0, 8]);
});

test.each(['', 'x', '1-', '0;1'])('"%s" is no CPU list', (text) => {
  expect(() => parseCpuList(text)).toThrow(/is not a list of CPUs/);
});

test.each([
  ['6.1.0-44-amd64', 5, 8, true], ['5.10.0', 5, 11, false], ['5.11', 5, 11, true], ['6.18.44-fc', 7, 0, false],
])('%s is at least %i.%i: %s', (release, major, minor, want) => {
  expect(isAtLeast(new FakeKernel({ release }), major, minor)).toBe(want);
});

test.each([
  ['CapEff:\t0000008000000000\n', 39, true], ['CapEff:\t0000008000000000\n', 38, false], ['nothing', 39, false],
])('capability in %j', (status, bit, want) => {
  expect(hasCapability(new FakeKernel({ files: { '/proc/self/status': status } }), bit)).toBe(want);
});

test('attributes lie where the C structure has them', () => {
  const kernel = new FakeKernel();
  const attributes = new Attributes(kernel, 32).u32(0, 0xdeadbeef).u64(8, 1n << 40n).text(16, 'a longer name than fits', 8);
  expect(Buffer.from(attributes.bytes).toString('hex')).toBe('efbeadde00000000000000000001000061206c6f6e6765000000000000000000');
  expect(attributes.getU32(0)).toBe(0xdeadbeef);
});

describe('advice', () => {
  const unprivileged = { '/proc/self/status': 'CapEff:\t0000000000000000\n' };
  const advise = (call: string, errno: string, files: Record<string, string> = {}, effectiveUserId = 0): string => {
    const error = syscallError(new FakeKernel({ files, effectiveUserId }), call, -errnoNumber(errno)!, 'doing it');
    expect(error).toMatchObject({ call, errno, doing: 'doing it' });
    return error.message;
  };

  test.each([
    ['bpf(BPF_MAP_CREATE)', 'EPERM', 1000, { ...unprivileged, '/proc/sys/kernel/unprivileged_bpf_disabled': '2\n' }, 'run as root or give CAP_BPF and CAP_PERFMON (kernel.unprivileged_bpf_disabled is 2)'],
    ['perf_event_open', 'EACCES', 1000, { ...unprivileged, '/proc/sys/kernel/perf_event_paranoid': '3\n' }, 'run as root or give CAP_BPF and CAP_PERFMON (kernel.perf_event_paranoid is 3)'],
    ['bpf(BPF_MAP_CREATE)', 'EPERM', 0, unprivileged, '--cap-add BPF --cap-add PERFMON'],
    ['bpf(BPF_PROG_LOAD)', 'EPERM', 0, { '/sys/kernel/security/lockdown': 'none integrity [confidentiality]\n' }, 'the kernel is locked down (confidentiality mode'],
    ['bpf(BPF_PROG_LOAD)', 'EPERM', 0, { '/sys/kernel/security/lockdown': '[none] integrity confidentiality\n' }, 'a security policy refuses it'],
    ['bpf(BPF_PROG_LOAD)', 'ENOSPC', 0, {}, 'the verifier log did not fit'],
    ['bpf(BPF_PROG_LOAD)', 'E2BIG', 0, {}, 'split the handler'],
    ['bpf(BPF_PROG_LOAD)', 'ENOTSUPP', 0, {}, 'bpf_jit_enable'],
    ['bpf(BPF_MAP_CREATE)', 'ENOMEM', 0, {}, 'lower MAXMAPENTRIES'],
    ['bpf(BPF_MAP_CREATE)', 'EINVAL', 0, {}, 'ring buffers need 5.8'],
    ['bpf(BPF_MAP_CREATE)', 'ENOSYS', 0, {}, 'CONFIG_BPF_SYSCALL is not set'],
    ['bpf(BPF_MAP_CREATE)', 'EMFILE', 0, {}, 'ulimit -n'],
    ['perf_event_open', 'EMFILE', 0, {}, 'ulimit -n'],
    ['perf_event_open', 'ENOSYS', 0, {}, 'CONFIG_PERF_EVENTS is not set'],
    ['perf_event_open', 'ENOMEM', 0, {}, 'short of memory'],
    ['bpf(BPF_RAW_TRACEPOINT_OPEN)', 'ENOENT', 0, {}, 'no such tracepoint'],
    ['ioctl(PERF_EVENT_IOC_SET_BPF)', 'E2BIG', 0, {}, 'end the other tracers'],
  ])('%s %s as user %i', (call, errno, user, files, want) => {
    const message = advise(call, errno, files, user);
    expect(message).toContain(`doing it: ${call} failed with ${errno} (`);
    expect(message).toContain(want);
  });

  test('an error that nothing is known about has none', () => {
    expect(advise('bpf(BPF_MAP_CREATE)', 'EDOM')).toMatch(/EDOM \([^;]*\)$/);
  });

  test('a result is given back, an error thrown', () => {
    expect(checked(new FakeKernel(), 'bpf', 7, 'x')).toBe(7);
    expect(() => checked(new FakeKernel(), 'bpf', -22, 'making it')).toThrow('making it: bpf failed with EINVAL (invalid argument)');
  });
});
