import { SourceText } from '../source/index.js';
import { parseMacroLibrary, parseScript } from '../syntax/index.js';
import type { MacroDefinition, ParseContext, Script } from '../syntax/index.js';
import { LazyMacros } from './macros.js';
import { scanNames } from './scan.js';

export interface TapsetFile {
  /** "linux/syscalls.stp"; a .stpm file holds macros. */
  readonly path: string;
  readonly text: string;
  /** From a folder of -I: the user's own. */
  readonly isUsers?: boolean;
}

/** Without `args` the library sees none of the command line. */
export type LibraryContext = Omit<ParseContext, 'args' | 'macros'> & Partial<Pick<ParseContext, 'args'>>;

export interface TapsetLibrary {
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  /** The parsed files (each at most once) that declare a function, global or alias of that name. For aliases: the first component, or `first.second` for those with a second one. */
  filesDeclaring(kind: 'function' | 'global' | 'alias', name: string): readonly Script[];
  /** All files, parsed. */
  scripts(): readonly Script[];
  /** For "did you mean". Aliases by their full names. */
  names(kind: 'function' | 'alias'): readonly string[];
}

/** Of a name with dots. */
export const firstComponent = (name: string): string => name.split('.', 1)[0] ?? name;

function sourceOf({ path, text, isUsers }: TapsetFile): SourceText {
  return new SourceText(path, text, isUsers === true ? 'library' : 'tapset');
}

/** Finds names by a cheap scan of all files, and parses a file when a name in it is asked for. */
export function createTapsetLibrary(files: readonly TapsetFile[], context: LibraryContext): TapsetLibrary {
  return new Library(files, context);
}

type Kind = 'function' | 'global' | 'alias';

class Library implements TapsetLibrary {
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  readonly #context: LibraryContext;
  /** Those with declarations, not with macros. */
  readonly #files: readonly TapsetFile[];
  readonly #parsed = new Map<TapsetFile, Script>();
  /** Name to the files that declare it. */
  readonly #index: Readonly<Record<Kind, Map<string, TapsetFile[]>>> = { function: new Map(), global: new Map(), alias: new Map() };
  readonly #functions = new Set<string>();
  readonly #aliases = new Set<string>();
  /** Aliases of one component. */
  readonly #whole = new Set<string>();

  constructor(files: readonly TapsetFile[], context: LibraryContext) {
    this.#context = context;
    this.#files = files.filter(({ path }) => !path.endsWith('.stpm'));
    const macroFiles = new Map<string, TapsetFile>();
    for (const file of files) {
      const names = scanNames(file.text);
      if (file.path.endsWith('.stpm')) {
        for (const name of names.macros) macroFiles.set(name, file);
        continue;
      }
      for (const name of names.functions) this.#add('function', name, file);
      for (const name of names.globals) this.#add('global', name, file);
      for (const name of names.aliases) {
        const [first = name, second] = name.split('.', 2);
        this.#add('alias', first, file);
        if (second === undefined) this.#whole.add(first);
        else this.#add('alias', `${first}.${second}`, file);
      }
      for (const name of names.functions) if (!name.startsWith('_')) this.#functions.add(name);
      for (const name of names.aliases) if (!name.startsWith('_')) this.#aliases.add(name);
    }
    this.macros = new LazyMacros(macroFiles, (file) => parseMacroLibrary(sourceOf(file), { ...context, args: [] }));
  }

  filesDeclaring(kind: Kind, name: string): readonly Script[] {
    // What begins with an alias of one component may be that alias with a suffix.
    const first = firstComponent(name);
    const known = kind === 'alias' && this.#whole.has(first) ? first : name;
    return (this.#index[kind].get(known) ?? []).map((file) => this.#parse(file));
  }

  scripts(): readonly Script[] {
    return this.#files.map((file) => this.#parse(file));
  }

  names(kind: 'function' | 'alias'): readonly string[] {
    return [...(kind === 'function' ? this.#functions : this.#aliases)];
  }

  #add(kind: Kind, name: string, file: TapsetFile): void {
    const files = this.#index[kind].get(name);
    if (files === undefined) this.#index[kind].set(name, [file]);
    else if (!files.includes(file)) files.push(file);
  }

  #parse(file: TapsetFile): Script {
    const known = this.#parsed.get(file);
    if (known !== undefined) return known;
    const script = parseScript(sourceOf(file), { args: [], ...this.#context, macros: this.macros });
    this.#parsed.set(file, script);
    return script;
  }
}
