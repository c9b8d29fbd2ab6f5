/**
 * arm64: objects compiled on this machine for Debian's arm64 kernels, loaded and hit in a guest of that architecture. What programs
 * see is compared with what they print themselves.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import { CHECKOUT, type Finished } from '../checkout.js';
import { marksScript, variablesScript } from '../programs-scripts.js';
import { guestKernel, type GuestSession } from './guest.js';
import { KERNEL_POINTS } from './kernel-points.js';
import type { MakePart } from './parts.js';

/** Addresses of the kernel and types of its modules are known in the guest alone. */
const POINTS = KERNEL_POINTS.filter(({ point, kernels }) => kernels === undefined && !point.includes('@{'));
const READS = 264;

/** What the test shows of an object: its script, the command that is traced, and what must come of it. */
interface Check {
  readonly name: string;
  readonly script: string;
  readonly command: string;
  /** Ways of attaching (STAPKIT_ATTACH) beside the best. */
  readonly alsoBy?: readonly string[];
  readonly verify: (result: Finished) => void;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
/** Each line is there twice: the program's own, and the probe's. */
function everyLineTwice({ stdout }: Finished, least: number, apart?: RegExp): void {
  const counts = new Map<string, number>();
  for (const line of lines(stdout)) if (apart?.test(line) !== true) counts.set(line, (counts.get(line) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count % 2 !== 0)).toEqual([]);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(least);
}

function pointsScript(): string {
  const probes = POINTS.map(({ point, when = '1', anyTask = false, hits }, index) =>
    `probe ${point} { if (${anyTask ? '' : `execname() == "${hits === 'some' ? 'dd' : 'reads'}" && `}${when}) hits[${index}]++ }`);
  return `global hits[${POINTS.length}], armed = 1\n${probes.join('\n')}\nprobe end { for (i = 0; i < ${POINTS.length}; i++) printf("hits %d %d\\n", i, hits[i]) }\n`;
}

function verifyPoints({ stdout, stderr, status }: Finished): void {
  expect([status, lines(stderr).filter((line) => /error|ERROR/.test(line))]).toEqual([0, []]);
  const counts = [...stdout.matchAll(/^hits \d+ (\d+)$/gm)].map(([, count]) => Number(count));
  expect(counts.length).toBe(POINTS.length);
  expect(POINTS.flatMap(({ point, hits }, index) => {
    const count = counts[index] ?? -1;
    return hits === 'some' ? (count > 0 ? [] : [`${point}: none`]) : count === hits ? [] : [`${point}: ${count}, not ${hits}`];
  })).toEqual([]);
}

/** Bytes and failures as the program prints them. */
const VALUES = `global n, asked, got, failed, called, came, errors, names
probe kernel.function("vfs_read") { if (execname() == "reads") { n++; asked += $count; names[kernel_string($file->f_path->dentry->d_name->name)]++ } }
probe kernel.function("vfs_read").return { if (execname() == "reads") { if ($return > 0) got += $return; if ($return < 0) failed++; if (@entry($count) != $return && $return > 0) println("differs") } }
probe syscall.read { if (execname() == "reads") called += count }
probe syscall.read.return { if (execname() == "reads") { if (retval > 0) came += retval; else errors[errno_str(-retval)]++ } }
probe kernel.trace("sys_enter") { if (execname() == "reads" && $id == 63) entered++ } global entered
probe timer.ms(1) { ticks++ } probe timer.profile { profiled <<< 1 } global ticks, profiled
probe end { printf("n %d asked %d got %d failed %d\\n", n, asked, got, failed); printf("called %d came %d entered %d\\n", called, came, entered); foreach (e in errors) printf("%s %d\\n", e, errors[e])
  foreach (f+ in names) printf("%s %d\\n", f, names[f]); println("timers ", ticks > 0, " ", @count(profiled) > 0) }`;
const ROUND = { asked: 100 + 20 * 512 + 5 * 65536 + 7 * 8, got: 100 + 20 * 512 + 5 * 65536 };

const CALLS = (path: string): string => `probe process("${path}").function("probed") { printf("probed %d %s %x\\n", $number, user_string($name), $name != 0) }
probe process("${path}").function("probed").return { printf("returned %d %d\\n", $return, @entry($number)) }
probe process("${path}").function("probed").call { n++ } global n
probe process("${path}").end { println("end ", n) }
probe process("${path}").syscall { if ($syscall == 64) println("write ", $arg1) }
probe process("${path}").function("probed") { if (first++ == 0) print_ubacktrace() } global first`;

export function checksOf(programs: string): readonly Check[] {
  const at = (name: string): string => join(programs, name);
  return [
    { name: 'points', script: pointsScript(), command: `sh -c '${at('reads')} 2; dd if=/mnt/guest-out/3500 of=/dev/null bs=1000'`, alsoBy: ['kprobe'], verify: verifyPoints },
    {
      name: 'values', script: VALUES, command: `${at('reads')} 2`, alsoBy: ['kprobe'],
      verify: ({ stdout, stderr }) => {
        expect(stderr).toBe('');
        expect(lines(stdout)).toEqual([
          `calls ${READS} bytes ${2 * ROUND.got} failed 14`, `n ${READS} asked ${2 * ROUND.asked} got ${2 * ROUND.got} failed 14`, `called ${2 * ROUND.asked} came ${2 * ROUND.got} entered ${READS}`,
          'EBADF 14', 'null 14', `zero ${READS - 14}`, 'timers 1 1',
        ]);
      },
    },
    {
      name: 'calls', script: CALLS(at('calls')), command: `${at('calls')} 3`,
      verify: ({ stdout, stderr }) => {
        expect(stderr).toBe('');
        // What a program prints itself comes when it likes; guests' texts are read as bytes.
        expect(lines(stdout).filter((line) => line !== '3' && !/^ *(0x|[0-9a-f]{8,})/.test(line))).toEqual([...[0, 1, 2].flatMap((n) => [`probed ${n} caf\xc3\xa9 1`, `returned ${2 * n} ${n}`]), 'write 1', 'end 3']);
        expect(lines(stdout)).toContain('3');
        // By frame pointers, which at a function's first instruction are its caller's: main() is not among them.
        expect(stdout).toMatch(/ probed\+0x0\/[\s\S]* __libc_start_call_main\+0x/);
      },
    },
    ...['O0', 'O2'].map((level): Check => ({
      name: `variables-${level}`, script: variablesScript(at(`variables-${level}`)), command: `${at(`variables-${level}`)} 4`,
      verify: (result) => {
        expect(result.stderr).toBe('');
        everyLineTwice(result, 60, /^labelled /);
      },
    })),
    {
      name: 'marks', script: marksScript(`process("${at('marks')}")`, 'aarch64'), command: `${at('marks')} 20`,
      verify: (result) => {
        expect(result.stderr).toBe('');
        // What the architecture's own form of an operand prints is of x86-64 alone.
        everyLineTwice(result, 2 * 20 * 11, /^semaphores /);
        expect(new Set(lines(result.stdout).filter((line) => line.startsWith('semaphores')))).toEqual(new Set(['semaphores 1 2']));
      },
    },
  ];
}

function build(programs: string): void {
  const gcc = (name: string, source: string, ...options: readonly string[]): void => {
    execFileSync('aarch64-linux-gnu-gcc', ['-static', ...options, '-o', join(programs, name), join(CHECKOUT, 'testing/programs', `${source}.c`)], { stdio: ['ignore', 'pipe', 'pipe'] });
  };
  gcc('reads', 'reads', '-O2');
  gcc('calls', 'calls', '-O2', '-g');
  gcc('variables-O0', 'variables', '-O0', '-g');
  gcc('variables-O2', 'variables', '-O2', '-g');
  // The header of marks is one for all architectures, and stands among this machine's.
  mkdirSync(join(programs, 'include/sys'), { recursive: true });
  for (const name of ['sdt.h', 'sdt-config.h']) copyFileSync(join('/usr/include/x86_64-linux-gnu/sys', name), join(programs, 'include/sys', name));
  gcc('marks', 'marks', '-O2', '-DSEMAPHORES', `-I${join(programs, 'include')}`);
}

export const arm64Part = (guest: GuestSession, kernel: Parameters<MakePart>[1]): ReturnType<MakePart> => {
  // Under the checkout, which the guest sees at the same place: probes of programs name paths.
  mkdirSync(join(CHECKOUT, 'testing/dist'), { recursive: true });
  const programs = mkdtempSync(join(CHECKOUT, 'testing/dist/arm64-'));
  const checks = checksOf(programs);
  return {
    name: 'arm64',
    async prepare() {
      build(programs);
      writeFileSync(join(guest.folder, '3500'), Buffer.alloc(3500));
      const { compileScript } = await loadCompiler();
      const { release, btf } = await guestKernel(kernel, 'arm64');
      const target = localTarget({ arch: 'aarch64', release, btfFile: btf });
      for (const { name, script, command, alsoBy = [] } of checks) {
        const { object, diagnostics } = compileScript({ scripts: [{ file: `${name}.stp`, text: script }], args: [], target, name: name.replaceAll('-', '_') });
        if (object === undefined) throw new Error(`${name}: ${JSON.stringify(diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => [code, message]))}`);
        writeFileSync(join(guest.folder, `${name}.o`), object.bytes);
        for (const way of ['', ...alsoBy]) guest.check(`${name}${way}`, `${way === '' ? '' : `STAPKIT_ATTACH=${way} `}stapkit-run $OUT/${name}.o -c "${command}"`);
      }
    },
    declareTests() {
      for (const { name, alsoBy = [], verify } of checks) for (const way of ['', ...alsoBy]) test(way === '' ? name : `${name}, by ${way}`, () => { verify(guest.result(`${name}${way}`)); });
      test('nothing is left behind', () => { rmSync(programs, { recursive: true, force: true }); });
    },
  };
};
