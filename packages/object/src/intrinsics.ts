/**
 * Operations that the tapset reaches with `%{ NAME %}` bodies and that each
 * executor implements itself. Everything else in the tapset is script code.
 */
import type { IrType } from './ir.js';
import { packedBytes } from './packed-text.js';
import type { PackedArguments } from './packed-text.js';

export interface Intrinsic {
  readonly params: readonly IrType[];
  readonly result: IrType | undefined;
  /** Which executors can run it. 'print' can run only when text is made, by the host (pure). */
  readonly where: 'both' | 'kernel' | 'host' | 'print';
  /** A kernel handler can run it, and had better leave it to the host where its result is only printed. */
  readonly costly?: boolean;
  /** Result depends on the arguments alone; may be moved, deferred or removed. */
  readonly pure: boolean;
  /** Reads context or memory without side effects: may be removed when its result is unused. */
  readonly removable: boolean;
  /** Strings: most bytes of the result; absent: the string limit. */
  readonly capacity?: number;
}

const long = 'long' as const;
const string = 'string' as const;
const context = (result: IrType, capacity?: number): Intrinsic =>
  ({ params: [], result, where: 'both', pure: false, removable: true, ...(capacity === undefined ? {} : { capacity }) });
const memory = (params: readonly IrType[], result: IrType): Intrinsic => ({ params, result, where: 'both', pure: false, removable: true });
const pure = (params: readonly IrType[], result: IrType): Intrinsic => ({ params, result, where: 'both', pure: true, removable: true });
const costly = (params: readonly IrType[], capacity?: number): Intrinsic =>
  ({ ...pure(params, string), costly: true, ...(capacity === undefined ? {} : { capacity }) });

/** A text of stacks and symbols: only the host knows names, and it keeps the stacks. */
const stackText = (params: readonly IrType[]): Intrinsic => ({ params, result: string, where: 'print', pure: true, removable: true });
const packed = (args: PackedArguments): Intrinsic =>
  ({ params: [long, ...Array.from({ length: args }, () => long)], result: string, where: 'kernel', pure: true, removable: true, capacity: packedBytes(args) + 8 });

/** In the host executor, pid(), tid(), execname() … describe the stapkit process itself, as stap's describe stapio. */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  /** Process (thread group) id in the initial pid namespace. */
  pid: context(long),
  tid: context(long),
  ppid: context(long),
  uid: context(long),
  euid: context(long),
  gid: context(long),
  egid: context(long),
  cpu: context(long),
  /** At most 15 bytes. */
  execname: context(string, 16),
  /** bpf_ktime_get_ns / CLOCK_MONOTONIC. */
  monotonic_ns: context(long),
  /** Nanoseconds since the epoch: monotonic clock plus the session's offset. */
  realtime_ns: context(long),
  /** The kernel's jiffies_64. The argument is HZ, for the host, which counts them from the monotonic clock; 0: not known, an error there. */
  jiffies: { params: [long], result: long, where: 'both', pure: false, removable: true },
  /** -x PID or the pid of -c CMD. */
  target: context(long),
  /** Address of the current task_struct; 0 in the host. */
  task_current: context(long),
  /** Ends the session after this handler; see IrSite kind 'exit'. */
  exit: { params: [], result: undefined, where: 'both', pure: false, removable: false },
  /** Argument register n (from 1) of the probed function by the C calling convention; (n, bytes, signed). */
  register_argument: { params: [long, long, long], result: long, where: 'kernel', pure: false, removable: true },
  /** Return register of the probed function. */
  register_return: { params: [], result: long, where: 'kernel', pure: false, removable: true },
  /** In a program that serves many probe points: the number of the one that is hit, in ObjectMetadata.members. */
  attach_cookie: { params: [], result: long, where: 'kernel', pure: false, removable: true },
  /** (number, most bytes of all): name of the member's probe point, and of its function. */
  member_name: { params: [long, long], result: string, where: 'both', pure: true, removable: true, costly: true },
  member_function: { params: [long, long], result: string, where: 'both', pure: true, removable: true, costly: true },
  /** $value of a procfs probe: what was written, or what is to be read. */
  procfs_value: { params: [], result: string, where: 'host', pure: false, removable: true },
  /** Sets it, or adds to its end; gives the value that was given. */
  procfs_set: { params: [string], result: string, where: 'host', pure: false, removable: false },
  procfs_append: { params: [string], result: string, where: 'host', pure: false, removable: false },
  /** Load average of 1, 5 or 15 minutes (0, 1, 2), in hundredths: the kernel's variable has no place that BPF programs know. */
  load_average: { params: [long], result: long, where: 'host', pure: false, removable: true },
  /** Sends a signal to the current thread (bpf_send_signal_thread); 0 or a negative errno. */
  send_signal: { params: [long], result: long, where: 'kernel', pure: false, removable: false },
  /** What the netfilter hook will answer, 1 (NF_ACCEPT) at first; and sets it to 0 (NF_DROP) or 1, giving it. Raises "netfilter verdict N is neither 0 (NF_DROP) nor 1 (NF_ACCEPT)". */
  verdict: { params: [], result: long, where: 'kernel', pure: false, removable: true },
  set_verdict: { params: [long], result: long, where: 'kernel', pure: false, removable: false },
  /** Value of the performance counter of that constant name, on the CPU that the probe runs on. */
  perf_counter: { params: [string], result: long, where: 'kernel', pure: false, removable: true },
  /** Scalar in kernel memory: (address, bytes 1/2/4/8, signed 0/1); the last two are constants. Raises "kernel read fault at 0x…". */
  read_kernel_long: memory([long, long, long], long),
  /** The same in the memory of the current process. Raises "user read fault at 0x…". */
  read_user_long: memory([long, long, long], long),
  /** NUL-terminated text in kernel memory: (address, limit). At most `limit` bytes, a negative limit being the string limit. Raises "kernel string copy fault at 0x…". */
  read_kernel_text: memory([long, long], string),
  read_user_text: memory([long, long], string),
  /** (address, limit, fallback): the fallback instead of an error. */
  read_kernel_text_or: memory([long, long, string], string),
  read_user_text_or: memory([long, long, string], string),
  strlen: pure([string], long),
  /** substr(text, start, length). */
  substr: pure([string, long, long], string),
  /** (text, position): the byte there, 0 behind the end. */
  stringat: pure([string, long], long),
  /** (text, part, from): findText() of text-operations.ts. */
  find: pure([string, string, long], long),
  /** (text, set, from, wanted): spanText(). */
  span: pure([string, string, long, long], long),
  /** (text, pattern): 1 when the constant pattern matches somewhere in the text; see regex/. */
  regex_match: pure([string, string], long),
  /** (subject, pattern, n): what group n matched. */
  regex_group: costly([string, string, long]),
  /** quoteText() of text-operations.ts, within the string limit. */
  quote: costly([string]),
  /** escapeText(). */
  escape: costly([string]),
  /** (value, "VALUE NAME" lines, a constant): the name of the value, or its digits. */
  enum_name: costly([long, string]),
  /** "ENOENT" for 2, as errno_str does; "" when unknown. */
  errno_name: costly([long], 24),
  /** Captures the stack at the probe; its id in the table of stacks (stack-table.ts), 0 when there is none. */
  kernel_stack: context(long),
  user_stack: context(long),
  /** The address of the instruction that the probe stands at; 0 where there are no registers. */
  probe_address: context(long),
  /** (id): the addresses in hex, as backtrace() gives them. */
  stack_text: stackText([long]),
  /** (id, style): a line a frame; the styles are those of {@link STACK_STYLES}. */
  stack_lines: stackText([long, long]),
  /** (id, n): the first n addresses in hex; -1: all. */
  stack_callers: stackText([long, long]),
  /** (id, n): the address at depth n; 0 beyond the end. */
  stack_address: { params: [long, long], result: long, where: 'print', pure: true, removable: true },
  /** (addresses in hex, process id or 0 for the kernel, style). */
  address_lines: stackText([string, long, long]),
  /** (address, process id or 0 for the kernel, what): one of {@link ADDRESS_FACTS}. */
  address_text: stackText([long, long, long]),
  /** (fact, arguments): a text that stands for what the host makes of them; see packed-text.ts. Made by the optimizer. */
  pack_text1: packed(1),
  pack_text2: packed(2),
  pack_text3: packed(3),
  /** 32 random bits. */
  random: context(long),
};
