import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

/** One program that runs and one that is missing, both by a shell: as it was asked. */
export const entries: readonly ToolEntry[] = [{
  tool: 'execsnoop',
  args: "--failures --json -c \"/bin/sh -c '/bin/echo a \\\"b c\\\"; /no/such; true'\"",
  verify: ({ rows }) => {
    const [shell, ...others] = rows();
    expect([shell?.['path'], shell?.['args']]).toEqual(['/bin/sh', '/bin/sh -c \'/bin/echo a "b c"; /no/such; true\'']);
    expect(others.map(({ path, args, result, error, ppid }) => [path, args, result, error, ppid])).toEqual([
      ['/bin/echo', "/bin/echo a 'b c'", 0, null, shell?.['pid']], ['/no/such', '/no/such', -1, 'ENOENT', shell?.['pid']],
    ]);
  },
}];
