/** The leaves of random scripts: numbers, texts, keys, places, formats. */
import fc from 'fast-check';
import { ARRAYS, STATISTICS } from './globals.js';
import type { ArrayShape, Letter, StatisticShape } from './globals.js';

export type Text = fc.Arbitrary<string>;
/** Leaves come first, so that a script shrinks to them. */
export const either = <T>(...all: readonly (fc.Arbitrary<T> | { readonly weight: number; readonly arbitrary: fc.Arbitrary<T> })[]): fc.Arbitrary<T> =>
  fc.oneof({ withCrossShrink: true }, ...all.map((one) => ('weight' in one ? one : { weight: 1, arbitrary: one })));
export const joined = (parts: readonly Text[], separator: string): Text => (parts.length === 0 ? fc.constant('') : fc.tuple(...parts).map((all) => all.join(separator)));

const EDGES = [0n, 1n, -1n, 2n, 3n, 7n, 8n, 10n, 63n, 64n, 65n, 127n, 255n, 4096n, 0x7fffffffn, 0x80000000n, 0xffffffffn, -0x80000000n, 0x100000000n, 0x7fffffffffffffffn, -0x8000000000000000n];
export const long = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...EDGES) }, { weight: 2, arbitrary: fc.bigInt({ min: -20n, max: 100n }) }, { weight: 1, arbitrary: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) });
/** A literal; the most negative number has no literal of its own. */
export const number: Text = long.map((value) => (value < 0n ? `(-${String(-value - 1n)} - 1)` : String(value)));
export const word = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('', 'a', 'b', 'key', 'a b', 'value', '12', '-7x', '0x1f', '0123456789', 'abcdefgh', 'abcdefghijklmnopqrstuvwxyz0123456789', 'caf\\351', '%d', '%%', 'q\\"\\\\', '\\t\\n') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'X', '0', ' ', '.', '-'), maxLength: 40 }) });
export const literal: Text = word.map((text) => `"${text}"`);

/** Few different keys, so that elements are met again. */
const KEYS: Readonly<Record<Letter, Text>> = {
  l: either(fc.constantFrom('0', '1', '2', '-1'), fc.constantFrom('l0', 'l1', '(l2 & 3)', '§n0')),
  s: either(fc.constantFrom('"a"', '"b"', '""', '"key"', '"abcdefgh"'), fc.constantFrom('s0', 's1', '§t0')),
};
export const keysOf = (keys: readonly Letter[]): Text => joined(keys.map((letter) => KEYS[letter]), ', ');
/** With `*` in some places; at least one. */
export const sliceOf = (keys: readonly Letter[]): Text => fc.integer({ min: 0, max: keys.length - 1 }).chain((star) =>
  joined(keys.map((letter, index) => (index === star ? fc.constant('*') : either(KEYS[letter], fc.constant('*')))), ', '));

const weighted = <T extends { readonly weight: number }>(shapes: readonly T[], of: (shape: T) => Text): Text => either(...shapes.map((shape) => ({ weight: shape.weight, arbitrary: of(shape) })));
export const elementOf = ({ name, keys }: { readonly name: string; readonly keys: readonly Letter[] }): Text => keysOf(keys).map((all) => (keys.length === 0 ? `§${name}` : `§${name}[${all}]`));
const elements = (value: Letter): Text => weighted(ARRAYS.filter((shape) => shape.value === value), elementOf);

export const longPlace: Text = either({ weight: 5, arbitrary: fc.constantFrom('l0', 'l1', 'l2') }, { weight: 3, arbitrary: fc.constantFrom('§n0', '§n1') }, { weight: 3, arbitrary: elements('l') });
export const textPlace: Text = either({ weight: 5, arbitrary: fc.constantFrom('s0', 's1') }, { weight: 3, arbitrary: fc.constantFrom('§t0', '§t1') }, { weight: 3, arbitrary: elements('s') });
export const anyArray = <T>(make: (shape: ArrayShape) => fc.Arbitrary<T>): fc.Arbitrary<T> => either(...ARRAYS.map((shape) => ({ weight: shape.weight, arbitrary: make(shape) })));
export const anyStatistic = <T>(make: (shape: StatisticShape) => fc.Arbitrary<T>): fc.Arbitrary<T> => either(...STATISTICS.map((shape) => ({ weight: shape.weight, arbitrary: make(shape) })));
export const sample: Text = anyStatistic(elementOf);
/** `[k] in a` and, with slices, `[k, *] in c`; elements of statistics too. */
export const membership = (slices: boolean): Text => either(...[...ARRAYS, ...STATISTICS].filter(({ keys }) => keys.length > 0).map((shape) => ({
  weight: shape.weight,
  arbitrary: either({ weight: 3, arbitrary: keysOf(shape.keys) }, ...(slices ? [{ weight: 1, arbitrary: sliceOf(shape.keys) }] : [])).map((keys) => `([${keys}] in §${shape.name})`),
})));

const FLAGS = ['', '', '0', '+', '-', ' ', '#'] as const;
/** Flag, width, precision, conversion. */
export const directive = (conversions: readonly string[]): Text =>
  fc.tuple(fc.constantFrom(...FLAGS), fc.constantFrom('', '', '1', '5', '12'), fc.constantFrom('', '', '.0', '.3', '.10'), fc.constantFrom(...conversions)).map((parts) => `%${parts.join('')}`);
export const longDirective = directive(['d', 'i', 'u', 'o', 'x', 'X', 'p']);
export const textDirective = directive(['s']).map((one) => one.replace('%0', '%').replace('%+', '%').replace('% ', '%'));

/** Regular expressions, with and without groups. */
export const pattern: Text = fc.constantFrom('a', '^a', 'a$', '^(a|b)+$', 'ab*c?', '[a-e]+', '[^a-z]', '(key|value)', '.', '^$', '[[:digit:]]+', 'a.*z', '(a)(b)?', '([0-9]+)([a-z]*)', 'x{2,3}', '');
export const groupPattern: Text = fc.constantFrom('a(b|c)*', '^(a|b)(.*)$', '([a-z]+)[^a-z]*([0-9]+)?', '(k)(e)?y', '(a*)*', '((a)|b)+c?', '.(.)(.)?$', '^()');
