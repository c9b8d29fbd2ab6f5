/** Functions of a profile: frames that differ only in place are the same function; processes and threads may stand for callers. */
import { functionKey, type Frame, type FrameKind, type Profile, type SampleContext } from './profile.js';

/** What stands at the root of each stack, besides its frames. */
export type Grouping = 'none' | 'process' | 'thread';
export const GROUPINGS: readonly Grouping[] = ['none', 'process', 'thread'];

export interface TreeFunction {
  readonly name: string;
  /** `process`: not code, but who ran it. */
  readonly kind: FrameKind | 'process';
  readonly module?: string;
}

/** The group that a colour stands for: the frame's kind, but C++ and Rust names have one of their own. */
export type Tint = FrameKind | 'cxx' | 'process';
export const TINTS: readonly Tint[] = ['user', 'cxx', 'inlined', 'jit', 'kernel', 'process'];

export function tintOf({ kind, name }: Pick<TreeFunction, 'kind' | 'name'>): Tint {
  return kind === 'user' && name.includes('::') ? 'cxx' : kind;
}

/** `node 1234/1236`, as far as it is known and wanted; undefined when nothing is known. */
export function contextName(context: SampleContext | undefined, grouping: Grouping): string | undefined {
  if (context === undefined || grouping === 'none') return undefined;
  const { command, pid, tid } = context;
  const name = command ?? '[unknown]';
  if (grouping === 'process') return pid === undefined ? command : `${name} ${pid}`;
  if (pid === undefined && tid === undefined) return command;
  return `${name} ${pid ?? '?'}/${tid ?? '?'}`;
}

/** `process` when samples come from several commands or processes, otherwise `none`. */
export function defaultGrouping(profile: Profile): Grouping {
  const first = profile.samples[0]?.context;
  return profile.samples.some(({ context }) => context?.command !== first?.command || context?.pid !== first?.pid) ? 'process' : 'none';
}

/** Numbers the functions of a profile's frames and groups. Function 0 is the root of every tree. */
export class FunctionTable {
  readonly functions: TreeFunction[] = [{ name: 'all', kind: 'process' }];
  /** By index into `Profile.frames`. */
  readonly ofFrame: Int32Array;
  readonly #grouping: Grouping;
  readonly #groups = new Map<string, number>();
  readonly #contexts = new Map<SampleContext, number>();

  constructor(frames: readonly Frame[], grouping: Grouping) {
    this.#grouping = grouping;
    this.ofFrame = new Int32Array(frames.length);
    // Most names are those of one function, and need no longer key.
    const firstNamed = new Map<string, number>();
    const byKey = new Map<string, number>();
    frames.forEach((frame, index) => {
      const first = firstNamed.get(frame.name);
      if (first === undefined) firstNamed.set(frame.name, this.ofFrame[index] = this.functions.push(frame) - 1);
      else this.ofFrame[index] = this.#isOf(first, frame) ? first : this.#keyed(byKey, frame);
    });
  }

  #isOf(fn: number, { kind, module }: Frame): boolean {
    const known = this.functions[fn];
    return known?.kind === kind && known.module === module;
  }

  #keyed(byKey: Map<string, number>, frame: Frame): number {
    const key = functionKey(frame);
    const fn = byKey.get(key) ?? this.functions.push(frame) - 1;
    byKey.set(key, fn);
    return fn;
  }


  /** The function that stands for who ran; 0 when stacks are not grouped or nothing is known. */
  ofContext(context: SampleContext | undefined): number {
    if (context === undefined || this.#grouping === 'none') return 0;
    const known = this.#contexts.get(context);
    if (known !== undefined) return known;
    const name = contextName(context, this.#grouping);
    const id = name === undefined ? 0 : (this.#groups.get(name) ?? this.functions.push({ name, kind: 'process' }) - 1);
    if (name !== undefined) this.#groups.set(name, id);
    this.#contexts.set(context, id);
    return id;
  }
}

/** The table that `TreeOptions.focus` and `CallTree.fn` point into: the same for all trees of a profile and grouping. */
export function functionsOf(profile: Profile, grouping: Grouping): FunctionTable {
  const table = new FunctionTable(profile.frames, grouping);
  for (const { context } of profile.samples) table.ofContext(context);
  return table;
}
