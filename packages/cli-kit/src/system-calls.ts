/** System calls by name and number, and the sets of them that people ask for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { InvalidArgumentError } from 'commander';
import { tapsetDirectory } from '@stapkit/tapset';

export interface SystemCall {
  readonly name: string;
  /** On this machine's architecture. */
  readonly number: number;
  /** As C declares them; undefined when they are not known. */
  readonly parameters: readonly { readonly type: string; readonly name: string }[] | undefined;
}

let known: ReadonlyMap<string, SystemCall> | undefined;

/** Those of this machine's architecture, by their names. */
export function systemCalls(): ReadonlyMap<string, SystemCall> {
  if (known !== undefined) return known;
  const column = process.arch === 'arm64' ? 2 : 1;
  const lines = readFileSync(join(tapsetDirectory, 'tables', 'syscalls.tsv'), 'latin1').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (known = new Map(lines.map((line) => line.split('\t')).filter((row) => row[column] !== '-').map(([name = '', x86, arm, declared = '']) => [name, { name, number: Number(column === 2 ? arm : x86), parameters: parametersOf(declared) }])));
}

function parametersOf(declared: string): SystemCall['parameters'] {
  if (declared === '?') return undefined;
  return declared === 'void' ? [] : declared.split(', ').map((one) => {
    const [, type = '', name = ''] = /^(.*?)\s*(\w+)$/.exec(one) ?? [];
    return { type, name };
  });
}

const takes = (call: SystemCall, test: (parameter: { readonly type: string; readonly name: string }) => boolean): boolean => call.parameters?.some(test) === true;
const named = (pattern: RegExp) => ({ name }: SystemCall): boolean => pattern.test(name);

/** Parameters that hold the path of a file, by the names that the kernel gives them. */
export const PATH_PARAMETER = /^(?:(?:from_|to_)?path(?:name)?|filename|oldname|newname|new_root|put_old|specialfile|special|dev_name|dir_name)$/;
export const DESCRIPTOR_PARAMETER = /^(?:\w*fd|fd_in|fd_out|fdin|fdout|fildes|mqdes)$/;

/** Sets by strace's names for them (man strace, -e trace=). */
const SETS: Readonly<Record<string, (call: SystemCall) => boolean>> = {
  file: (call) => takes(call, ({ type, name }) => type.endsWith('char*') && PATH_PARAMETER.test(name)),
  desc: (call) => takes(call, ({ name }) => DESCRIPTOR_PARAMETER.test(name)) || named(/^(?:mmap|poll|ppoll|select|pselect6|epoll_create1?|eventfd2?|signalfd4?|pipe2?|socket(?:pair)?|memfd_\w+|inotify_init1?)$/)(call),
  network: named(/^(?:socket(?:pair)?|connect|accept4?|bind|listen|shutdown|(?:get|set)sockopt|getsockname|getpeername|send(?:to|msg|mmsg)|recv(?:from|msg|mmsg))$/),
  process: named(/^(?:fork|vfork|clone3?|execve(?:at)?|exit(?:_group)?|wait4|waitid|kill|tkill|tgkill|pidfd_send_signal|rt_(?:tg)?sigqueueinfo|unshare)$/),
  signal: named(/^(?:kill|tkill|tgkill|pause|sigaltstack|rt_\w*sig\w*|signalfd4?|pidfd_send_signal)$/),
  memory: named(/^(?:brk|mmap|munmap|mremap|mprotect|pkey_mprotect|madvise|process_madvise|mlock2?|munlock|mlockall|munlockall|msync|mincore|mbind|move_pages|migrate_pages|[gs]et_mempolicy\w*|remap_file_pages|shm(?:at|dt))$/),
  ipc: named(/^(?:msg(?:get|snd|rcv|ctl)|sem(?:get|op|ctl|timedop)|shm(?:get|at|dt|ctl))$/),
  creds: named(/^(?:[gs]et(?:re|res|fs|e)?[ug]id|[gs]etgroups|capget|capset)$/),
  clock: named(/^(?:clock_(?:adj|get|set)time|clock_getres|adjtimex|gettimeofday|settimeofday|time)$/),
};

export const CALL_SET_NAMES: readonly string[] = Object.keys(SETS).map((name) => `%${name}`);

/** Calls of one word: a name, a set with %, or a regular expression in slashes. */
function callsOf(word: string): readonly SystemCall[] {
  const all = [...systemCalls().values()];
  if (word.startsWith('%')) {
    const set = Object.hasOwn(SETS, word.slice(1)) ? SETS[word.slice(1)] : undefined;
    if (set === undefined) throw new InvalidArgumentError(`there is no set '${word}': ${CALL_SET_NAMES.join(' ')}.`);
    return all.filter(set);
  }
  const [, source] = /^\/(.+)\/$/.exec(word) ?? [];
  if (source === undefined) {
    const call = systemCalls().get(word);
    if (call === undefined) throw new InvalidArgumentError(`there is no system call '${word}' here; sets are ${CALL_SET_NAMES.join(' ')}, /…/ is a regular expression.`);
    return [call];
  }
  const found = all.filter(named(regularExpression(source)));
  if (found.length === 0) throw new InvalidArgumentError(`no system call here matches ${word}.`);
  return found;
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new InvalidArgumentError(`/${source}/ is no regular expression: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/**
 * Which system calls are meant, as the globals of stp/tool-calls.stp: `openat,close`, `%file,%process`, `/^rt_/`, `!futex` for all
 * others. A comma in a regular expression is written `\x2c`.
 * @throws InvalidArgumentError for names that are none
 */
export function parseCallFilter(text: string): Readonly<Record<string, string>> {
  const words = text.replace(/^!/, '').split(',').filter((word) => word !== '');
  if (words.length === 0) throw new InvalidArgumentError('names of system calls are wanted.');
  const chosen = new Set(words.flatMap(callsOf).map(({ number }) => number));
  const isMeant = (number: number): boolean => chosen.has(number) !== text.startsWith('!');
  const word = (index: number): bigint => Array.from({ length: 64 }, (_, bit) => (isMeant(index * 64 + bit) ? 1n << BigInt(bit) : 0n)).reduce((sum, one) => sum | one);
  return { only_calls: '1', ...Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`calls_${index}`, String(BigInt.asIntN(64, word(index)))])) };
}

/** Errors that the kernel keeps to itself: the call is made again, or fails with EINTR (include/linux/errno.h). */
const RESTARTS: Readonly<Record<number, string>> = { 512: 'ERESTARTSYS', 513: 'ERESTARTNOINTR', 514: 'ERESTARTNOHAND', 516: 'ERESTART_RESTARTBLOCK' };

/** ENOENT of 2; a number that has no name stays one. */
export function errorName(errno: number): string {
  const name = RESTARTS[errno] ?? getSystemErrorName(-errno);
  return name.startsWith('E') ? name : `errno ${errno}`;
}
