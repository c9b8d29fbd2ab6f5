/** What nettop is. */
import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { networkNamespace, type ToolDescription } from '@stapkit/cli-kit';

/** The name of a device of this network namespace. */
function parseDevice(text: string): string {
  if (!/^[^\s/]{1,15}$/.test(text)) throw new InvalidArgumentError(`'${text}' is no name of a device (at most 15 characters).`);
  const names = readFileSync('/proc/self/net/dev', 'latin1').split('\n').flatMap((line) => /^ *([^\s:]+):/.exec(line)?.[1] ?? []);
  if (!names.includes(text)) throw new InvalidArgumentError(`there is no network device '${text}' here: ${names.join(', ')}.`);
  return text;
}

export const NETTOP: ToolDescription = {
  name: 'nettop',
  summary: 'Shows which processes send and receive packets, on which devices.',
  about: ['A table every five seconds: packets and bytes by process and device, of all protocols.'],
  ways: [{ name: 'tracepoints', file: 'nettop.stp', label: 'tracepoints net:net_dev_queue and net:netif_receive_skb' }],
  filters: ['pid', 'tid', 'comm', 'uid', 'cgroup', 'command'],
  options: [
    { flags: '--dev <name>', help: 'only this device of this network namespace: eth0', parse: parseDevice, global: (name: string) => ({ the_device: name, the_netns: networkNamespace('self') ?? 0 }) },
  ],
  shows: 'tables',
  tables: { live: true, interval: 5, top: 20 },
  columns: [
    { key: 'pid', title: 'PID', width: 7, type: 'number', align: 'right', help: 'the process; 0: an idle processor was interrupted' },
    { key: 'uid', title: 'UID', width: 5, type: 'number', help: 'its user' },
    { key: 'device', title: 'DEV', width: 8, help: 'the network device' },
    { key: 'sent_packets', title: 'XMIT_PK', width: 7, type: 'number', unit: 'count', help: 'packets given to the device' },
    { key: 'received_packets', title: 'RECV_PK', width: 7, type: 'number', unit: 'count', help: 'packets that came in' },
    { key: 'sent_bytes', title: 'XMIT_KB', width: 7, type: 'number', unit: 'bytes', help: 'their bytes, from the IP header on' },
    { key: 'received_bytes', title: 'RECV_KB', width: 7, type: 'number', unit: 'bytes', help: 'their bytes, from the IP header on' },
    { key: 'command', title: 'COMMAND', width: 16, help: 'name of the thread' },
  ],
  examples: [
    ['nettop', 'a table every five seconds'],
    ['nettop --dev eth0 -i 1', 'one device, each second'],
    ["nettop -c 'curl example.org' --json", 'what a command sends and receives'],
  ],
  sections: [
    ['CAVEATS', [
      'The process is the one that ran. Packets come in while some other process is interrupted; of an idle processor it is swapper, number 0. On loopback the sender receives, too.',
      'A packet that passes stacked devices (a VLAN on a card) counts on each. Headers of devices are not counted, nor what a network card adds when it cuts a packet into segments.',
    ]],
  ],
};
