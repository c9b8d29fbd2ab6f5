/**
 * Names as users write them: `main`, `tcp_*`, `std::vector<*>::push_back`, `::f`,
 * `Shape::area`. Scopes count from the innermost, so that `Shape::area` finds
 * `geo::Shape::area`; a leading `::` wants them all.
 */
import { Glob, isGlob } from '../glob.js';
import { INLINE_NAMESPACE } from './origins.js';

export class NamePattern {
  readonly pattern: string;
  /** The last part: the name without scopes. */
  readonly name: string;
  /** Undefined when the name is matched by wildcards. */
  readonly exact: string | undefined;
  readonly #glob: Glob;
  readonly #scopes: readonly Glob[];
  readonly #isAbsolute: boolean;

  constructor(pattern: string) {
    this.pattern = pattern;
    const parts = splitScopes(pattern);
    this.#isAbsolute = parts.length > 1 && parts[0] === '';
    const scopes = this.#isAbsolute ? parts.slice(1, -1) : parts.slice(0, -1);
    this.name = parts.at(-1) ?? '';
    // In a template's arguments `*` and `[` are C++'s more often than wildcards; both readings are tried.
    this.exact = isGlob(this.name) ? undefined : this.name;
    this.#glob = new Glob(this.name);
    this.#scopes = scopes.map((scope) => new Glob(scope));
  }

  /** Mangled names are looked at only when the pattern can be one. */
  get mayBeMangled(): boolean {
    return this.#scopes.length === 0 && !this.#isAbsolute && this.name.startsWith('_');
  }

  /** Whether the UTF-8 text bytes[start, end) is the name, or the name with template arguments that the pattern does not have. */
  matchesName(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#glob.matchesBytes(bytes, start, end)) return true;
    if (bytes[end - 1] !== GREATER || this.name.includes('<')) return false;
    const open = bytes.subarray(start, end).indexOf(LESS);
    // `operator<=>` has no arguments.
    return open > 0 && !startsWithOperator(bytes, start) && this.#glob.matchesBytes(bytes, start, start + open);
  }

  /** @param scope names of the scopes around, the innermost first */
  matchesScopes(scope: readonly string[]): boolean {
    let at = 0;
    for (let index = this.#scopes.length - 1; index >= 0; index--) {
      const glob = this.#scopes[index] as Glob;
      // `std::string` is in `std::__cxx11`: names that the compiler adds need not be written.
      while (at < scope.length && !matchesScope(glob, scope[at] as string) && isImplied(scope[at] as string)) at++;
      if (at >= scope.length || !matchesScope(glob, scope[at] as string)) return false;
      at++;
    }
    return !this.#isAbsolute || scope.slice(at).every(isImplied);
  }

  get hasScopes(): boolean {
    return this.#scopes.length > 0 || this.#isAbsolute;
  }
}

const LESS = 0x3c;
const GREATER = 0x3e;
const OPERATOR = Buffer.from('operator');

function startsWithOperator(bytes: Uint8Array, start: number): boolean {
  return OPERATOR.every((byte, index) => bytes[start + index] === byte);
}

function matchesScope(glob: Glob, marked: string): boolean {
  const scope = marked.replace(INLINE_NAMESPACE, '');
  if (glob.matches(scope)) return true;
  const open = scope.indexOf('<');
  return open > 0 && scope.endsWith('>') && !glob.pattern.includes('<') && glob.matches(scope.slice(0, open));
}

/** Inline namespaces and those of the standard libraries, anonymous ones, Rust's `{impl#0}`. */
const isImplied = (scope: string): boolean => scope.endsWith(INLINE_NAMESPACE) || scope.startsWith('__') || scope.startsWith('(anonymous') || scope.startsWith('{impl');

/** At `::`, but not inside of template arguments. */
function splitScopes(pattern: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '<') depth++;
    else if (character === '>' && depth > 0) depth--;
    else if (depth === 0 && character === ':' && pattern[at + 1] === ':') {
      parts.push(pattern.slice(start, at));
      start = ++at + 1;
    }
  }
  return [...parts, pattern.slice(start)];
}
