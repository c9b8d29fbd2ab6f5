/** Random expressions: every operator, element and statistic, and the functions that both executors have. */
import fc from 'fast-check';
import { STATISTIC_OPERATORS, histogramCall, statisticCall } from './globals.js';
import type { Text } from './words.js';
import { anyStatistic, either, elementOf, groupPattern, joined, literal, longDirective, longPlace, membership, number, pattern, textDirective, textPlace } from './words.js';

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
export const LONG_OPERATORS = ['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>', '>>>', '&&', '||', ...COMPARISONS] as const;
export const ASSIGNMENTS = ['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='] as const;
export const comparison = fc.constantFrom(...COMPARISONS);
export const assignment = fc.constantFrom(...ASSIGNMENTS);

/** What both executors know without asking the other; times and random numbers only in ways that always come out the same. */
const FACTS = ['pid()', 'tid()', 'ppid()', 'uid()', 'euid()', 'gid()', 'egid()', 'target()', 'cpu()', '(gettimeofday_ns() < 0)', '(local_clock_ns() < 0)', '(jiffies() < 0)', '(task_current() & 0)', 'randint(1)'] as const;

/** Functions of the script. */
export type Callable = 'f' | 'g' | 'h' | 'q' | 'r' | 'rs' | 'o' | 'm';

export class Expressions {
  readonly walks: boolean;
  readonly #callable: readonly Callable[];
  readonly #longs = new Map<number, Text>();
  readonly #texts = new Map<number, Text>();

  /**
   * @param callable functions that may be called
   * @param walks whether arrays may be walked, which kernels before 5.17 cannot
   */
  constructor(callable: readonly Callable[], walks: boolean) {
    this.walks = walks;
    this.#callable = callable;
  }

  long(depth: number): Text {
    return memo(this.#longs, depth, () => this.#long(depth));
  }

  text(depth: number): Text {
    return memo(this.#texts, depth, () => this.#text(depth));
  }

  #long(depth: number): Text {
    const leaf = either({ weight: 2, arbitrary: number }, { weight: 4, arbitrary: longPlace });
    if (depth === 0) return leaf;
    const inner = this.long(depth - 1);
    const text = this.text(depth - 1);
    return either(
      { weight: 4, arbitrary: leaf },
      { weight: 7, arbitrary: call3(inner, fc.constantFrom(...LONG_OPERATORS), inner) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom('-', '!', '~', '+'), inner).map(([operator, a]) => `(${operator}${a})`) },
      { weight: 2, arbitrary: call3(text, comparison, text) },
      { weight: 1, arbitrary: fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 2, arbitrary: fc.tuple(longPlace, fc.constantFrom('++', '--'), fc.boolean()).map(([place, operator, after]) => (after ? `(${place}${operator})` : `(${operator}${place})`)) },
      { weight: 1, arbitrary: fc.tuple(longPlace, assignment, inner).map(([place, operator, a]) => `(${place} ${operator} ${a})`) },
      { weight: 2, arbitrary: membership(this.walks) },
      { weight: 2, arbitrary: anyStatistic((shape) => fc.tuple(fc.constantFrom(...STATISTIC_OPERATORS), elementOf(shape)).map(([operator, one]) => statisticCall(shape, operator, one))) },
      { weight: 1, arbitrary: anyStatistic((shape) => fc.tuple(elementOf(shape), either(fc.integer({ min: 60, max: 72 }).map(String), inner)).map(([one, bucket]) => `${histogramCall(shape, one)}[${bucket}]`)) },
      { weight: 1, arbitrary: fc.tuple(text, fc.constantFrom('=~', '!~'), pattern).map(([a, operator, b]) => `(${a} ${operator} "${b}")`) },
      { weight: 3, arbitrary: this.#longFunction(inner, text) },
      { weight: 1, arbitrary: fc.constantFrom(...FACTS) },
      ...this.#longCalls(inner, text),
    );
  }

  #longFunction(inner: Text, text: Text): Text {
    return either(
      { weight: 3, arbitrary: call('strlen', text) },
      { weight: 2, arbitrary: call('stringat', text, inner) },
      { weight: 1, arbitrary: call('strtol', text, fc.constantFrom('0', '8', '10', '16', '36')) },
      { weight: 1, arbitrary: call('isinstr', text, text) },
      { weight: 1, arbitrary: call('strpos', text, text) },
      { weight: 1, arbitrary: call('isdigit', text) },
      { weight: 1, arbitrary: fc.constantFrom('ntohs', 'ntohl', 'ntohll', 'MAJOR').chain((name) => call(name, inner)) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('user_int', 'user_char', 'user_ulong'), inner).map(([name, a]) => `${name}(${a} & 4095)`) },
    );
  }

  #longCalls(inner: Text, text: Text): { weight: number; arbitrary: Text }[] {
    const calls = {
      f: call('§f', inner, inner), h: call('§h', inner, text), o: call('§o', inner, text), r: fc.tuple(inner, inner).map(([a, b]) => `§r((${a}) & 15, ${b})`),
      m: fc.tuple(inner, inner).map(([a, b]) => `§m((${a}) & 7, ${b})`),
    };
    return this.#callable.flatMap((name) => (name in calls ? [{ weight: 1, arbitrary: calls[name as keyof typeof calls] }] : []));
  }

  #text(depth: number): Text {
    const leaf = either({ weight: 2, arbitrary: literal }, { weight: 4, arbitrary: textPlace });
    if (depth === 0) return leaf;
    const inner = this.text(depth - 1);
    const long = this.long(depth - 1);
    return either(
      { weight: 5, arbitrary: leaf },
      { weight: 3, arbitrary: fc.tuple(inner, inner).map(([a, b]) => `(${a} . ${b})`) },
      { weight: 2, arbitrary: call('substr', inner, long, long) },
      { weight: 2, arbitrary: fc.tuple(longDirective, long, textDirective, inner).map(([a, b, c, d]) => `sprintf("<${a}|${c}>", ${b}, ${d})`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('%c', '%#c', '%3c|', '%-4c|', '%1b', '%2b.', '%4b', '%b', '%.3b', '%5b'), long, fc.constantFrom('.', '', '%%')).map(([a, b, c]) => `sprintf("${a}${c}", ${b})`) },
      { weight: 1, arbitrary: fc.tuple(long, long, inner).map(([a, b, c]) => `sprintf("%*d|%-*s|%.*s|%0*x", (${a}) & 31, ${b}, (${b}) & 15, ${c}, (${a}) % 9, ${c}, (${b}) % 70, ${a})`) },
      { weight: 1, arbitrary: this.#textFunction(long, inner) },
      { weight: 2, arbitrary: this.#sprint(long, inner) },
      { weight: 1, arbitrary: fc.tuple(long, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 1, arbitrary: fc.tuple(textPlace, fc.constantFrom('=', '.='), inner).map(([place, operator, a]) => `(${place} ${operator} ${a})`) },
      { weight: 1, arbitrary: either(call('tokenize', inner, fc.constantFrom('" "', '",a"', '"0"')), call('tokenize', fc.constantFrom('" "', '"b"')), call('str_replace', inner, fc.constantFrom('"a"', '"ab"', '""', 's0'), inner)) },
      // The first page is nobody's: both executors fault.
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('kernel_string', 'user_string'), long, inner).map(([name, a, b]) => `${name}(${a} & 4095, ${b})`) },
      { weight: 1, arbitrary: fc.constant('execname()') },
      ...this.#textCalls(inner, long),
    );
  }

  #textFunction(long: Text, text: Text): Text {
    return either(
      call('string_quoted', text), call('text_str', text), fc.tuple(text, long, fc.constantFrom('0', '1')).map(([a, b, quoted]) => `text_strn(${a}, (${b}) & 31, ${quoted})`),
      call('errno_str', long), call('ip_ntop', long), call('ctime', long), long.map((a) => `@enumname(${a} & 7, "bpf_map_type")`), fc.tuple(long, long, long).map(([a, b, c]) => `__ipaddr_text(${a} & 15, ${b}, ${c}, ${b})`),
      fc.tuple(text, groupPattern, either(fc.constantFrom('0', '1', '2'), long), text).map(([a, pattern_, n, b]) => `(${a} =~ "${pattern_}" ? matched(${n}) : ${b})`),
    );
  }

  #sprint(long: Text, text: Text): Text {
    return either(
      call('sprint', long, text), call('sprintln', text, long), call('sprintd', fc.constantFrom('","', '" - "', '""'), long, text, long), call('sprintdln', fc.constant('"|"'), text, long),
    );
  }

  #textCalls(text: Text, long: Text): { weight: number; arbitrary: Text }[] {
    const calls = { g: call('§g', text, long), q: call('§q', long, text), rs: fc.tuple(long, text).map(([a, b]) => `§rs((${a}) & 7, ${b})`) };
    return this.#callable.flatMap((name) => (name in calls ? [{ weight: 1, arbitrary: calls[name as keyof typeof calls] }] : []));
  }
}

export const call = (name: string, ...args: readonly Text[]): Text => joined(args, ', ').map((all) => `${name}(${all})`);
const call3 = (a: Text, operator: Text, b: Text): Text => fc.tuple(a, operator, b).map((parts) => `(${parts.join(' ')})`);

export function memo<K, V>(made: Map<K, V>, key: K, make: () => V): V {
  const known = made.get(key);
  if (known !== undefined) return known;
  const value = make();
  made.set(key, value);
  return value;
}
