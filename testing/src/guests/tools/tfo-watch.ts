import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

/** Successes and failures with their addresses, IPv4 and IPv6, by the kernel function, which this machine may not have. */
export const entries: readonly ToolEntry[] = [{
  tool: 'tfo-watch',
  always: ['7.2'],
  args: '--demo --json',
  verify: ({ rows, stderr }) => {
    expect(rows().map(({ result, source, destination }) => [result, source, destination])).toEqual([
      ...Array.from({ length: 3 }, () => ['OK', '127.0.0.1', '127.0.0.1']),
      ...Array.from({ length: 3 }, () => ['OK', '::1', '::1']),
      ['FAILED', '127.0.0.1', '127.0.0.1'],
      ['FAILED', '::1', '::1'],
    ]);
    for (const row of rows()) expect(row['source_port']).toBeGreaterThan(0);
    expect(stderr).toContain('by kernel function tcp_try_fastopen');
  },
}];
