/** Names and source lines of one program or library, for every process that has it mapped. */
import { DebugInfoError, Dwarf, ElfFile, dwarfCompanions, findAlternateDebugFile, findDebugFile, lastBefore, parseSearchPath } from '@stapkit/debuginfo';
import type { ByteSource, DebugFileResult, DebugFileStore, ElfFunction, FoundDebugFile } from '@stapkit/debuginfo';
import { openFileSource } from '../sys/file-source.js';
import type { SourceLine } from './address-names.js';

/** A function at an address, and where its code came from. */
export interface ModuleFrame {
  readonly name: string;
  readonly isInlined: boolean;
  readonly file?: string;
  readonly line?: number;
}

/** Gets what debuginfod servers have of a file; waits for it. */
export type FetchDebugFile = NonNullable<DebugFileStore['fetch']>;

const LOCAL: DebugFileStore = { open: openFileSource, searchPath: parseSearchPath(process.env['SYSTEMTAP_DEBUGINFO_PATH']) };

/** Those of ld.so, the longest that are known (glibc 2.36): up to where it jumps to the program. */
const START_BYTES = 61n;

export class ModuleSymbols {
  readonly buildId: string | undefined;
  readonly #elf: ElfFile | undefined;
  readonly #path: string;
  readonly #root: string;
  readonly #store: DebugFileStore;
  #functions: readonly ElfFunction[] | undefined;
  #dwarf: Dwarf | null | undefined;
  #found: DebugFileResult | undefined;

  /**
   * @param source held open: the file may be deleted or replaced, and its process end, before names are asked for
   * @param path as the process names it, below `root`; its root may end with it, so '' where the file is the same here
   * @param fetch asked last, when something is to be named; absent: what is on this machine must do
   */
  constructor(source: ByteSource, path: string, root: string, fetch?: FetchDebugFile) {
    this.#path = path;
    this.#root = root;
    this.#store = fetch === undefined ? LOCAL : { ...LOCAL, fetch };
    this.#elf = attempt(() => ElfFile.parse(source));
    this.buildId = attempt(() => this.#elf?.buildId);
  }

  /** Virtual address of a byte of the file. */
  addressOf(fileOffset: number): bigint | undefined {
    return attempt(() => this.#elf?.addressOf(fileOffset));
  }

  /** The function at a virtual address: the last that starts before it, unless it is known to end before it. */
  functionAt(address: bigint): ElfFunction | undefined {
    const functions = (this.#functions ??= this.#readFunctions());
    const last = lastBefore(functions.length, (index) => (functions[index]?.address ?? 0n) <= address);
    for (let index = last; index >= Math.max(0, last - 7); index--) {
      const found = functions[index];
      // Some assembler has no sizes.
      if (found !== undefined && (found.size === 0 ? index === last : address < found.address + BigInt(found.size))) return found;
    }
    return this.#startAt(address);
  }

  /** The program's first instructions: their symbol is one that strip takes away, or that is no function's. */
  #startAt(address: bigint): ElfFunction | undefined {
    const entry = this.#elf?.entry ?? 0n;
    return entry !== 0n && address >= entry && address < entry + START_BYTES ? { name: '_start', aliases: [], address: entry, sectionIndex: 0, size: Number(START_BYTES), binding: 'global', isIfunc: false } : undefined;
  }

  /** The function and what is inlined at that address, the innermost first. [] without debug information. */
  framesAt(address: bigint): readonly ModuleFrame[] {
    return attempt(() => {
      const dwarf = this.#debug;
      if (dwarf === null) return [];
      let line = this.lineAt(address);
      return dwarf.inlineStack(address).map(({ qualifiedName, scope }): ModuleFrame => {
        const here = line;
        const isInlined = scope.kind === 'inlined';
        // What is inlined was called where the function around it stands.
        const { call } = scope as { readonly call?: SourceLine };
        line = isInlined ? call : undefined;
        return { name: qualifiedName, isInlined, ...(here === undefined || here.file === '' ? {} : { file: here.file, line: here.line }) };
      });
    }) ?? [];
  }

  lineAt(address: bigint): SourceLine | undefined {
    return attempt(() => {
      const unit = this.#debug?.unitAt(address);
      if (unit?.lineOffset === undefined) return undefined;
      const table = this.#debug?.lines.at(unit.lineOffset, unit.compilationDirectory);
      const row = table?.lineAt(address);
      return row === undefined || table === undefined ? undefined : { file: table.path(row.file), line: row.line };
    });
  }

  get #debug(): Dwarf | null {
    if (this.#dwarf === undefined) {
      this.#dwarf = attempt(() => {
        if (this.#elf === undefined) return null;
        const found = this.#debugFile;
        if (found === undefined) return null;
        const programPath = `${this.#root}${this.#path}`;
        const debugPath = found.path === '' ? programPath : found.path;
        // A file below the process's root names others below it.
        const root = this.#root !== '' && debugPath.startsWith(`${this.#root}/`) ? this.#root : '';
        return Dwarf.open(found.elf, dwarfCompanions({ open: openFileSource, programPath, debugPath, root, alternate: () => findAlternateDebugFile(this.#store, found, debugPath, root) })) ?? null;
      }) ?? null;
    }
    return this.#dwarf;
  }

  get #debugFile(): FoundDebugFile | undefined {
    if (this.#elf === undefined) return undefined;
    this.#found ??= findDebugFile(this.#store, { path: this.#path, elf: this.#elf, root: this.#root });
    return 'elf' in this.#found ? this.#found : undefined;
  }

  /** What servers that were asked for debug information answered, for the user; undefined: none was asked, or one gave it. */
  get notFetched(): string | undefined {
    return this.#found !== undefined && 'missing' in this.#found && this.#found.askedServers ? this.#found.missing : undefined;
  }

  #readFunctions(): readonly ElfFunction[] {
    const own = attempt(() => (this.#elf?.symtab === undefined ? this.#debugFile?.elf.functions() : undefined));
    const functions = own ?? attempt(() => this.#elf?.functions()) ?? [];
    return functions;
  }
}

/** A file that is no ELF file, or a broken one, has no names. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DebugInfoError) return undefined;
    throw error;
  }
}
