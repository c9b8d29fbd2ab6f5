/** Parsed JSON, looked at step by step; ProfileError tells the path of what is not as it should be. */
import { ProfileError } from '../profile/profile-error.js';

/** Text as JSON; ProfileError with the line and column where it breaks. */
export function parseJson(format: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    // Without a position it is the end that is missing.
    const before = text.slice(0, Number(/position (\d+)/.exec(message)?.[1] ?? text.length));
    const line = before.split('\n').length;
    throw new ProfileError(format, `line ${line}, column ${before.length - before.lastIndexOf('\n')}`, `no JSON: ${message.replace(/ in JSON at position.*/s, '')}`);
  }
}

/** A value with its path. */
export class Json {
  readonly #format: string;
  readonly value: unknown;
  readonly path: string;

  constructor(format: string, value: unknown, path = '') {
    this.#format = format;
    this.value = value;
    this.path = path;
  }

  fail(problem: string): never {
    throw new ProfileError(this.#format, this.path === '' ? undefined : this.path, problem);
  }

  /** A member; undefined and null alike when there is none. */
  at(key: string): Json | undefined {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail(`an object is wanted, not ${describe(value)}`);
    const member = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    return member === undefined || member === null ? undefined : new Json(this.#format, member, this.path === '' ? key : `${this.path}.${key}`);
  }

  need(key: string): Json {
    return this.at(key) ?? this.fail(`'${key}' is missing`);
  }

  list(): Json[] {
    return this.items().map((item, index) => new Json(this.#format, item, `${this.path}[${index}]`));
  }

  /** Without a wrapper for each: for long arrays of numbers. */
  items(): readonly unknown[] {
    return Array.isArray(this.value) ? (this.value as readonly unknown[]) : this.fail(`an array is wanted, not ${describe(this.value)}`);
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.fail(`a text is wanted, not ${describe(this.value)}`);
  }

  /** Texts of an array, each of a form. */
  texts(form?: RegExp): string[] {
    return this.#each((item): item is string => typeof item === 'string' && (form?.test(item) ?? true), `a text${form === undefined ? '' : ` like ${form.source}`}`);
  }

  number(): number {
    return typeof this.value === 'number' && Number.isFinite(this.value) ? this.value : this.fail(`a number is wanted, not ${describe(this.value)}`);
  }

  /** Numbers of an array, each within bounds. */
  integers(low: number, high: number): number[] {
    const isOne = (item: unknown): item is number => typeof item === 'number' && Number.isSafeInteger(item) && item >= low && item <= high;
    return this.#each(isOne, `a whole number from ${low} to ${high}`);
  }

  /** Finite and not negative. */
  weights(): number[] {
    return this.#each((item): item is number => typeof item === 'number' && Number.isFinite(item) && item >= 0, 'a weight');
  }

  /** The array itself when all its items are as wanted: long ones are not copied. */
  #each<T>(isOne: (item: unknown) => item is T, wanted: string): T[] {
    const items = this.items();
    const wrong = items.findIndex((item) => !isOne(item));
    return wrong < 0 ? (items as T[]) : new Json(this.#format, items[wrong], `${this.path}[${wrong}]`).fail(`${wanted} is wanted, not ${describe(items[wrong])}`);
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}
