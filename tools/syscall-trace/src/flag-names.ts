/** Names of bits and values in arguments, as strace prints them. From include/uapi of Linux: asm-generic, and x86 where it differs. */

export interface Names {
  /** Exactly one of them, under `mask` when there are bits beside it. */
  readonly values?: Readonly<Record<number, string>>;
  readonly mask?: number;
  /** Joined with |. Those of several bits first. */
  readonly bits?: readonly (readonly [bit: number, name: string])[];
  /** Text of 0 when no value is 0. */
  readonly none?: string;
  /** What is left over is printed in hex, or octal. */
  readonly rest?: 'octal';
}

const list = (prefix: string, names: string): Readonly<Record<number, string>> => Object.fromEntries(names.split(' ').map((name, index) => [index, prefix + name]));

const PROTECTION: Names = { bits: [[1, 'PROT_READ'], [2, 'PROT_WRITE'], [4, 'PROT_EXEC'], [8, 'PROT_SEM'], [0x01000000, 'PROT_GROWSDOWN'], [0x02000000, 'PROT_GROWSUP']], none: 'PROT_NONE' };
const AT: Names = { bits: [[0x100, 'AT_SYMLINK_NOFOLLOW'], [0x400, 'AT_SYMLINK_FOLLOW'], [0x800, 'AT_NO_AUTOMOUNT'], [0x1000, 'AT_EMPTY_PATH'], [0x2000, 'AT_STATX_FORCE_SYNC'], [0x4000, 'AT_STATX_DONT_SYNC']] };
const SIGNALS = list('SIG', '0 HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS');

export const NAMES = {
  open: {
    values: { 0: 'O_RDONLY', 1: 'O_WRONLY', 2: 'O_RDWR', 3: 'O_ACCMODE' }, mask: 3, rest: 'octal',
    bits: [
      [0o4010000, 'O_SYNC'], [process.arch === 'arm64' ? 0o20040000 : 0o20200000, 'O_TMPFILE'], [0o100, 'O_CREAT'], [0o200, 'O_EXCL'], [0o400, 'O_NOCTTY'], [0o1000, 'O_TRUNC'], [0o2000, 'O_APPEND'], [0o4000, 'O_NONBLOCK'],
      [0o10000, 'O_DSYNC'], [0o20000, 'O_ASYNC'], ...(process.arch === 'arm64' ? ([[0o200000, 'O_DIRECT'], [0o400000, 'O_LARGEFILE'], [0o100000, 'O_NOFOLLOW'], [0o40000, 'O_DIRECTORY']] as const) : ([[0o40000, 'O_DIRECT'], [0o100000, 'O_LARGEFILE'], [0o400000, 'O_NOFOLLOW'], [0o200000, 'O_DIRECTORY']] as const)),
      [0o1000000, 'O_NOATIME'], [0o2000000, 'O_CLOEXEC'], [0o10000000, 'O_PATH'],
    ],
  },
  protection: PROTECTION,
  map: { values: { 1: 'MAP_SHARED', 2: 'MAP_PRIVATE', 3: 'MAP_SHARED_VALIDATE' }, mask: 15, bits: [[0x10, 'MAP_FIXED'], [0x20, 'MAP_ANONYMOUS'], [0x40, 'MAP_32BIT'], [0x100, 'MAP_GROWSDOWN'], [0x800, 'MAP_DENYWRITE'], [0x1000, 'MAP_EXECUTABLE'], [0x2000, 'MAP_LOCKED'], [0x4000, 'MAP_NORESERVE'], [0x8000, 'MAP_POPULATE'], [0x10000, 'MAP_NONBLOCK'], [0x20000, 'MAP_STACK'], [0x40000, 'MAP_HUGETLB'], [0x80000, 'MAP_SYNC'], [0x100000, 'MAP_FIXED_NOREPLACE']] },
  remap: { bits: [[1, 'MREMAP_MAYMOVE'], [2, 'MREMAP_FIXED'], [4, 'MREMAP_DONTUNMAP']] },
  sync: { bits: [[1, 'MS_ASYNC'], [2, 'MS_INVALIDATE'], [4, 'MS_SYNC']] },
  advice: { values: { ...list('MADV_', 'NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED'), 8: 'MADV_FREE', 9: 'MADV_REMOVE', 10: 'MADV_DONTFORK', 11: 'MADV_DOFORK', 12: 'MADV_MERGEABLE', 13: 'MADV_UNMERGEABLE', 14: 'MADV_HUGEPAGE', 15: 'MADV_NOHUGEPAGE', 16: 'MADV_DONTDUMP', 17: 'MADV_DODUMP', 20: 'MADV_COLD', 21: 'MADV_PAGEOUT' } },
  fadvice: { values: list('POSIX_FADV_', 'NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED NOREUSE') },
  access: { bits: [[4, 'R_OK'], [2, 'W_OK'], [1, 'X_OK']], none: 'F_OK' },
  whence: { values: list('SEEK_', 'SET CUR END DATA HOLE') },
  at: AT,
  unlink: { bits: [[0x200, 'AT_REMOVEDIR']] },
  faccess: { bits: [[0x100, 'AT_SYMLINK_NOFOLLOW'], [0x200, 'AT_EACCESS'], [0x1000, 'AT_EMPTY_PATH']] },
  rename: { bits: [[1, 'RENAME_NOREPLACE'], [2, 'RENAME_EXCHANGE'], [4, 'RENAME_WHITEOUT']] },
  statx: { bits: [[0xfff, 'STATX_ALL'], [0x7ff, 'STATX_BASIC_STATS'], [1, 'STATX_TYPE'], [2, 'STATX_MODE'], [4, 'STATX_NLINK'], [8, 'STATX_UID'], [0x10, 'STATX_GID'], [0x20, 'STATX_ATIME'], [0x40, 'STATX_MTIME'], [0x80, 'STATX_CTIME'], [0x100, 'STATX_INO'], [0x200, 'STATX_SIZE'], [0x400, 'STATX_BLOCKS'], [0x800, 'STATX_BTIME'], [0x1000, 'STATX_MNT_ID']] },
  signal: { values: SIGNALS },
  signalMask: { values: list('SIG_', 'BLOCK UNBLOCK SETMASK') },
  wait: { bits: [[1, 'WNOHANG'], [2, 'WSTOPPED'], [4, 'WEXITED'], [8, 'WCONTINUED'], [0x01000000, 'WNOWAIT'], [0x20000000, '__WNOTHREAD'], [0x40000000, '__WALL'], [0x80000000, '__WCLONE']] },
  wait4: { bits: [[1, 'WNOHANG'], [2, 'WSTOPPED'], [8, 'WCONTINUED'], [0x20000000, '__WNOTHREAD'], [0x40000000, '__WALL'], [0x80000000, '__WCLONE']] },
  waitFor: { values: list('P_', 'ALL PID PGID PIDFD') },
  clone: {
    values: SIGNALS, mask: 0xff,
    bits: [[0x100, 'CLONE_VM'], [0x200, 'CLONE_FS'], [0x400, 'CLONE_FILES'], [0x800, 'CLONE_SIGHAND'], [0x1000, 'CLONE_PIDFD'], [0x2000, 'CLONE_PTRACE'], [0x4000, 'CLONE_VFORK'], [0x8000, 'CLONE_PARENT'], [0x10000, 'CLONE_THREAD'], [0x20000, 'CLONE_NEWNS'], [0x40000, 'CLONE_SYSVSEM'], [0x80000, 'CLONE_SETTLS'], [0x100000, 'CLONE_PARENT_SETTID'], [0x200000, 'CLONE_CHILD_CLEARTID'], [0x400000, 'CLONE_DETACHED'], [0x800000, 'CLONE_UNTRACED'], [0x1000000, 'CLONE_CHILD_SETTID'], [0x2000000, 'CLONE_NEWCGROUP'], [0x4000000, 'CLONE_NEWUTS'], [0x8000000, 'CLONE_NEWIPC'], [0x10000000, 'CLONE_NEWUSER'], [0x20000000, 'CLONE_NEWPID'], [0x40000000, 'CLONE_NEWNET'], [0x80000000, 'CLONE_IO']],
  },
  descriptor: { values: { ...list('F_', 'DUPFD GETFD SETFD GETFL SETFL GETLK SETLK SETLKW SETOWN GETOWN SETSIG GETSIG'), 36: 'F_OFD_GETLK', 37: 'F_OFD_SETLK', 38: 'F_OFD_SETLKW', 1024: 'F_SETLEASE', 1025: 'F_GETLEASE', 1026: 'F_NOTIFY', 1030: 'F_DUPFD_CLOEXEC', 1031: 'F_SETPIPE_SZ', 1032: 'F_GETPIPE_SZ', 1033: 'F_ADD_SEALS', 1034: 'F_GET_SEALS' } },
  lock: { bits: [[1, 'LOCK_SH'], [2, 'LOCK_EX'], [8, 'LOCK_UN'], [4, 'LOCK_NB']] },
  futex: { values: list('FUTEX_', 'WAIT WAKE FD REQUEUE CMP_REQUEUE WAKE_OP LOCK_PI UNLOCK_PI TRYLOCK_PI WAIT_BITSET WAKE_BITSET WAIT_REQUEUE_PI CMP_REQUEUE_PI LOCK_PI2'), mask: 0x7f, bits: [[0x100, 'FUTEX_CLOCK_REALTIME']] },
  family: { values: { 0: 'AF_UNSPEC', 1: 'AF_UNIX', 2: 'AF_INET', 10: 'AF_INET6', 16: 'AF_NETLINK', 17: 'AF_PACKET', 38: 'AF_ALG', 40: 'AF_VSOCK', 44: 'AF_XDP' } },
  socket: { values: { 1: 'SOCK_STREAM', 2: 'SOCK_DGRAM', 3: 'SOCK_RAW', 4: 'SOCK_RDM', 5: 'SOCK_SEQPACKET', 6: 'SOCK_DCCP', 10: 'SOCK_PACKET' }, mask: 15, bits: [[0o4000, 'SOCK_NONBLOCK'], [0o2000000, 'SOCK_CLOEXEC']] },
  protocol: { values: { 0: 'IPPROTO_IP', 1: 'IPPROTO_ICMP', 6: 'IPPROTO_TCP', 17: 'IPPROTO_UDP', 41: 'IPPROTO_IPV6', 58: 'IPPROTO_ICMPV6', 132: 'IPPROTO_SCTP', 136: 'IPPROTO_UDPLITE', 255: 'IPPROTO_RAW', 262: 'IPPROTO_MPTCP' } },
  accept: { bits: [[0o4000, 'SOCK_NONBLOCK'], [0o2000000, 'SOCK_CLOEXEC']] },
  shutdown: { values: list('SHUT_', 'RD WR RDWR') },
  message: { bits: [[1, 'MSG_OOB'], [2, 'MSG_PEEK'], [4, 'MSG_DONTROUTE'], [8, 'MSG_CTRUNC'], [0x20, 'MSG_TRUNC'], [0x40, 'MSG_DONTWAIT'], [0x80, 'MSG_EOR'], [0x100, 'MSG_WAITALL'], [0x200, 'MSG_FIN'], [0x800, 'MSG_CONFIRM'], [0x2000, 'MSG_ERRQUEUE'], [0x4000, 'MSG_NOSIGNAL'], [0x8000, 'MSG_MORE'], [0x10000, 'MSG_WAITFORONE'], [0x20000000, 'MSG_FASTOPEN'], [0x40000000, 'MSG_CMSG_CLOEXEC']] },
  epoll: { values: { 1: 'EPOLL_CTL_ADD', 2: 'EPOLL_CTL_DEL', 3: 'EPOLL_CTL_MOD' } },
  epollCreate: { bits: [[0o2000000, 'EPOLL_CLOEXEC']] },
  eventfd: { bits: [[1, 'EFD_SEMAPHORE'], [0o4000, 'EFD_NONBLOCK'], [0o2000000, 'EFD_CLOEXEC']] },
  inotify: { bits: [[0o4000, 'IN_NONBLOCK'], [0o2000000, 'IN_CLOEXEC']] },
  timerfd: { bits: [[0o4000, 'TFD_NONBLOCK'], [0o2000000, 'TFD_CLOEXEC']] },
  pipe: { bits: [[0o4000, 'O_NONBLOCK'], [0o40000, 'O_DIRECT'], [0o2000000, 'O_CLOEXEC']], rest: 'octal' },
  memfd: { bits: [[1, 'MFD_CLOEXEC'], [2, 'MFD_ALLOW_SEALING'], [4, 'MFD_HUGETLB']] },
  random: { bits: [[1, 'GRND_NONBLOCK'], [2, 'GRND_RANDOM'], [4, 'GRND_INSECURE']] },
  clock: { values: list('CLOCK_', 'REALTIME MONOTONIC PROCESS_CPUTIME_ID THREAD_CPUTIME_ID MONOTONIC_RAW REALTIME_COARSE MONOTONIC_COARSE BOOTTIME REALTIME_ALARM BOOTTIME_ALARM') },
  timer: { bits: [[1, 'TIMER_ABSTIME']] },
  limit: { values: list('RLIMIT_', 'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME') },
  archPrctl: { values: { 0x1001: 'ARCH_SET_GS', 0x1002: 'ARCH_SET_FS', 0x1003: 'ARCH_GET_FS', 0x1004: 'ARCH_GET_GS', 0x1011: 'ARCH_GET_CPUID', 0x1012: 'ARCH_SET_CPUID', 0x3001: 'ARCH_CET_STATUS' } },
  usage: { values: { 0: 'RUSAGE_SELF', [-1]: 'RUSAGE_CHILDREN', 1: 'RUSAGE_THREAD' } },
  priority: { values: list('PRIO_', 'PROCESS PGRP USER') },
  closeRange: { bits: [[2, 'CLOSE_RANGE_UNSHARE'], [4, 'CLOSE_RANGE_CLOEXEC']] },
} as const satisfies Readonly<Record<string, Names>>;

export type NameSet = keyof typeof NAMES;

/** `O_WRONLY|O_CREAT`, as strace prints it. */
export function namedBits(value: number, { values, mask, bits, none, rest }: Names): string {
  const parts: string[] = [];
  let left = value;
  if (values !== undefined) {
    const base = mask === undefined ? value : Number(BigInt.asUintN(32, BigInt(value)) & BigInt(mask));
    const name = values[base];
    if (mask === undefined) return name ?? numberText(value);
    if (name !== undefined) parts.push(name);
    if (name !== undefined) left -= base;
  }
  for (const [bit, name] of bits ?? []) {
    if (Number(BigInt(left) & BigInt(bit)) !== bit) continue;
    parts.push(name);
    left -= bit;
  }
  if (left !== 0) parts.push(rest === 'octal' ? `0${left.toString(8)}` : numberText(left));
  return parts.length === 0 ? (none ?? '0') : parts.join('|');
}

const numberText = (value: number): string => (value < 0 ? String(value) : `0x${value.toString(16)}`);
