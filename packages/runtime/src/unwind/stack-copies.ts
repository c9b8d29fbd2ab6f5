/**
 * Stacks that the kernel's walker could not walk: of processes that had just started, and where code's rows are not in the maps.
 * It sends registers and a piece of the stack (STACK_COPY of @stapkit/object); they are walked here, by what the process had
 * mapped at that time, with the tables that are read for it now: also when it has ended.
 */
import { WALK, walkStack } from '@stapkit/debuginfo';
import type { WalkStatus, WalkedStack } from '@stapkit/debuginfo';
import { STACK_COPY, STACK_COPY_CPU_BITS, STACK_COPY_PAGE } from '@stapkit/object';
import type { RecordSource } from '../load/loaded-object.js';
import type { Happening } from '../stacks/mapping-events.js';
import type { Mapping } from '../stacks/process-maps.js';
import { codeOf } from './process-code.js';
import type { MappedCode } from './process-code.js';
import type { UnwindFiles } from './unwind-files.js';

/** Stacks whose token nobody asks for: the table of stacks was full. */
const MOST_KEPT = 20_000;
const WORD = 8;

export interface StackCopy extends Happening {
  readonly token: bigint;
  readonly pid: number;
  readonly image: bigint;
  /** How the kernel's walk ended. */
  readonly status: number;
}

interface CopiesOptions {
  readonly source: RecordSource;
  readonly files: UnwindFiles;
  /** What the process of a copy has mapped, when it is its turn. */
  mappingsOf(copy: StackCopy): readonly Mapping[];
  /** Told of each walk. */
  onWalk(copy: StackCopy, walked: WalkedStack): void;
}

export class StackCopies {
  readonly #options: CopiesOptions;
  readonly #walked = new Map<bigint, readonly bigint[]>();
  readonly #code = new WeakMap<readonly Mapping[], readonly MappedCode[]>();
  /** How the walks ended. */
  readonly ends = new Map<WalkStatus, number>();

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** Those that came since; each is walked when its turn comes. */
  readonly take = (): readonly Happening[] => {
    const taken: Happening[] = [];
    this.#options.source.drain((bytes, start, end) => {
      const own = bytes.slice(start, end);
      const view = new DataView(own.buffer);
      const token = view.getBigUint64(STACK_COPY.token, true);
      const copy: StackCopy = {
        token, time: token >> BigInt(STACK_COPY_CPU_BITS), pid: view.getUint32(STACK_COPY.process, true), image: view.getBigUint64(STACK_COPY.image, true), status: Number(view.getBigUint64(STACK_COPY.status, true)),
        happened: () => { this.#walk(copy, view); },
      };
      taken.push(copy);
    }, Infinity);
    return taken;
  };

  /** The addresses of a walk, once; undefined: it has not been walked. */
  addresses(token: bigint): readonly bigint[] | undefined {
    const found = this.#walked.get(token);
    this.#walked.delete(token);
    return found;
  }

  #walk(copy: StackCopy, view: DataView): void {
    const word = (at: number): number => view.getUint32(at, true) + 2 ** 32 * view.getUint32(at + 4, true);
    const [pc, sp, fp] = [word(STACK_COPY.pc), word(STACK_COPY.sp), word(STACK_COPY.fp)];
    const base = Math.floor(sp / STACK_COPY_PAGE) * STACK_COPY_PAGE;
    const last = view.byteLength - STACK_COPY.stack - WORD;
    const code = this.#codeOf(this.#options.mappingsOf(copy));
    const walked = walkStack({
      top: word(STACK_COPY.top),
      codeAt: (address) => {
        const mapped = code.find(({ start, end }) => address >= start && address < end);
        return mapped === undefined ? undefined : this.#options.files.codeAt(copy.pid, mapped, address);
      },
      wordAt: (address) => (address >= base && address - base <= last ? word(STACK_COPY.stack + address - base) : undefined),
    }, { pc, sp, fp }, word(STACK_COPY.limit));
    this.ends.set(walked.status, (this.ends.get(walked.status) ?? 0) + 1);
    this.#walked.set(copy.token, walked.addresses.map(BigInt));
    const [oldest] = this.#walked.keys();
    if (this.#walked.size > MOST_KEPT && oldest !== undefined) this.#walked.delete(oldest);
    this.#options.onWalk(copy, walked);
  }

  #codeOf(mappings: readonly Mapping[]): readonly MappedCode[] {
    const known = this.#code.get(mappings);
    if (known !== undefined) return known;
    const code = codeOf(mappings);
    this.#code.set(mappings, code);
    return code;
  }
}

/** Whether a walk came to where the thread began, or as far as was wanted. */
export const isWhole = ({ status }: WalkedStack): boolean => status === WALK.complete || status === WALK.truncated || status === WALK.noCaller;
