/** netfilter probes in a network namespace of their own: packets over its loopback device, which the test's program sends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
/** To two ports, the same sizes; a mark behind them, which says that all before it have come or are gone. */
const TWO_PORTS = `
import fcntl, socket, struct
lo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(lo, 0x8914, struct.pack('16sh22x', b'lo', 0x1 | 0x40))
receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for index, receiver in enumerate(receivers):
    receiver.bind(('127.0.0.1', 5555 + index))
    receiver.settimeout(10)
for size in range(100, 106):
    for port in 5555, 5556: lo.sendto(b'x' * size, ('127.0.0.1', port))
for port in 5555, 5556: lo.sendto(b'stop', ('127.0.0.1', port))
for receiver in receivers:
    came = []
    while (data := receiver.recv(2000)) != b'stop': came.append(len(data))
    print(came)
`;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-netfilter-'));
  writeFileSync(join(folder, 'sender.py'), SENDER);
  writeFileSync(join(folder, 'ports.py'), TWO_PORTS);
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const inNamespace = (script: string, options: readonly string[] = [], program = 'sender'): Promise<Finished> =>
  run('unshare', ['--net', process.execPath, join(CHECKOUT, 'tools/stapkit/bin/stapkit.js'), ...options, '-e', script, '-c', `sh -c '/usr/bin/python3 ${folder}/${program}.py > ${folder}/sent'`]);

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

describe('what a handler answers', () => {
  const HOOK = 'netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV4")';
  /** Only packets of one port, by the header that the packet brings. */
  const OF_5555 = 'if (ntohs(@cast($skb->head + $skb->transport_header, "udphdr")->dest) != 5555) next';
  const sent = async (): Promise<string> => (await run('cat', [join(folder, 'sent')])).stdout;

  test('what a handler answers decides over the packet', async () => {
    const { stdout, stderr } = await inNamespace(`global dropped, passed probe ${HOOK} { ${OF_5555} if ($skb->len & 1) { $verdict = 0; dropped[$skb->len]++ } else passed++; if (!$verdict) print("!") }
      probe end { foreach (size+ in dropped) printf(" %d:%d", size, dropped[size]); println(" ", passed) }`, ['-g'], 'ports');
    expect(stderr).toBe('');
    expect(stdout).toBe('!!! 129:1 131:1 133:1 4\n');
    expect(await sent()).toBe('[100, 102, 104]\n[100, 101, 102, 103, 104, 105]\n');
  });

  test('in a loop, and by what was answered before', async () => {
    const { stderr } = await inNamespace(`probe ${HOOK} { ${OF_5555} for (i = 0; i < 3; i++) if ($skb->len == 129 + i) $verdict = 0; if ($skb->len >= 131) $verdict ^= 1 }`, ['-g'], 'ports');
    expect(stderr).toBe('');
    // 131 was dropped in the loop, and is let in again.
    expect(await sent()).toBe('[100, 103]\n[100, 101, 102, 103, 104, 105]\n');
  });

  test('another answer is an error, caught or not, and changes nothing', async () => {
    const { stdout, stderr } = await inNamespace(`probe ${HOOK} { ${OF_5555} try { $verdict = $skb->len - 128 } catch (why) { if ($skb->len >= 130) println(why) } if ($skb->len == 133) $verdict = $skb->len }`, ['-g'], 'ports');
    expect(stdout).toBe([2, 3, 4, 5].map((value) => `netfilter verdict ${value} is neither 0 (NF_DROP) nor 1 (NF_ACCEPT)\n`).join(''));
    expect(stderr).toContain('ERROR: netfilter verdict 133 is neither 0 (NF_DROP) nor 1 (NF_ACCEPT) near');
    expect(await sent()).toBe('[101, 102, 103, 104, 105]\n[100, 101, 102, 103, 104, 105]\n');
  });

  test.each([
    ['without -g', '$verdict = 0', [], "E0414: write to target variable '$verdict' is not permitted without guru mode"],
    ['NF_QUEUE', '$verdict = 3', ['-g'], "E0416: this value is none for '$verdict': BPF programs can answer 0 (NF_DROP) and 1 (NF_ACCEPT), not 3 (NF_QUEUE)"],
    ['a negative number', '$verdict = 1 ? -1 : 0', ['-g'], 'and 1 (NF_ACCEPT), not -1\n'],
    ['a string', '$verdict = "drop"', ['-g'], 'E0306: type mismatch: expected long but found string'],
    ['--', '$verdict--', ['-g'], "E0414: '$verdict' is written by an assignment only"],
    ['a member', '$verdict->x = 0', ['-g'], 'E0414'],
  ])('refused: %s', async (_name, statement, options, message) => {
    const { stderr, status } = await run(process.execPath, [join(CHECKOUT, 'tools/stapkit/bin/stapkit.js'), '-p2', ...options, '-e', `probe ${HOOK} { ${statement} }`]);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
