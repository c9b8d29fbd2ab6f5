/** The globals that random scripts work on: arrays with one to nine keys of both types, with sizes and wrapping; statistics with each histogram. */

/** l: number, s: text. */
export type Letter = 'l' | 's';

export interface ArrayShape {
  readonly name: string;
  readonly keys: readonly Letter[];
  readonly value: Letter;
  /** `[3]`, `%`. */
  readonly suffix: string;
  readonly weight: number;
}

const letters = (text: string): Letter[] => Array.from(text, (one) => (one === 'l' ? 'l' : 's'));
const array = (name: string, keys: string, value: Letter, weight = 1, suffix = ''): ArrayShape => ({ name, keys: letters(keys), value, suffix, weight });

/** Arrays that wrap are never full here: BPF drops the least recently used element, the host the oldest (docs/differences.md). */
export const ARRAYS: readonly ArrayShape[] = [
  array('a', 'l', 'l', 12), array('b', 's', 's', 8), array('c', 'ls', 'l', 8), array('d', 'sl', 's', 8),
  array('k3', 'lsl', 'l'), array('k4', 'ssls', 's'), array('k5', 'lllll', 'l'), array('k6', 'slslsl', 's'), array('k7', 'lllslll', 'l'), array('k8', 'llllssss', 's'), array('k9', 'lslslslsl', 'l'),
  array('small', 'l', 'l', 2, '[3]'), array('few', 's', 's', 2, '[2]'), array('round', 'l', 'l', 2, '%'), array('ring', 'sl', 's', 2, '%'),
];

export interface StatisticShape {
  readonly name: string;
  readonly keys: readonly Letter[];
  /** Of @variance. */
  readonly shift: number | undefined;
  /** Behind the operand: `@hist_linear(x, 0, 10, 2)`. */
  readonly histogram: { readonly operator: string; readonly bounds: string };
  readonly weight: number;
}

const log = { operator: '@hist_log', bounds: '' };
const linear = (bounds: string): StatisticShape['histogram'] => ({ operator: '@hist_linear', bounds: `, ${bounds}` });

export const STATISTICS: readonly StatisticShape[] = [
  { name: 'x', keys: [], shift: undefined, histogram: log, weight: 3 },
  { name: 'v', keys: [], shift: 4, histogram: linear('-8, 40, 7'), weight: 2 },
  { name: 'y', keys: ['s'], shift: undefined, histogram: log, weight: 3 },
  { name: 'w', keys: ['l', 's'], shift: 8, histogram: linear('0, 100, 10'), weight: 2 },
];

export const STATISTIC_OPERATORS = ['@count', '@sum', '@min', '@max', '@avg', '@variance'] as const;
export type StatisticOperator = (typeof STATISTIC_OPERATORS)[number];

export function statisticCall({ shift }: StatisticShape, operator: StatisticOperator, operand: string): string {
  return `${operator}(${operand}${operator === '@variance' && shift !== undefined ? `, ${shift}` : ''})`;
}

export const histogramCall = ({ histogram: { operator, bounds } }: StatisticShape, operand: string): string => `${operator}(${operand}${bounds})`;

/** Names in random texts carry § in place of the script's prefix. */
export const uses = (text: string, name: string): boolean => text.includes(`§${name}`) && new RegExp(`§${name}\\b`).test(text);

const LITERALS: Readonly<Record<Letter, string>> = { l: '0', s: '""' };
const literals = (keys: readonly Letter[]): string => keys.map((letter) => LITERALS[letter]).join(', ');

/** Statements that give the global its types, in a probe that never runs. */
export const typesOfArray = ({ name, keys, value }: ArrayShape): string => `§${name}[${literals(keys)}] = ${LITERALS[value]}`;
export const typesOfStatistic = ({ name, keys }: StatisticShape): string => (keys.length === 0 ? `§${name} <<< 0` : `§${name}[${literals(keys)}] <<< 0`);

const variables = (keys: readonly Letter[]): readonly string[] => keys.map((letter, index) => `e${letter}${index}`);

/** Prints all elements in the order of the array. */
export function showArray({ name, keys, value }: ArrayShape): string {
  const names = variables(keys);
  const formats = keys.map((letter) => (letter === 'l' ? '%d' : '%s'));
  return `foreach ([${names.join(', ')}] in §${name}) printf("${name}[${formats.join(',')}]=%${value === 'l' ? 'd' : 's'}\\n", ${names.join(', ')}, §${name}[${names.join(', ')}])`;
}

export function showStatistic(shape: StatisticShape, operators: readonly StatisticOperator[], histogram: boolean): string {
  const { name, keys } = shape;
  const names = variables(keys);
  const operand = keys.length === 0 ? `§${name}` : `§${name}[${names.join(', ')}]`;
  const values = operators.map((operator) => `printf(" ${operator} %d", ${statisticCall(shape, operator, operand)})`);
  const chart = histogram ? [`print(${histogramCall(shape, operand)})`] : [];
  if (keys.length === 0) return `printf("${name} %d\\n", @count(§${name})); if (@count(§${name})) { ${[...values, 'println()', ...chart].join('; ')} }`;
  return `foreach ([${names.join(', ')}] in §${name}) { printd(",", ${names.join(', ')}, ""); ${[...values, 'println()', ...chart].join('; ')} }`;
}
