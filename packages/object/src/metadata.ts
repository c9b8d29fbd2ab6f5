/**
 * What the object carries beside BPF code, as JSON in the section `.stapkit`:
 * all that the runtime needs and that an eBPF object has no place for.
 */
import type { AttachPoint, IrBody, IrFunction, IrGlobal, IrSite, IrType, PrintArgument, ProbeMember, SiteId, SourceLocation } from './ir.js';
import type { LeafEncoding } from './records.js';

/** Raised when a runtime of version N cannot read an object of this version. 2: with a hash (object-hash.ts). */
export const OBJECT_FORMAT_VERSION = 3;
export const METADATA_SECTION = '.stapkit';

/** The value layout of one statistic, in bytes from the value's start (all 64-bit words). Absent: not kept. */
export interface StatLayout {
  readonly bytes: number;
  readonly count?: number;
  readonly sum?: number;
  /** Of the least and the greatest sample, their ranks ({@link EXTREME_RANK}). */
  readonly min?: number;
  readonly max?: number;
  /** Welford state for @variance, two words: the mean and the sum of squared distances, scaled by 2^varianceShift. */
  readonly variance?: number;
  readonly histogram?: { readonly offset: number; readonly buckets: number };
}

/**
 * The exclusive or of a sample with it is its rank among unsigned numbers: the least, or the greatest, has the highest. A word of 0, as it is
 * made and cleared, is below the rank of every sample but those that no other can exceed, so that it is raised in one step, without a first one.
 */
export const EXTREME_RANK = { min: (1n << 63n) - 1n, max: -(1n << 63n) } as const;

export type GlobalStorage =
  /** A 64-bit word or a string ({@link StringLayout}) in the `globals` map. */
  | { readonly kind: 'slot'; readonly offset: number; readonly bytes: number }
  /** A statistic in the per-CPU array map `map`, key 0, at `offset`. */
  | { readonly kind: 'per-cpu'; readonly map: string; readonly offset: number; readonly layout: StatLayout }
  /**
   * A statistic of a count and a sum at most, in the `globals` map: `stripes` copies, the first at `offset`, one every
   * `stride` bytes. A CPU adds atomically to copy `cpu mod stripes`; the statistic is the sum of all copies.
   */
  | { readonly kind: 'striped'; readonly offset: number; readonly stripes: number; readonly stride: number; readonly layout: StatLayout }
  /** A hash map. Key: the keys one after another, each padded to 8 bytes. Value: see below. */
  | {
      readonly kind: 'hash';
      readonly map: string;
      readonly perCpu: boolean;
      readonly keyBytes: number;
      readonly valueBytes: number;
      readonly keys: readonly { readonly type: IrType; readonly offset: number; readonly bytes: number }[];
      /** Offset of the 64-bit monotonic insertion time in the value; present when the array is ordered. */
      readonly insertedAt?: number;
      /** Offset of the long, string or statistic in the value. */
      readonly valueOffset: number;
      readonly layout?: StatLayout;
    };

/**
 * Strings in maps are: bytes, padded with NUL to the slot's size (no length word).
 * A slot of n bytes holds at most n - 1 bytes of text.
 */
export type ProgramKind =
  | 'fentry' | 'fexit' | 'kprobe' | 'kretprobe' | 'uprobe' | 'uretprobe'
  | 'kprobe_multi' | 'kretprobe_multi' | 'uprobe_multi' | 'uretprobe_multi'
  | 'tp_btf' | 'raw_tp' | 'perf_event' | 'netfilter';

export interface ProgramMetadata {
  /** ELF symbol of the program; its section says its type to other tools. */
  readonly symbol: string;
  readonly section: string;
  readonly kind: ProgramKind;
  /** Kernel function, tracepoint or user symbol that it goes to. */
  readonly target: AttachPoint;
  /** Indexes into `probes` of the handlers in this program. */
  readonly probes: readonly number[];
  /** `entry`: keeps values for a return program. `tracker`: keeps the sets of processes up to date. */
  readonly role: 'handler' | 'entry' | 'tracker';
  /** It is not attached: another program of its plan goes on with it by these entries of an array of programs. */
  readonly reachedBy?: { readonly map: string; readonly keys: readonly number[] };
}

/** Ways to serve a set of probes, best first: the runtime loads and attaches all programs of the first way that the kernel takes. */
export interface AttachPlan {
  readonly probes: readonly number[];
  readonly ways: readonly { readonly programs: readonly number[] }[];
  /** Needed only in a session that has a target. */
  readonly forTarget?: boolean;
}

/** A set of processes that trackers keep: a hash map with the process ids (32 bits) as keys. The runtime puts in those that are there at the start. */
export interface ProcessSet {
  readonly map: string;
  /** Absent: the target of -x or -c, and all that comes of it. */
  readonly program?: {
    readonly path: string;
    /** Two words in the globals map for the file's device (dev_t in the kernel's form) and inode number, by which trackers know it. */
    readonly identityOffset: number;
  };
}

/** A counter that handlers read: one event a CPU, in a map of them. */
export interface PerfCounter {
  readonly name: string;
  readonly map: string;
  readonly type: number;
  readonly config: bigint;
}

export interface ProbeMetadata {
  readonly name: string;
  readonly point: string;
  readonly where: 'kernel' | 'host';
  readonly attach: AttachPoint;
  readonly location: SourceLocation;
  /** Host probes only. */
  readonly body?: IrBody;
}

export interface MapMetadata {
  readonly name: string;
  readonly type: 'array' | 'percpu_array' | 'hash' | 'percpu_hash' | 'lru_hash' | 'ringbuf' | 'perf_event_array' | 'lpm_trie' | 'prog_array';
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  /** BPF_F_* bits. */
  readonly flags: number;
}

/** A kernel-side print site: which leaves an entry carries, and how the arguments are made of them. */
export interface SiteMetadata extends IrSite {
  readonly leaves?: readonly LeafEncoding[];
  /** `value` arguments are `{register: n}` with n = leaf index, or constants. */
  readonly args?: readonly PrintArgument[];
  /** The probe (index) that an error site belongs to. */
  readonly probe?: number;
}

export interface ObjectMetadata {
  readonly format: number;
  readonly compiler: string;
  readonly name: string;
  readonly arch: 'x86_64' | 'aarch64';
  /** Release of the kernel whose BTF it was compiled against; '' when none was used. */
  readonly kernelRelease: string;
  /** The script's compile-time choices bound it to this kernel release (kernel_v, CONFIG_*, @defined). */
  readonly kernelBound: boolean;
  readonly limits: Limits;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly globals: readonly (IrGlobal & { readonly storage: GlobalStorage })[];
  readonly functions: readonly IrFunction[];
  readonly probes: readonly ProbeMetadata[];
  readonly programs: readonly ProgramMetadata[];
  readonly plans: readonly AttachPlan[];
  readonly maps: readonly MapMetadata[];
  readonly processSets?: readonly ProcessSet[];
  readonly counters?: readonly PerfCounter[];
  readonly members?: readonly ProbeMember[];
  /** Where kernel handlers find the members' texts: an array map with two of them in a value, NUL-padded. */
  readonly memberTexts?: { readonly map: string; readonly nameBytes: number; readonly functionBytes: number };
  readonly sites: readonly SiteMetadata[];
  /** The times of probes (-t) are told as objects (--json). */
  readonly timesAs?: 'json';
  /** Kernel handlers keep packed texts: see packed-text.ts. */
  readonly packs?: true;
  /** Name of the map of captured stacks: see stack-table.ts. */
  readonly stacks?: string;
  /** Names of the special maps. */
  readonly globalsMap: string;
  readonly ringBuffer?: string;
}

/** Name of the global, a statistic of nanoseconds, in which a probe's times are (-t). No script can have it. */
export const timingGlobal = (probe: number): string => `time of probe ${probe}`;

/** Name of the array whose keys are the probes that --monitor has switched off. */
export const OFF_PROBES = 'probes that are off';

/** stap's -D limits, under their own names. */
export interface Limits {
  readonly MAXSTRINGLEN: number;
  readonly MAXMAPENTRIES: number;
  /** Iterations of loops in a kernel handler. */
  readonly MAXACTION: number;
  /** Steps of a handler in this process; absent: 10 times MAXACTION (man stap). */
  readonly MAXACTION_INTERRUPTIBLE?: number;
  readonly MAXNESTING: number;
  readonly MAXERRORS: number;
  /** Absent: any number. Those that reentrancy skips, and there are no others here, count with INTERRUPTIBLE=0 alone (man stap). */
  readonly MAXSKIPPED?: number;
  /** Bytes of what is read from a procfs file without .maxsize; absent: as MAXSTRINGLEN. */
  readonly STP_PROCFS_BUFSIZE?: number;
  /** Characters of a histogram's longest bar; absent: 50. */
  readonly HIST_WIDTH?: number;
  /** Frames of a stack; absent: 20. */
  readonly MAXBACKTRACE?: number;
  /** Empty rows kept on each side of those left out; negative: none is left out; absent: 2. */
  readonly HIST_ELISION?: number;
}

export const DEFAULT_LIMITS: Limits = {
  MAXSTRINGLEN: 512, MAXMAPENTRIES: 2048, MAXACTION: 10_000, MAXNESTING: 10, MAXERRORS: 0,
};

/** JSON with 64-bit integers as `{"$": "123"}`. */
export function encodeMetadata(metadata: ObjectMetadata): string {
  return JSON.stringify(metadata, (_key, value: unknown) => (typeof value === 'bigint' ? { $: value.toString() } : value));
}

export function decodeMetadata(text: string): ObjectMetadata {
  return JSON.parse(text, (_key, value: unknown) => {
    // JSON has no undefined: the `*` of a slice.
    if (Array.isArray(value)) return value.map((one: unknown) => one ?? undefined);
    if (typeof value === 'object' && value !== null && '$' in value && typeof value.$ === 'string') return BigInt(value.$);
    return value;
  }) as ObjectMetadata;
}

export type { SiteId };
