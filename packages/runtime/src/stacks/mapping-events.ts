/**
 * What processes map while a session runs, told by the kernel (perf_event_open(2): PERF_RECORD_MMAP2, _COMM, _FORK of a dummy event
 * on every CPU): a process that starts and ends between two looks at /proc leaves its stacks behind, and this is what they mean.
 */
import { Attributes } from '../sys/attributes.js';
import { onlineCpus } from '../sys/cpus.js';
import type { Kernel, MemoryMapping } from '../sys/kernel.js';
import { syscallError, type SyscallError } from '../sys/syscall-error.js';
import * as uapi from '../sys/uapi.js';
import type { Mapping } from './process-maps.js';

const PERF_COUNT_SW_DUMMY = 9;
const PERF_SAMPLE_TIME = 4;
/** Bits of perf_event_attr: mmap, comm, task, sample_id_all, mmap2, comm_exec, use_clockid. `disabled` is not among them: it starts at once. */
const FLAGS = (1n << 8n) | (1n << 9n) | (1n << 13n) | (1n << 18n) | (1n << 23n) | (1n << 24n) | (1n << 25n);
/** BPF's clock, and that of process.hrtime. */
const CLOCK_MONOTONIC = 1;
const RECORD = { lost: 2, comm: 3, exit: 4, fork: 7, mmap2: 10 } as const;
const MISC_COMM_EXEC = 1 << 13;
const PROT_EXEC = 4;
/** Pages of a ring: room for a few thousand records between two looks. */
const RING_PAGES = 64;
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;
/** Of processes that are remembered; the oldest are forgotten. */
const MOST_PROCESSES = 20_000;

const NOTHING: SeenMappings = { mappings: [], isWhole: false, earlier: [] };
/** Programs that a process ran before. */
const MOST_EARLIER = 4;

const FOLLOWING = 'following what processes map';

type Event = { readonly time: bigint } & (
  | { readonly kind: 'map'; readonly pid: number; readonly mapping: Mapping }
  | { readonly kind: 'exec' | 'exit'; readonly pid: number }
  | { readonly kind: 'fork'; readonly pid: number; readonly parent: number }
);

/** map: code of a file. */
export interface MappingChange {
  readonly kind: Event['kind'];
  readonly pid: number;
  /** Of a fork. */
  readonly parent?: number;
}

/** What a process has mapped, as far as it was seen. */
export interface SeenMappings {
  readonly mappings: readonly Mapping[];
  /** Since its last exec: there is nothing else. */
  readonly isWhole: boolean;
  /** Of what it ran before that, the last first. */
  readonly earlier: readonly (readonly Mapping[])[];
}

/** Something else that happened to a process, to be told in its turn between what it mapped before and after. */
export interface Happening {
  /** Nanoseconds of the monotonic clock. */
  readonly time: bigint;
  happened(): void;
}

interface Ring {
  readonly fd: number;
  readonly memory: MemoryMapping;
  readonly view: DataView;
  readonly words: BigUint64Array;
}

/** After an exec. */
function started(before: SeenMappings | undefined): SeenMappings {
  return { mappings: [], isWhole: true, earlier: before === undefined || before.mappings.length === 0 ? before?.earlier ?? [] : [before.mappings, ...before.earlier].slice(0, MOST_EARLIER) };
}

export class MappingEvents {
  readonly #kernel: Kernel;
  readonly #rings: Ring[] = [];
  readonly #processes = new Map<number, SeenMappings>();
  /** Later than the last poll began: what is older may not have been read yet. */
  #waiting: (Event | Happening)[] = [];
  /** Records that found a ring full. */
  lost = 0;
  /** Processes that were seen and are not remembered any more. */
  forgotten = 0;
  /** Why a CPU's events, the first that failed, cannot be had. */
  problem: SyscallError | undefined;
  /** Told of what processes did, in the order in which they did it. */
  onChange: ((change: MappingChange) => void) | undefined;
  /** Gives what else happened since it was asked last. */
  others: (() => readonly Happening[]) | undefined;

  /** Without the right to it (perf_event_paranoid) there are no events, and only /proc: see `problem`. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const cpu of onlineCpus(kernel)) this.#open(cpu);
  }

  /** What the process has mapped since the session began, and what it had from its parent; undefined: nothing was seen of it. */
  mappingsOf(pid: number): readonly Mapping[] | undefined {
    this.poll();
    return this.seen(pid)?.mappings;
  }

  /** As mappingsOf(), at the time of what is being told. */
  seen(pid: number): SeenMappings | undefined {
    return this.#processes.get(pid);
  }

  poll(): void {
    const now = process.hrtime.bigint();
    const all = [...this.#waiting, ...(this.others?.() ?? []), ...this.#rings.flatMap((ring) => this.#read(ring))].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    const ready = all.findIndex(({ time }) => time > now);
    this.#waiting = ready < 0 ? [] : all.splice(ready);
    for (const one of all) {
      if ('happened' in one) one.happened();
      else this.#apply(one);
    }
  }

  close(): void {
    for (const { fd, memory } of this.#rings.splice(0)) {
      this.#kernel.unmap(memory);
      this.#kernel.close(fd);
    }
  }

  #open(cpu: number): void {
    const attributes = new Attributes(this.#kernel, uapi.PERF_ATTR_SIZE_VER5)
      .u32(0, uapi.PERF_TYPE_SOFTWARE).u32(4, uapi.PERF_ATTR_SIZE_VER5).u64(8, PERF_COUNT_SW_DUMMY).u64(24, PERF_SAMPLE_TIME).u64(40, FLAGS).u32(92, CLOCK_MONOTONIC);
    const fd = this.#kernel.perfEventOpen(attributes.bytes, -1, cpu, -1, uapi.PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) {
      this.problem ??= syscallError(this.#kernel, 'perf_event_open', fd, FOLLOWING);
      return;
    }
    const memory = this.#kernel.map(fd, (RING_PAGES + 1) * this.#kernel.pageSize, true, 0);
    if (typeof memory === 'number') {
      this.#kernel.close(fd);
      this.problem ??= syscallError(this.#kernel, 'mmap', memory, FOLLOWING);
      return;
    }
    this.#rings.push({ fd, memory, view: new DataView(memory.buffer), words: new BigUint64Array(memory.buffer, 0, 256) });
  }

  #read({ view, words }: Ring): Event[] {
    const { pageSize } = this.#kernel;
    const size = RING_PAGES * pageSize;
    const head = Number(Atomics.load(words, DATA_HEAD / 8));
    const events: Event[] = [];
    let tail = Number(words[DATA_TAIL / 8] ?? 0n);
    while (tail < head) {
      const length = view.getUint16(pageSize + ((tail + 6) % size), true);
      if (length < 8) break;
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index++) bytes[index] = view.getUint8(pageSize + ((tail + index) % size));
      const event = this.#parse(new DataView(bytes.buffer));
      if (event !== undefined) events.push(event);
      tail += length;
    }
    Atomics.store(words, DATA_TAIL / 8, BigInt(tail));
    return events;
  }

  #parse(view: DataView): Event | undefined {
    const [type, misc, length] = [view.getUint32(0, true), view.getUint16(4, true), view.byteLength];
    const time = length >= 16 ? view.getBigUint64(length - 8, true) : 0n;
    const pid = view.getUint32(8, true);
    if (type === RECORD.lost) this.lost += Number(view.getBigUint64(16, true));
    if (type === RECORD.comm && (misc & MISC_COMM_EXEC) !== 0) return { kind: 'exec', time, pid };
    // Of a process: threads that end change nothing.
    if (type === RECORD.exit && view.getUint32(16, true) === pid) return { kind: 'exit', time, pid };
    if (type === RECORD.fork) {
      const parent = view.getUint32(12, true);
      return parent === pid ? undefined : { kind: 'fork', time, pid, parent };
    }
    if (type !== RECORD.mmap2) return undefined;
    const text = Buffer.from(view.buffer, 72, length - 72 - 8);
    const end = text.indexOf(0);
    const part = (offset: number): string => view.getUint32(offset, true).toString(16).padStart(2, '0');
    const start = view.getBigUint64(16, true);
    const name = text.toString('latin1', 0, end < 0 ? text.length : end);
    return {
      kind: 'map', time, pid,
      mapping: {
        start, end: start + view.getBigUint64(24, true), offset: view.getBigUint64(32, true), identity: `${part(40)}:${part(44)}:${view.getBigUint64(48, true)}`,
        name: name === '//anon' ? '' : name, isExecutable: (view.getUint32(64, true) & PROT_EXEC) !== 0,
      },
    };
  }

  #apply(event: Event): void {
    const { pid } = event;
    if (event.kind !== 'map') this.onChange?.(event);
    else if (event.mapping.isExecutable && event.mapping.name.startsWith('/')) this.onChange?.({ kind: 'map', pid });
    if (event.kind === 'exec') this.#processes.set(pid, started(this.#processes.get(pid)));
    else if (event.kind === 'fork') this.#processes.set(pid, this.#processes.get(event.parent) ?? NOTHING);
    else if (event.kind === 'map') {
      const { mapping } = event;
      const { mappings, isWhole, earlier } = this.#processes.get(pid) ?? NOTHING;
      const kept = mappings.filter(({ start, end }) => end <= mapping.start || start >= mapping.end);
      const at = kept.findIndex(({ start }) => start > mapping.start);
      this.#processes.set(pid, { mappings: at < 0 ? [...kept, mapping] : [...kept.slice(0, at), mapping, ...kept.slice(at)], isWhole, earlier });
    }
    if (this.#processes.size <= MOST_PROCESSES) return;
    const oldest = this.#processes.keys().next();
    if (oldest.done === true) return;
    this.#processes.delete(oldest.value);
    this.forgotten += 1;
  }
}
