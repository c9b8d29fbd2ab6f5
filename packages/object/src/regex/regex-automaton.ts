/**
 * A regular expression as a minimal deterministic automaton: a table that both executors walk, one step a byte.
 * It answers whether the pattern matches anywhere in a text.
 */
import { RegexError } from './parse-regex.js';
import { compileRegexProgram } from './regex-program.js';
import type { RegexProgram } from './regex-program.js';

/** Entries of `rows` that end the walk. */
export const REGEX_ACCEPT = 0xffff;
export const REGEX_REJECT = 0xfffe;

export interface RegexAutomaton {
  /** Class of every byte. Class 0 is NUL, the end of the text, which always leads to accept or reject. */
  readonly classes: Uint8Array;
  readonly classCount: number;
  /** States × classes: index of the next state's row times `classCount`, or REGEX_ACCEPT or REGEX_REJECT. */
  readonly rows: Uint16Array;
  /** Where the walk begins: 0, or REGEX_ACCEPT when even "" anywhere matches, or REGEX_REJECT. */
  readonly start: number;
}

/** While it is built; a table of 16-bit entries holds less when there are many classes. */
const STATES_MAX = 4096;
const ROWS_MAX = 0x7f00;

/** @throws RegexError for what is malformed, not supported, or needs too large a table */
export function compileRegex(pattern: string): RegexAutomaton {
  const program = compileRegexProgram(pattern);
  const { classes, samples } = byteClasses(program);
  const builder = new Determinizer(program, samples);
  const automaton = minimize(builder.run(), samples.length);
  if (automaton.rows.length > ROWS_MAX) throw tooLarge();
  return { classes, classCount: samples.length, ...automaton };
}

/** Whether the pattern matches somewhere in the text. */
export function matchesRegex({ classes, classCount, rows, start }: RegexAutomaton, text: string): boolean {
  let state = start;
  for (let at = 0; state < REGEX_REJECT; at++) {
    const byte = at < text.length ? text.charCodeAt(at) & 0xff : 0;
    state = rows[state + ((classes[byte] ?? 0) % classCount)] ?? REGEX_REJECT;
  }
  return state === REGEX_ACCEPT;
}

function tooLarge(): RegexError {
  return new RegexError('the pattern needs too many states', 0);
}

/** Bytes that no part of the pattern tells apart are one class. `samples` has a byte of each. */
export function byteClasses({ steps }: RegexProgram): { readonly classes: Uint8Array; readonly samples: readonly number[] } {
  const sets = [...new Set(steps.flatMap((step) => (step.op === 'bytes' ? [step.set] : [])))];
  const known = new Map<string, number>();
  const samples = [0];
  const classes = new Uint8Array(256);
  for (let byte = 1; byte < 256; byte++) {
    const signature = sets.map((set) => set[byte]).join('');
    let index = known.get(signature);
    if (index === undefined) {
      index = samples.push(byte) - 1;
      known.set(signature, index);
    }
    classes[byte] = index;
  }
  return { classes, samples };
}

interface Table { readonly start: number; readonly rows: readonly (readonly number[])[] }

/** Subset construction over the search for the pattern at every position. */
class Determinizer {
  readonly #program: RegexProgram;
  readonly #samples: readonly number[];
  readonly #states = new Map<string, number>();
  readonly #sets: { readonly leaves: readonly number[]; readonly isStart: boolean }[] = [];
  readonly #again: readonly number[];

  constructor(program: RegexProgram, samples: readonly number[]) {
    this.#program = program;
    this.#samples = samples;
    this.#again = this.#closure([0], false, false);
  }

  run(): Table {
    const start = this.#state(this.#closure([0], true, false), true);
    const rows: number[][] = [];
    for (let index = 0; index < this.#sets.length; index++) {
      const set = this.#sets[index];
      if (set !== undefined) rows.push(this.#samples.map((byte, at) => (at === 0 ? this.#atEnd(set) : this.#after(set.leaves, byte))));
    }
    return { start, rows };
  }

  #after(leaves: readonly number[], byte: number): number {
    const next: number[] = [];
    for (const leaf of leaves) {
      const step = this.#program.steps[leaf];
      if (step?.op === 'bytes' && step.set[byte] === 1) next.push(leaf + 1);
    }
    return this.#state([...new Set([...this.#closure(next, false, false), ...this.#again])], false);
  }

  #atEnd({ leaves, isStart }: { readonly leaves: readonly number[]; readonly isStart: boolean }): number {
    const waiting = leaves.filter((leaf) => this.#program.steps[leaf]?.op === 'end');
    return this.#isMatch(this.#closure(waiting, isStart, true)) ? REGEX_ACCEPT : REGEX_REJECT;
  }

  #isMatch(leaves: readonly number[]): boolean {
    return leaves.some((leaf) => this.#program.steps[leaf]?.op === 'match');
  }

  #state(leaves: readonly number[], isStart: boolean): number {
    if (this.#isMatch(leaves)) return REGEX_ACCEPT;
    if (leaves.length === 0) return REGEX_REJECT;
    const sorted = [...leaves].sort((a, b) => a - b);
    const key = `${isStart ? '^' : ''}${sorted.join(' ')}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#sets.length >= STATES_MAX) throw tooLarge();
    const index = this.#sets.push({ leaves: sorted, isStart }) - 1;
    this.#states.set(key, index);
    return index;
  }

  /** Steps that read a byte, wait for the end, or match, which can be reached without reading. */
  #closure(from: readonly number[], atStart: boolean, atEnd: boolean): number[] {
    const { steps } = this.#program;
    const seen = new Set<number>();
    const leaves: number[] = [];
    const waiting = [...from];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = steps[at];
      switch (step?.op) {
        case 'split': waiting.push(step.second, step.first); break;
        case 'jump': waiting.push(step.to); break;
        case 'save': waiting.push(at + 1); break;
        case 'start': if (atStart) waiting.push(at + 1); break;
        case 'end':
          if (atEnd) waiting.push(at + 1);
          else leaves.push(at);
          break;
        default: leaves.push(at);
      }
    }
    return leaves;
  }
}

/** Moore's algorithm: states stay together while all their steps lead to the same groups. */
function minimize({ start, rows }: Table, classCount: number): Pick<RegexAutomaton, 'rows' | 'start'> {
  if (start >= REGEX_REJECT) return { start, rows: new Uint16Array(0) };
  let group = rows.map(() => 0);
  for (let count = 1; ;) {
    const known = new Map<string, number>();
    const next = rows.map((row, index) => {
      const key = `${group[index]}:${row.map((to) => (to >= REGEX_REJECT ? to : group[to])).join(',')}`;
      const id = known.get(key) ?? known.size;
      known.set(key, id);
      return id;
    });
    group = next;
    if (known.size === count) break;
    count = known.size;
  }
  // Groups are numbered by their first state, so that the start state's is 0.
  const first = new Map<number, readonly number[]>();
  rows.forEach((row, index) => {
    const id = group[index] ?? 0;
    if (!first.has(id)) first.set(id, row);
  });
  if (first.size * classCount > ROWS_MAX) throw tooLarge();
  const table = new Uint16Array(first.size * classCount);
  for (const [id, row] of first) row.forEach((to, at) => { table[id * classCount + at] = to >= REGEX_REJECT ? to : (group[to] ?? 0) * classCount; });
  return { start: 0, rows: table };
}
