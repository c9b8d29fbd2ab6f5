import type { MacroDefinition } from '../syntax/index.js';
import type { TapsetFile } from './library.js';

/** The library's macros; a file of them is parsed when one of its names is asked for. */
export class LazyMacros implements ReadonlyMap<string, MacroDefinition> {
  readonly #files: ReadonlyMap<string, TapsetFile>;
  readonly #parse: (file: TapsetFile) => ReadonlyMap<string, MacroDefinition>;
  readonly #parsed = new Map<TapsetFile, ReadonlyMap<string, MacroDefinition>>();

  constructor(files: ReadonlyMap<string, TapsetFile>, parse: (file: TapsetFile) => ReadonlyMap<string, MacroDefinition>) {
    this.#files = files;
    this.#parse = parse;
  }

  get(name: string): MacroDefinition | undefined {
    const file = this.#files.get(name);
    if (file === undefined) return undefined;
    let macros = this.#parsed.get(file);
    if (macros === undefined) {
      macros = this.#parse(file);
      this.#parsed.set(file, macros);
    }
    return macros.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return [...this.entries()].length;
  }

  *entries(): MapIterator<[string, MacroDefinition]> {
    for (const name of this.#files.keys()) {
      const macro = this.get(name);
      if (macro !== undefined) yield [name, macro];
    }
    return undefined;
  }

  *keys(): MapIterator<string> {
    for (const [name] of this.entries()) yield name;
    return undefined;
  }

  *values(): MapIterator<MacroDefinition> {
    for (const [, macro] of this.entries()) yield macro;
    return undefined;
  }

  forEach(callback: (value: MacroDefinition, key: string, map: ReadonlyMap<string, MacroDefinition>) => void): void {
    for (const [name, macro] of this.entries()) callback(macro, name, this);
  }

  [Symbol.iterator](): MapIterator<[string, MacroDefinition]> {
    return this.entries();
  }
}
