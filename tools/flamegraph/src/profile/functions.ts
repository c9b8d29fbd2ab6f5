/** Functions of a profile: frames that differ only in place are the same function; processes and threads may stand for callers. */
import type { PackedProfile } from './packed-profile.js';
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

/** Function 0, the root of every tree. */
export const ROOT_FUNCTION: TreeFunction = { name: 'all', kind: 'process' };

/** Numbers the functions of frames. */
export class FunctionNumbers {
  readonly functions: TreeFunction[] = [ROOT_FUNCTION];
  /** Most names are those of one function, and need no longer key. */
  readonly #firstNamed = new Map<string, number>();
  readonly #byKey = new Map<string, number>();

  of(frame: Frame): number {
    const first = this.#firstNamed.get(frame.name);
    if (first === undefined) {
      const fn = this.#add(frame);
      this.#firstNamed.set(frame.name, fn);
      return fn;
    }
    const known = this.functions[first];
    if (known?.kind === frame.kind && known.module === frame.module) return first;
    const key = functionKey(frame);
    const fn = this.#byKey.get(key) ?? this.#add(frame);
    this.#byKey.set(key, fn);
    return fn;
  }

  #add({ name, kind, module }: Frame): number {
    return this.functions.push(module === undefined ? { name, kind } : { name, kind, module }) - 1;
  }
}

/** What the numbers in trees of a profile and grouping mean: the profile's functions, and after them the groups. */
export interface FunctionTable {
  /** `TreeOptions.focus` and `CallTree.fn` point into it. */
  readonly functions: readonly TreeFunction[];
  /** By index into `contexts`: the function that stands for who ran; 0 when stacks are not grouped or nothing is known. */
  readonly ofContext: Int32Array;
}

export function functionsOf({ functions, contexts }: Pick<PackedProfile, 'functions' | 'contexts'>, grouping: Grouping): FunctionTable {
  const all = [...functions];
  const groups = new Map<string, number>();
  const ofContext = Int32Array.from(contexts, (context) => {
    const name = contextName(context, grouping);
    if (name === undefined) return 0;
    const id = groups.get(name) ?? all.push({ name, kind: 'process' }) - 1;
    groups.set(name, id);
    return id;
  });
  return { functions: all, ofContext };
}
