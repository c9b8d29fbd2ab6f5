/**
 * A profile as columns of numbers: what the page carries (formats/native.ts) and what trees are made of. A hundred thousand
 * frames are a few arrays instead of as many objects, and callers that stacks have in common are there once.
 */
import { FunctionNumbers, ROOT_FUNCTION, type TreeFunction } from './functions.js';
import { totalOf, type Frame, type Profile, type ProfileMeta, type Sample, type SampleContext, type ValueType } from './profile.js';

export interface PackedFrames {
  /** Index into `functions`. */
  readonly fn: Int32Array;
  /** Index into `files`; -1 for none. */
  readonly file: Int32Array;
  /** 0 for none. */
  readonly line: Float64Array;
  /** 0 for none. */
  readonly column: Float64Array;
  /** 0 for none. */
  readonly address: BigUint64Array;
}

export interface PackedProfile {
  readonly valueTypes: readonly ValueType[];
  readonly meta: ProfileMeta;
  readonly buildIds: ReadonlyMap<string, string>;
  /** Names with kind and module, no two equal. 0 is the root of every tree, and no frame's. */
  readonly functions: readonly TreeFunction[];
  readonly files: readonly string[];
  readonly frames: PackedFrames;
  /** The tree of all stacks, callers before what they call. `parent` is -1 for the outermost. */
  readonly stacks: { readonly parent: Int32Array; readonly frame: Int32Array };
  readonly samples: {
    /** The innermost frame's index in `stacks`; -1 for an empty stack. */
    readonly stack: Int32Array;
    /** By type of value. */
    readonly values: readonly Float64Array[];
    /** Index into `contexts`; -1 for none. */
    readonly context: Int32Array;
    /** Nanoseconds; -1 for none. */
    readonly time: Float64Array;
  };
  readonly contexts: readonly SampleContext[];
  /** The sums of all samples, by type of value. */
  readonly totals: readonly number[];
  /** Decodes what is not decoded yet: whoever shows a profile calls it when there is time. Throws ProfileError. */
  readonly prepare: () => void;
}

/** Things by number, each once. */
class Numbered<T> {
  readonly list: T[] = [];
  readonly #ids = new Map<T, number>();

  /** -1 for undefined. */
  id(one: T | undefined): number {
    if (one === undefined) return -1;
    const known = this.#ids.get(one);
    if (known !== undefined) return known;
    this.#ids.set(one, this.list.length);
    return this.list.push(one) - 1;
  }
}

function packStacks(samples: readonly Sample[], frames: number): { readonly parent: Int32Array; readonly frame: Int32Array; readonly ofSample: Int32Array } {
  const [parent, frame]: [number[], number[]] = [[], []];
  const ids = new Map<number, number>();
  const ofSample = Int32Array.from(samples, ({ stack }) => {
    let node = -1;
    for (const index of stack) {
      const key = (node + 1) * frames + index;
      const known = ids.get(key);
      if (known === undefined) {
        ids.set(key, parent.length);
        frame.push(index);
        node = parent.push(node) - 1;
      } else node = known;
    }
    return node;
  });
  return { parent: Int32Array.from(parent), frame: Int32Array.from(frame), ofSample };
}

export function packProfile(profile: Profile): PackedProfile {
  const { frames, samples, valueTypes, meta, buildIds } = profile;
  const [files, contexts] = [new Numbered<string>(), new Numbered<SampleContext>()];
  const numbers = new FunctionNumbers();
  const packed: PackedFrames = {
    fn: Int32Array.from(frames, (frame) => numbers.of(frame)), file: Int32Array.from(frames, ({ file }) => files.id(file)),
    line: Float64Array.from(frames, ({ line = 0 }) => line), column: Float64Array.from(frames, ({ column = 0 }) => column), address: BigUint64Array.from(frames, ({ address = 0n }) => address),
  };
  const { ofSample, ...stacks } = packStacks(samples, frames.length);
  return {
    valueTypes, meta, buildIds, functions: numbers.functions, files: files.list, frames: packed, stacks, contexts: contexts.list, totals: valueTypes.map((_, value) => totalOf(profile, value)), prepare: () => undefined,
    samples: {
      stack: ofSample, values: valueTypes.map((_, value) => Float64Array.from(samples, ({ values }) => values[value] ?? 0)),
      context: Int32Array.from(samples, ({ context }) => contexts.id(context)), time: Float64Array.from(samples, ({ timeNs = -1 }) => timeNs),
    },
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A frame by its number. */
export function frameAt({ functions, files, frames }: PackedProfile, index: number): Frame {
  const { name, kind, module } = functions[frames.fn[index] ?? 0] ?? ROOT_FUNCTION;
  const frame: Mutable<Frame> = { name, kind: kind === 'process' ? 'user' : kind };
  const [file, line, column, address] = [files[frames.file[index] ?? -1], frames.line[index] ?? 0, frames.column[index] ?? 0, frames.address[index] ?? 0n];
  if (module !== undefined) frame.module = module;
  if (file !== undefined) frame.file = file;
  if (line !== 0) frame.line = line;
  if (column !== 0) frame.column = column;
  if (address !== 0n) frame.address = address;
  return frame;
}

/** The inverse of packProfile. */
export function unpackProfile(packed: PackedProfile): Profile {
  const { valueTypes, meta, buildIds, frames, stacks: { parent, frame }, samples, contexts } = packed;
  const depth = new Uint32Array(parent.length);
  parent.forEach((up, node) => { depth[node] = (up < 0 ? 0 : (depth[up] ?? 0)) + 1; });
  const stackOf = (node: number): number[] => {
    const stack = new Array<number>(depth[node] ?? 0);
    for (let at = node, place = stack.length - 1; at >= 0; at = parent[at] ?? -1, place -= 1) stack[place] = frame[at] ?? 0;
    return stack;
  };
  return {
    valueTypes, meta, buildIds,
    frames: Array.from(frames.fn, (_, index) => frameAt(packed, index)),
    samples: Array.from(samples.stack, (node, index): Sample => {
      const [time, context] = [samples.time[index] ?? -1, contexts[samples.context[index] ?? -1]];
      return { stack: stackOf(node), values: samples.values.map((column) => column[index] ?? 0), ...(context === undefined ? {} : { context }), ...(time < 0 ? {} : { timeNs: time }) };
    }),
  };
}
