/** Marks, addresses of kernel code and netfilter hooks on the kernels that this machine does not run. One boot each. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT } from './checkout.js';
import { GuestSession, type GuestKernel } from './guest.js';
import { buildPrograms } from './programs.js';

const MARKS = '/mnt/guest-out/marks';
const MARKS_SCRIPT = `probe process("${MARKS}").provider("kit").mark("wide") { printf("%s %d %d %d %d\\n", $$name, $arg1, $arg2, $arg3, $arg4) }
probe process("${MARKS}").mark("memory") { printf("%s %d %d %d %d %d %d\\n", $$name, $arg1, $arg2, $arg3, $arg4, $arg5, $arg6) }
probe process("${MARKS}").mark("twice") { printf("twice %d\\n", $arg1) }
probe process("${MARKS}").mark("text") { printf("text %s %d %d\\n", user_string($arg1), user_int32($arg2), user_int16($arg2 + 4)) }`;
/** Three datagrams to itself. */
const SENDER = "const s = require('dgram').createSocket('udp4'); let n = 0; s.on('message', (m) => { console.log('received', m.length); if (++n === 3) s.close(); else s.send('x'.repeat(100 + n), 5555, '127.0.0.1'); }); s.bind(5555, '127.0.0.1', () => s.send('x'.repeat(100), 5555, '127.0.0.1'));\n";
const NETFILTER = 'probe netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV4") { if (pid() == target()) printf("out %d %s %s %d\\n", $skb->len, kernel_string($out->name), execname(), tid() == target()) } probe netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV4") { if ($skb->len >= 128 && $skb->len <= 130) printf("in %d %s\\n", $skb->len, kernel_string($in->name)) }';
/** The same reads by each way to name vfs_read. */
const ADDRESSES = `A=0x$(awk '$3 == "vfs_read" { print $1; exit }' /proc/kallsyms)
stapkit -e "global n
probe kprobe.statement($A).absolute { if (pid() == target()) n[1]++ }
probe kernel.statement($A).absolute { if (pid() == target()) n[2]++ }
probe kernel.function($A) { if (pid() == target() && \\$count < 1 << 40) n[3]++ }
probe kprobe.function(\\"vfs_read\\").return { if (pid() == target()) n[4]++ }
probe end { printf(\\"same %d %d %d %d\\\\n\\", n[1] > 100, n[2] - n[1], n[3] - n[1], n[4] - n[1]) }" -c '/mnt/guest-out/reads 2'`;
const MODULE = 'stapkit -e \'probe kprobe.module("9pnet").function("p9_client_read") { if (pid() == target()) n++ } probe kprobe.module("9pnet").function("p9_client_read").return { if (pid() == target()) m++ } global n, m probe end { printf("%d %d\\n", n > 2, m - n) }\' -c "dd if=/mnt/guest-out/3500 of=/dev/null bs=1000"';

describe.each<GuestKernel>(['5.10', '6.1', '6.12'])('%s', (kernel) => {
  const guest = new GuestSession(kernel);
  beforeAll(async () => {
    buildPrograms(['reads'], guest.folder);
    execFileSync('gcc', ['-O2', '-static', '-DSEMAPHORES', '-o', join(guest.folder, 'marks'), join(CHECKOUT, 'testing/programs/marks.c')]);
    writeFileSync(join(guest.folder, 'sender.cjs'), SENDER);
    writeFileSync(join(guest.folder, '3500'), Buffer.alloc(3500));
    guest.check('marks', `stapkit -e '${MARKS_SCRIPT}' -c '${MARKS} 50'`);
    guest.check('addresses', ADDRESSES);
    guest.check('module', MODULE);
    guest.check('netfilter', `stapkit -e '${NETFILTER}' -c '${process.execPath} /mnt/guest-out/sender.cjs'`);
    guest.check('unknown', 'stapkit -e \'probe kernel.function("no_such_function_at_all") { println(1) }\'');
    guest.check('in-module', 'stapkit -e \'probe kernel.function("p9_client_read") { println(1) }\'');
    await guest.run(600);
  }, 700_000);
  afterAll(() => { guest.remove(); });

  test('arguments of marks, with their semaphores', () => {
    const { stdout, stderr } = guest.result('marks');
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    const printed = lines.filter((line) => /^(?:wide|memory|twice|text) /.test(line));
    // Each line is there twice: the program's own, and the probe's.
    const counts = new Map<string, number>();
    for (const line of printed) counts.set(line, (counts.get(line) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count % 2 !== 0)).toEqual([]);
    expect(printed.length).toBe(2 * 50 * 5);
    expect(new Set(lines.filter((line) => line.startsWith('semaphores')))).toEqual(new Set(['semaphores 0 2']));
  });

  test('kernel code by its address', () => {
    const { stdout, stderr } = guest.result('addresses');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^same 1 0 0 0$/m);
  });

  test('a function of a module without types', () => {
    expect(guest.result('module').stdout).toMatch(/^1 0$/m);
  });

  test(kernel === '6.12' ? 'netfilter hooks' : 'netfilter hooks are refused, with what is near', () => {
    const { stdout, stderr, status } = guest.result('netfilter');
    if (kernel === '6.12') {
      expect(stderr).toBe('');
      expect(stdout.split('\n').filter((line) => line.startsWith('received'))).toEqual(['received 100', 'received 101', 'received 102']);
      expect(stdout.split('\n').filter((line) => line.startsWith('in'))).toEqual(['in 128 lo', 'in 129 lo', 'in 130 lo']);
      expect(stdout.split('\n').filter((line) => line.startsWith('out'))).toEqual(['out 128 lo node 1', 'out 129 lo node 1', 'out 130 lo node 1']);
    } else {
      expect(status).toBe(1);
      expect(stderr).toContain('(Linux 6.4 or later, CONFIG_NETFILTER_BPF_LINK=y), and this kernel');
      expect(stderr).toContain('kernel.function("__ip_local_out")');
    }
  });

  test('why a function cannot be probed', () => {
    expect(guest.result('unknown').stderr).toContain('this kernel has no code of that name: it is inlined wherever it is called, or does not exist here');
    expect(guest.result('in-module').stderr).toMatch(/it is in module '9pnet'[\s\S]*write module\("9pnet"\).function\("p9_client_read"\)/);
  });
});
