/**
 * A profile: weighted stacks, what their weights mean, and how they were recorded. Every reader and the recorder make
 * one (ProfileBuilder), every writer takes one. No node and no DOM here: the page uses this file, too.
 */

/** Where a frame's code comes from. C++ and Rust need no kind: their names have `::`. */
export type FrameKind = 'user' | 'kernel' | 'jit' | 'inlined';
export const FRAME_KINDS: readonly FrameKind[] = ['user', 'kernel', 'jit', 'inlined'];

/** Stands for a name that nobody knows. */
export const UNKNOWN = '[unknown]';

export interface Frame {
  /** Demangled, never empty (UNKNOWN instead). */
  readonly name: string;
  /** `inlined`: a call that the compiler dissolved; it stands above the function it was dissolved into. */
  readonly kind: FrameKind;
  /** The binary, library or kernel module: a path, or a name in brackets such as `[kernel.kallsyms]`. */
  readonly module?: string;
  /** Source file of the call site or of the sampled instruction. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** Of the instruction, in the process's or the kernel's address space; an inlined frame has that of the function around it. */
  readonly address?: bigint;
}

/** Who ran when the sample was taken. */
export interface SampleContext {
  /** The thread's name (comm). */
  readonly command?: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly cpu?: number;
}

export interface Sample {
  /** Indexes into `Profile.frames`, the outermost caller first; empty when there was no stack. */
  readonly stack: readonly number[];
  /** One for each of `Profile.valueTypes`: finite, not negative. */
  readonly values: readonly number[];
  readonly context?: SampleContext;
  /** Nanoseconds after the profile's start. Absent in a sum of several samples. */
  readonly timeNs?: number;
}

export type Unit = 'count' | 'nanoseconds' | 'bytes';

export interface ValueType {
  /** What is counted, in pprof's words: `samples`, `cpu`, `off-cpu`, `alloc_space`, an event's name, … */
  readonly type: string;
  readonly unit: Unit;
}

export interface ProfileMeta {
  readonly title?: string;
  /** What made a sample: `cpu-clock`, `sched_switch`, a probe point, … */
  readonly event?: string;
  /** Between samples, in `periodUnit`s of the event. */
  readonly period?: number;
  readonly periodUnit?: Unit;
  /** The command line that was profiled. */
  readonly command?: string;
  readonly host?: string;
  readonly kernel?: string;
  /** Milliseconds since the epoch. */
  readonly startTime?: number;
  readonly durationNs?: number;
  /** Samples that were taken and are not in the profile, for want of room. */
  readonly lost?: number;
  /** Set when the profile compares two: its two value types are before and after, and these are their names. */
  readonly comparison?: { readonly before: string; readonly after: string };
  /** Index into `Profile.valueTypes` of the one to show first; 0 when absent. */
  readonly defaultValue?: number;
  /** Anything else that a reader of the profile should know, one sentence each. */
  readonly notes?: readonly string[];
}

export interface Profile {
  /** At least one. */
  readonly valueTypes: readonly ValueType[];
  /** No two are equal. */
  readonly frames: readonly Frame[];
  readonly samples: readonly Sample[];
  readonly meta: ProfileMeta;
  /** Hexadecimal build ids by `Frame.module`. */
  readonly buildIds: ReadonlyMap<string, string>;
}

/** The sum of one of the values over all samples. */
export function totalOf(profile: Profile, value: number): number {
  let sum = 0;
  for (const sample of profile.samples) sum += sample.values[value] ?? 0;
  return sum;
}

/** What two profiles must share for their stacks to be compared: the name, not the line. */
export function functionKey(frame: Frame): string {
  return `${frame.kind}\0${frame.module ?? ''}\0${frame.name}`;
}
