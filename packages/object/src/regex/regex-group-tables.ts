/**
 * Where a match and its parenthesized parts lie, by tables: for matched(n) in kernel handlers. Gives what matchedGroups() gives,
 * in four walks over the text, each a table look-up a byte:
 *
 * 1. backwards over the whole text: where matches can begin; the last found, which is the leftmost, counts
 * 2. forwards from there: where the match can end; the last found counts, which is the longest
 * 3. backwards over the match: which steps of the program can read each byte, if the match is to end there
 * 4. forwards over it: of those the preferred one, and which groups begin or end before it
 */
import { RegexError } from './parse-regex.js';
import { byteClasses } from './regex-automaton.js';
import type { RegexProgram } from './regex-program.js';

/** Rows of 16-bit entries: states × classes. An entry is the number of the next state times `classCount`. */
export interface GroupWalk {
  readonly rows: Uint16Array;
}

export interface GroupTables {
  readonly classes: Uint8Array;
  readonly classCount: number;
  readonly groups: number;
  /** Walk 1 begins in state 0 behind the text. `begins`: by state, bit 0: a match can begin before this byte; bit 1: if it is the text's first. */
  readonly search: GroupWalk & { readonly begins: Uint8Array; /** A match can begin behind the text; and if the text is empty. */ readonly beginsAtEnd: boolean; readonly beginsEmpty: boolean };
  /** Walk 2 begins in state 0 when the match begins the text, in state 1 elsewhere. An entry {@link GROUP_DEAD} ends it. `ends`: bit 0: a match can end before the next byte; bit 1: at the end of the text. */
  readonly extent: GroupWalk & { readonly ends: Uint8Array };
  /** Walk 3 begins in state 0, or in state 1 when the match ends the text. */
  readonly viable: GroupWalk & { readonly states: number };
  /** Walk 4 begins with position 0 when the match begins the text, with 1 elsewhere. `steps`: positions × states of walk 3: next position, and the slots to set from bit GROUP_SLOT_SHIFT on. */
  readonly parse: { readonly positions: number; readonly steps: Uint32Array; /** positions × 2: slots to set at the end of the match; of the text. */ readonly last: Uint32Array };
}

export const GROUP_DEAD = 0xffff;
export const GROUP_SLOT_SHIFT = 10;
export const GROUP_POSITION_MASK = (1 << GROUP_SLOT_SHIFT) - 1;
const GROUPS_MAX = 11;
const STATES_MAX = 2000;
const ROWS_MAX = 0x7f00;
const STEPS_MAX = 1 << 16;

interface Leaf {
  readonly step: number;
  /** Bits of the slots that are passed on the way there. */
  readonly slots: number;
}

/** What can be reached without reading, in order of preference. */
interface Closure {
  readonly leaves: readonly Leaf[];
  /** Slots on the way to the end of the pattern; undefined: it is not reached. */
  readonly match: number | undefined;
}

/** @throws RegexError when the tables would be too large */
export function compileGroupTables(program: RegexProgram): GroupTables {
  return new GroupTableBuilder(program).build();
}

class GroupTableBuilder {
  readonly #program: RegexProgram;
  readonly #classes: Uint8Array;
  readonly #samples: readonly number[];
  readonly #closures = new Map<string, Closure>();

  constructor(program: RegexProgram) {
    this.#program = program;
    ({ classes: this.#classes, samples: this.#samples } = byteClasses(program));
  }

  build(): GroupTables {
    if (this.#program.groups > GROUPS_MAX) throw new RegexError(`matched() in a kernel probe can tell ${GROUPS_MAX - 1} groups apart, the pattern has ${this.#program.groups - 1}`, 0);
    const viable = this.#viable();
    return {
      classes: this.#classes, classCount: this.#samples.length, groups: this.#program.groups,
      search: this.#search(), extent: this.#extent(), viable: { rows: viable.rows, states: viable.sets.length }, parse: this.#parse(viable.sets),
    };
  }

  #closure(from: number, atStart: boolean, atEnd: boolean): Closure {
    const key = `${from} ${String(atStart)} ${String(atEnd)}`;
    const known = this.#closures.get(key) ?? closureOf(this.#program, from, atStart, atEnd);
    this.#closures.set(key, known);
    return known;
  }

  /** The steps that read a byte of the class. */
  #readers(sample: number): number[] {
    return this.#program.steps.flatMap((step, index) => (step.op === 'bytes' && step.set[sample] === 1 ? [index] : []));
  }

  /** Steps that can read a byte of the class, if what follows satisfies. */
  #before(sample: number, follows: (closure: Closure) => boolean, atEnd: boolean): number[] {
    return this.#readers(sample).filter((step) => follows(this.#closure(step + 1, false, atEnd)));
  }

  #search(): GroupTables['search'] {
    const hits = (set: ReadonlySet<number>) => ({ leaves, match }: Closure): boolean => match !== undefined || leaves.some(({ step }) => set.has(step));
    const table = new StateTable(this.#samples.length);
    table.state([], 'end');
    for (let state = 0; state < table.sets.length; state++) {
      const set = new Set(table.sets[state]);
      table.row(this.#samples.map((sample, index) => (index === 0 ? 0 : table.state(this.#before(sample, hits(set), state === 0)))));
    }
    const begins = Uint8Array.from(table.sets, (steps) => {
      const set = new Set(steps);
      return (hits(set)(this.#closure(0, false, false)) ? 1 : 0) | (hits(set)(this.#closure(0, true, false)) ? 2 : 0);
    });
    return { rows: table.rows(), begins, beginsAtEnd: this.#closure(0, false, true).match !== undefined, beginsEmpty: this.#closure(0, true, true).match !== undefined };
  }

  #extent(): GroupTables['extent'] {
    const table = new StateTable(this.#samples.length);
    // Which steps were just begun with; the first two states by name, as only there the text may begin.
    table.state([0], 'first');
    table.state([0], 'later');
    const closures = (state: number, atEnd: boolean): Closure[] => (table.sets[state] ?? []).map((from) => this.#closure(from, state === 0, atEnd));
    for (let state = 0; state < table.sets.length; state++) {
      const leaves = new Set(closures(state, false).flatMap((one) => one.leaves.map(({ step }) => step)));
      table.row(this.#samples.map((sample, index) => {
        const next = index === 0 ? [] : this.#readers(sample).filter((step) => leaves.has(step)).map((step) => step + 1);
        return next.length === 0 ? undefined : table.state(next);
      }));
    }
    const ends = Uint8Array.from(table.sets, (_set, state) =>
      (closures(state, false).some(({ match }) => match !== undefined) ? 1 : 0) | (closures(state, true).some(({ match }) => match !== undefined) ? 2 : 0));
    return { rows: table.rows(), ends };
  }

  #viable(): { readonly rows: Uint16Array; readonly sets: readonly (readonly number[])[] } {
    const table = new StateTable(this.#samples.length);
    table.state([], 'end of the match');
    table.state([], 'end of the text');
    for (let state = 0; state < table.sets.length; state++) {
      const set = new Set(table.sets[state]);
      const follows = ({ leaves, match }: Closure): boolean => (state < 2 ? match !== undefined : leaves.some(({ step }) => set.has(step)));
      table.row(this.#samples.map((sample, index) => (index === 0 ? 0 : table.state(this.#before(sample, follows, state === 1)))));
    }
    return { rows: table.rows(), sets: table.sets };
  }

  #parse(sets: readonly (readonly number[])[]): GroupTables['parse'] {
    const readers = this.#program.steps.flatMap((step, index) => (step.op === 'bytes' ? [index] : []));
    const positionOf = new Map(readers.map((step, index) => [step, index + 2]));
    const from = [{ step: 0, atStart: true }, { step: 0, atStart: false }, ...readers.map((step) => ({ step: step + 1, atStart: false }))];
    if (from.length > GROUP_POSITION_MASK || from.length * sets.length > STEPS_MAX) throw tooLarge();
    const steps = new Uint32Array(from.length * sets.length);
    const last = new Uint32Array(from.length * 2);
    const viable = sets.map((set) => new Set(set));
    from.forEach(({ step, atStart }, position) => {
      const { leaves } = this.#closure(step, atStart, false);
      viable.forEach((set, state) => {
        const chosen = leaves.find((leaf) => set.has(leaf.step));
        if (chosen !== undefined) steps[position * sets.length + state] = ((chosen.slots << GROUP_SLOT_SHIFT) | (positionOf.get(chosen.step) ?? 0)) >>> 0;
      });
      last[position * 2] = this.#closure(step, atStart, false).match ?? 0;
      last[position * 2 + 1] = this.#closure(step, atStart, true).match ?? 0;
    });
    return { positions: from.length, steps, last };
  }
}

function tooLarge(): RegexError {
  return new RegexError('matched() of this pattern needs too large tables in a kernel probe', 0);
}

/** The first way to each step counts. */
function closureOf({ steps }: RegexProgram, from: number, atStart: boolean, atEnd: boolean): Closure {
  const seen = new Set<number>();
  const leaves: Leaf[] = [];
  let match: number | undefined;
  const waiting: Leaf[] = [{ step: from, slots: 0 }];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one.step)) continue;
    seen.add(one.step);
    const { step: at, slots } = one;
    const step = steps[at];
    switch (step?.op) {
      case 'split': waiting.push({ step: step.second, slots }, { step: step.first, slots }); break;
      case 'jump': waiting.push({ step: step.to, slots }); break;
      case 'save': waiting.push({ step: at + 1, slots: slots | (1 << step.slot) }); break;
      case 'start': if (atStart) waiting.push({ step: at + 1, slots }); break;
      case 'end': if (atEnd) waiting.push({ step: at + 1, slots }); break;
      case 'match': match ??= slots; break;
      default: leaves.push(one);
    }
  }
  return { leaves, match };
}

/** Numbers sets of steps, and collects their rows. */
class StateTable {
  readonly sets: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #rows: (readonly (number | undefined)[])[] = [];
  readonly #classCount: number;

  constructor(classCount: number) {
    this.#classCount = classCount;
  }

  /** @param name for a set that is not like others of the same steps */
  state(steps: readonly number[], name = ''): number {
    const key = `${name}:${steps.join(' ')}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.sets.length >= STATES_MAX) throw tooLarge();
    this.#numbers.set(key, this.sets.length);
    return this.sets.push(steps) - 1;
  }

  row(entries: readonly (number | undefined)[]): void {
    this.#rows.push(entries);
  }

  rows(): Uint16Array {
    if (this.#rows.length * this.#classCount > ROWS_MAX) throw tooLarge();
    return Uint16Array.from(this.#rows.flat(), (state) => (state === undefined ? GROUP_DEAD : state * this.#classCount));
  }
}

/** The walks as kernel handlers do them; undefined: no match. For tests, and to be read beside the BPF code. */
export function groupsByTables(tables: GroupTables, text: string): readonly string[] | undefined {
  const { classes, classCount, search, extent, viable, parse } = tables;
  const classAt = (at: number): number => classes[text.charCodeAt(at) & 0xff] ?? 0;
  const { length } = text;
  let from = (length === 0 ? search.beginsEmpty : search.beginsAtEnd) ? length : -1;
  let state = 0;
  for (let at = length - 1; at >= 0; at--) {
    state = search.rows[state + classAt(at)] ?? 0;
    if (((search.begins[state / classCount] ?? 0) >> (at === 0 ? 1 : 0)) & 1) from = at;
  }
  if (from < 0) return undefined;
  let to = from;
  state = from === 0 ? 0 : classCount;
  for (let at = from; ; at++) {
    if (((extent.ends[state / classCount] ?? 0) >> (at === length ? 1 : 0)) & 1) to = at;
    if (at === length) break;
    state = extent.rows[state + classAt(at)] ?? GROUP_DEAD;
    if (state === GROUP_DEAD) break;
  }
  const states: number[] = [];
  state = to === length ? classCount : 0;
  for (let at = to - 1; at >= from; at--) states[at] = state = viable.rows[state + classAt(at)] ?? 0;
  const slots = new Array<number>(2 * tables.groups).fill(-1);
  const set = (bits: number, at: number): void => { slots.forEach((_, slot) => { if ((bits >> slot) & 1) slots[slot] = at; }); };
  let position = from === 0 ? 0 : 1;
  for (let at = from; at < to; at++) {
    const entry = parse.steps[position * viable.states + (states[at] ?? 0) / classCount] ?? 0;
    set(entry >>> GROUP_SLOT_SHIFT, at);
    position = entry & GROUP_POSITION_MASK;
  }
  set(parse.last[position * 2 + (to === length ? 1 : 0)] ?? 0, to);
  return Array.from({ length: tables.groups }, (_, group) => {
    const [start = -1, end = -1] = [slots[2 * group], slots[2 * group + 1]];
    return start < 0 || end < 0 ? '' : text.slice(start, end);
  });
}
