import { expect } from '@jest/globals';
import type { ToolEntry } from '../tools.part.js';

/** 0.5 s of work of its own clock, below known functions. */
const CHAIN = '$PROGRAMS/chain 0.5';
/** An event loop that is blocked for 0.3 s between two calls of epoll_wait. */
const LOOP = `import select, time
loop = select.epoll()
loop.poll(0)
end = time.monotonic() + 0.3
while time.monotonic() < end: pass
loop.poll(0)
`;

export const entries: readonly ToolEntry[] = [{
  tool: 'cpu-hogs',
  args: '--comm chain --json',
  target: CHAIN,
  programs: ['chain'],
  verify: ({ rows }) => {
    expect(rows().map(({ command }) => command)).toEqual(['chain']);
    expect(Number(rows()[0]?.['cpu_us'])).toBeGreaterThan(450_000);
  },
}, {
  tool: 'runq-latency',
  args: '--comm chain --per-thread --json',
  target: CHAIN,
  programs: ['chain'],
  verify: ({ rows }) => {
    expect(rows().map(({ command }) => command)).toEqual(['chain']);
    expect(Number(rows()[0]?.['times'])).toBeGreaterThan(0);
  },
}, {
  tool: 'epoll-blocking',
  args: '--comm python3 --min-us 200000 --json',
  files: { 'loop.py': LOOP },
  target: 'python3 $FILES/loop.py',
  verify: ({ rows }) => {
    expect(rows().map(({ command, blocked_us: us }) => [command, Number(us) >= 300_000])).toEqual([['python3', true]]);
  },
}, {
  tool: 'disk-latency',
  args: '--brief --json',
  target: 'dd if=/dev/zero of=/tmp/disk bs=64k count=16 2> /dev/null; DISK=$(losetup --find --show /tmp/disk) && dd if=$DISK of=/dev/null bs=4k count=20 iflag=direct 2> /dev/null; echo $DISK; losetup --detach $DISK',
  verify: ({ rows, target }) => {
    const disk = target.trim().replace('/dev/', '');
    expect(disk).toMatch(/^loop\d+$/);
    // What the kernel reads of a new disk to find partitions comes before.
    const [row] = rows().filter(({ device, operation }) => device === disk && operation === 'read');
    expect([Number(row?.['requests']) >= 20, Number(row?.['bytes']) >= 20 * 4096, row?.['failures']]).toEqual([true, true, 0]);
  },
}];
