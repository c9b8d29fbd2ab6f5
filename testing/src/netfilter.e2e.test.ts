/** netfilter probes in a network namespace of their own: packets over its loopback device, which the test's program sends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, run, type Finished } from './checkout.js';

const SENDER = `
import fcntl, os, socket, struct
def pair(family, host):
    sender, receiver = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
    receiver.bind((host, 5555))
    receiver.settimeout(10)
    return sender, receiver, host
lo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(lo, 0x8914, struct.pack('16sh22x', b'lo', 0x1 | 0x40))  # SIOCSIFFLAGS: up and running
for sender, receiver, host in [pair(socket.AF_INET, '127.0.0.1'), pair(socket.AF_INET6, '::1')]:
    for size in 100, 101, 102:
        sender.sendto(b'x' * size, (host, 5555))
        print('received', len(receiver.recv(2000)), flush=True)
print('pid', os.getpid(), flush=True)
`;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-netfilter-'));
  writeFileSync(join(folder, 'sender.py'), SENDER);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const inNamespace = (script: string): Promise<Finished> =>
  run('unshare', ['--net', process.execPath, join(CHECKOUT, 'tools/stapkit/bin/stapkit.js'), '-e', script, '-c', `sh -c '/usr/bin/python3 ${folder}/sender.py > ${folder}/sent'`]);

test('packets and devices at hooks of IPv4 and IPv6; all packets arrive', async () => {
  const { stdout, stderr } = await inNamespace(`
    probe netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV4") { printf("%s %d %d %s %d %d\\n", "out4", $hooknum, $skb->len, kernel_string($out->name), $in, $out == $skb->dev || 1) }
    probe netfilter.pf("PF_INET").hook("NF_INET_LOCAL_IN").priority("NF_IP_PRI_FIRST") { printf("in4 %d %d %s %d\\n", $hooknum, $skb->len, kernel_string($in->name), $out) }
    probe netfilter.hook("NF_IP6_PRE_ROUTING").pf("NFPROTO_IPV6").priority("-10") { sizes[$skb->len]++; n[kernel_string($in->name)] <<< $skb->len }
    probe netfilter.hook("NF_IP6_POST_ROUTING").pf("NFPROTO_IPV6") { next }
    global sizes, n
    probe end { foreach (size+ in sizes) if (size >= 148) printf("in6 %d: %d\\n", size, sizes[size]); println(@count(n["lo"]) >= 3) }`);
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual([
    ...[128, 129, 130].flatMap((size) => [`out4 3 ${size} lo 0 1`, `in4 1 ${size} lo 0`]), ...[148, 149, 150].map((size) => `in6 ${size}: 1`), '1',
  ]);
  const { stdout: sent } = await run('cat', [join(folder, 'sent')]);
  expect(sent).toMatch(/^(received 100\nreceived 101\nreceived 102\n){2}pid \d+\n$/);
});

test('who sends', async () => {
  const { stdout, stderr } = await inNamespace('probe netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV4") { printf("%s %d %d %d %d %d\\n", execname(), pid(), tid(), uid(), gid(), task_current() != 0); who = sprintf("%s %d", execname(), pid()); if (names[who]++ == 0) println(who) } global names');
  const { stdout: sent } = await run('cat', [join(folder, 'sent')]);
  const pid = /pid (\d+)/.exec(sent)?.[1] ?? '';
  expect(stderr).toBe('');
  expect(stdout).toContain(`python3 ${pid} ${pid} 0 0 1\npython3 ${pid}\n`);
});

test('an error in a handler does not drop the packet', async () => {
  const { stderr } = await inNamespace('probe netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV4") { println(1 / ($skb->len - $skb->len)) }');
  expect(stderr).toContain('division by 0');
  const { stdout: sent } = await run('cat', [join(folder, 'sent')]);
  expect(sent.startsWith('received 100\n')).toBe(true);
});
