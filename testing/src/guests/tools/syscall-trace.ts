import { expect } from '@jest/globals';
import { FILE_WORK, fileWorkSaid } from '../file-work.js';
import type { ToolEntry } from '../tools.part.js';

/** As many opens, reads and writes as the program says, with their bytes; paths, flags and what is read, by kernels with and without bpf_loop. */
export const entries: readonly ToolEntry[] = [{
  tool: 'syscall-trace',
  args: '--comm file-work --json --filter openat,read,pread64,write,connect,execve,exit_group',
  target: FILE_WORK,
  programs: ['file-work'],
  verify: ({ rows, target }) => {
    const said = [fileWorkSaid(target, 'parent'), fileWorkSaid(target, 'child')];
    const sum = (key: 'opens' | 'missing' | 'reads' | 'read_bytes' | 'writes' | 'written_bytes'): number => said.reduce((total, one) => total + one[key], 0);
    const of = (...names: readonly string[]) => rows().filter(({ call }) => names.includes(String(call)));
    const bytes = (...names: readonly string[]): number => of(...names).reduce((total, { result }) => total + Number(result), 0);
    expect(of('openat').map(({ args, result }) => [args, result === -1])).toEqual([
      ['AT_FDCWD, "work/first", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0640', false], ['AT_FDCWD, "work/first", O_RDONLY', false], ['AT_FDCWD, "work/caf\\303\\251 \\"no\\"", O_RDWR', true],
      ['AT_FDCWD, "work/second", O_WRONLY|O_APPEND', false], ['AT_FDCWD, "work/missing", O_RDONLY', true], ['AT_FDCWD, "work/second", O_RDONLY', false],
    ]);
    expect([sum('opens') + sum('missing'), of('read', 'pread64').length, bytes('read', 'pread64')]).toEqual([6, sum('reads'), sum('read_bytes')]);
    // Each of the two prints its line, too.
    const printed = target.split('\n').slice(0, 2);
    expect([of('write').length, bytes('write')]).toEqual([sum('writes') + 2, sum('written_bytes') + printed.join('\n').length + 1]);
    expect(of('read')[0]?.['args']).toBe(`3, "${'w'.repeat(32)}"..., 4000`);
    expect(of('connect').map(({ args, error }) => [args, error])).toEqual([
      ['5, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("127.0.0.1")}, 16', expect.stringMatching(/^E(?:CONNREFUSED|NETUNREACH)$/)],
      ['5, {sa_family=AF_UNIX, sun_path="/no/such.sock"}, 110', 'ENOENT'],
    ]);
    expect(of('exit_group').map(({ args, result }) => [args, result])).toEqual([['3', null], ['3', null]]);
  },
}];
