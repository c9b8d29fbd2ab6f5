/** Marks, addresses of kernel code, modules and netfilter hooks on the kernels that this machine does not run; and the table of probe points. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CHECKOUT } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { KERNEL_POINTS, SLEEPERS, type KernelPoint } from './kernel-points.js';
import type { MakePart } from './parts.js';

const MARKS = '/mnt/guest-out/marks';
const MARKS_SCRIPT = `probe process("${MARKS}").provider("kit").mark("wide") { printf("%s %d %d %d %d\\n", $$name, $arg1, $arg2, $arg3, $arg4) }
probe process("${MARKS}").mark("memory") { printf("%s %d %d %d %d %d %d\\n", $$name, $arg1, $arg2, $arg3, $arg4, $arg5, $arg6) }
probe process("${MARKS}").mark("twice") { printf("twice %d\\n", $arg1) }
probe process("${MARKS}").mark("text") { printf("text %s %d %d\\n", user_string($arg1), user_int32($arg2), user_int16($arg2 + 4)) }`;
const WATCHED = '/mnt/guest-out/programs/watched';
const WRITES = 20;
/**
 * Breakpoints on data of a program that is always loaded at the same place; x86 has four registers for them. Of two that watch the same
 * data QEMU's processor tells one.
 */
function dataScript(program: string): string {
  const addressOf = (name: string): string => `0x${new RegExp(`^([0-9a-f]+) \\w ${name}$`, 'm').exec(execFileSync('nm', [program], { encoding: 'utf8' }))?.[1] ?? ''}`;
  return `global both
probe process("${WATCHED}").data("watched").length(4).write { printf("data write %d\\n", user_int32(${addressOf('watched')})) }
probe process("${WATCHED}").data("flags").write { printf("data byte %d\\n", user_uint8(${addressOf('flags')})) }
probe process("${WATCHED}").data(${addressOf('both')}).length(8).rw { both++ }
probe end { printf("data both %d\\n", both) }`;
}
/** Three datagrams to itself, and before each one that the script drops. */
const SENDER = "const s = require('dgram').createSocket('udp4'); let n = 0; const send = (size) => s.send('x'.repeat(size), 5555, '127.0.0.1'); const both = () => { send(200 + n); send(100 + n); }; s.on('message', (m) => { console.log('received', m.length); if (++n === 3) s.close(); else both(); }); s.bind(5555, '127.0.0.1', both);\n";
const NETFILTER = 'probe netfilter.hook("NF_INET_LOCAL_OUT").pf("NFPROTO_IPV4") { if (pid() == target() && $skb->len < 200) printf("out %d %s %s %d\\n", $skb->len, kernel_string($out->name), execname(), tid() == target()) } probe netfilter.hook("NF_INET_LOCAL_IN").pf("NFPROTO_IPV4") { if ($skb->len >= 128 && $skb->len <= 130) printf("in %d %s\\n", $skb->len, kernel_string($in->name)) if (ntohs(@cast($skb->head + $skb->transport_header, "udphdr")->dest) == 5555 && $skb->len >= 228) { dropped[$skb->len]++; $verdict = 0 } } global dropped probe end { foreach (size+ in dropped) printf("dropped %d %d\\n", size, dropped[size]) }';
/** The programs whose hits count. */
const TRACED = `sh -c '/mnt/guest-out/programs/reads 2; dd if=/mnt/guest-out/3500 of=/dev/null bs=1000; ${'sleep 1 & '.repeat(SLEEPERS)} wait'`;
const WRONG = 'probe kernel.function("no_such_function_at_all") { println(1) } probe kernel.function("p9_client_read") { println(1) } probe kernel.function("vfs_raed") { println(1) }';
/** What needs debug information, which no guest has. */
const DEBUG_POINTS = ['kernel.function("alloc_fd").label("out")', 'kernel.function("vfs_read").exported', 'kernel.function("rw_verify_area").callees(1)', 'kernel.statement("vfs_read@fs/read_write.c+1")'];

/** One script with a probe for each point of the table. */
function scriptOf(points: readonly KernelPoint[]): string {
  const probes = points.map(({ point, when = '1', anyTask = false, hits, program = hits === 'some' ? 'dd' : 'reads' }, index) =>
    `probe ${point} { if (${anyTask ? '' : `execname() == "${program}" && `}${when}) hits[${index}]++ }`);
  return `global hits[${points.length}], armed = 1\n${probes.join('\n')}\nprobe end { for (i = 0; i < ${points.length}; i++) printf("hits %d %d\\n", i, hits[i]) }\n`;
}

export const placesPart: MakePart = (guest, kernel) => {
  const points = KERNEL_POINTS.filter(({ kernels }) => kernels?.includes(kernel) ?? true);

  async function prepare(): Promise<void> {
    const programs = buildPrograms(['reads', 'watched'], join(guest.folder, 'programs'));
    execFileSync('gcc', ['-O2', '-static', '-DSEMAPHORES', '-o', join(guest.folder, 'marks'), join(CHECKOUT, 'testing/programs/marks.c')]);
    writeFileSync(join(guest.folder, 'sender.cjs'), SENDER);
    writeFileSync(join(guest.folder, '3500'), Buffer.alloc(3500));
    writeFileSync(join(guest.folder, 'points.stp'), scriptOf(points));
    guest.check('points', `grep -E ' (vfs_read|p9_client_read|(__)?kretprobe_trampoline|arch_rethook_trampoline)(\\s|$)' /proc/kallsyms | awk '{ sub(/.*trampoline/, "trampoline", $3); print "s/@{" $3 "}/0x" $1 "/" }' > /tmp/addresses; sed -f /tmp/addresses $OUT/points.stp > /tmp/points.stp; stapkit -v -w /tmp/points.stp -c "${TRACED}"`);
    // One session for both: its start is what costs.
    writeFileSync(join(guest.folder, 'marks.stp'), `${MARKS_SCRIPT}\n${dataScript(programs.path('watched'))}\n`);
    guest.check('marks', `stapkit $OUT/marks.stp -c "sh -c '${MARKS} 50; ${WATCHED} ${WRITES}'"`);
    guest.check('netfilter', `stapkit -g -e '${NETFILTER}' -c '${process.execPath} /mnt/guest-out/sender.cjs'`);
    guest.check('wrong', `stapkit -e '${WRONG} ${DEBUG_POINTS.map((point) => `probe ${point} { println(1) }`).join(' ')}'`);
    guest.check('doctor', 'stapkit doctor --json');
    await Promise.resolve();
  }

  function declareTests(): void {
    test('the doctor tells what this kernel has', () => {
      const { stdout, stderr, status } = guest.result('doctor');
      expect([stderr, status]).toEqual(['', 0]);
      const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as { readonly check: string; readonly state: string; readonly mend: string | null });
      const has = Object.fromEntries(lines.map(({ check, state }) => [check, state]));
      expect(has).toMatchObject({ kernel: 'works', BTF: 'works', capabilities: 'works', tracepoints: 'works', kprobes: 'works', fentry: 'works', uprobes: 'works', tracefs: 'works', debuginfo: 'partly' });
      // Debian 12 builds its kernel without CONFIG_FPROBE.
      expect(has['multi']).toBe(kernel === '5.10' || kernel === '6.1' ? 'missing' : 'works');
      expect(lines.find(({ check }) => check === 'debuginfo')?.mend).toMatch(/^sudo apt-get install linux-image-\S+-dbg$/);
    });

    test('each point of the table is hit as often as the program runs through it', () => {
      const { stdout, status, stderr } = guest.result('points');
      const hits = [...stdout.matchAll(/^hits \d+ (\d+)$/gm)].map(([, count]) => Number(count));
      expect([status, stderr.split('\n').filter((line) => /error|ERROR/.test(line)), hits.length]).toEqual([0, [], points.length]);
      expect(points.flatMap(({ point, hits: wanted }, index) => {
        const count = hits[index] ?? -1;
        return wanted === 'some' ? (count > 0 ? [] : [`${point}: none`]) : count === wanted ? [] : [`${point}: ${count}, not ${wanted}`];
      })).toEqual([]);
    });

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

    test('breakpoints on data of a program: each write with its value, each read', () => {
      const { stdout, stderr } = guest.result('marks');
      expect(stderr).toBe('');
      const lines = stdout.split('\n').filter((line) => line.startsWith('data '));
      const count = (prefix: string): ReadonlyMap<string, number> => {
        const counts = new Map<string, number>();
        for (const line of lines.filter((one) => one.startsWith(prefix))) counts.set(line, (counts.get(line) ?? 0) + 1);
        return counts;
      };
      // Each line is there twice: the program's own, and the probe's.
      expect(count('data write')).toEqual(new Map(Array.from({ length: WRITES }, (_, index) => [`data write ${index * 7 - 3}`, 2])));
      expect(count('data byte')).toEqual(new Map([100, 108, 116].map((value) => [`data byte ${value}`, 2])));
      expect(lines.filter((line) => line.startsWith('data both'))).toEqual([`data both ${2 * WRITES}`]);
    });

    const hasHooks = kernel === '6.12' || kernel === '7.2';
    test(hasHooks ? 'netfilter hooks' : 'netfilter hooks are refused, with what is near', () => {
      const { stdout, stderr, status } = guest.result('netfilter');
      if (hasHooks) {
        expect(stderr).toBe('');
        const starting = (word: string): readonly string[] => stdout.split('\n').filter((line) => line.startsWith(word));
        expect(starting('received')).toEqual(['received 100', 'received 101', 'received 102']);
        expect(starting('in')).toEqual(['in 128 lo', 'in 129 lo', 'in 130 lo']);
        expect(starting('dropped')).toEqual(['dropped 228 1', 'dropped 229 1', 'dropped 230 1']);
        expect(starting('out')).toEqual(['out 128 lo node 1', 'out 129 lo node 1', 'out 130 lo node 1']);
      } else {
        expect(status).toBe(1);
        expect(stderr).toContain('(Linux 6.4 or later, CONFIG_NETFILTER_BPF_LINK=y), and this kernel');
        expect(stderr).toContain('kernel.function("__ip_local_out")');
      }
    });

    test('why a function cannot be probed', () => {
      const { stderr, status } = guest.result('wrong');
      expect(status).toBe(1);
      expect(stderr).toContain('this kernel has no code of that name: it is inlined wherever it is called, or does not exist here');
      expect(stderr).toMatch(/it is in module '9pnet'[\s\S]*write module\("9pnet"\).function\("p9_client_read"\)/);
      expect(stderr).toContain('vfs_read');
    });

    test('points that need debug information name the package that has it', () => {
      const { stderr } = guest.result('wrong');
      for (const point of DEBUG_POINTS) {
        // The message has names of suffixes alone.
        const said = point.replace(/(?<=\.(?:label|callees))\(.*/, '');
        expect(stderr.split('\n').filter((line) => line.includes(`'${said}'`) && line.includes('needs debug information') && /install linux-image-\S+-dbg/.test(line))).toHaveLength(1);
      }
    });
  }
  return { name: 'places', prepare, declareTests };
};
