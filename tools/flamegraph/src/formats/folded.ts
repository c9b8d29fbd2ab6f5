/**
 * Folded stacks: `main;work;vfs_read_[k] 42`, a line a stack, the outermost caller first; with two numbers, before and
 * after. The format of FlameGraph's stackcollapse and difffolded programs.
 */
import { contextName, type Grouping } from '../profile/functions.js';
import { ProfileBuilder } from '../profile/profile-builder.js';
import { ProfileError } from '../profile/profile-error.js';
import type { Profile, ValueType } from '../profile/profile.js';
import { annotate, parseAnnotated } from './annotation.js';
import type { ProfileReader, ProfileWriter } from './format.js';
import { numberedLines, textOf } from './lines.js';

const FORMAT = 'folded stacks';
/** Digits by themselves, so that `f(1) 2` is f(1) with a weight of 2. */
const LINE = /^(.*\S)[ \t]+(\d+(?:\.\d*)?(?:e[+-]?\d+)?)[ \t]*$/i;
const TWO = /^(.*\S)[ \t]+(\d+(?:\.\d*)?)[ \t]+(\d+(?:\.\d*)?)[ \t]*$/;

interface Stack {
  readonly text: string;
  readonly values: readonly number[];
}

/** Stacks and weights of all lines; two weights only where every line has two. */
function stacksOf(text: string): { readonly stacks: readonly Stack[]; readonly compared: boolean } {
  const lines: [string, number][] = [];
  let compared = true;
  for (const [line, number] of numberedLines(text)) {
    if (line.trim() === '') continue;
    if (!LINE.test(line)) {
      if (line.startsWith('#')) continue;
      throw new ProfileError(FORMAT, `line ${number}`, `no weight at the end of '${shorten(line)}'`, "a line is 'function;function;… weight'");
    }
    compared &&= TWO.test(line);
    lines.push([line, number]);
  }
  compared &&= lines.length > 0;
  const stacks = lines.map(([line, number]) => {
    const [, stack = '', ...weights] = (compared ? TWO : LINE).exec(line) ?? [];
    const values = weights.map(Number);
    if (!values.every(Number.isFinite)) throw new ProfileError(FORMAT, `line ${number}`, `the weight '${weights.join(' ')}' is too large`);
    return { text: stack, values };
  });
  return { stacks, compared };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function read(bytes: Uint8Array): Profile {
  const { stacks, compared } = stacksOf(textOf(FORMAT, bytes));
  if (stacks.length === 0) throw new ProfileError(FORMAT, undefined, 'there are no stacks in it');
  const builder = new ProfileBuilder(compared ? [{ type: 'before', unit: 'count' }, { type: 'after', unit: 'count' }] : [{ type: 'samples', unit: 'count' }]);
  for (const { text, values } of stacks) builder.add(text.split(';').map((frame) => builder.frame(parseAnnotated(frame))), values);
  return builder.build(compared ? { comparison: { before: 'before', after: 'after' } } : {});
}

/** A name as it can stand between semicolons on one line. */
function foldedName(name: string): string {
  return name.replaceAll(';', ':').replace(/[\r\n]+/g, ' ');
}

/** One line a stack, equal stacks added up, in the order of their first appearance. */
export function foldedLines(profile: Profile, values: readonly number[], grouping: Grouping): string[] {
  const names = profile.frames.map(({ name, kind }) => annotate(foldedName(name), kind));
  const sums = new Map<string, number[]>();
  for (const sample of profile.samples) {
    const group = contextName(sample.context, grouping);
    const frames = sample.stack.map((frame) => names[frame] ?? '');
    const stack = [...(group === undefined ? [] : [foldedName(group)]), ...frames].join(';') || '[no stack]';
    const known = sums.get(stack);
    const weights = values.map((value) => sample.values[value] ?? 0);
    if (weights.every((weight) => weight === 0)) continue;
    if (known === undefined) sums.set(stack, weights);
    else weights.forEach((weight, index) => { known[index] = (known[index] ?? 0) + weight; });
  }
  return Array.from(sums, ([stack, weights]) => `${stack} ${weights.map(plainNumber).join(' ')}`);
}

/** Without an exponent: other readers of the format know none. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 }) : text;
}

function valuesToWrite(profile: Profile, value: number): readonly number[] {
  return profile.meta.comparison === undefined ? [value] : [0, 1];
}

export const foldedReader: ProfileReader = {
  name: FORMAT,
  recognizes: (_bytes, text) => !text.includes('\0') && text.split('\n').slice(0, 50).some((line) => LINE.test(line.trimEnd())) && !text.trimStart().startsWith('{'),
  read,
};

export const foldedWriter: ProfileWriter = {
  name: 'folded',
  endings: ['.folded', '.collapsed', '.txt'],
  description: 'folded stacks, for other flame graph programs',
  write: (profile, { value, grouping }) => foldedLines(profile, valuesToWrite(profile, value), grouping).map((line) => `${line}\n`).join(''),
};

/** How weights are named to a person: `samples`, `cpu (nanoseconds)`. */
export function describeValue({ type, unit }: ValueType): string {
  return unit === 'count' ? type : `${type} (${unit})`;
}
