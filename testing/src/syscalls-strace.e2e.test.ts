/**
 * syscall.* beside strace: one program makes every system call that can be made harmlessly (testing/programs/every-call.c), once under
 * stapkit and once under strace. Name, argument for argument and result are the same, but for the spellings that the tables below allow,
 * each with its reason.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHECKOUT, run, stapkit } from './checkout.js';
import { buildPrograms, type Programs } from './programs.js';

interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly result: string;
}

/** Aliases that are not named as the call: as SystemTap names them. */
const ALIASES = new Map(readFileSync(join(CHECKOUT, 'packages/tapset/tables/syscall-decoding.tsv'), 'utf8').split('\n').filter((line) => /^\w+\t/.test(line)).map((line) => line.split('\t')).map(([call = '', alias = '']) => [call, alias]));

/** What is told of structures, which strace was told to leave alone (verbose=none): the values of the program. By call and argument, from 0. */
const STRUCTURES: Readonly<Record<string, string>> = {
  'openat2 2': '{flags=O_RDONLY, mode=00, resolve=0x0}',
  'utimensat 2': '[1000000.000000005][2000000.000000006]', 'futimesat 2': '[1000000.000005][2000000.000006]', 'utimes 1': '[1000000.000005][2000000.000006]',
  // The two words that utime(2) takes are times in whole seconds: the program gives a struct timespec.
  'utime 1': '[Mon Jan 12 13:46:40 1970, Thu Jan  1 00:00:05 1970]',
  'rt_sigaction 1': '{SIG_IGN}', 'rt_sigprocmask 1': '[SIGHUP|SIGUSR1]', 'rt_sigtimedwait 0': '[SIGHUP|SIGUSR1]', 'signalfd4 1': '[SIGHUP|SIGUSR1]', 'signalfd 1': '[SIGHUP|SIGUSR1]',
  'rt_sigtimedwait 2': '[0.000000000]', 'nanosleep 0': '[0.000000000]', 'clock_settime 1': '[0.000000000]', 'clock_nanosleep 2': '[0.000000000]', 'epoll_pwait2 3': '[0.000000000]', 'ppoll 2': '[0.000000000]',
  'pselect6 4': '[0.000000000]', 'select 4': '[0.000000]', 'setitimer 1': '[0.000000,0.000000]', 'timer_settime 2': '[0.000000,0.000000]', 'timerfd_settime 2': '[0.000000,0.000000]',
  'bind 1': '{AF_INET, 127.0.0.1, 0}', 'connect 1': '{AF_UNIX, /nonexistent/socket}',
};
/** The second of two calls of that name. */
const SECOND_STRUCTURES: Readonly<Record<string, string>> = { 'rt_sigprocmask 1': '[EMPTY]' };

/** What SystemTap writes of no structure at all, where strace has NULL. */
const ABSENT: Readonly<Record<string, string>> = { 'rt_sigaction 1': '{NULL}', 'execve 2': '[/* 0 vars */]', 'execveat 3': '[/* 0 vars */]', 'clone3 0': '{flags=0x0}' };

/** What the kernel has written when a call is over: strace waits for it, argstr is made when the call begins and has the address. */
const WRITTEN_BY_KERNEL = new Set(['read 1', 'pread64 1', 'readlinkat 2', 'readlink 1', 'getxattr 2', 'lgetxattr 2', 'listxattr 1', 'llistxattr 1', 'recvfrom 1', 'getgroups 1', 'epoll_pwait2 1', 'epoll_wait 1', 'poll 0', 'getrandom 0']);

/** Numbers that strace has a name for and SystemTap's argstr has not, by its documentation: [strace's, ours]. */
const NAMES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  ioctl: [['FIONREAD', '21531'], ['TCGETS', '21505']],
  fcntl: [['FD_CLOEXEC', '0x1'], ['O_RDONLY|O_APPEND', '0x400']],
  tee: [['SPLICE_F_NONBLOCK', '0x2']],
  quotactl: [['QCMD(Q_GETQUOTA, USRQUOTA)', '0x80000700']],
  fsconfig: [['FSCONFIG_SET_FLAG', '0']],
  remap_file_pages: [['MAP_FILE', '0x0']],
  seccomp: [['SECCOMP_GET_ACTION_AVAIL', '0x2']],
  landlock_create_ruleset: [['LANDLOCK_CREATE_RULESET_VERSION', '1']],
  landlock_add_rule: [['LANDLOCK_RULE_PATH_BENEATH', '1']],
  io_uring_register: [['IORING_REGISTER_BUFFERS', '0']],
  // 0x4d: strace names the bit that is known, argstr a number of which a bit is unknown not at all.
  userfaultfd: [['UFFD_USER_MODE_ONLY|0x4c', '0x4d']],
  ustat: [['makedev(0, 0)', '0']],
  ioprio_set: [['IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0)', 'IOPRIO_CLASS_NONE|0']],
  // SystemTap names the family of a new socket by PF_, and the local one PF_LOCAL.
  socket: [['AF_INET', 'PF_INET'], ['AF_UNIX', 'PF_LOCAL']],
  socketpair: [['AF_UNIX', 'PF_LOCAL']],
  // strace's name for the absence of the other two.
  statx: [['AT_STATX_SYNC_AS_STAT|AT_SYMLINK_NOFOLLOW', 'AT_SYMLINK_NOFOLLOW']],
  // Texts that are shown by their address: one need not end, the other is there for one operation only.
  mq_timedsend: [['"some"', 'ADDRESS']],
  prctl: [['"calling"', 'ADDRESS']],
};

/** Arguments that an operation does not have: strace leaves them out, argstr has what is in the registers. */
const LEFT_OUT = new Set(['mknodat', 'mknod', 'mremap', 'prctl', 'keyctl', 'fcntl', 'futex', 'syslog', 'reboot', 'membarrier', 'mq_open']);

/** Results that differ from run to run. */
const OF_THE_RUN = new Set(['getpid', 'gettid', 'getppid', 'set_tid_address', 'times', 'time', 'getpgid', 'getsid', 'getpgrp']);

/** Parts of an argument list, at the commas outside of quotes and brackets. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let part = '';
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (quoted && c === '\\') part += c + text.charAt(++at);
    else {
      if (c === '"') quoted = !quoted;
      else if (!quoted && '([{'.includes(c)) depth++;
      else if (!quoted && ')]}'.includes(c)) depth--;
      if (c === ',' && depth === 0 && !quoted) {
        parts.push(part.trim());
        part = '';
      } else part += c;
    }
  }
  return part.trim() === '' && parts.length === 0 ? [] : [...parts, part.trim()];
}

/** Both spell an error as "-1 ENOENT" or "-2 (ENOENT)"; what strace adds in brackets is a comment. */
function resultOf(text: string): string {
  return /^-\d+ \(?(E[A-Z0-9]+)\)?/.exec(text)?.[1] ?? text.replace(/ .*$/, '');
}

function straceCalls(text: string): Call[] {
  return text.split('\n').flatMap((line): Call[] => {
    const [, name, args = '', result = ''] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, args: split(args.replaceAll(/ \/\* .*? \*\//g, '')), result: resultOf(result) }];
  });
}

function ourCalls(text: string): Call[] {
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const [kind, name = '', rest = ''] = line.split('\t');
    const last = calls.at(-1);
    if (kind === 'E') calls.push({ name, args: split(rest), result: '' });
    else if (kind === 'R' && last !== undefined && last.name === name) calls.splice(-1, 1, { ...last, result: resultOf(rest) });
  }
  return calls;
}

/** From the call that begins the comparison to the one that ends it. */
function compared(calls: readonly Call[]): readonly Call[] {
  const marked = (text: string): number => calls.findIndex(({ args }) => args[1] === text);
  return calls.slice(marked('"begin"') + 1, marked('"end"'));
}

/** The same number in another notation, as 32 or 64 bits. */
function isSameNumber(a: string, b: string): boolean {
  const number = (text: string): bigint | undefined => (text === 'NULL' ? 0n : /^-?(0x[0-9a-f]+|\d+)$/.test(text) ? (text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(/^0\d+$/.test(text) ? `0o${text.slice(1)}` : text)) : undefined);
  const [left, right] = [number(a), number(b)];
  if (left === undefined || right === undefined) return false;
  return left === right || BigInt.asUintN(64, left) === BigInt.asUintN(64, right) || (left >= 0n && left < 1n << 32n && left === BigInt.asUintN(32, right));
}

function isAllowed(name: string, at: number, theirs: string, ours: string, structures: Readonly<Record<string, string>>): boolean {
  const key = `${name} ${at}`;
  if (theirs === ours || isSameNumber(theirs, ours)) return true;
  if (theirs === 'NULL' && ABSENT[key] === ours) return true;
  if (theirs.startsWith('0x') && (structures[key] ?? STRUCTURES[key]) === ours) return true;
  if (WRITTEN_BY_KERNEL.has(key) && /^["[]/.test(theirs) && ours.startsWith('0x')) return true;
  return (NAMES[name] ?? []).some(([strace, argstr]) => strace === theirs && (argstr === ours || (argstr === 'ADDRESS' && ours.startsWith('0x'))));
}

/** SystemTap has one alias for some calls that do the same; its variable `name` is the alias's for some and the call's for others. */
const namesOf = (call: string): readonly string[] => [call, ALIASES.get(call) ?? call];

function differences(theirs: Call, ours: Call, seen: Map<string, number>): string[] {
  const { name } = theirs;
  const times = (seen.get(name) ?? 0) + 1;
  seen.set(name, times);
  const found: string[] = [];
  if (!namesOf(name).includes(ours.name)) found.push(`name: ${ours.name}`);
  const count = LEFT_OUT.has(name) ? Math.min(theirs.args.length, ours.args.length) : Math.max(theirs.args.length, ours.args.length);
  for (let at = 0; at < count; at++) {
    const [a = '(none)', b = '(none)'] = [theirs.args[at], ours.args[at]];
    if (!isAllowed(name, at, a, b, times === 2 ? SECOND_STRUCTURES : {})) found.push(`argument ${at}: ${a} here is ${b}`);
  }
  if (!OF_THE_RUN.has(name) && theirs.result !== ours.result && !isSameNumber(theirs.result, ours.result)) found.push(`result: ${theirs.result} here is ${ours.result}`);
  return found.map((one) => `${name}(${theirs.args.join(', ')}): ${one}`);
}

let programs: Programs;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-every-call-'));
  programs = buildPrograms(['every-call']);
});
afterAll(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('name, arguments and result of every call are those that strace shows', async () => {
  const program = programs.path('every-call');
  const output = join(folder, 'strace');
  const traced = await run('strace', ['-e', 'verbose=none', '-s', '4096', '-o', output, program], { cwd: folder });
  expect(traced.status).toBe(0);
  const script = 'probe syscall.* { if (pid() == target()) printf("E\\t%s\\t%s\\n", name, argstr) } probe syscall.*.return { if (pid() == target()) printf("R\\t%s\\t%s\\n", name, retstr) }';
  const { stdout, stderr } = await stapkit('stapkit', ['-w', '-e', script, '-c', `exec ${program}`], { cwd: folder, timeoutMs: 60_000 });
  expect(stderr).toBe('');
  const theirs = compared(straceCalls(readFileSync(output, 'latin1')));
  const ours = compared(ourCalls(stdout));
  expect(theirs.length).toBeGreaterThan(process.arch === 'x64' ? 350 : 300);
  expect(ours.map(({ name }, at) => namesOf(theirs[at]?.name ?? '').includes(name) ? theirs[at]?.name : name)).toEqual(theirs.map(({ name }) => name));
  const seen = new Map<string, number>();
  expect(theirs.flatMap((call, at) => differences(call, ours[at] ?? { name: '', args: [], result: '' }, seen))).toEqual([]);
}, 100_000);
