import { describe, expect, test } from '@jest/globals';
import { DiagnosticSink } from '../diagnostics/index.js';
import { inventedKernel } from './fixture-btf.test-support.js';
import { point, SYSCALLS, testTarget } from './fixture.test-support.js';
import { createProbeResolver } from './resolver.js';
import { KernelSourceIndex } from './source-index.js';

// Kernels are bits: the first is 1.
const TABLE = [
  'kernels\t5.10.0-46-amd64\t6.1.0-56-amd64\t7.2.13+deb14-amd64',
  'arch/x86/kernel/tsc.c', '\tnative_sched_clock',
  'fs/read_write.c', '\t__x64_sys_read', '\tkernel_read\t1', '\tvfs_read', '\tvfs_readv\t6', '\tvfs_write\t4',
  'fs/splice.c', '\tdefault_file_splice_read\t1', '\tvfs_splice_read\t6',
  'net/socket.c', '\tsock_read', '\tvfs_readv\t2', '',
].join('\n');
const index = new KernelSourceIndex(TABLE);

describe('the nearest kernel answers', () => {
  test.each([
    ['4.19.0', '5.10.0-46-amd64'], ['5.10.1-my', '5.10.0-46-amd64'], ['5.15.0', '5.10.0-46-amd64'], ['5.19.3', '6.1.0-56-amd64'], ['6.0.1', '6.1.0-56-amd64'],
    ['6.11.2', '6.1.0-56-amd64'], ['6.13.0', '7.2.13+deb14-amd64'], ['6.18.44-fc', '7.2.13+deb14-amd64'], ['9.0', '7.2.13+deb14-amd64'], ['', undefined], ['custom', undefined],
  ])('%s: %s', (release, from) => {
    expect(index.find({ name: '*', file: 'net/socket.c' }, { release, arch: 'x86_64' })?.release).toBe(from);
  });

  test('no table', () => {
    expect(new KernelSourceIndex('').find({ name: '*', file: '*' }, { release: '6.1', arch: 'x86_64' })).toBeUndefined();
  });
});

describe('functions by file', () => {
  test.each([
    ['*', 'fs/read_write.c', '6.1', ['__x64_sys_read', 'vfs_read', 'vfs_readv']],
    ['*', 'read_write.c', '5.10', ['__x64_sys_read', 'kernel_read', 'vfs_read']],
    ['vfs_*', 'fs/*', '7.2', ['vfs_read', 'vfs_readv', 'vfs_write', 'vfs_splice_read']],
    ['*', 'rite.c', '6.1', []],
    ['*read', 'net/*.c', '6.1', ['sock_read']],
  ])('%s@%s in %s', (name, file, release, names) => {
    expect(index.find({ name, file }, { release, arch: 'x86_64' })?.functions.map((one) => one.name)).toEqual(names);
  });

  test('names of several files are ambiguous, in the kernels that have them', () => {
    const ambiguous = (release: string): readonly string[] => index.find({ name: '*', file: 'fs/read_write.c' }, { release, arch: 'x86_64' })?.functions.filter((one) => one.isAmbiguous).map((one) => one.name) ?? [];
    expect([ambiguous('6.1'), ambiguous('7.2')]).toEqual([['vfs_readv'], []]);
  });

  test('arm64 has its own names of system calls, and files that the table does not know', () => {
    expect(index.find({ name: '*sys*', file: '*' }, { release: '6.1', arch: 'aarch64' })?.functions.map((one) => one.name)).toEqual(['__arm64_sys_read']);
    expect(index.find({ name: '*', file: 'arch/*' }, { release: '6.1', arch: 'aarch64' })?.functions).toEqual([]);
  });
});

describe('kernel.function("PATTERN@FILE") without debug information', () => {
  const expanded = (text: string): { readonly names: readonly string[]; readonly problems: readonly string[] } => {
    const sink = new DiagnosticSink();
    const resolver = createProbeResolver({ target: testTarget({ btf: inventedKernel(), kernelRelease: '6.2.0' }), syscallTable: SYSCALLS, kernelSources: () => TABLE });
    const names = resolver.expand(point(text), sink).map(({ name }) => name);
    return { names, problems: sink.all.map(({ code, message }) => `${code} ${message}`) };
  };
  test('probes what this kernel has of them, and says whose table it was', () => {
    expect(expanded('kernel.function("vfs_*@fs/read_write.c").return')).toEqual({
      names: ['kernel.function("vfs_read@fs/read_write.c").return', 'kernel.function("vfs_readv@fs/read_write.c").return'],
      problems: ["W0422 the functions of 'vfs_*@fs/read_write.c' are known from kernel 6.1.0-56-amd64, the nearest to 6.2.0 that is in the table: 2 of its 2 are in this one; other files have functions of the same name as 'vfs_readv', and which one is probed is the kernel's choice"],
    });
  });

  test.each([
    ['kernel.function("*@net/socket.c")', /^W0422 .*: 1 of its 2 are in this one/],
    ['kernel.function("*@no/such.c")', /^E0466 /],
    ['kernel.function("*@fs/read_write.c").inline', /^E0466 /],
    ['kernel.function("*@fs/read_write.c:12")', /^E0466 /],
    ['kernel.statement("*@fs/read_write.c:12")', /^E0466 /],
    ['kernel.function("*@fs/read_write.c").retrun', /^E0420 /],
  ])('%s', (text, problem) => {
    expect(expanded(text).problems[0]).toMatch(problem);
  });
});
