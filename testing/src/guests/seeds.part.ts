/**
 * Scripts of the project's seed documents, word for word, on kernel functions: in guests with Debian's kernels, of which this
 * machine has debug information (6.1) or which have none anywhere (6.1, 6.12: source files by the shipped table).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { ACCEPT, FAST_OPEN, NETDEV_RECEIVE, TCP_STATE, TCP_TRACE, THREAD_INDENT } from '../seed-scripts.js';
import { guestKernel, kernelDebuginfo } from './guest.js';
import type { MakePart } from './parts.js';

const PORT = 7777;
const PROGRAM = `/mnt/guest-out/programs/tcp-states ${PORT}`;
/** The document has get_timeofday_us, which SystemTap does not have. */
const ENTRY = 'probe kernel.function("do_filp_open").return {    println( gettimeofday_us() - @entry(gettimeofday_us()) )}';

/** Scripts that are compiled here, as the first document does it, and carried to the guest; what each traces there. */
const CARRIED = [
  ['tfo', FAST_OPEN, `-c 'echo go | tfo-watch --demo-traffic ::/127.0.0.1'`],
  ['tcp_accept', ACCEPT, `-c '${PROGRAM}'`],
  ['tcp_trace', TCP_TRACE, `-c '${PROGRAM}'`],
  // Packets over the loopback device do not pass the function: it is attached.
  ['netdev_receive', NETDEV_RECEIVE, '-v -T 0.01'],
] as const;

export const seedsPart: MakePart = (guest, kernel) => {
  /** Functions of which debug information knows inlined bodies: these have no return probes. */
  const inlined = new Set<string>();

  async function prepare(): Promise<void> {
    buildPrograms(['tcp-states'], join(guest.folder, 'programs'));
    writeFileSync(join(guest.folder, 'thread_indent.stp'), THREAD_INDENT);
    writeFileSync(join(guest.folder, 'tcp_state.stp'), TCP_STATE);
    guest.check('list', `stapkit -l 'kernel.function("*@net/socket.c")'`);
    // Debian 12's functions by debug information, below; Debian 13's by the table.
    if (kernel !== '6.1') guest.check('thread_indent', `stapkit $OUT/thread_indent.stp -c '${PROGRAM}'`);
    guest.check('tcp_state', `stapkit $OUT/tcp_state.stp 127.0.0.1 ${PORT} -c '${PROGRAM}'`);
    guest.check('entry', `stapkit -e '${ENTRY}' -c 'cat /proc/self/stat'`);
    if (kernel !== '6.1') return;
    const { release, btf } = await guestKernel(kernel);
    const { env } = await kernelDebuginfo(kernel);
    const compiled = await stapkit('stapkit', ['-p4', '-m', 'indent_dwarf', '-r', release, '--btf', btf, join(guest.folder, 'thread_indent.stp')], { cwd: guest.folder, env, timeoutMs: 120_000 });
    const inlineBodies = await stapkit('stapkit', ['-r', release, '--btf', btf, '-l', 'kernel.function("*@net/socket.c").inline'], { env, timeoutMs: 120_000 });
    for (const [, name = ''] of inlineBodies.stdout.matchAll(/function\("(\w+)@/g)) inlined.add(name);
    expect([compiled.stderr, compiled.status]).toEqual(['', 0]);
    for (const [name, script, target] of CARRIED) {
      writeFileSync(join(guest.folder, `${name}.stp`), script);
      const carried = await stapkit('stapkit', ['-w', '-r', release, '--btf', btf, '-m', name, `${name}.stp`, '-p', '4'], { cwd: guest.folder });
      expect([carried.stderr, carried.stdout]).toEqual(['', `${name}.o\n`]);
      guest.check(name, `stapkit-run ${target} $OUT/${name}.o`);
    }
    guest.check('thread_indent-dwarf', `stapkit-run -c '${PROGRAM}' $OUT/indent_dwarf.o`);
  }

  function declareTests(): void {
    const W0422 = new RegExp(`W0422: the functions of '\\*@net/socket\\.c' are known from a table of this kernel, ${kernel.replace('.', '\\.')}\\.\\S+-amd64: \\d+ of its \\d+ are in this one`);

    test('functions of net/socket.c without debug information, with the note', () => {
      const { stdout, stderr, status } = guest.result('list');
      expect(status).toBe(0);
      expect(stderr).toMatch(W0422);
      const lines = stdout.trim().split('\n');
      expect(lines.every((line) => /^kernel\.function\("\w+@net\/socket\.c"\)$/.test(line))).toBe(true);
      expect(lines).toEqual(expect.arrayContaining(['sock_ioctl', '__sys_connect', 'sock_release', '__x64_sys_shutdown'].map((name) => `kernel.function("${name}@net/socket.c")`)));
      expect(lines.length).toBeGreaterThan(100);
    });

    describe.each([kernel === '6.1' ? 'thread_indent-dwarf' : 'thread_indent'])('%s on kernel.function("*@net/socket.c")', (name) => {
      /** The program's lines: depth, arrow, function. */
      const lines = (): readonly { readonly depth: number; readonly arrow: string; readonly called: string }[] =>
        guest.result(name).stdout.split('\n').flatMap((line) => {
          const [, blanks, arrow, called] = /^ *\d+ tcp-states\(\d+\):( *) (->|<-) (\w+)$/.exec(line) ?? [];
          return blanks === undefined || arrow === undefined || called === undefined ? [] : [{ depth: blanks.length, arrow, called }];
        });

      test('it ends well, and loses nothing', () => {
        const { stderr, status } = guest.result(name);
        expect([status, /ERROR|lost|skipped/.test(stderr)]).toEqual([0, false]);
      });

      test('the indentation is the number of calls less that of returns, and calls and returns nest', () => {
        let depth = 0;
        const open: string[] = [];
        for (const one of lines()) {
          const isCall = one.arrow === '->';
          if (!isCall) depth--;
          expect([one.called, one.depth]).toEqual([one.called, depth]);
          if (isCall) {
            depth++;
            open.push(one.called);
            continue;
          }
          // Without debug information no inlined bodies are probed.
          if (name.endsWith('dwarf')) while (open.at(-1) !== one.called && inlined.has(open.at(-1) ?? '')) open.pop();
          expect(open.pop()).toBe(one.called);
        }
        expect(lines().length).toBeGreaterThan(60);
      });

      test('as many sockets are made as the program says', () => {
        const said = Number(/^sockets (\d+)$/m.exec(guest.result(name).stdout)?.[1]);
        expect(lines().filter(({ arrow, called }) => arrow === '->' && called === '__sys_socket')).toHaveLength(said);
        expect(lines().filter(({ arrow, called }) => arrow === '->' && called === '__sys_shutdown')).toHaveLength(1);
      });
    });

    if (kernel === '6.1') {
      describe('compiled here, run there', () => {
        test('TCP Fast Open', () => {
          const { stdout, stderr, status } = guest.result('tfo');
          expect([status, /ERROR/.test(stderr)]).toEqual([0, false]);
          expect(stdout).toMatch(/^successful TFO connection 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+$/m);
        });

        test('TCP connections that come in', () => {
          const { stdout, status } = guest.result('tcp_accept');
          expect(status).toBe(0);
          expect(stdout).toMatch(/^   UID              CMD    PID   PORT        IP_SOURCE$/m);
          expect(stdout.match(new RegExp(`^     0       tcp-states +\\d+ +${PORT}        127\\.0\\.0\\.1$`, 'gm'))).toHaveLength(1);
        });

        test('the excerpt of tcp_trace: connections that close', () => {
          expect(guest.result('tcp_trace').stdout).toMatch(/^close [78]$/m);
          expect(guest.result('tcp_trace')).toMatchObject({ status: 0 });
        });

        test('an alias of the script, netdev.receive', () => {
          expect(guest.result('netdev_receive')).toMatchObject({ status: 0, stderr: expect.stringContaining('attached by') as unknown });
        });
      });
    }

    describe('tcp_state', () => {
      /** Lines of a local port: "STATE retransmitted". */
      const statesOf = (what: string): readonly string[] => {
        const { stdout } = guest.result('tcp_state');
        const port = new RegExp(`^${what} (\\d+)$`, 'm').exec(stdout)?.[1] ?? '';
        return [...stdout.matchAll(new RegExp(`^\\d{13} 127\\.0\\.0\\.1:${port} (\\w+ \\d)$`, 'gm'))].map(([, state = '']) => state);
      };

      test('a connection from its start to its end: the states that it leaves', () => {
        expect(guest.result('tcp_state').status).toBe(0);
        expect(statesOf('states')).toEqual(['SYN_SENT 0', 'ESTABLISHED 0', 'FIN_WAIT1 0', 'FIN_WAIT2 0']);
      });

      test('a connection whose SYN is sent again', () => {
        expect(statesOf('sent again')[0]).toBe('SYN_SENT 1');
      });
    });

    test('@entry(gettimeofday_us()): the time that do_filp_open took', () => {
      const { stdout, stderr, status } = guest.result('entry');
      expect([status, /ERROR/.test(stderr)]).toEqual([0, false]);
      const times = stdout.split('\n').filter((line) => /^-?\d+$/.test(line)).map(Number);
      expect(times.length).toBeGreaterThan(0);
      expect(times.filter((time) => time < 0 || time > 5_000_000)).toEqual([]);
    });
  }
  return { name: 'seed scripts', prepare, declareTests };
};
