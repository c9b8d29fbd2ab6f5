/** The host's implementation of the intrinsics in @stapkit/object that it can run. */
import { randomInt } from 'node:crypto';
import { loadavg } from 'node:os';
import { compileRegex, compileRegexProgram, errnoName, escapeText, findText, matchedGroups, matchesRegex, quoteText, spanText } from '@stapkit/object';
import type { ProbeMember, RegexAutomaton, RegexProgram } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import { InternalError, ScriptError, readFault } from '../format/script-error.js';
import { substr } from '../format/text-functions.js';
import type { StackTexts } from '../stacks/stack-texts.js';
import type { Identity } from './identity.js';
import { kernelLong, kernelText } from './kernel-memory.js';
import { jiffies } from './jiffies.js';

export interface IntrinsicServices {
  /** Most bytes of a text: MAXSTRINGLEN - 1. */
  readonly stringLimit: number;
  identity(): Identity;
  monotonicNs(): bigint;
  realtimeNs(): bigint;
  target(): bigint;
  exit(): void;
  /** A probe point that shares its program with others. */
  member(cookie: bigint): ProbeMember;
  /** Texts of stacks and addresses. */
  readonly stacks: StackTexts;
  /** $value of the procfs probe that runs. */
  procfsValue(): string;
  setProcfsValue(text: string, how: 'set' | 'append'): void;
  /** Kernel memory, shorter where it ends; undefined: there is none at the address, or it may not be read. */
  kernelMemory(address: bigint, length: number): Uint8Array | undefined;
}

export type HostIntrinsic = (args: readonly Scalar[], services: IntrinsicServices) => Scalar;

function long(args: readonly Scalar[], index: number): bigint {
  const value = args[index];
  if (typeof value !== 'bigint') throw new InternalError('an intrinsic was given no number');
  return value;
}

function text(args: readonly Scalar[], index: number): string {
  const value = args[index];
  if (typeof value !== 'string') throw new InternalError('an intrinsic was given no string');
  return value;
}

/** Patterns are constants of the script: there are only so many. */
const automata = new Map<string, RegexAutomaton>();
const programs = new Map<string, RegexProgram>();

function automatonOf(pattern: string): RegexAutomaton {
  let automaton = automata.get(pattern);
  if (automaton === undefined) automata.set(pattern, (automaton = compileRegex(pattern)));
  return automaton;
}

function programOf(pattern: string): RegexProgram {
  let program = programs.get(pattern);
  if (program === undefined) programs.set(pattern, (program = compileRegexProgram(pattern)));
  return program;
}

/** Probes of this process have none; stap's words. */
export const NO_REGISTERS = 'cannot access CPU registers in this context';
const noHook: HostIntrinsic = () => {
  throw new ScriptError('there is no packet in this context');
};
const noRegisters: HostIntrinsic = () => {
  throw new ScriptError(NO_REGISTERS);
};

function enumName(value: bigint, table: string): string {
  const digits = value.toString();
  const line = table.split('\n').find((one) => one.startsWith(`${digits} `));
  return line === undefined ? digits : line.slice(digits.length + 1);
}

export const HOST_INTRINSICS: Readonly<Record<string, HostIntrinsic>> = {
  pid: (_args, services) => services.identity().pid,
  tid: (_args, services) => services.identity().tid,
  ppid: (_args, services) => services.identity().ppid,
  uid: (_args, services) => services.identity().uid,
  euid: (_args, services) => services.identity().euid,
  gid: (_args, services) => services.identity().gid,
  egid: (_args, services) => services.identity().egid,
  cpu: (_args, services) => services.identity().cpu(),
  execname: (_args, services) => services.identity().execname,
  monotonic_ns: (_args, services) => services.monotonicNs(),
  realtime_ns: (_args, services) => services.realtimeNs(),
  jiffies: (args, services) => jiffies(services.monotonicNs(), long(args, 0)),
  target: (_args, services) => services.target(),
  task_current: () => 0n,
  exit: (_args, services) => {
    services.exit();
    return 0n;
  },
  member_name: (args, services) => services.member(long(args, 0)).name,
  member_function: (args, services) => services.member(long(args, 0)).function,
  procfs_value: (_args, services) => services.procfsValue(),
  procfs_set: (args, services) => {
    services.setProcfsValue(text(args, 0), 'set');
    return text(args, 0);
  },
  procfs_append: (args, services) => {
    services.setProcfsValue(text(args, 0), 'append');
    return text(args, 0);
  },
  perf_counter: () => { throw new ScriptError('cannot read a performance counter in this context'); },
  load_average: (args) => BigInt(Math.round((loadavg()[Number(long(args, 0))] ?? 0) * 100)),
  send_signal: () => { throw new ScriptError('signals are sent to the task of a kernel probe, which this one has none of'); },
  verdict: noHook,
  set_verdict: noHook,
  register_argument: noRegisters,
  register_return: noRegisters,
  // Of other processes' memory this one sees nothing: reading faults, as a bad address does.
  read_kernel_long: (args, services) => {
    const found = kernelLong(services, long(args, 0), Number(long(args, 1)), long(args, 2) !== 0n);
    if (found === undefined) throw readFault('kernel', 'read', long(args, 0));
    return found;
  },
  read_user_long: (args) => { throw readFault('user', 'read', long(args, 0)); },
  read_kernel_text: (args, services) => {
    const found = kernelText(services, long(args, 0), long(args, 1));
    if (found === undefined) throw readFault('kernel', 'string copy', long(args, 0));
    return found;
  },
  read_user_text: (args) => { throw readFault('user', 'string copy', long(args, 0)); },
  read_kernel_text_or: (args, services) => kernelText(services, long(args, 0), long(args, 1)) ?? text(args, 2),
  read_user_text_or: (args) => text(args, 2),
  strlen: (args) => BigInt(text(args, 0).length),
  substr: (args) => substr(text(args, 0), long(args, 1), long(args, 2)),
  stringat: (args) => BigInt(text(args, 0).charCodeAt(Number(long(args, 1))) || 0),
  regex_match: (args) => (matchesRegex(automatonOf(text(args, 1)), text(args, 0)) ? 1n : 0n),
  regex_group: (args) => matchedGroups(programOf(text(args, 1)), text(args, 0))?.[Number(long(args, 2))] ?? '',
  find: (args) => findText(text(args, 0), text(args, 1), long(args, 2)),
  span: (args) => spanText(text(args, 0), text(args, 1), long(args, 2), long(args, 3)),
  quote: (args, services) => quoteText(text(args, 0), services.stringLimit),
  escape: (args, services) => escapeText(text(args, 0), services.stringLimit),
  enum_name: (args) => enumName(long(args, 0), text(args, 1)),
  // Where this process is probed there is no stack of anybody's to speak of: stap's begin and end give none either.
  kernel_stack: () => 0n,
  user_stack: () => 0n,
  probe_address: () => 0n,
  stack_text: (args, { stacks }) => stacks.text(long(args, 0)),
  stack_lines: (args, { stacks }) => stacks.lines(long(args, 0), long(args, 1)),
  stack_callers: (args, { stacks }) => stacks.callers(long(args, 0), long(args, 1)),
  stack_address: (args, { stacks }) => stacks.address(long(args, 0), long(args, 1)),
  address_lines: (args, { stacks }) => stacks.addressLines(text(args, 0), long(args, 1), long(args, 2)),
  address_text: (args, { stacks }) => stacks.fact(long(args, 0), long(args, 1), long(args, 2)),
  random: () => BigInt(randomInt(2 ** 32)),
  errno_name: (args) => errnoName(long(args, 0)),
};

export function hostIntrinsic(name: string): HostIntrinsic {
  const found = HOST_INTRINSICS[name];
  if (found === undefined) throw new InternalError(`intrinsic "${name}" does not run in this process`);
  return found;
}
