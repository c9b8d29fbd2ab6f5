/** Random statements, in all nestings. Everything ends: loops count to a small constant or walk an array. */
import fc from 'fast-check';
import { Expressions, assignment, call, memo } from './expressions.js';
import { ARRAYS, STATISTICS, STATISTIC_OPERATORS, histogramCall, uses } from './globals.js';
import type { ArrayShape, StatisticShape } from './globals.js';
import type { Text } from './words.js';
import { anyArray, anyStatistic, either, elementOf, longDirective, longPlace, pattern, sample, sliceOf, textDirective, textPlace } from './words.js';

/** What surrounds a statement. */
export interface Place {
  /** Inside a loop, where break and continue stand. */
  readonly loop: boolean;
  /** The function's result; undefined in a handler. */
  readonly result: 'long' | 'text' | undefined;
  /** In a function that has another overload. */
  readonly overloaded?: boolean;
}

type Weighted = { readonly weight: number; readonly arbitrary: Text };

export class Statements {
  readonly #expressions: Expressions;
  /** Mostly small ones: more scripts a second find more than large scripts do. */
  readonly #long: Text;
  readonly #text: Text;
  readonly #made = new Map<string, Text>();

  constructor(expressions: Expressions) {
    this.#expressions = expressions;
    this.#long = either({ weight: 3, arbitrary: expressions.long(1) }, { weight: 2, arbitrary: expressions.long(2) });
    this.#text = either({ weight: 3, arbitrary: expressions.text(1) }, { weight: 2, arbitrary: expressions.text(2) });
  }

  statement(depth: number, place: Place): Text {
    return memo(this.#made, `${depth} ${JSON.stringify(place)}`, () => this.#statement(depth, place));
  }

  block(depth: number, place: Place): Text {
    return fc.array(this.statement(depth, place), { minLength: 1, maxLength: 3 }).map((lines) => lines.join('; '));
  }

  #statement(depth: number, place: Place): Text {
    const simple = [...this.#changes(), ...this.#prints(), ...this.#exits(place)];
    if (depth === 0) return either(...simple);
    return either(...simple.map(({ weight, arbitrary }) => ({ weight: weight * 2, arbitrary })), ...this.#compound(depth, place));
  }

  #changes(): Weighted[] {
    const long = this.#long;
    const text = this.#text;
    return [
      { weight: 6, arbitrary: fc.tuple(longPlace, assignment, long).map(([place, operator, a]) => `${place} ${operator} ${a}`) },
      { weight: 4, arbitrary: fc.tuple(textPlace, fc.constantFrom('=', '.='), text).map(([place, operator, a]) => `${place} ${operator} ${a}`) },
      { weight: 1, arbitrary: fc.tuple(longPlace, fc.constantFrom('++', '--')).map((parts) => parts.join('')) },
      { weight: 4, arbitrary: fc.tuple(sample, long).map(([one, a]) => `${one} <<< ${a}`) },
      { weight: 3, arbitrary: deletion(this.#expressions.walks) },
      { weight: 1, arbitrary: long },
      { weight: 1, arbitrary: text },
      // Reads that raise an error. Whether one is made whose result nobody wants is left open, as in stap.
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('kernel_int', 'kernel_long', 'user_long_error'), long).map(([name, a]) => `§n0 = ${name}(${a} & 4095)`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('%m', '%.4m', '%6.3M', '%#.9M'), long).map(([a, b]) => `printf("${a}", ${b} & 4095)`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('pid', 'comm[1]', 'real_parent->tgid', 'se->load->weight'), long, fc.boolean()).map(([a, b, address]) => `§n1 = ${address ? '&' : ''}@cast(${b} & 4095, "task_struct")->${a}`) },
      { weight: 1, arbitrary: either(long.map((a) => `println(kernel_string(${a} & 4095))`), fc.tuple(long, long).map(([a, b]) => `§t0 = user_string_n(${a} & 4095, ${b})`)) },
    ];
  }

  #prints(): Weighted[] {
    const long = this.#long;
    const text = this.#text;
    return [
      { weight: 5, arbitrary: either(
        call('println', long, fc.constant('" "'), text), call('printdln', fc.constant('"|"'), text, long), call('print', text), call('printd', fc.constant('"-"'), long, long), call('log', text),
        fc.tuple(longDirective, long, textDirective, text, longDirective, long).map(([a, b, c, d, e, f]) => `printf("${a} [${c}] ${e}%%\\n", ${b}, ${d}, ${f})`),
        fc.tuple(long, long, text).map(([a, b, c]) => `printf("%*d %.*s;", (${a}) & 15, ${b}, (${b}) & 7, ${c})`),
        fc.tuple(fc.constantFrom('%c', '%1b', '%2b', '%4b', '%8b', '%#c', '%5c', '%-3c'), long).map(([a, b]) => `printf("${a}", ${b})`),
        fc.tuple(fc.constantFrom('ip_ntop', 'errno_str', 'ctime'), long).map(([name, a]) => `println(${name}(${a} & 0xffff))`),
        call('println', call('string_quoted', text)), call('println', call('text_str', text)),
        long.map((a) => `print_char(${a} & 127)`),
        fc.tuple(long, long, long).map(([a, b, c]) => `println(__ipaddr_text(${a} & 15, ${b}, ${c}, ${b}), @enumname(${a} & 7, "bpf_map_type"))`),
      ) },
      { weight: 1, arbitrary: anyStatistic((shape) => elementOf(shape).map((one) => `print(${histogramCall(shape, one)})`)) },
      { weight: 1, arbitrary: fc.tuple(text, pattern, fc.integer({ min: 0, max: 2 })).map(([a, b, n]) => `if (${a} =~ "${b}") printf("(%s %d)", matched(${n}), ngroups())`) },
      { weight: 1, arbitrary: call('warn', text) },
      { weight: 1, arbitrary: either(fc.constant('sp = speculation()'), call('speculate', fc.constantFrom('sp', '1'), text), fc.constantFrom('commit(sp)', 'discard(sp)', 'commit(1)')) },
    ];
  }

  /** Out of the block, the handler, the session. */
  #exits({ loop, result, overloaded = false }: Place): Weighted[] {
    const long = this.#long;
    const text = this.#text;
    return [
      { weight: 1, arbitrary: call('error', text) },
      { weight: 1, arbitrary: fc.tuple(long, text).map(([a, b]) => `assert(${a}, ${b})`) },
      { weight: 1, arbitrary: result === undefined || overloaded ? fc.constant('next') : (result === 'long' ? long : text).map((a) => `return ${a}`) },
      { weight: 1, arbitrary: fc.constantFrom('exit()', 'if (l0 == 7) abort()') },
      ...(loop ? [{ weight: 2, arbitrary: fc.constantFrom('break', 'continue') }] : []),
    ];
  }

  #compound(depth: number, place: Place): Weighted[] {
    const long = this.#long;
    const block = this.block(depth - 1, place);
    const loopBody = this.block(depth - 1, { ...place, loop: true });
    return [
      { weight: 8, arbitrary: fc.tuple(long, block, fc.option(block)).map(([a, then, otherwise]) => `if (${a}) { ${then} }${otherwise === null ? '' : ` else { ${otherwise} }`}`) },
      { weight: 5, arbitrary: fc.tuple(block, block).map(([tried, caught]) => `try { ${tried} } catch (m${depth}) { println(m${depth}); ${caught} }`) },
      { weight: 1, arbitrary: fc.tuple(block, block).map(([tried, caught]) => `try { ${tried} } catch { ${caught} }`) },
      { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 0, max: 4 }), loopBody).map(([times, inside]) => `for (i${depth} = 0; i${depth} < ${times}; i${depth}++) { ${inside} }`) },
      { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), loopBody).map(([times, inside]) => `i${depth} = 0; while (i${depth}++ < ${times}) { ${inside} }`) },
      ...(this.#expressions.walks ? [{ weight: 4, arbitrary: this.#foreach(depth, loopBody) }] : []),
    ];
  }

  #foreach(depth: number, body: Text): Text {
    const limit = fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: this.#expressions.long(1).map((a) => ` limit ${a}`) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }).map((a) => ` limit ${a}`) });
    const operator = either(fc.constant(''), fc.constantFrom(...STATISTIC_OPERATORS.map((one) => ` ${one}`)));
    const over = (shape: ArrayShape | StatisticShape): Text => fc.tuple(walk(shape, depth, 'value' in shape ? fc.constant('') : operator), limit, body)
      .map(([{ head, show }, most, inside]) => `foreach (${head}${most}) { ${show}; ${besides(shape.name, inside)} }`);
    return either(
      { weight: 4, arbitrary: anyArray(over) },
      { weight: 2, arbitrary: either(...STATISTICS.filter(({ keys }) => keys.length > 0).map(over)) },
      { weight: 1, arbitrary: anyStatistic((shape) => fc.tuple(elementOf(shape), limit, body)
        .map(([one, most, inside]) => `foreach (u${depth} in ${histogramCall(shape, one)}${most}) { printf("%d:%d ", u${depth}, ${histogramCall(shape, one)}[u${depth}]); ${besides(shape.name, inside)} }`)) },
    );
  }
}

/** The body of a loop over an array, which must not change the array itself. */
const besides = (name: string, body: string): string => (uses(body, name) ? 'l2++' : body);

/** What stands in the brackets of a foreach but the limit, and a statement that prints the keys and the value. */
function walk(shape: ArrayShape | StatisticShape, depth: number, operator: Text): fc.Arbitrary<{ readonly head: string; readonly show: string }> {
  const { name, keys } = shape;
  const names = keys.map((letter, index) => `${letter === 'l' ? 'v' : 'w'}${depth}${index}`);
  const value = 'value' in shape ? `${shape.value === 'l' ? 'v' : 'w'}${depth}x` : undefined;
  const mark = fc.constantFrom('+', '-');
  /** None, by a key, by the value named, by the array. */
  const sort = either<{ readonly key?: number; readonly by?: 'value' | 'array' }>(fc.constant({}), fc.integer({ min: 0, max: keys.length - 1 }).map((key) => ({ key })), fc.constant({ by: 'array' as const }), ...(value === undefined ? [] : [fc.constant({ by: 'value' as const })]));
  return fc.tuple(sort, mark, operator, fc.boolean(), either({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: sliceOf(keys).map((slice) => `[${slice}]`) })).map(([{ key, by }, sign, op, named, slice]) => {
    const marked = names.map((one, index) => (index === key ? `${one}${sign}` : one));
    const wantsValue = value !== undefined && (named || by === 'value');
    const before = wantsValue ? `${value}${by === 'value' ? sign : ''} = ` : '';
    const after = by === 'array' ? `${op}${sign}` : '';
    const element = value === undefined ? [] : [`§${name}[${names.join(', ')}]`];
    return { head: `${before}${marked.length === 1 ? marked.join('') : `[${marked.join(', ')}]`} in §${name}${slice}${after}`, show: `printd(",", ${[...names, ...(wantsValue ? [value] : []), ...element, '";"'].join(', ')})` };
  });
}

/** Elements, slices, whole arrays, scalars, statistics. */
function deletion(walks: boolean): Text {
  const keyed = [...ARRAYS, ...STATISTICS].filter(({ keys }) => keys.length > 0);
  return either(
    { weight: 5, arbitrary: either(...keyed.map((shape) => ({ weight: shape.weight, arbitrary: elementOf(shape).map((one) => `delete ${one}`) }))) },
    { weight: 1, arbitrary: fc.constantFrom('delete §n0', 'delete §n1', 'delete §t0', 'delete §t1', 'delete §x', 'delete §v', 'delete l1', 'delete s1') },
    ...(walks ? [
      { weight: 1, arbitrary: either(...keyed.map(({ name, weight }) => ({ weight, arbitrary: fc.constant(`delete §${name}`) }))) },
      { weight: 1, arbitrary: either(...keyed.map(({ name, keys, weight }) => ({ weight, arbitrary: sliceOf(keys).map((slice) => `delete §${name}[${slice}]`) }))) },
    ] : []),
  );
}
