/** One running body and how its instructions read their inputs. */
import type { SourceLocation, Value } from '@stapkit/object';
import type { Scalar } from '../format/printf.js';
import { InternalError } from '../format/script-error.js';
import type { ArrayEntry } from './array-store.js';

/** One run of a handler, with all functions that it calls. */
export interface Run {
  /** Steps that MAXACTION still allows. */
  actionsLeft: number;
  /** Functions active now. */
  depth: number;
  /** The loop statement that was passed last. */
  loop: SourceLocation | undefined;
}

export interface Cursor {
  readonly entries: readonly ArrayEntry[];
  next: number;
}

export interface Frame {
  readonly registers: Scalar[];
  readonly cursors: (Cursor | undefined)[];
  readonly run: Run;
  /** The message of the error being handled. */
  caught: string;
}

export type Step = (frame: Frame) => void;
export type Read<T, C = Frame> = (context: C) => T;

export function readScalar(value: Value): Read<Scalar> {
  if ('register' in value) {
    const { register } = value;
    return (frame) => frame.registers[register] as Scalar;
  }
  const constant = 'long' in value ? value.long : value.text;
  return () => constant;
}

/** The compiler types registers, so their kind is checked once, when the body is compiled, and not at each read. */
export function readLong(value: Value): Read<bigint> {
  if ('text' in value) throw new InternalError('a string constant stands where a number is wanted');
  return readScalar(value) as Read<bigint>;
}

export function readString(value: Value): Read<string> {
  if ('long' in value) throw new InternalError('a number stands where a string is wanted');
  return readScalar(value) as Read<string>;
}

export function readAll(values: readonly Value[]): Read<Scalar[]> {
  const reads = values.map(readScalar);
  const [first, second] = reads;
  if (reads.length === 1 && first !== undefined) return (frame) => [first(frame)];
  if (reads.length === 2 && first !== undefined && second !== undefined) return (frame) => [first(frame), second(frame)];
  return (frame) => reads.map((read) => read(frame));
}
