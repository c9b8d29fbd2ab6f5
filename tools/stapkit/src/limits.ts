/** -D NAME[=VALUE]: stap's limits. Those that BPF has no use for are taken with a word about why they do nothing. */
import { UsageError } from '@stapkit/cli-kit';
import { MOST_STACK_FRAMES } from '@stapkit/object';
import type { Limits } from '@stapkit/object';

type Name = keyof Limits;

/** The values that each takes; a limit beyond is no limit that BPF code could keep. */
const RANGES: Readonly<Record<Name, readonly [number, number]>> = {
  MAXSTRINGLEN: [8, 4096],
  MAXMAPENTRIES: [1, 0x7fff_ffff],
  MAXACTION: [1, 0x7fff_ffff],
  MAXACTION_INTERRUPTIBLE: [1, 0x7fff_ffff],
  MAXNESTING: [1, 10_000],
  MAXERRORS: [0, 0x7fff_ffff],
  MAXSKIPPED: [0, 0x7fff_ffff],
  STP_PROCFS_BUFSIZE: [2, 0x7fff_ffff],
  MAXBACKTRACE: [1, MOST_STACK_FRAMES],
  HIST_WIDTH: [1, 1000],
  HIST_ELISION: [-1, 1000],
};

/** With 0, probes that are skipped due to reentrancy count against MAXSKIPPED (man stap). */
const INTERRUPTIBLE = [0, 1] as const;
const DEFAULT_MAXSKIPPED = 100;

const NO_LOCK = 'handlers wait for no lock';
const NO_MODULE = 'there is no kernel module';
const NO_OVERLOAD = 'the kernel bounds the run time of BPF programs by itself';

/** Of stap's kernel module. */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ['MAXTRYLOCK', NO_LOCK],
  ['TRYLOCKDELAY', NO_LOCK],
  ['MINSTACKSPACE', 'the stack of BPF programs is bounded when they are loaded'],
  ['MAXUPROBES', 'the kernel places user probes'],
  ['KRETACTIVE', 'the kernel chooses how many calls a return probe follows'],
  ['STP_OVERLOAD_THRESHOLD', NO_OVERLOAD],
  ['STP_OVERLOAD_INTERVAL', NO_OVERLOAD],
  ['STP_NO_OVERLOAD', NO_OVERLOAD],
  ['STP_MAXMEMORY', NO_MODULE],
  ['STP_BUFFER_SIZE', NO_MODULE],
  ['STP_LEGACY_PRINT', NO_MODULE],
  ['STP_ALIBI', NO_MODULE],
  ['STAP_SUPPRESS_TIME_LIMITS_ENABLE', 'write --suppress-time-limits'],
  ['STAP_SUPPRESS_HANDLER_ERRORS', 'write --suppress-handler-errors'],
  ['MAPHASHBIAS', "BPF's hash maps have their own size"],
]);

export interface LimitSettings {
  readonly limits: Partial<Limits>;
  /** One line for each setting that does nothing. */
  readonly notes: readonly string[];
}

/** @throws UsageError for what is no setting, or a value that the limit cannot have */
export function parseLimits(settings: readonly string[]): LimitSettings {
  const limits: { -readonly [K in Name]?: number } = {};
  const notes: string[] = [];
  let countsSkipped = false;
  for (const setting of settings) {
    const match = /^([a-z_]\w*)(?:=(-?\w+))?$/i.exec(setting);
    if (match?.[1] === undefined) throw new UsageError(`-D ${setting}: NAME or NAME=VALUE is wanted`, undefined, 1);
    const name = match[1].toUpperCase();
    if (name === 'INTERRUPTIBLE') countsSkipped = valueOf(name, INTERRUPTIBLE, match[2]) === 0;
    else if (Object.hasOwn(RANGES, name)) limits[name as Name] = valueOf(name, RANGES[name as Name], match[2]);
    else {
      const why = WITHOUT_EFFECT.get(name);
      notes.push(why === undefined ? `-D ${setting} has no effect: '${match[1]}' is no limit of stapkit, and there is no C code that could use it` : `-D ${setting} has no effect: ${why}`);
    }
  }
  if (countsSkipped) limits.MAXSKIPPED ??= DEFAULT_MAXSKIPPED;
  return { limits, notes };
}

function valueOf(name: string, [least, most]: readonly [number, number], text: string | undefined): number {
  const value = text !== undefined && /^-?(0x[0-9a-f]+|\d+)$/i.test(text) ? (text.startsWith('-') ? -Number(text.slice(1)) : Number(text)) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`-D ${name}${text === undefined ? '' : `=${text}`}: a number from ${least} to ${most} is wanted`, undefined, 1);
}
