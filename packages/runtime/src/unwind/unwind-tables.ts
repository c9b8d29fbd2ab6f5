/** Keeps what the kernel's walker looks up: the code of processes that were seen, and the unwind rows of their files. */
import { UNWIND_CODE_MAP, UNWIND_COPIES_MAP, UNWIND_IMAGES_MAP, UNWIND_ROWS_MAP, UNWIND_WANTED_MAP } from '@stapkit/object';
import { WALK } from '@stapkit/debuginfo';
import type { WalkedStack } from '@stapkit/debuginfo';
import type { BpfMap } from '../bpf/map.js';
import { RingBuffer } from '../events/ring-buffer.js';
import type { MappingChange, SeenMappings } from '../stacks/mapping-events.js';
import { parseMaps } from '../stacks/process-maps.js';
import type { Mapping } from '../stacks/process-maps.js';
import type { Kernel } from '../sys/kernel.js';
import { readText } from '../sys/kernel.js';
import type { CodeRange } from './code-ranges.js';
import { CodeRanges, ImageKeys, imageOf } from './code-ranges.js';
import { filesOfCommand } from './command-files.js';
import { mappedCode } from './process-code.js';
import { RowChunks } from './row-chunks.js';
import { StackCopies, isWhole } from './stack-copies.js';
import type { StackCopy } from './stack-copies.js';
import { UnwindFiles } from './unwind-files.js';
import type { UnwindRowsStore } from './unwind-files.js';

export interface UnwindTablesOptions {
  readonly kernel: Kernel;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly store?: UnwindRowsStore | undefined;
  /** What the kernel told of a process, at the time of what is being told. */
  readonly seen: (pid: number) => SeenMappings | undefined;
}

/** An address space: what one process has mapped since its last exec, and its children have until they map or exec something else. */
interface Space {
  readonly number: number;
  readonly image: bigint;
  ranges: ReadonlyMap<string, CodeRange>;
  /** Asked in vain, and how often that is let pass. */
  quiet: number;
  wait: number;
  /** Copies of its stacks, one after the other, that led no further than the kernel's walk. */
  useless: number;
}

/** A process that asks again and again for what it has not got is looked at less and less often. */
const LONGEST_WAIT = 256;
/** Spaces of processes that have ended are kept for their children, the last of them. */
const MOST_RETIRED = 64;
/** The one seen first is forgotten then. */
const MOST_PROCESSES = 4000;
/** Then no more are made, until it maps something. */
const MOST_USELESS = 16;
/** Reads of a process that runs another program meanwhile. */
const ATTEMPTS = 3;

export class UnwindTables {
  readonly #kernel: Kernel;
  readonly #ranges: CodeRanges;
  readonly #keys: ImageKeys;
  readonly #files: UnwindFiles;
  readonly #wanted: BpfMap;
  readonly #seen: (pid: number) => SeenMappings | undefined;
  readonly #ring: RingBuffer | undefined;
  /** Stacks that are walked here; undefined: the object sends none. */
  readonly copies: StackCopies | undefined;
  /** What processes without a whole story have mapped, as read since the last poll. */
  readonly #read = new Map<number, readonly Mapping[] | undefined>();
  readonly #processes = new Map<number, Space>();
  readonly #retired: Space[] = [];
  /** Which space the walker takes for an image. */
  readonly #byImage = new Map<bigint, Space>();
  /** Processes that are looked at before they ask: the session's target and all that it starts. */
  readonly #family = new Set<number>();
  readonly #changed = new Set<number>();
  #spaces = 0;
  /** Processes whose ranges did not fit. */
  #overflowed = 0;

  /** undefined: the object does not walk stacks. */
  static of(options: UnwindTablesOptions): UnwindTables | undefined {
    const [code, rows, wanted, images] = [UNWIND_CODE_MAP, UNWIND_ROWS_MAP, UNWIND_WANTED_MAP, UNWIND_IMAGES_MAP].map((name) => options.maps.get(name));
    if (code === undefined || wanted === undefined || images === undefined || rows?.memory === undefined) return undefined;
    return new UnwindTables(options, { code, images, wanted, chunks: new RowChunks(rows.memory, rows.metadata.maxEntries) });
  }

  private constructor({ kernel, store, seen, maps: all }: UnwindTablesOptions, maps: { readonly code: BpfMap; readonly images: BpfMap; readonly wanted: BpfMap; readonly chunks: RowChunks }) {
    this.#kernel = kernel;
    this.#ranges = new CodeRanges(maps.code);
    this.#keys = new ImageKeys(maps.images);
    this.#files = new UnwindFiles(kernel, maps.chunks, store);
    this.#wanted = maps.wanted;
    this.#seen = seen;
    const copies = all.get(UNWIND_COPIES_MAP);
    if (copies === undefined) return;
    this.#ring = RingBuffer.open(kernel, copies.fd, copies.metadata.maxEntries);
    this.copies = new StackCopies({ source: this.#ring, files: this.#files, mappingsOf: (copy) => this.#mappingsOf(copy), onWalk: (copy, walked) => { this.#judge(copy, walked); } });
  }

  close(): void {
    this.#ring?.close();
  }

  get overflowed(): number {
    return this.#overflowed + this.#files.overflowed;
  }

  /** Looks at a process and its descendants now, and at what they start or map as soon as that is told. */
  follow(pid: number): void {
    if (this.#family.has(pid)) return;
    this.#family.add(pid);
    this.load(pid);
    for (const task of this.#kernel.listDirectory(`/proc/${pid}/task`)) {
      for (const child of readText(this.#kernel, `/proc/${pid}/task/${task}/children`)?.split(' ') ?? []) if (child !== '') this.follow(Number(child));
    }
  }

  /** Reads the rows of what a command will run, as far as its text tells. */
  prepareCommand(command: string): void {
    for (const path of filesOfCommand(command)) this.#files.prepare(path);
  }

  /** Takes note of what the kernel told of a process. */
  note({ kind, pid, parent }: MappingChange): void {
    const isOurs = this.#family.has(pid);
    if (kind === 'fork') {
      if (parent !== undefined && this.#family.has(parent)) this.#family.add(pid);
    } else if (kind === 'exit') {
      this.#family.delete(pid);
      this.#changed.delete(pid);
      this.#retire(pid);
    } else if (isOurs || (kind === 'map' && this.#processes.has(pid))) this.#changed.add(pid);
  }

  /** By what the kernel told where that is all there is; otherwise by what the process has mapped now, if it still runs the same. */
  #mappingsOf({ pid, image }: StackCopy): readonly Mapping[] {
    const seen = this.#seen(pid);
    if (seen?.isWhole === true) return seen.mappings;
    if (!this.#read.has(pid)) {
      const text = imageOf(this.#kernel, pid) === image ? readText(this.#kernel, `/proc/${pid}/maps`) : undefined;
      this.#read.set(pid, text === undefined || text === '' ? undefined : parseMaps(text));
    }
    return this.#read.get(pid) ?? seen?.mappings ?? [];
  }

  /** Where only the code's maker knows how to walk on, copies are of no use, and cost. */
  #judge({ pid, image, status }: StackCopy, walked: WalkedStack): void {
    const space = this.#processes.get(pid);
    if (space?.image !== image || status !== WALK.noMapping || space.useless > MOST_USELESS) return;
    space.useless = isWhole(walked) ? 0 : space.useless + 1;
    if (space.useless > MOST_USELESS) this.#settle(pid, space);
  }

  #settle(pid: number, space: Space): void {
    const settled = space.useless > MOST_USELESS;
    this.#keys.put(BigInt(pid), space.image, space.number, settled);
    if (this.#byImage.get(space.image) === space) this.#keys.put(space.image, space.image, space.number, settled);
  }

  /** Looks at processes that changed and at those that the walker asked for. Called often; costs a system call when there are none. Gives whether there were some. */
  poll(): boolean {
    const changed = [...this.#changed];
    this.#changed.clear();
    this.#read.clear();
    for (const pid of changed) this.load(pid);
    let asked = false;
    for (const { key } of this.#wanted.entries()) {
      const pid = new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(0, true);
      this.#wanted.delete(key);
      const known = this.#processes.get(pid);
      if (known !== undefined && known.image === imageOf(this.#kernel, pid) && known.quiet++ < known.wait) continue;
      asked = true;
      this.load(pid);
    }
    return asked || changed.length > 0;
  }

  /** Brings the code of a process up to date; forgets one that is gone. */
  load(pid: number): void {
    const now = this.#lookAt(pid);
    if (now === undefined) {
      this.#retire(pid);
      return;
    }
    if (this.#processes.get(pid)?.image !== now.image) this.#retire(pid);
    const known = this.#processes.get(pid);
    const space = known ?? { number: ++this.#spaces, image: now.image, ranges: new Map<string, CodeRange>(), quiet: 0, wait: 0, useless: 0 };
    const added = [...now.ranges].filter(([key]) => !space.ranges.has(key));
    // First what is gone: what came may lie at the same place.
    for (const [key, range] of space.ranges) if (!now.ranges.has(key)) this.#ranges.remove(space.number, range);
    let fits = true;
    for (const [, range] of added) fits = this.#ranges.put(space.number, range) && fits;
    space.ranges = now.ranges;
    space.quiet = 0;
    space.wait = added.length > 0 ? 0 : Math.min(LONGEST_WAIT, 2 * space.wait + 1);
    if (known === undefined) fits = this.#keep(pid, space) && fits;
    else if (added.length > 0 && space.useless > 0) {
      space.useless = 0;
      this.#settle(pid, space);
    }
    if (!fits) this.#overflowed++;
  }

  #lookAt(pid: number): { readonly image: bigint; readonly ranges: ReadonlyMap<string, CodeRange> } | undefined {
    // Of the whole machine's files few are run while it is looked at.
    const isLazy = this.copies !== undefined && !this.#family.has(pid);
    for (let attempt = 1; ; attempt++) {
      const image = imageOf(this.#kernel, pid);
      const mapped = mappedCode(this.#kernel, pid);
      if (image === undefined || mapped === undefined) return undefined;
      const ranges = new Map(mapped.flatMap((one) => this.#files.rangesOf(pid, one, isLazy)).map((range) => [JSON.stringify(range), range]));
      if (imageOf(this.#kernel, pid) === image || attempt === ATTEMPTS) return { image, ranges };
    }
  }

  #keep(pid: number, space: Space): boolean {
    this.#processes.set(pid, space);
    const [oldest] = this.#processes.keys();
    if (this.#processes.size > MOST_PROCESSES && oldest !== undefined) this.#retire(oldest);
    const fits = this.#keys.put(BigInt(pid), space.image, space.number);
    return this.#offer(space) && fits;
  }

  /** For processes that nobody has looked at yet, and that run the same. */
  #offer(space: Space): boolean {
    if (space.image === 0n || this.#byImage.has(space.image)) return true;
    this.#byImage.set(space.image, space);
    return this.#keys.put(space.image, space.image, space.number);
  }

  /** The process is gone or runs another program: its children may not. */
  #retire(pid: number): void {
    const space = this.#processes.get(pid);
    if (space === undefined) return;
    this.#processes.delete(pid);
    this.#keys.delete(BigInt(pid));
    this.#retired.push(space);
    const [oldest] = this.#retired;
    if (this.#retired.length > MOST_RETIRED && oldest !== undefined) this.#forget(oldest);
  }

  #forget(space: Space): void {
    this.#retired.shift();
    for (const range of space.ranges.values()) this.#ranges.remove(space.number, range);
    if (this.#byImage.get(space.image) !== space) return;
    this.#byImage.delete(space.image);
    this.#keys.delete(space.image);
    const heir = [...this.#processes.values()].find(({ image }) => image === space.image);
    if (heir !== undefined) this.#offer(heir);
  }
}
