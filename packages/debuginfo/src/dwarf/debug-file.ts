/** The debug sections of one ELF file: the program's or its debug file's, a supplementary file's (dwz), a .dwo's, a .dwp's. */
import type { ElfFile } from '../elf/elf-file.js';
import { DebugInfoError } from '../errors.js';
import { AbbreviationCache, AbbreviationTable } from './abbreviations.js';
import type { UnitShape } from './forms.js';
import { SectionData } from './section-data.js';

/** Decoded tables that are kept: compilers give each unit one of its own, so that the next unit rarely needs the last one's. */
const TABLES_MAX = 64;
const WHOLE_SECTIONS: ReadonlySet<string> = new Set(['.debug_abbrev', '.debug_addr']);

/** Sections of .dwp files that have no ".dwo" at the end of their names. */
const UNSUFFIXED: ReadonlySet<string> = new Set(['.debug_cu_index', '.debug_tu_index']);

/**
 * A table while it is kept. Not a WeakRef: those hold what was looked at until the program's next turn, and all of a file is
 * read in one.
 */
export interface KeptTable { table: AbbreviationTable | undefined }

export type DebugFileKind = 'main' | 'supplementary' | 'split' | 'package';

export class DebugFile {
  readonly elf: ElfFile;
  readonly kind: DebugFileKind;
  readonly #sections = new Map<string, SectionData | undefined>();
  readonly #caches = new Map<string, AbbreviationCache>();
  readonly #tables = new Map<string, KeptTable>();

  constructor(elf: ElfFile, kind: DebugFileKind) {
    this.elf = elf;
    this.kind = kind;
  }

  /** A section by its plain name (".debug_info", also in a .dwo); undefined when the file has none, or only its header. */
  section(name: string): SectionData | undefined {
    if (!this.#sections.has(name)) this.#sections.set(name, this.#open(name));
    return this.#sections.get(name);
  }

  /** The table at an offset of .debug_abbrev. */
  abbreviations(offset: number, shape: UnitShape): { readonly kept: KeptTable; readonly table: AbbreviationTable } {
    const sizes = `${shape.version <= 2 ? 2 : 3} ${shape.addressSize} ${shape.offsetSize}`;
    const key = `${offset} ${sizes}`;
    let kept = this.#tables.get(key);
    let table = kept?.table;
    if (kept === undefined || table === undefined) {
      const section = this.section('.debug_abbrev');
      if (section === undefined) throw new DebugInfoError('.debug_abbrev', offset, 'the file has no such section');
      let cache = this.#caches.get(sizes);
      if (cache === undefined) {
        cache = new AbbreviationCache(shape);
        this.#caches.set(sizes, cache);
      }
      table = new AbbreviationTable(section, offset, cache);
      for (const [oldest, dropped] of this.#tables) {
        if (this.#tables.size < TABLES_MAX) break;
        dropped.table = undefined;
        this.#tables.delete(oldest);
      }
      kept = { table };
      this.#tables.set(key, kept);
    }
    return { kept, table };
  }

  #open(name: string): SectionData | undefined {
    const isSplit = (this.kind === 'split' || this.kind === 'package') && !UNSUFFIXED.has(name);
    const wanted = isSplit ? `${name}.dwo` : name;
    const source = this.elf.debugSource(wanted);
    return source === undefined ? undefined : new SectionData(wanted, source, WHOLE_SECTIONS.has(name));
  }
}
