/** Scripts that both executors run: the same handler as a kernel probe and as a begin probe, and an end probe that prints what its globals hold. */
import { ARRAYS, STATISTICS, showArray, showStatistic, typesOfArray, typesOfStatistic, uses } from './globals.js';
import type { RandomScript } from './random-script.js';

/** The addition keeps a handler that does nothing else from being left out. */
const PROLOGUE = 'l0 = §n0; l1 = §n1; l2 = 3; sp = 0; s0 = §t0; s1 = "a"; §n1 += 0;';
/** Gives the locals of functions their types. */
const LOCALS = 'l1 = 1; l2 = 2; sp = 0; s1 = "";';

/** The script's functions, each with those that it calls. */
const FUNCTIONS: readonly (readonly [name: string, text: (functions: RandomScript['functions']) => string])[] = [
  ['f', ({ long }) => `function §f:long(a:long, b:long) { ${long} }`],
  ['g', ({ text }) => `function §g:string(s:string, b:long) { ${text} }`],
  ['r', () => 'function §r:long(a:long, b:long) { if (a <= 0) return b; return §r(a - 1, b + a) ^ a }'],
  ['rs', () => 'function §rs:string(a:long, s:string) { if (a <= 0) return s; return sprint(a) . §rs(a - 1, s . "x") . s }'],
  ['m', ({ level }) => `function §m:long(l0:long, b:long) { ${LOCALS} s0 = ""; if (l0 <= 0) return b; ${level}; return §m2(l0 - 1, b + l1) - 1 } function §m2:long(a:long, b:long) { if (a <= 0) return ~b; return §m(a - 1, b) + a }`],
  ['h', ({ impure }) => `function §h:long(l0:long, s0:string) { ${LOCALS} ${impure}; return l0 }`],
  ['q', ({ impureText }) => `function §q:string(l0:long, s0:string) { ${LOCALS} ${impureText}; return s0 . s1 }`],
  ['o', ({ first, second }) => `function §o:long(l0:long, s0:string) { ${LOCALS} ${first}; if (l0 & 1) next; return l1 } function §o:long(l0:long, s0:string) : 2 { ${LOCALS} ${second}; return l0 + l2 }`],
];

export interface Comparable {
  /** Names carry the mark § in place of a prefix, so that many scripts go into one text. */
  readonly text: string;
  /** How often the handler runs. */
  readonly runs: number;
}

/** The handler stands at the same column in both probes, so that messages name the same place. */
export function comparable({ declarations, body, end, runs }: { readonly declarations: string; readonly body: string; readonly end: string; readonly runs: number }): Comparable {
  return { runs, text: [declarations, 'probe kernel.trace("sys_enter") {', body, '}', 'probe begin {', body, '}', `probe end { ${end} }`].join('\n') };
}

export function randomComparable(script: RandomScript): Comparable {
  const [n0 = 0n, n1 = 0n] = script.longs;
  const [t0 = '', t1 = ''] = script.texts;
  const called: string[] = [];
  for (const [name, text] of [...FUNCTIONS].reverse()) if (uses([script.body, ...called].join('\n'), name)) called.unshift(text(script.functions));
  const code = [...called, script.body].join('\n');
  const arrays = ARRAYS.filter(({ name }) => uses(code, name));
  const statistics = STATISTICS.filter(({ name }) => uses(code, name));
  const globals = [`§n0 = ${String(n0)}`, `§n1 = ${String(n1)}`, `§t0 = "${t0}"`, `§t1 = "${t1}"`, ...arrays.map(({ name, suffix }) => `§${name}${suffix}`), ...statistics.map(({ name }) => `§${name}`)];
  // Types of every array and statistic, also when the handler does not tell.
  const types = arrays.length + statistics.length === 0 ? [] : [`probe never { ${[...arrays.map(typesOfArray), ...statistics.map(typesOfStatistic)].join('; ')} }`];
  return comparable({
    declarations: [`global ${globals.join(', ')}`, ...types, ...called].join('\n'),
    body: `${PROLOGUE} ${script.body}`,
    end: ['printf("n %d %d t [%s] [%s]\\n", §n0, §n1, §t0, §t1)', ...arrays.map(showArray), ...statistics.map((shape) => showStatistic(shape, script.statistics, script.histograms))].join('\n'),
    runs: script.runs,
  });
}

export function joinScripts(scripts: readonly Comparable[]): string {
  return scripts.map(({ text }, index) => text.replaceAll('§', `p${index}_`)).join('\n');
}

/** The index of the script that has a line (from 1) of the text. */
export function scriptAt(scripts: readonly Comparable[], line: number): number {
  let end = 0;
  return scripts.findIndex(({ text }) => {
    end += text.split('\n').length;
    return line <= end;
  });
}
