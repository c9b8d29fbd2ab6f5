/** Structures that arguments point to, as strace prints them, of their first bytes; fields are where the 64-bit kernels have them. */
import { NAMES, namedBits, type Names } from './flag-names.js';
import { quotedBytes } from './quoted-bytes.js';

/** What is at an address; undefined: the bytes are not enough for it. */
type Decode = (bytes: Buffer) => string | undefined;

interface Structure {
  readonly decode: Decode;
  /** The kernel fills it in: it has nothing when the call failed. */
  readonly isResult: boolean;
}

const MODE_TYPES: Readonly<Record<number, string>> = { 0o140000: 'S_IFSOCK', 0o120000: 'S_IFLNK', 0o100000: 'S_IFREG', 0o060000: 'S_IFBLK', 0o040000: 'S_IFDIR', 0o020000: 'S_IFCHR', 0o010000: 'S_IFIFO' };
const MODE_BITS: readonly (readonly [bit: number, name: string])[] = [[0o4000, 'S_ISUID'], [0o2000, 'S_ISGID'], [0o1000, 'S_ISVTX']];

function fileMode(mode: number): string {
  const type = mode & 0o170000;
  const special = MODE_BITS.filter(([bit]) => (mode & bit) !== 0).map(([, name]) => name);
  return [MODE_TYPES[type] ?? `0${type.toString(8)}`, ...special, `0${(mode & 0o777).toString(8).padStart(3, '0')}`].join('|');
}

/** struct stat of asm/stat.h on x86-64, of asm-generic/stat.h elsewhere: where st_mode and st_rdev are. */
const STAT = process.arch === 'arm64' ? { mode: 16, device: 32 } : { mode: 24, device: 40 };
const STAT_SIZE = 48;

function stat(bytes: Buffer): string | undefined {
  if (bytes.length < STAT_SIZE + 8) return undefined;
  const mode = bytes.readUInt32LE(STAT.mode);
  const device = bytes.readBigUInt64LE(STAT.device);
  const isDevice = [0o060000, 0o020000].includes(mode & 0o170000);
  // Numbers of devices as new_encode_dev has them.
  const [major, minor] = [(device >> 8n) & 0xfffn, (device & 0xffn) | ((device >> 12n) & 0xfff00n)];
  return `{st_mode=${fileMode(mode)}, ${isDevice ? `st_rdev=makedev(0x${major.toString(16)}, 0x${minor.toString(16)})` : `st_size=${bytes.readBigInt64LE(STAT_SIZE)}`}, ...}`;
}

const timespec: Decode = (bytes) => (bytes.length < 16 ? undefined : `{tv_sec=${bytes.readBigInt64LE(0)}, tv_nsec=${bytes.readBigInt64LE(8)}}`);
const descriptors: Decode = (bytes) => (bytes.length < 8 ? undefined : `[${bytes.readInt32LE(0)}, ${bytes.readInt32LE(4)}]`);

/** Each name has 65 bytes (struct new_utsname). */
function systemNames(bytes: Buffer): string | undefined {
  const name = (at: number): string => quotedBytes(bytes.subarray(at, bytes.indexOf(0, at)), false);
  return bytes.length < 130 ? undefined : `{sysname=${name(0)}, nodename=${name(65)}, ...}`;
}

function waitStatus(bytes: Buffer): string | undefined {
  if (bytes.length < 4) return undefined;
  const status = bytes.readUInt32LE(0);
  const signal = status & 0x7f;
  if (status === 0xffff) return '[{WIFCONTINUED(s)}]';
  if (signal === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}]`;
  if (signal === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${namedBits((status >> 8) & 0xff, NAMES.signal)}}]`;
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${namedBits(signal, NAMES.signal)}${(status & 0x80) === 0 ? '' : ' && WCOREDUMP(s)'}}]`;
}

const NO_LIMIT = 0xffffffffffffffffn;
const limit = (value: bigint): string => (value === NO_LIMIT ? 'RLIM64_INFINITY' : value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : String(value));
const limits: Decode = (bytes) => (bytes.length < 16 ? undefined : `{rlim_cur=${limit(bytes.readBigUInt64LE(0))}, rlim_max=${limit(bytes.readBigUInt64LE(8))}}`);

const EVENTS: Names = { bits: [[1, 'EPOLLIN'], [2, 'EPOLLPRI'], [4, 'EPOLLOUT'], [0x40, 'EPOLLRDNORM'], [0x80, 'EPOLLRDBAND'], [0x100, 'EPOLLWRNORM'], [0x200, 'EPOLLWRBAND'], [0x400, 'EPOLLMSG'], [8, 'EPOLLERR'], [0x10, 'EPOLLHUP'], [0x2000, 'EPOLLRDHUP'], [0x10000000, 'EPOLLEXCLUSIVE'], [0x20000000, 'EPOLLWAKEUP'], [0x40000000, 'EPOLLONESHOT'], [0x80000000, 'EPOLLET']] };
/** Packed on x86-64 alone. */
const EVENT_DATA = process.arch === 'arm64' ? 8 : 4;
function epollEvent(bytes: Buffer): string | undefined {
  return bytes.length < EVENT_DATA + 8 ? undefined : `{events=${namedBits(bytes.readUInt32LE(0), EVENTS)}, data={u32=${bytes.readUInt32LE(EVENT_DATA)}, u64=${bytes.readBigUInt64LE(EVENT_DATA)}}}`;
}

const given = (decode: Decode): Structure => ({ decode, isResult: false });
const filled = (decode: Decode): Structure => ({ decode, isResult: true });

/** By call; the script marks where the address is and how many bytes are read there. */
const STRUCTURES: Readonly<Record<string, Structure>> = {
  stat: filled(stat), lstat: filled(stat), fstat: filled(stat), newfstatat: filled(stat),
  nanosleep: given(timespec), clock_nanosleep: given(timespec), clock_getres: filled(timespec),
  pipe: filled(descriptors), pipe2: filled(descriptors), socketpair: filled(descriptors),
  uname: filled(systemNames), wait4: filled(waitStatus), prlimit64: filled(limits), getrlimit: filled(limits), setrlimit: given(limits), epoll_ctl: given(epollEvent),
};

/** The structure of a call as text; undefined where it stays an address. */
export function structureText(call: string, bytes: Buffer, result: number | undefined): string | undefined {
  const structure = STRUCTURES[call];
  if (structure === undefined || (structure.isResult && (result === undefined || result < 0 || (call === 'wait4' && result === 0)))) return undefined;
  return structure.decode(bytes);
}
