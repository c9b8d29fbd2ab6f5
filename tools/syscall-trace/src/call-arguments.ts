/** Arguments of a system call as strace prints them: by their C types, and by name where their bits have names. */
import { DESCRIPTOR_PARAMETER, systemCalls } from '@stapkit/cli-kit';
import { NAMES, namedBits, type NameSet } from './flag-names.js';
import { quotedBytes } from './quoted-bytes.js';
import { structureText } from './structures.js';

/** What the script tells of one call. Texts are quoted already; undefined when the argument points to none. */
export interface CallArguments {
  readonly values: readonly bigint[];
  readonly texts: readonly string[];
  /** Bytes that were read or written, or of a structure. */
  readonly bytes: Buffer;
  /** The result, as the kernel gave it; undefined for a call that does not return. */
  readonly result: number | undefined;
}

const set = (...names: readonly (NameSet | undefined)[]): readonly (NameSet | undefined)[] => names;
const _ = undefined;

/** Sets of names for the arguments of a call, in their order. */
const SETS: Readonly<Record<string, readonly (NameSet | undefined)[]>> = {
  open: set(_, 'open'), openat: set(_, _, 'open'), creat: set(), mmap: set(_, _, 'protection', 'map'), mprotect: set(_, _, 'protection'), mremap: set(_, _, _, 'remap'), msync: set(_, _, 'sync'), madvise: set(_, _, 'advice'),
  fadvise64: set(_, _, _, 'fadvice'), access: set(_, 'access'), faccessat: set(_, _, 'access'), faccessat2: set(_, _, 'access', 'faccess'), lseek: set(_, _, 'whence'), newfstatat: set(_, _, _, 'at'), fchownat: set(_, _, _, _, 'at'), linkat: set(_, _, _, _, 'at'),
  unlinkat: set(_, _, 'unlink'), renameat2: set(_, _, _, _, 'rename'), statx: set(_, _, 'at', 'statx'), utimensat: set(_, _, _, 'at'), rt_sigaction: set('signal'), rt_sigprocmask: set('signalMask'), kill: set(_, 'signal'), tkill: set(_, 'signal'), tgkill: set(_, _, 'signal'),
  wait4: set(_, _, 'wait4'), waitid: set('waitFor', _, _, 'wait'), unshare: set('clone'), flock: set(_, 'lock'), futex: set(_, 'futex'), socketpair: set('family', 'socket'), accept4: set(_, _, _, 'accept'), shutdown: set(_, 'shutdown'),
  sendto: set(_, _, _, 'message'), recvfrom: set(_, _, _, 'message'), sendmsg: set(_, _, 'message'), recvmsg: set(_, _, 'message'), epoll_ctl: set(_, 'epoll'), epoll_create1: set('epollCreate'), eventfd2: set(_, 'eventfd'), inotify_init1: set('inotify'), timerfd_create: set('clock', 'timerfd'), pipe2: set(_, 'pipe'), dup3: set(_, _, 'pipe'),
  memfd_create: set(_, 'memfd'), getrandom: set(_, _, 'random'), clock_gettime: set('clock'), clock_settime: set('clock'), clock_getres: set('clock'), clock_nanosleep: set('clock', 'timer'), getrlimit: set('limit'), setrlimit: set('limit'), prlimit64: set(_, 'limit'),
  arch_prctl: set('archPrctl'), getrusage: set('usage'), getpriority: set('priority'), setpriority: set('priority'), close_range: set(_, _, 'closeRange'),
};

const AT_FDCWD = -100n;
const DIRECTORY = /^(?:\w*dfd|mountdirfd)$/;
/** Where an argument of these names is a number of bits or an address, it is known in hex. */
const HEX = /^(?:addr|start|brk|new_addr|entry|mask|\w*flags?|arg\d?|data|prot|mode|behavior)$/;
const OCTAL = /^umode_t$/;
const LONG = /^(?:const )?(?:unsigned long|size_t|u64|__u64|long|off_t|loff_t)$/;
const SIGNED = /^(?:const )?(?:int|long|pid_t|off_t|loff_t|clockid_t|__s32|timer_t|mqd_t|key_t|key_serial_t|enum \w+)$/;
const HAS_MODE = 0o20000100n;

/** A number as its C type has it: int keeps 32 bits of a register. */
function asTyped(value: bigint, type: string): bigint {
  const bits = LONG.test(type) ? 64 : 32;
  return SIGNED.test(type) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

const pointer = (value: bigint): string => (value === 0n ? 'NULL' : `0x${value.toString(16)}`);
const octal = (value: bigint): string => (value === 0n ? '000' : `0${value.toString(8)}`);

/** {sa_family=AF_INET, …}, of the bytes of a struct sockaddr. */
function socketAddress(bytes: Buffer): string {
  const family = bytes.readUInt16LE(0);
  const name = namedBits(family, NAMES.family);
  if (family === 2 && bytes.length >= 8) return `{sa_family=${name}, sin_port=htons(${bytes.readUInt16BE(2)}), sin_addr=inet_addr("${[...bytes.subarray(4, 8)].join('.')}")}`;
  if (family === 1) {
    const path = bytes.subarray(2);
    const end = path.indexOf(0, 1);
    const known = end === -1 ? path : path.subarray(0, end);
    return `{sa_family=${name}, sun_path=${known[0] === 0 ? `@${quotedBytes(known.subarray(1), false)}` : quotedBytes(known, false)}}`;
  }
  if (family === 10 && bytes.length >= 24) return `{sa_family=${name}, sin6_port=htons(${bytes.readUInt16BE(2)}), sin6_addr=${addressWords(bytes.subarray(8, 24))}}`;
  return `{sa_family=${name}}`;
}

const addressWords = (bytes: Buffer): string => Array.from({ length: 8 }, (_unused, index) => bytes.readUInt16BE(2 * index).toString(16)).join(':');

/** Places of paths and of bytes among the arguments, as the script marks them: kept in step by a test. */
export interface Places {
  readonly paths: readonly number[];
  /** `length`: the argument that is the number of bytes, or with `lengthAt` points to it; `structure`: they are one, of as many bytes as are read of it. */
  readonly buffer?: { readonly at: number; readonly length?: number; readonly lengthAt?: boolean; readonly isAddress?: boolean; readonly structure?: number };
}

/** One argument, where nothing better is known than its type. */
function plain(type: string, name: string, value: bigint): string {
  if (type.includes('*') || type.startsWith('cap_user')) return pointer(value);
  if (DIRECTORY.test(name) && BigInt.asIntN(32, value) === AT_FDCWD) return 'AT_FDCWD';
  if (DESCRIPTOR_PARAMETER.test(name)) return String(BigInt.asIntN(32, value));
  const typed = asTyped(value, type);
  if (OCTAL.test(type)) return octal(typed);
  if (name === 'addr' || name === 'start' || name === 'brk') return pointer(typed);
  return HEX.test(name) ? (typed === 0n ? '0' : `0x${BigInt.asUintN(64, typed).toString(16)}`) : String(typed);
}

function bufferText(call: string, { bytes, result, values }: CallArguments, { length, lengthAt, isAddress, structure }: NonNullable<Places['buffer']>, value: bigint): string {
  if (structure !== undefined) return (value === 0n ? undefined : structureText(call, bytes, result)) ?? pointer(value);
  // What the kernel fills in is nothing when the call failed.
  if (lengthAt === true && (result === undefined || result < 0)) return pointer(value);
  const whole = length === undefined ? (result ?? 0) : Number(values[length - 1] ?? 0n);
  if (length === undefined && (result === undefined || result < 0)) return pointer(value);
  if (value === 0n) return 'NULL';
  if (isAddress === true) return bytes.length < 2 ? pointer(value) : socketAddress(bytes);
  return quotedBytes(bytes, whole > bytes.length);
}

/** All arguments of a call, joined with commas. */
export function argumentsText(call: string, given: CallArguments, places: Places): string {
  const parameters = systemCalls().get(call)?.parameters;
  if (parameters === undefined) return given.values.map((value) => `0x${value.toString(16)}`).join(', ');
  const special = SPECIAL[call]?.(given.values);
  if (special !== undefined) return special;
  const names = SETS[call] ?? [];
  const flags = call === 'open' ? given.values[1] : given.values[2];
  const shown = parameters.filter(({ name }) => !(name === 'mode' && (call === 'open' || call === 'openat') && ((flags ?? 0n) & HAS_MODE) === 0n));
  return shown.map(({ type, name }, index) => {
    const value = given.values[index] ?? 0n;
    const path = places.paths.indexOf(index + 1);
    if (path !== -1) return given.texts[path] ?? pointer(value);
    if (places.buffer?.at === index + 1) return bufferText(call, given, places.buffer, value);
    const known = names[index];
    if (known === undefined) return plain(type, name, value);
    if (known === 'futex') return futexOperation(Number(BigInt.asUintN(32, value)));
    return namedBits(Number(BigInt.asIntN(known === 'usage' ? 32 : 64, asTyped(value, type))), NAMES[known]);
  }).join(', ');
}

/** FUTEX_WAIT_PRIVATE is FUTEX_WAIT with a bit. */
function futexOperation(value: number): string {
  const name = namedBits(value & 0x7f, NAMES.futex);
  return `${name}${value & 0x80 ? '_PRIVATE' : ''}${value & 0x100 ? '|FUTEX_CLOCK_REALTIME' : ''}`;
}

/** The bits first, then the signal. */
function cloneFlags(value: bigint): string {
  const bits = namedBits(Number(BigInt.asUintN(64, value) & ~0xffn), { bits: NAMES.clone.bits });
  const signal = Number(value & 0xffn);
  const ends = signal === 0 ? [] : [namedBits(signal, NAMES.signal)];
  return [...(bits === '0' && ends.length > 0 ? [] : [bits]), ...ends].join('|');
}

const has = (value: bigint, bit: number): boolean => (value & BigInt(bit)) !== 0n;

/** clone's arguments have names in strace, and only those that the flags ask for are there. */
function cloneArguments([flags = 0n, stack = 0n, parent = 0n, child = 0n, tls = 0n]: readonly bigint[]): string {
  return [
    `child_stack=${pointer(stack)}`, `flags=${cloneFlags(flags)}`,
    ...(has(flags, 0x100000) || has(flags, 0x1000) ? [`parent_tid=${pointer(parent)}`] : []),
    ...(has(flags, 0x80000) ? [`tls=${pointer(tls)}`] : []),
    ...(has(flags, 0x1000000) || has(flags, 0x200000) ? [`child_tidptr=${pointer(child)}`] : []),
  ].join(', ');
}

/** The third argument is what the command makes of it; commands that only ask have none. */
function fcntlArguments([fd = 0n, command = 0n, argument = 0n]: readonly bigint[]): string {
  const name = namedBits(Number(command), NAMES.descriptor);
  const third: Readonly<Record<string, string>> = { F_SETFD: namedBits(Number(argument), { bits: [[1, 'FD_CLOEXEC']] }), F_SETFL: namedBits(Number(argument), NAMES.open), F_DUPFD: String(argument), F_DUPFD_CLOEXEC: String(argument) };
  const asks = /^F_GET(?:FD|FL|OWN|SIG|LEASE|PIPE_SZ|_SEALS)$|^F_GET_SEALS$|^F_GETPIPE_SZ$/.test(name);
  return [String(BigInt.asIntN(32, fd)), name, ...(asks ? [] : [third[name] ?? pointer(argument)])].join(', ');
}

const INTERNET = new Set([2, 10]);

/** The protocol has a name for the families of the Internet. */
function socketArguments([family = 0n, type = 0n, protocol = 0n]: readonly bigint[]): string {
  const number = Number(BigInt.asIntN(32, protocol));
  return [namedBits(Number(family), NAMES.family), namedBits(Number(type), NAMES.socket), INTERNET.has(Number(family)) ? namedBits(number, NAMES.protocol) : String(number)].join(', ');
}

/** Calls whose arguments depend on each other. */
const SPECIAL: Readonly<Record<string, (values: readonly bigint[]) => string>> = {
  clone: cloneArguments,
  fcntl: fcntlArguments,
  socket: socketArguments,
  rseq: ([rseq = 0n, length = 0n, flags = 0n, signature = 0n]) => [pointer(rseq), `0x${length.toString(16)}`, String(flags), `0x${signature.toString(16)}`].join(', '),
};
