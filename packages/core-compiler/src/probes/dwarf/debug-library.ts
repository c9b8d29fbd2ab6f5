/** Debug information of the programs that a script names, each opened once. */
import { CallFrames, DebugInfoError, Dwarf, ElfFile, dwarfCompanions, type DwarfOptions } from '@stapkit/debuginfo';
import type { Target } from '../../target/index.js';
import { openFile } from '../programs.js';
import { DebugProgram } from './debug-program.js';

/** Bytes of .debug_info from which on an index takes longer to make than to keep. */
const WORTH_KEEPING = 4 << 20;

export class DebugLibrary {
  readonly #target: Target;
  readonly #programs = new Map<string, DebugProgram | string>();
  readonly #kernel = new Set<Dwarf>();
  /** Debug information whose answers are kept, by build-id. */
  readonly #asked = new Map<string, Dwarf>();

  constructor(target: Target) {
    this.#target = target;
  }

  /** Debug information of a program that is open, or why there is none. */
  of(elf: ElfFile, path: string, pid?: number): DebugProgram | string {
    const key = `${pid ?? ''} ${path}`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const opened = this.#guard(() => this.#open(elf, path));
    this.#programs.set(key, opened);
    return opened;
  }

  /** Debug information of a program or library by its path or name: `@cast(p, "type", "/usr/lib/libc.so.6")`. */
  program(name: string): DebugProgram | string {
    const path = this.#target.resolvePath(name);
    const file = path === undefined ? undefined : openFile(this.#target, path);
    if (path === undefined || file === undefined) return `there is no program or library '${name}'`;
    return this.#guard(() => this.of(ElfFile.parse(file), path));
  }

  /** Types of a C header, compiled by the system's compiler: `@cast(p, "type", "<sys/time.h>")`. */
  header(header: string): DebugProgram | string {
    const key = `<${header}>`;
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const compiled = this.#target.compileHeader?.(header) ?? { missing: `<${header}> cannot be compiled here` };
    const opened = 'missing' in compiled ? compiled.missing : this.#guard(() => {
      const elf = ElfFile.parse(compiled.object);
      const dwarf = Dwarf.open(elf);
      return dwarf === undefined ? `<${header}> gave no debug information` : new DebugProgram(elf, { dwarf, from: key }, () => []);
    });
    this.#programs.set(key, opened);
    return opened;
  }

  /** The kernel's own: what BTF lacks. */
  kernel(): DebugProgram | string {
    const key = 'kernel';
    const opened = this.#programs.get(key) ?? this.#guard(() => {
      const found = this.#target.kernelDebugFile?.() ?? { missing: 'no DWARF of the kernel is to be had here' };
      if ('missing' in found) return found.missing;
      const dwarf = this.#openDwarf(found.elf);
      if (dwarf === undefined) return `${found.path} has no DWARF debug information`;
      this.#kernel.add(dwarf);
      return new DebugProgram(found.elf, { dwarf, from: found.from, isKernel: true }, () => callFrames(found.elf, found.elf));
    });
    this.#programs.set(key, opened);
    return opened;
  }

  /** A module's own. Its file is relocatable: addresses stand for offsets in sections (ElfFile.layout), not for places in memory. */
  module(name: string): DebugProgram | string {
    const key = `module ${name}`;
    const opened = this.#programs.get(key) ?? this.#guard(() => {
      const found = this.#target.moduleDebugFile?.(name) ?? { missing: `no DWARF of module ${name} is to be had here` };
      if ('missing' in found) return found.missing;
      const dwarf = Dwarf.open(found.elf);
      if (dwarf === undefined) return `${found.path} has no DWARF debug information`;
      this.#kernel.add(dwarf);
      return new DebugProgram(found.elf, { dwarf, from: found.from, isKernel: true }, () => callFrames(found.elf, found.elf));
    });
    this.#programs.set(key, opened);
    return opened;
  }

  /** Whether types are of the kernel, whose memory is not a process's. */
  isKernel(dwarf: Dwarf): boolean {
    return this.#kernel.has(dwarf);
  }

  #open(elf: ElfFile, path: string): DebugProgram | string {
    // A program's own copy of DWARF needs no look around.
    const found = this.#target.debugFile?.({ path, name: path }, elf) ?? { elf, from: path, path: '', tried: [] };
    if ('missing' in found) return found.missing;
    const { path: programPath, root } = found.program ?? { path, root: '' };
    const debugPath = found.path === '' ? programPath : found.path;
    const dwarf = this.#openDwarf(found.elf, dwarfCompanions({
      open: (one) => this.#target.openBinary?.(one), programPath, debugPath, root, alternate: () => this.#target.alternateDebugFile?.(found.elf, debugPath),
    }));
    if (dwarf === undefined) return `${debugPath} has no DWARF debug information`;
    return new DebugProgram(elf, { dwarf, from: found.from }, () => callFrames(elf, found.elf));
  }

  /** Keeps what was found, for the next compilation. Once, when all is asked. */
  keepAnswers(): void {
    const store = this.#target.debugAnswers;
    if (store === undefined) return;
    for (const [buildId, dwarf] of this.#asked) {
      try {
        const answers = dwarf.exportAnswers(store.read(buildId));
        if (answers !== undefined) store.write(buildId, answers);
      } catch (cause) {
        // Of a broken file nothing is kept; what a probe needs of it was told where it was needed.
        if (!(cause instanceof DebugInfoError)) throw cause;
      }
    }
  }

  /** With what earlier compilations kept of it; what this one makes and finds is kept too. */
  #openDwarf(elf: ElfFile, sources: DwarfOptions = {}): Dwarf | undefined {
    const { debugIndexes, debugAnswers } = this.#target;
    const { buildId } = elf;
    if (buildId === undefined || (elf.section('.debug_info')?.size ?? 0) < WORTH_KEEPING) return Dwarf.open(elf, sources);
    const dwarf = Dwarf.open(elf, {
      ...sources, answers: debugAnswers?.read(buildId),
      ...(debugIndexes === undefined ? {} : { index: () => debugIndexes.read(buildId), keepIndex: (index: Uint8Array) => { debugIndexes.write(buildId, index); } }),
    });
    if (dwarf !== undefined) this.#asked.set(buildId, dwarf);
    return dwarf;
  }

  #guard(open: () => DebugProgram | string): DebugProgram | string {
    try {
      return open();
    } catch (cause) {
      if (!(cause instanceof DebugInfoError)) throw cause;
      return cause.message;
    }
  }
}

/** .eh_frame is in the program itself; .debug_frame may be in either file. */
function callFrames(elf: ElfFile, debugElf: ElfFile): readonly CallFrames[] {
  const files = debugElf === elf ? [elf] : [elf, debugElf];
  return files.flatMap((file) => [CallFrames.ofElf(file, '.eh_frame') ?? [], CallFrames.ofElf(file, '.debug_frame') ?? []].flat());
}
