/**
 * Random scripts over what both executors can do. A script is a handler with its functions and globals;
 * names carry the mark § in place of a prefix, so that many scripts go into one object.
 *
 * Everything ends: loops count to a small constant, functions call nothing.
 */
import fc from 'fast-check';

export interface RandomScript {
  /** Initial values of the globals n0, n1 and t0, t1. */
  readonly longs: readonly bigint[];
  readonly texts: readonly string[];
  readonly functions: { readonly long: string; readonly text: string; readonly impure: string };
  readonly body: string;
  /** How often the handler runs. */
  readonly runs: number;
  /** Expressions over the statistics x and y["…"] that the end probe prints. */
  readonly statistics: readonly string[];
}

type Text = fc.Arbitrary<string>;

const EDGES = [0n, 1n, -1n, 2n, 3n, 7n, 8n, 10n, 63n, 64n, 65n, 127n, 255n, 4096n, 0x7fffffffn, 0x80000000n, 0xffffffffn, -0x80000000n, 0x100000000n, 0x7fffffffffffffffn, -0x8000000000000000n];
const long = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...EDGES) }, { weight: 2, arbitrary: fc.bigInt({ min: -20n, max: 100n }) }, { weight: 1, arbitrary: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) });
/** A literal; the most negative number has no literal of its own. */
const number: Text = long.map((value) => (value < 0n ? `(-${String(-value - 1n)} - 1)` : String(value)));
const word = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('', 'a', 'b', 'key', 'a b', 'value', '0123456789', 'abcdefgh', 'abcdefghijklmnopqrstuvwxyz0123456789', 'caf\\351', '%d', '%%') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'X', '0', ' ', '.', '-'), maxLength: 40 }) });
const literal: Text = word.map((text) => `"${text}"`);
const key: Text = fc.oneof(fc.constantFrom('"a"', '"b"', '""', '"key"', '"abcdefgh"'), fc.constantFrom('s0', 's1', '§t0'));
const longKey: Text = fc.oneof(fc.constantFrom('0', '1', '2', '-1'), fc.constantFrom('l0', 'l1', '(l2 & 3)', '§n0'));

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
const LONG_OPERATORS = ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '>>>', '&&', '||', ...COMPARISONS] as const;
const STATISTIC_OPERATORS = ['@count', '@sum', '@min', '@max', '@avg', '@variance'] as const;
const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='] as const;

const places: Text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('l0', 'l1', 'l2', '§n0', '§n1') },
  { weight: 1, arbitrary: longKey.map((one) => `§a[${one}]`) },
  { weight: 1, arbitrary: fc.tuple(longKey, key).map(([one, two]) => `§c[${one}, ${two}]`) },
);
const textPlaces: Text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('s0', 's1', '§t0', '§t1') },
  { weight: 1, arbitrary: key.map((one) => `§b[${one}]`) },
  { weight: 1, arbitrary: fc.tuple(key, longKey).map(([one, two]) => `§d[${one}, ${two}]`) },
);
const statistic: Text = fc.oneof(fc.constant('§x'), key.map((one) => `§y[${one}]`));
const flags = ['', '0', '+', '-', ' ', '#'] as const;
const directive = (conversions: readonly string[]): Text =>
  fc.tuple(fc.constantFrom(...flags), fc.constantFrom('', '', '1', '5', '12'), fc.constantFrom('', '', '.0', '.3', '.10'), fc.constantFrom(...conversions)).map((parts) => `%${parts.join('')}`);
const longDirective = directive(['d', 'i', 'u', 'o', 'x', 'X', 'p']);
const textDirective = directive(['s']).map((one) => one.replace('%0', '%').replace('%+', '%').replace('% ', '%'));

const pattern: Text = fc.constantFrom('a', '^a', 'a$', '^(a|b)+$', 'ab*c?', '[a-e]+', '[^a-z]', '(key|value)', '.', '^$', '[[:digit:]]+', 'a.*z');
const groupPattern: Text = fc.constantFrom('a(b|c)*', '^(a|b)(.*)$', '([a-z]+)[^a-z]*([0-9]+)?', '(k)(e)?y', '(a*)*', '((a)|b)+c?', '.(.)(.)?$', '^()');
class Grammar {
  readonly #calls: boolean;
  readonly #longs = new Map<number, Text>();
  readonly #texts = new Map<number, Text>();
  readonly #statements = new Map<string, Text>();

  /** @param calls whether expressions may call the script's functions */
  constructor(calls: boolean) {
    this.#calls = calls;
  }

  long(depth: number): Text {
    return memo(this.#longs, depth, () => this.#long(depth));
  }

  #long(depth: number): Text {
    const leaf = fc.oneof({ weight: 2, arbitrary: number }, { weight: 4, arbitrary: places });
    if (depth === 0) return leaf;
    const inner = this.long(depth - 1);
    const text = this.text(depth - 1);
    return fc.oneof(
      { weight: 4, arbitrary: leaf },
      { weight: 6, arbitrary: fc.tuple(inner, fc.constantFrom(...LONG_OPERATORS), inner).map(([a, op, b]) => `(${a} ${op} ${b})`) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom('-', '!', '~', '+'), inner).map(([op, a]) => `(${op}${a})`) },
      { weight: 2, arbitrary: fc.tuple(text, fc.constantFrom(...COMPARISONS), text).map(([a, op, b]) => `(${a} ${op} ${b})`) },
      { weight: 1, arbitrary: fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 1, arbitrary: text.map((a) => `strlen(${a})`) },
      { weight: 1, arbitrary: fc.tuple(places, fc.constantFrom('++', '--'), fc.boolean()).map(([place, op, after]) => (after ? `(${place}${op})` : `(${op}${place})`)) },
      { weight: 1, arbitrary: fc.tuple(places, fc.constantFrom(...ASSIGNMENTS), inner).map(([place, op, a]) => `(${place} ${op} ${a})`) },
      { weight: 1, arbitrary: fc.oneof(longKey.map((one) => `(${one} in §a)`), key.map((one) => `(${one} in §b)`), fc.tuple(longKey, key).map(([one, two]) => `([${one}, ${two}] in §c)`)) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...STATISTIC_OPERATORS), statistic).map(([op, one]) => `${op}(${one})`) },
      { weight: 1, arbitrary: fc.tuple(text, fc.constantFrom('=~', '!~'), pattern).map(([a, op, b]) => `(${a} ${op} "${b}")`) },
      { weight: 1, arbitrary: fc.oneof(fc.tuple(text, fc.constantFrom('0', '8', '10', '16')).map(([a, base]) => `strtol(${a}, ${base})`), fc.tuple(text, text).map(([a, b]) => `isinstr(${a}, ${b})`), fc.tuple(text, text).map(([a, b]) => `strpos(${a}, ${b})`), fc.tuple(text, inner).map(([a, b]) => `stringat(${a}, ${b})`)) },
      { weight: 1, arbitrary: fc.tuple(statistic, fc.integer({ min: 60, max: 72 })).map(([one, bucket]) => `@hist_log(${one})[${bucket}]`) },
      ...(this.#calls ? [{ weight: 1, arbitrary: fc.tuple(inner, inner).map(([a, b]) => `§r((${a}) & 7, ${b})`) }, { weight: 1, arbitrary: fc.tuple(inner, inner).map(([a, b]) => `§f(${a}, ${b})`) }, { weight: 1, arbitrary: fc.tuple(inner, text).map(([a, b]) => `§h(${a}, ${b})`) }] : []),
    );
  }

  text(depth: number): Text {
    return memo(this.#texts, depth, () => this.#text(depth));
  }

  #text(depth: number): Text {
    const leaf = fc.oneof({ weight: 2, arbitrary: literal }, { weight: 4, arbitrary: textPlaces });
    if (depth === 0) return leaf;
    const inner = this.text(depth - 1);
    const long = this.long(depth - 1);
    return fc.oneof(
      { weight: 5, arbitrary: leaf },
      { weight: 3, arbitrary: fc.tuple(inner, inner).map(([a, b]) => `(${a} . ${b})`) },
      { weight: 2, arbitrary: fc.tuple(inner, long, long).map(([a, b, c]) => `substr(${a}, ${b}, ${c})`) },
      { weight: 2, arbitrary: fc.tuple(longDirective, long, textDirective, inner).map(([a, b, c, d]) => `sprintf("<${a}|${c}>", ${b}, ${d})`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('%c.', '%#c', '%3c|', '%-4c|', '%1b', '%2b.', '%4b', '%b', '%.3b', '%5b'), long).map(([format, a]) => `sprintf("${format}", ${a})`) },
      { weight: 1, arbitrary: fc.tuple(long, long, inner).map(([a, b, c]) => `sprintf("%*d|%-*s|%.*s|%0*x", (${a}) & 31, ${b}, (${b}) & 15, ${c}, (${a}) % 9, ${c}, (${b}) % 70, ${a})`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('string_quoted', 'text_str'), inner).map(([name, a]) => `${name}(${a})`) },
      { weight: 1, arbitrary: fc.tuple(inner, long, fc.constantFrom('0', '1')).map(([a, b, quoted]) => `text_strn(${a}, (${b}) & 31, ${quoted})`) },
      { weight: 1, arbitrary: fc.tuple(inner, inner, inner).map(([a, b, c]) => `str_replace(${a}, ${b}, ${c})`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('errno_str', 'ip_ntop'), long).map(([name, a]) => `${name}(${a})`) },
      { weight: 1, arbitrary: long.map((a) => `ctime(${a})`) },
      { weight: 1, arbitrary: fc.tuple(inner, groupPattern, fc.oneof(fc.constantFrom('0', '1', '2'), long), inner).map(([a, one, n, b]) => `(${a} =~ "${one}" ? matched(${n}) : ${b})`) },
      { weight: 1, arbitrary: fc.tuple(long, inner).map(([a, b]) => `sprint(${a}, ${b})`) },
      { weight: 1, arbitrary: fc.tuple(long, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 1, arbitrary: fc.tuple(textPlaces, fc.constantFrom('=', '.='), inner).map(([place, op, a]) => `(${place} ${op} ${a})`) },
      ...(this.#calls ? [{ weight: 1, arbitrary: fc.tuple(inner, long).map(([a, b]) => `§g(${a}, ${b})`) }] : []),
    );
  }

  /** @param loop inside a loop, where break and continue stand */
  statement(depth: number, loop: boolean, result: string | undefined): Text {
    return memo(this.#statements, `${depth}${String(loop)}${result ?? ''}`, () => this.#statement(depth, loop, result));
  }

  #statement(depth: number, loop: boolean, result: string | undefined): Text {
    const long = this.long(2);
    const text = this.text(2);
    const simple = [
      { weight: 6, arbitrary: fc.tuple(places, fc.constantFrom(...ASSIGNMENTS), long).map(([place, op, a]) => `${place} ${op} ${a}`) },
      { weight: 4, arbitrary: fc.tuple(textPlaces, fc.constantFrom('=', '.='), text).map(([place, op, a]) => `${place} ${op} ${a}`) },
      { weight: 1, arbitrary: fc.tuple(places, fc.constantFrom('++', '--')).map((parts) => parts.join('')) },
      { weight: 3, arbitrary: fc.tuple(statistic, long).map(([one, a]) => `${one} <<< ${a}`) },
      { weight: 2, arbitrary: fc.oneof(longKey.map((one) => `delete §a[${one}]`), fc.tuple(key, longKey).map(([one, two]) => `delete §d[${one}, ${two}]`), key.map((one) => `delete §y[${one}]`), fc.constantFrom('delete §n0', 'delete §t1', 'delete §x')) },
      { weight: 4, arbitrary: this.#print() },
      { weight: 1, arbitrary: fc.constantFrom('delete §a', 'delete §c', 'delete §y') },
      { weight: 1, arbitrary: statistic.map((one) => `print(@hist_log(${one}))`) },
      { weight: 1, arbitrary: text.map((a) => `error(${a})`) },
      { weight: 1, arbitrary: text.map((a) => `warn(${a})`) },
      { weight: 1, arbitrary: result === undefined ? fc.constant('next') : (result === 'long' ? long : text).map((a) => `return ${a}`) },
      ...(loop ? [{ weight: 1, arbitrary: fc.constantFrom('break', 'continue') }] : []),
    ];
    if (depth === 0) return fc.oneof(...simple);
    const block = this.block(depth - 1, loop, result);
    const loopBody = this.block(depth - 1, true, result);
    return fc.oneof(
      ...simple.map(({ weight, arbitrary }) => ({ weight: weight * 2, arbitrary })),
      { weight: 8, arbitrary: fc.tuple(long, block, fc.option(block)).map(([a, then, otherwise]) => `if (${a}) { ${then} }${otherwise === null ? '' : ` else { ${otherwise} }`}`) },
      { weight: 5, arbitrary: fc.tuple(block, block).map(([tried, caught]) => `try { ${tried} } catch (m${depth}) { println(m${depth}); ${caught} }`) },
      { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 0, max: 4 }), loopBody).map(([times, inside]) => `for (i${depth} = 0; i${depth} < ${times}; i${depth}++) { ${inside} }`) },
      { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), loopBody).map(([times, inside]) => `i${depth} = 0; while (i${depth}++ < ${times}) { ${inside} }`) },
    );
  }

  #print(): Text {
    const long = this.long(2);
    const text = this.text(2);
    return fc.oneof(
      fc.tuple(long, text).map(([a, b]) => `println(${a}, " ", ${b})`),
      fc.tuple(text, long).map(([a, b]) => `printdln("|", ${a}, ${b})`),
      text.map((a) => `print(${a})`),
      fc.tuple(longDirective, long, textDirective, text, longDirective, long).map(([a, b, c, d, e, f]) => `printf("${a} [${c}] ${e}%%\\n", ${b}, ${d}, ${f})`),
      fc.tuple(long, long, text).map(([a, b, c]) => `printf("%*d %.*s;", (${a}) & 15, ${b}, (${b}) & 7, ${c})`),
      fc.tuple(fc.constantFrom('%c', '%1b', '%2b', '%4b', '%8b', '%#c'), long).map(([a, b]) => `printf("${a}", ${b})`),
    );
  }

  block(depth: number, loop: boolean, result: string | undefined): Text {
    return fc.array(this.statement(depth, loop, result), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('; '));
  }
}

function memo<K, V>(made: Map<K, V>, key: K, make: () => V): V {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  return value;
}

const handler = new Grammar(true);
const inside = new Grammar(false);
const lines = (grammar: Grammar, result: string | undefined, count: number): Text =>
  fc.array(grammar.statement(2, false, result), { minLength: 1, maxLength: count }).map((all) => all.join('; '));
/** Pure: they read their arguments alone, so their calls may be left to the host. */
const pureLong = fc.tuple(fc.constantFrom(...LONG_OPERATORS), fc.constantFrom(...COMPARISONS), number).map(([op, comparison, limit]) =>
  `if (a ${comparison} ${limit}) return b; return (a ${op} b) + (b & 7)`);
const pureText = fc.tuple(literal, longDirective, fc.integer({ min: 0, max: 12 })).map(([text, directive_, width]) =>
  `if (b == 0) return ${text}; return substr(s, 0, ${width}) . sprintf("${directive_}", b) . s`);

export const randomScript: fc.Arbitrary<RandomScript> = fc.record({
  longs: fc.tuple(long, long),
  texts: fc.tuple(word, word),
  functions: fc.record({ long: pureLong, text: pureText, impure: lines(inside, 'long', 3) }),
  body: lines(handler, undefined, 8),
  runs: fc.integer({ min: 1, max: 3 }),
  statistics: fc.subarray([...STATISTIC_OPERATORS]),
});
