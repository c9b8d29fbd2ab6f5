/** A system call failed: which, how, while doing what, and what the user can do about it. */
import { errnoMeaning, errnoName } from './errno.js';
import { type Kernel, hasCapability, lockdownMode, readText } from './kernel.js';
import { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN } from './uapi.js';

export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  /** "bpf(BPF_PROG_LOAD)", "perf_event_open", … */
  readonly call: string;
  /** "EPERM" */
  readonly errno: string;
  readonly code: number;
  /** What it was for: "creating map counts". */
  readonly doing: string;
  /** One line: what to do. undefined where nothing general is known. */
  readonly advice: string | undefined;

  constructor(details: { call: string; code: number; doing: string; advice?: string | undefined }) {
    const { call, code, doing, advice } = details;
    const meaning = errnoMeaning(code);
    super(`${doing}: ${call} failed with ${errnoName(code)}${meaning === '' ? '' : ` (${meaning})`}${advice === undefined ? '' : `; ${advice}`}`);
    this.call = call;
    this.code = code;
    this.errno = errnoName(code);
    this.doing = doing;
    this.advice = advice;
  }
}

/** Makes the error of a call that gave `result` < 0. Reads /proc and /sys to tell the causes of EPERM and EACCES apart. */
export function syscallError(kernel: Kernel, call: string, result: number, doing: string): SyscallError {
  return new SyscallError({ call, code: -result, doing, advice: adviceFor(kernel, call, -result) });
}

/** `result` when it is no error; throws otherwise. */
export function checked(kernel: Kernel, call: string, result: number, doing: string): number {
  if (result < 0) throw syscallError(kernel, call, result, doing);
  return result;
}

function adviceFor(kernel: Kernel, call: string, code: number): string | undefined {
  const name = errnoName(code);
  if (name === 'EPERM' || (name === 'EACCES' && call === 'perf_event_open')) return permissionAdvice(kernel, call);
  return ADVICE.find(([prefix, errno]) => errno === name && call.startsWith(prefix))?.[2];
}

/** Why was it not permitted? The likeliest cause first. */
function permissionAdvice(kernel: Kernel, call: string): string {
  const privileged = hasCapability(kernel, CAP_SYS_ADMIN) || (hasCapability(kernel, CAP_BPF) && hasCapability(kernel, CAP_PERFMON));
  if (!privileged) {
    if (kernel.effectiveUserId === 0) return 'this root lacks CAP_BPF and CAP_PERFMON: start the container with --privileged or --cap-add BPF --cap-add PERFMON';
    const paranoid = readText(kernel, '/proc/sys/kernel/perf_event_paranoid');
    if (call === 'perf_event_open' && paranoid !== undefined) return `run as root or give CAP_BPF and CAP_PERFMON (kernel.perf_event_paranoid is ${paranoid})`;
    const unprivileged = readText(kernel, '/proc/sys/kernel/unprivileged_bpf_disabled');
    return `run as root or give CAP_BPF and CAP_PERFMON${unprivileged === undefined ? '' : ` (kernel.unprivileged_bpf_disabled is ${unprivileged})`}`;
  }
  const lockdown = lockdownMode(kernel);
  if (lockdown === 'integrity' || lockdown === 'confidentiality') return `the kernel is locked down (${lockdown} mode, see /sys/kernel/security/lockdown): boot without Secure Boot or with lockdown=none`;
  return 'a security policy refuses it though this process has the capabilities (an LSM, the seccomp filter of a container, or the hypervisor)';
}

/** [start of the call's name, error, advice] */
const ADVICE: readonly (readonly [call: string, errno: string, advice: string])[] = [
  ['bpf', 'ENOSYS', 'this kernel has no bpf(2) (CONFIG_BPF_SYSCALL is not set)'],
  ['bpf(BPF_PROG_LOAD)', 'ENOSPC', 'the verifier log did not fit its buffer; this is a stapkit bug, please report it'],
  ['bpf(BPF_PROG_LOAD)', 'E2BIG', 'the program has more instructions than this kernel takes: split the handler or lower MAXACTION'],
  ['bpf(BPF_PROG_LOAD)', 'ENOTSUPP', 'this kernel cannot run the program: is the BPF JIT on? (sysctl net.core.bpf_jit_enable=1)'],
  ['bpf(BPF_MAP_CREATE)', 'E2BIG', 'the map is too large for this kernel: lower MAXMAPENTRIES (-DMAXMAPENTRIES=N) or the array\'s size'],
  ['bpf(BPF_MAP_CREATE)', 'ENOMEM', 'not enough memory for the map: lower MAXMAPENTRIES (-DMAXMAPENTRIES=N) or MAXSTRINGLEN'],
  ['bpf(BPF_MAP_CREATE)', 'EINVAL', 'this kernel does not know the map type or its flags (ring buffers need 5.8)'],
  ['bpf(BPF_RAW_TRACEPOINT_OPEN)', 'ENOENT', 'this kernel has no such tracepoint; `stapkit -l \'kernel.trace("*")\'` lists those it has'],
  ['bpf(BPF_RAW_TRACEPOINT_OPEN)', 'EBUSY', 'the function carries as many BPF programs as the kernel takes: end the other tracers on it'],
  ['perf_event_open', 'ENOENT', 'this kernel does not have that event'],
  ['perf_event_open', 'ENODEV', 'this CPU or kernel cannot count that event'],
  ['perf_event_open', 'ENOSYS', 'this kernel has no perf events (CONFIG_PERF_EVENTS is not set)'],
  ['ioctl(PERF_EVENT_IOC_SET_BPF)', 'E2BIG', 'the probe point carries as many BPF programs as the kernel takes (64): end the other tracers on it'],
  ['', 'EMFILE', 'too many open files: raise the limit (ulimit -n 65536)'],
  ['', 'ENFILE', 'the machine has too many open files: raise fs.file-max'],
  ['', 'ENOMEM', 'the machine is short of memory'],
];
