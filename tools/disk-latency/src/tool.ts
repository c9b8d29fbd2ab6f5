/** What disk-latency is. */
import { readdirSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { ToolDescription } from '@stapkit/cli-kit';

/** A whole disk, as in /sys/block: requests go to it, not to its partitions. */
function parseDevice(text: string): string {
  const name = text.replace(/^\/dev\//, '');
  const disks = readdirSync('/sys/block');
  if (!disks.includes(name)) throw new InvalidArgumentError(`'${text}' is no disk here: ${disks.length === 0 ? 'there are none' : disks.join(' ')}.`);
  return name;
}

export const DISK_LATENCY: ToolDescription = {
  name: 'disk-latency',
  summary: 'Shows how long block devices take for reads, writes and flushes.',
  about: ['A row for each device and operation, and a histogram of the time from the moment a request goes to the device (with --queued: comes into the queue) to its end.'],
  ways: [{ name: 'tracepoints', file: 'disk-latency.stp', label: 'tracepoints of the block layer' }],
  filters: [],
  options: [
    { flags: '--device <disk>', help: 'only this disk: vda, /dev/nvme0n1', parse: parseDevice, global: 'only_device' },
    { flags: '--queued', help: 'with the time in the queue', global: 'queued' },
    { flags: '--brief', help: 'only the table, no histograms', global: 'no_histograms' },
  ],
  shows: 'tables',
  tables: { sort: 'requests' },
  columns: [
    { key: 'device', title: 'DEVICE', width: 10, help: 'the disk' },
    { key: 'operation', title: 'OPERATION', width: 12, help: 'read, write, flush, discard, write-zeroes …' },
    { key: 'requests', title: 'REQUESTS', width: 8, type: 'number', unit: 'count', help: 'requests that ended' },
    { key: 'failures', title: 'FAILED', width: 6, type: 'number', unit: 'count', help: 'those of them that failed', style: ({ failures }) => (failures === 0 ? undefined : 'red') },
    { key: 'bytes', title: 'BYTES', width: 7, type: 'number', unit: 'bytes', help: 'bytes that were read or written' },
    { key: 'average_us', title: 'AVERAGE', width: 7, type: 'number', unit: 'us', help: 'time of one' },
    { key: 'shortest_us', title: 'SHORTEST', width: 8, type: 'number', unit: 'us', help: 'time of the fastest' },
    { key: 'longest_us', title: 'LONGEST', width: 7, type: 'number', unit: 'us', help: 'time of the slowest' },
  ],
  examples: [
    ['disk-latency', 'all disks, until Ctrl-C'],
    ['disk-latency -i 5 --device vda', 'one disk, every 5 seconds'],
    ['disk-latency -d 60 --queued --json', 'a minute, with the time in the queue'],
  ],
  sections: [
    ['CAVEATS', [
      'Requests that were under way when tracing began are not counted.',
      'What a device does without requests (zram, ram disks, device mapper above other disks) does not pass these tracepoints; what is below a device mapper does.',
      'Times are those between kernel and device: what a program waits for has the file system and the page cache before it.',
    ]],
  ],
};
