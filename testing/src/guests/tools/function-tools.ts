import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

export const entries: readonly ToolEntry[] = [{
  // 6 open, 6 openat, 3 openat2.
  tool: 'func-count',
  always: ['6.1'],
  args: "'__x64_sys_open*' --comm opens --json",
  target: '$PROGRAMS/opens',
  programs: ['opens'],
  verify: ({ rows, target }) => {
    expect(target).toBe('ok 12 failed 3\n');
    expect(Object.fromEntries(rows().map(({ function: name, calls }) => [name, calls]))).toEqual({ __x64_sys_open: 6, __x64_sys_openat: 6, __x64_sys_openat2: 3 });
  },
}, {
  // On all kernels the trigger's own call and return belong to it, whichever probe is hit first.
  tool: 'para-callgraph',
  args: "':*' ':outer' -c $PROGRAMS/functions",
  programs: ['functions'],
  verify: ({ stdout }) => {
    const told = [...stdout.matchAll(/^graph (\d+) (.*)$/gm)].map(([, depth, event]) => [Number(depth), event]);
    const seen = [...stdout.matchAll(/^ *\d+ functions\(\d+\):( *)((?:->|<-).*)$/gm)].map(([, blanks = '', event]) => [blanks.length + 1, event]);
    expect(told.length).toBeGreaterThan(40);
    expect(seen).toEqual(told);
  },
}, {
  tool: 'func-latency',
  always: ['7.2'],
  args: "'__x64_sys_open*' --comm opens --json",
  target: '$PROGRAMS/opens',
  programs: ['opens'],
  verify: ({ rows }) => {
    expect(Object.fromEntries(rows().flatMap(({ by, calls }) => (by === undefined ? [] : [[by, calls]])))).toEqual({ __x64_sys_open: 6, __x64_sys_openat: 6, __x64_sys_openat2: 3 });
  },
}, {
  tool: 'thread-indent',
  always: ['7.2'],
  args: "net/socket.c -c '$PROGRAMS/tcp-states 7790' --json",
  programs: ['tcp-states'],
  verify: ({ rows, stdout }) => {
    const events = rows().filter(({ command }) => command === 'tcp-states');
    const sockets = Number(/^sockets (\d+)$/m.exec(stdout)?.[1]);
    expect(events.filter(({ event, function: name }) => event === 'call' && name === '__sys_socket')).toHaveLength(sockets);
    const open: unknown[] = [];
    for (const { event, function: name, depth } of events) {
      if (event === 'call') open.push(name);
      expect([name, depth]).toEqual([open.at(-1), open.length]);
      if (event === 'return') open.pop();
    }
    expect([open.length, events.length > 60]).toEqual([0, true]);
  },
}];
