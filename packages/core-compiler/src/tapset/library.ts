// CONTRACT; the semantic owner fills it.
import type { MacroDefinition, ParseContext, Script } from '../syntax/index.js';

export interface TapsetFile {
  /** "linux/syscalls.stp"; a .stpm file holds macros. */
  readonly path: string;
  readonly text: string;
}

export interface TapsetLibrary {
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  /** The parsed files (each at most once) that declare a function, global or alias of that name. For aliases: the first component. */
  filesDeclaring(kind: 'function' | 'global' | 'alias', name: string): readonly Script[];
  /** For "did you mean". */
  names(kind: 'function' | 'alias'): readonly string[];
}

export declare function createTapsetLibrary(files: readonly TapsetFile[], context: Omit<ParseContext, 'args' | 'macros'>): TapsetLibrary;
