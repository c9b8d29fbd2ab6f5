/**
 * The Kernel of this machine. The only file that knows koffi, and that is loaded
 * (10 ms) with the first system call, so that a command which only compiles never pays for it.
 *
 * All calls go through libc's `syscall`: one symbol that glibc and musl both have.
 */
import { chmodSync, closeSync, constants, fstatSync, openSync, readFileSync, readSync, readdirSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, release } from 'node:os';
import type { Architecture, FileIdentity, Kernel, MemoryMapping } from './kernel.js';
import { Attributes } from './attributes.js';
import { ENOSYS, errnoName } from './errno.js';
import * as uapi from './uapi.js';

/** Numbers from arch/x86/entry/syscalls/syscall_64.tbl and asm-generic/unistd.h. */
const SYSCALL_NUMBERS = {
  x86_64: { close: 3, mmap: 9, ioctl: 16, mknodat: 259, clock_gettime: 228, clock_getres: 229, perf_event_open: 298, prlimit64: 302, bpf: 321 },
  aarch64: { close: 57, mmap: 222, ioctl: 29, mknodat: 33, clock_gettime: 113, clock_getres: 114, perf_event_open: 241, prlimit64: 261, bpf: 280 },
} as const satisfies Record<Architecture, Record<string, number>>;

const ARCHITECTURES: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' };

type Argument = number | bigint;
/** Gives the result, or minus the error number. */
type Syscall = (number: number, a?: Argument, b?: Argument, c?: Argument, d?: Argument, e?: Argument, f?: Argument) => number;

interface Native {
  readonly syscall: Syscall;
  readonly address: (bytes: Uint8Array) => bigint;
  readonly view: (address: number, length: number) => ArrayBuffer;
}

let native: Native | undefined;

function loadNative(): Native {
  if (native !== undefined) return native;
  // The koffi package is CommonJS inside; `require` loads it when it is wanted and not before.
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const raw = koffi.load(null).func('int64 syscall(int64, int64, int64, int64, int64, int64, int64)') as (...args: Argument[]) => Argument;
  native = {
    syscall: (number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) => {
      const result = Number(raw(number, a, b, c, d, e, f));
      return result === -1 ? -koffi.errno() : result;
    },
    address: (bytes) => koffi.address(bytes),
    view: (address, length) => koffi.view(address, length),
  };
  return native;
}

/** AT_PAGESZ of the auxiliary vector: no system call tells the page size. */
function readPageSize(): number {
  const vector = readFileSync('/proc/self/auxv');
  const AT_PAGESZ = 6n;
  for (let offset = 0; offset + 16 <= vector.length; offset += 16) {
    if (vector.readBigUInt64LE(offset) === AT_PAGESZ) return Number(vector.readBigUInt64LE(offset + 8));
  }
  throw new Error('/proc/self/auxv does not tell the page size');
}

class LinuxKernel implements Kernel {
  readonly architecture: Architecture;
  readonly release: string = release();
  readonly effectiveUserId: number = process.geteuid?.() ?? 0;
  readonly #numbers: (typeof SYSCALL_NUMBERS)[Architecture];
  #pageSize: number | undefined;

  constructor(architecture: Architecture) {
    this.architecture = architecture;
    this.#numbers = SYSCALL_NUMBERS[architecture];
  }

  get pageSize(): number {
    return (this.#pageSize ??= readPageSize());
  }

  /** The coarse clock advances once a tick, so its resolution is the tick's length. */
  get tickRateHz(): number {
    return Math.round(1e9 / Number(this.#readClock('clock_getres', uapi.CLOCK_MONOTONIC_COARSE)));
  }

  bpf(command: number, attributes: Uint8Array): number {
    const { syscall, address } = loadNative();
    return syscall(this.#numbers.bpf, command, address(attributes), attributes.length);
  }

  perfEventOpen(attributes: Uint8Array, pid: number, cpu: number, groupFd: number, flags: number): number {
    const { syscall, address } = loadNative();
    return syscall(this.#numbers.perf_event_open, address(attributes), pid, cpu, groupFd, flags);
  }

  ioctl(fd: number, request: number, argument: number): number {
    return loadNative().syscall(this.#numbers.ioctl, fd, request, argument);
  }

  map(fd: number, length: number, writable: boolean, offset: number): MemoryMapping | number {
    const { syscall, view } = loadNative();
    const protection = uapi.PROT_READ | (writable ? uapi.PROT_WRITE : 0);
    const address = syscall(this.#numbers.mmap, 0, length, protection, uapi.MAP_SHARED, fd, offset);
    return address < 0 ? address : { address, buffer: view(address, length) };
  }

  /**
   * Lays anonymous memory over the range instead of munmap(2): the kernel's pages are let go
   * just the same, and a view that somebody kept reads zeros rather than ending the process.
   */
  unmap({ address, buffer }: MemoryMapping): void {
    const flags = uapi.MAP_PRIVATE | uapi.MAP_ANONYMOUS | uapi.MAP_FIXED;
    const result = loadNative().syscall(this.#numbers.mmap, address, buffer.byteLength, uapi.PROT_READ | uapi.PROT_WRITE, flags, -1, 0);
    if (result !== address) throw new Error(`mmap over a mapping failed: ${errnoName(-result)}`);
  }

  close(fd: number): void {
    loadNative().syscall(this.#numbers.close, fd);
  }

  systemCall(number: number, ...args: readonly (number | bigint)[]): number {
    return loadNative().syscall(number, ...args);
  }

  address(bytes: Uint8Array): bigint {
    return loadNative().address(bytes);
  }

  monotonicNs(): bigint {
    return this.#readClock('clock_gettime', uapi.CLOCK_MONOTONIC);
  }

  realtimeNs(): bigint {
    return this.#readClock('clock_gettime', uapi.CLOCK_REALTIME);
  }

  #readClock(call: 'clock_gettime' | 'clock_getres', id: number): bigint {
    const { syscall, address } = loadNative();
    const time = Buffer.alloc(16);
    const result = syscall(this.#numbers[call], id, address(time));
    if (result < 0) throw new Error(`${call}(${id}) failed: ${errnoName(-result)}`);
    return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
  }

  raiseMemlockLimit(): number {
    const { syscall, address } = loadNative();
    const limits = Buffer.alloc(16); // struct rlimit64: soft, hard
    const set = (): number => syscall(this.#numbers.prlimit64, 0, uapi.RLIMIT_MEMLOCK, address(limits), 0);
    limits.writeBigUInt64LE(uapi.RLIM_INFINITY, 0);
    limits.writeBigUInt64LE(uapi.RLIM_INFINITY, 8);
    const result = set();
    if (result === 0) return result;
    // Without CAP_SYS_RESOURCE the soft limit may still go up to the hard one.
    if (syscall(this.#numbers.prlimit64, 0, uapi.RLIMIT_MEMLOCK, 0, address(limits)) < 0) return result;
    const hard = limits.readBigUInt64LE(8);
    if (limits.readBigUInt64LE(0) === hard) return result;
    limits.writeBigUInt64LE(hard, 0);
    return set();
  }

  readFile(path: string): Uint8Array | undefined {
    try {
      return readFileSync(path);
    } catch {
      return undefined;
    }
  }

  readRange(path: string, offset: number, length: number): Uint8Array | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(path, 'r');
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  append(path: string, text: string): number {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND);
      try {
        writeSync(fd, text);
        return 0;
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).errno ?? -ENOSYS;
    }
  }

  makeFifo(path: string, mode: number): number {
    const name = Buffer.from(`${path}\0`);
    const result = loadNative().syscall(this.#numbers.mknodat, uapi.AT_FDCWD, this.address(name), uapi.S_IFIFO | mode, 0);
    // The process's umask has taken its part away.
    if (result >= 0) chmodSync(path, mode);
    return result;
  }

  /** By what /proc says of an open file and its mount (proc_pid_fdinfo(5), proc_pid_mountinfo(5)). */
  fileIdentity(path: string): FileIdentity | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(path, 'r');
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
      const mount = /^mnt_id:\s*(\d+)/m.exec(info)?.[1] ?? '';
      // "ino:" came with Linux 5.14.
      const inode = /^ino:\s*(\d+)/m.exec(info)?.[1] ?? String(fstatSync(fd, { bigint: true }).ino);
      const device = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(readFileSync('/proc/self/mountinfo', 'latin1'));
      const stat = fstatSync(fd, { bigint: true }).dev;
      // A file of another mount namespace has no mount here: its number by stat(2), glibc's makedev.
      const [major, minor] = device === null ? [((stat >> 8n) & 0xfffn) | ((stat >> 32n) & ~0xfffn), (stat & 0xffn) | ((stat >> 12n) & ~0xffn)] : [BigInt(device[1] ?? 0), BigInt(device[2] ?? 0)];
      return { device: (major << 20n) | minor, inode: BigInt(inode) };
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  hitsBreakpoints(): boolean {
    const watched = new Int32Array(new SharedArrayBuffer(8));
    const attributes = new Attributes(this, uapi.PERF_ATTR_SIZE_VER5).u32(0, uapi.PERF_TYPE_BREAKPOINT).u32(4, uapi.PERF_ATTR_SIZE_VER5)
      .u32(52, uapi.HW_BREAKPOINT_W).u64(56, this.address(new Uint8Array(watched.buffer))).u64(64, 4); // bp_type, bp_addr, bp_len
    const fd = this.perfEventOpen(attributes.bytes, 0, -1, -1, uapi.PERF_FLAG_FD_CLOEXEC);
    // That there is none, and why, is told when the probe's own is set.
    if (fd < 0) return true;
    try {
      for (let value = 0; value < 3; value++) Atomics.store(watched, 0, value);
      const count = Buffer.alloc(8);
      return readSync(fd, count) === 8 && count.readBigUInt64LE() > 0n;
    } finally {
      closeSync(fd);
    }
  }

  isSameFile(a: string, b: string): boolean {
    try {
      const [one, other] = [statSync(a, { bigint: true }), statSync(b, { bigint: true })];
      return one.dev === other.dev && one.ino === other.ino;
    } catch {
      return false;
    }
  }

  listDirectory(path: string): readonly string[] {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  }
}

/** The running kernel. Throws when this is not Linux on x86_64 or aarch64. */
export function linuxKernel(): Kernel {
  const architecture = process.platform === 'linux' ? ARCHITECTURES[arch()] : undefined;
  if (architecture === undefined) {
    throw new Error(`tracing needs Linux on x86_64 or aarch64; this is ${process.platform} on ${arch()}. Compiling works here: stapkit -p4`);
  }
  return new LinuxKernel(architecture);
}
