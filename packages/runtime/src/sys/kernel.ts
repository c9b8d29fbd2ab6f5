/**
 * What the runtime needs of the operating system. One implementation makes system
 * calls (linux.ts), one answers from a test's functions (fake-kernel.ts).
 *
 * Calls give the kernel's own result: a number >= 0, or minus the error number.
 * Whoever calls knows what it was doing and throws a SyscallError that says so.
 */

/** Memory shared with the kernel. After {@link Kernel.unmap} it stays readable, but holds zeros and belongs to nobody. */
export interface MemoryMapping {
  readonly buffer: ArrayBuffer;
  readonly address: number;
}

/** A file as the kernel itself knows it, which stat(2) does not always tell (btrfs, overlayfs). */
export interface FileIdentity {
  /** Device of the file system's superblock, as dev_t inside of the kernel: major << 20 | minor. */
  readonly device: bigint;
  readonly inode: bigint;
}

export type Architecture = 'x86_64' | 'aarch64';

export interface Kernel {
  /** bpf(2). `attributes` is a union bpf_attr, whole or its beginning. */
  bpf(command: number, attributes: Uint8Array): number;
  /** perf_event_open(2). */
  perfEventOpen(attributes: Uint8Array, pid: number, cpu: number, groupFd: number, flags: number): number;
  /** ioctl(2) with a number for its argument. */
  ioctl(fd: number, request: number, argument: number): number;
  /** mmap(2), MAP_SHARED. `offset` and `length` in bytes. */
  map(fd: number, length: number, writable: boolean, offset: number): MemoryMapping | number;
  /** Gives the mapping back to the kernel. */
  unmap(mapping: MemoryMapping): void;
  close(fd: number): void;
  /** Any other system call, by its number on this architecture (asm/unistd.h): for what a command needs beside tracing. */
  systemCall(number: number, ...args: readonly (number | bigint)[]): number;
  /** Where the bytes lie, for a pointer inside a structure. Keep `bytes` referenced until the call returned. */
  address(bytes: Uint8Array): bigint;
  /** CLOCK_MONOTONIC, in ns: bpf_ktime_get_ns() of the kernel side. */
  monotonicNs(): bigint;
  /** CLOCK_REALTIME, in ns since the epoch. */
  realtimeNs(): bigint;
  /** Lifts RLIMIT_MEMLOCK of this process as far as it may; needed for BPF before 5.11. 0 or minus the error number. */
  raiseMemlockLimit(): number;
  /** A file of /proc or /sys, whole. undefined when it is not there or may not be read. */
  readFile(path: string): Uint8Array | undefined;
  /** Part of any file; shorter when the file ends. undefined when it cannot be read. */
  readRange(path: string, offset: number, length: number): Uint8Array | undefined;
  /** Writes to the end of a file that is there, in one write(2). 0 or minus the error number. */
  append(path: string, text: string): number;
  /** Names in a directory; empty when there is none. */
  listDirectory(path: string): readonly string[];
  /** mkfifo(3), with exactly these permissions. 0 or minus the error number. */
  makeFifo(path: string, mode: number): number;
  /** undefined when it cannot be opened. */
  fileIdentity(path: string): FileIdentity | undefined;
  /** Do both paths lead to one file? Also of /proc/PID/exe and the like. */
  isSameFile(a: string, b: string): boolean;
  /** Whether a hardware breakpoint that this process sets on its own memory is hit: some hypervisors let it be set, and no more. */
  hitsBreakpoints(): boolean;
  readonly effectiveUserId: number;
  /** Timer interrupts a second (CONFIG_HZ). */
  readonly tickRateHz: number;
  /** Bytes in a page. */
  readonly pageSize: number;
  /** As `uname -r` gives it. */
  readonly release: string;
  readonly architecture: Architecture;
}

/** {@link Kernel.readFile} as text, without white space at its ends. */
export function readText(kernel: Kernel, path: string): string | undefined {
  const bytes = kernel.readFile(path);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes).trim();
}

/** Of /sys/kernel/security/lockdown: none, integrity, confidentiality; undefined: the kernel has no lockdown, or does not tell. */
export function lockdownMode(kernel: Pick<Kernel, 'readFile'>): string | undefined {
  const bytes = kernel.readFile('/sys/kernel/security/lockdown');
  return bytes === undefined ? undefined : /\[(\w+)\]/.exec(new TextDecoder().decode(bytes))?.[1];
}

/** Is it at least version `major.minor`? By `uname -r`; for what cannot be tried out. */
export function isAtLeast(kernel: Kernel, major: number, minor: number): boolean {
  const [haveMajor = 0, haveMinor = 0] = kernel.release.split(/[.-]/).map(Number);
  return haveMajor > major || (haveMajor === major && haveMinor >= minor);
}

/** Does this process hold capability number `bit` (CAP_* of uapi.ts)? From CapEff in /proc/self/status. */
export function hasCapability(kernel: Kernel, bit: number): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readText(kernel, '/proc/self/status') ?? '')?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n;
}
