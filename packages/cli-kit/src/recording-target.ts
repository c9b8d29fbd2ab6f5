/** A Target that writes down what the compiler looked at, for the object cache. */
import type { Architecture, MappedFile, ProcessFile, Target, TargetFeatures } from '@stapkit/core-compiler/target';
import type { Btf, ByteSource, DebugFileResult, ElfFile, Kallsyms } from '@stapkit/debuginfo';
import { fileIdentity, type Dependency } from './object-cache.js';

const NOTHING_KEPT = { read: (): undefined => undefined, write: (): void => undefined };

export class RecordingTarget implements Target {
  readonly arch: Architecture;
  readonly kernelRelease: string;
  readonly dependencies: Dependency[] = [];
  /** Something was asked that a later run cannot cheaply check: a process's own files, a module's types. */
  unrepeatable = false;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.arch = target.arch;
    this.kernelRelease = target.kernelRelease;
  }

  config(name: string): string | undefined {
    return this.#target.config(name);
  }

  get btf(): Btf | undefined {
    return this.#target.btf;
  }

  get btfProblem(): string {
    return this.#target.btfProblem ?? '';
  }

  get features(): TargetFeatures {
    return this.#target.features;
  }

  moduleBtf(module: string): Btf | undefined {
    this.unrepeatable = true;
    return this.#target.moduleBtf?.(module);
  }

  moduleNames(): readonly string[] {
    this.unrepeatable = true;
    return this.#target.moduleNames?.() ?? [];
  }

  tracepointSystem(name: string): string | undefined {
    return this.#target.tracepointSystem?.(name);
  }

  tracepoints(): readonly string[] | undefined {
    return this.#target.tracepoints?.();
  }

  readBinary(path: string): Uint8Array | undefined {
    this.#dependsOn(path);
    return this.#target.readBinary(path);
  }

  openBinary(path: string): ByteSource | undefined {
    this.#dependsOn(path);
    return this.#target.openBinary?.(path);
  }

  /** They are made from the debug files, which are dependencies themselves. */
  get debugIndexes(): NonNullable<Target['debugIndexes']> {
    return this.#target.debugIndexes ?? NOTHING_KEPT;
  }

  get debugAnswers(): NonNullable<Target['debugAnswers']> {
    return this.#target.debugAnswers ?? NOTHING_KEPT;
  }

  debugFile(file: ProcessFile, elf: ElfFile): DebugFileResult {
    return this.#recorded(this.#target.debugFile?.(file, elf)) ?? { missing: `no debug information for ${file.name}`, tried: [], askedServers: false };
  }

  alternateDebugFile(debug: ElfFile, debugPath: string): DebugFileResult | undefined {
    return this.#recorded(this.#target.alternateDebugFile?.(debug, debugPath));
  }

  kernelDebugFile(): DebugFileResult {
    return this.#recorded(this.#target.kernelDebugFile?.()) ?? { missing: 'no DWARF of the kernel', tried: [], askedServers: false };
  }

  kernelSymbols(): Kallsyms | undefined {
    // The kernel is at other addresses after the next boot.
    this.unrepeatable = true;
    return this.#target.kernelSymbols?.();
  }

  moduleDebugFile(module: string): DebugFileResult {
    return this.#recorded(this.#target.moduleDebugFile?.(module)) ?? { missing: `no DWARF of module ${module}`, tried: [], askedServers: false };
  }

  /** A debug file may be replaced, and one that is missing may be installed: every path that was looked at is a dependency. */
  #recorded<T extends DebugFileResult | undefined>(result: T): T {
    if (result === undefined) return result;
    for (const path of result.tried) this.#dependsOn(path);
    if ('elf' in result && result.path !== '') this.#dependsOn(result.path);
    if ('missing' in result && result.askedServers) this.unrepeatable = true;
    return result;
  }

  #dependsOn(path: string): void {
    this.dependencies.push({ kind: 'binary', path, identity: fileIdentity(path) });
  }

  /** The headers that it includes are many: they are compiled again. */
  compileHeader(header: string): ReturnType<NonNullable<Target['compileHeader']>> {
    this.unrepeatable = true;
    return this.#target.compileHeader?.(header) ?? { missing: `<${header}> cannot be compiled here` };
  }

  resolvePath(path: string): string | undefined {
    const resolved = this.#target.resolvePath(path);
    this.dependencies.push({ kind: 'command', path, resolved: resolved ?? null });
    return resolved;
  }

  matchPaths(pattern: string): readonly string[] {
    const found = this.#target.matchPaths?.(pattern) ?? [];
    this.dependencies.push({ kind: 'wildcard', pattern, found });
    return found;
  }

  findLibrary(name: string, folders: readonly string[]): string | undefined {
    const resolved = this.#target.findLibrary?.(name, folders);
    this.dependencies.push({ kind: 'library', name, folders, resolved: resolved ?? null });
    return resolved;
  }

  get targetPid(): number | undefined {
    this.unrepeatable = true;
    return this.#target.targetPid;
  }

  executableOf(pid: number): ProcessFile | undefined {
    this.unrepeatable = true;
    return this.#target.executableOf?.(pid);
  }

  mappedCode(pid: number): readonly MappedFile[] {
    this.unrepeatable = true;
    return this.#target.mappedCode?.(pid) ?? [];
  }
}
