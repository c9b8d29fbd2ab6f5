/**
 * The compiler's Target for the machine that this process runs on, or for another kernel, of another
 * architecture too, whose BTF is in a file. Everything is read when first asked for: a script without kernel types never opens the BTF.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Btf, DebugInfoError, Kallsyms } from '@stapkit/debuginfo';
import type { ByteSource, DebugFileResult, ElfFile } from '@stapkit/debuginfo';
// Not from the compiler's index: what a cached object needs must not bring the compiler in.
import { featuresFromBtf, type Architecture, type MappedFile, type ProcessFile, type Target, type TargetFeatures } from '@stapkit/core-compiler/target';
import { compileHeader } from './compile-header.js';
import { DebugAnswerCache } from './debug-answer-cache.js';
import { DebugIndexCache } from './debug-index-cache.js';
import { UsageError } from './exit-codes.js';
import { findLibrary, openFileSource, resolveCommandPath } from '@stapkit/runtime';
import { findKernelTypes, readKernelTypes, releaseOfTree } from './kernel-types-file.js';
import { LocalDebugFiles } from './local-debug-files.js';
import { executableOf, mappedCode, matchPaths } from './program-files.js';
import { readMountedTracefs, readTracefs } from './tracefs.js';

export interface TargetOptions {
  /** BTF of another kernel. */
  readonly btfFile?: string;
  /** The folder in which it was built. */
  readonly kernelTree?: string;
  /** Its release; without it, nothing that depends on the release can be compiled. Default: this machine's. */
  readonly release?: string;
  /** Default: this machine's. */
  readonly arch?: Architecture;
  /** -x PID. */
  readonly targetPid?: number | undefined;
}

const BTF_OF_RUNNING_KERNEL = '/sys/kernel/btf/vmlinux';

/** Names of architectures: the kernel's (uname -m), stap's and Debian's. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = { x86_64: 'x86_64', amd64: 'x86_64', aarch64: 'aarch64', arm64: 'aarch64' };

/** The architecture of a name as `-a` takes it. @throws UsageError for one that stapkit does not compile for */
export function architectureNamed(name: string): Architecture {
  const known = Object.hasOwn(ARCHITECTURES, name) ? ARCHITECTURES[name] : undefined;
  if (known === undefined) throw new UsageError(`stapkit does not compile for the architecture '${name}'`, `it knows ${Object.keys(ARCHITECTURES).join(', ')}`, 1);
  return known;
}

/** Of this machine; undefined where stapkit cannot run probes. */
function ownArchitecture(): Architecture | undefined {
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : undefined;
}

function architecture(): Architecture {
  const own = ownArchitecture();
  if (own === undefined) throw new UsageError(`stapkit does not know this processor ('${process.arch}')`, 'x86-64 and arm64 are supported; with -a it compiles for them');
  return own;
}

/** Contents of a file, or why it cannot be had. */
function tryRead(path: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** The kernel's build settings as text: a few of its 10,000 lines are asked for. */
function readConfig(kernelRelease: string, isRunning: boolean, folder: string | undefined): string {
  const packed = isRunning ? tryRead('/proc/config.gz') : 'ENOENT';
  const places = [...(folder === undefined ? [] : [join(folder, `config-${kernelRelease}`)]), `/boot/config-${kernelRelease}`];
  const plain = typeof packed === 'string' ? (places.map(tryRead).find((one) => typeof one !== 'string') ?? '') : gunzipSync(packed);
  return typeof plain === 'string' ? '' : plain.toString('latin1');
}

/** Value of a setting; undefined when it is not set. */
function settingOf(config: string, name: string): string | undefined {
  if (!/^CONFIG_\w+$/.test(name)) return undefined;
  const match = new RegExp(`^${name}=(?:"(.*)"|(.*))$`, 'm').exec(config);
  return match?.[1] ?? match?.[2];
}

/**
 * The file of the kernel's types. sysfs gives 4096 bytes a read, so that there are more than a thousand; readFileSync takes twice as
 * long for them.
 */
function readTypes(path: string): Buffer | string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(file, bytes, length, bytes.length - length, null);
      return bytes.subarray(0, length);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** Keeps the first result of a function. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

export class LocalTarget implements Target {
  readonly arch: Architecture;
  readonly kernelRelease: string;
  readonly targetPid: number | undefined;
  readonly #config: () => string;
  readonly #btf: () => Btf | string;
  readonly #kernelSymbols: () => Kallsyms | undefined;
  readonly features: TargetFeatures = featuresFromBtf(this);
  readonly #isRunningKernel: boolean;
  readonly #isOwnArchitecture: boolean;
  readonly #debugFiles: LocalDebugFiles;
  readonly debugIndexes = new DebugIndexCache();
  readonly debugAnswers = new DebugAnswerCache();
  #runningKernelTypes: Btf | undefined;
  readonly #typesFolder: string | undefined;
  readonly #modules = new Map<string, Btf | undefined>();

  constructor(options: TargetOptions) {
    const { btfFile } = options;
    this.#typesFolder = btfFile === undefined ? undefined : dirname(btfFile);
    this.targetPid = options.targetPid;
    this.arch = options.arch ?? architecture();
    this.#isOwnArchitecture = this.arch === ownArchitecture();
    this.kernelRelease = options.release ?? (options.kernelTree !== undefined ? releaseOfTree(options.kernelTree) : undefined) ?? (btfFile === undefined && this.#isOwnArchitecture ? release() : '');
    this.#isRunningKernel = btfFile === undefined && options.kernelTree === undefined && this.#hasRunningRelease;
    this.#debugFiles = new LocalDebugFiles(this.kernelRelease);
    this.#config = once(() => readConfig(this.kernelRelease, this.#hasRunningRelease, this.#typesFolder));
    this.#kernelSymbols = once(() => {
      const text = this.#isRunningKernel ? tryRead('/proc/kallsyms') : '';
      return typeof text === 'string' ? undefined : new Kallsyms(text);
    });
    this.#btf = once(() => (btfFile === undefined ? this.#ownBtf(options.kernelTree) : readKernelTypes(btfFile)));
  }

  get #hasRunningRelease(): boolean {
    return this.#isOwnArchitecture && this.kernelRelease === release();
  }

  #ownBtf(tree: string | undefined): Btf | string {
    if (!this.#isOwnArchitecture) return `the types of a kernel for ${this.arch} are not known on this machine: give them with --btf FILE`;
    if (!this.#isRunningKernel) {
      const found = findKernelTypes(this.kernelRelease, this.#debugFiles.roots, tree);
      return 'btf' in found ? found.btf : `the types of kernel ${this.kernelRelease} are not known on this machine: give them with --btf FILE (no vmlinux with BTF at ${found.tried.join(', ')})`;
    }
    const bytes = readTypes(BTF_OF_RUNNING_KERNEL);
    if (bytes === 'ENOENT') return 'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF is not set)';
    if (typeof bytes === 'string') return `${BTF_OF_RUNNING_KERNEL} cannot be read: ${bytes}`;
    this.#runningKernelTypes = Btf.parse(bytes);
    return this.#runningKernelTypes;
  }

  config(name: string): string | undefined {
    return settingOf(this.#config(), name);
  }

  get btf(): Btf | undefined {
    const btf = this.#btf();
    return typeof btf === 'string' ? undefined : btf;
  }

  /** Of a module that is loaded here; of another kernel's, the file of its name beside the BTF file, as /sys/kernel/btf has them. */
  moduleBtf(module: string): Btf | undefined {
    if (!this.#modules.has(module)) this.#modules.set(module, this.#readModule(module));
    return this.#modules.get(module);
  }

  #readModule(module: string): Btf | undefined {
    const folder = this.#isRunningKernel ? '/sys/kernel/btf' : this.#typesFolder;
    if (folder === undefined || !/^\w+$/.test(module) || module === 'vmlinux') return undefined;
    const bytes = tryRead(join(folder, module));
    const base = typeof bytes === 'string' ? undefined : this.btf;
    if (base === undefined || typeof bytes === 'string') return undefined;
    try {
      return Btf.parse(bytes, base, module);
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      return undefined; // it was made for another vmlinux
    }
  }

  moduleNames(): readonly string[] {
    if (!this.#isRunningKernel) return [...new Set([...this.#debugFiles.moduleNames(), ...this.#modulesBesideTypes()])].sort();
    const list = tryRead('/proc/modules');
    // A kernel without modules has no such file.
    return typeof list === 'string' ? [] : list.toString('latin1').split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')[0] ?? ''])).sort();
  }

  /** Modules whose types lie beside those of the kernel. */
  #modulesBesideTypes(): readonly string[] {
    if (this.#typesFolder === undefined || this.btf === undefined) return [];
    return readdirSync(this.#typesFolder).filter((name) => /^\w+$/.test(name) && this.moduleBtf(name) !== undefined);
  }

  get btfProblem(): string {
    const btf = this.#btf();
    return typeof btf === 'string' ? btf : '';
  }

  /** What is compiled for it can run on this machine. */
  get isOwnArchitecture(): boolean {
    return this.#isOwnArchitecture;
  }

  /** Compiled for this kernel here, with its own types. */
  get isRunningKernel(): boolean {
    return this.#isRunningKernel;
  }

  /** The running kernel's types, if they were read: the runtime need not read them again. */
  get runningKernelTypes(): Btf | undefined {
    return this.#runningKernelTypes;
  }

  tracepoints(): readonly string[] | undefined {
    return readTracefs('available_events')?.split('\n').filter((line) => line !== '');
  }

  tracepointSystem(name: string): string | undefined {
    const suffix = `:${name}`;
    return readMountedTracefs('available_events')?.split('\n').find((full) => full.endsWith(suffix))?.slice(0, -suffix.length);
  }

  compileHeader(header: string): ReturnType<typeof compileHeader> {
    return compileHeader(header);
  }

  readBinary(path: string): Uint8Array | undefined {
    const bytes = tryRead(path);
    return typeof bytes === 'string' ? undefined : bytes;
  }

  openBinary(path: string): ByteSource | undefined {
    return openFileSource(path);
  }

  debugFile(file: ProcessFile, elf: ElfFile): DebugFileResult {
    return this.#debugFiles.debugFile(file, elf);
  }

  alternateDebugFile(debug: ElfFile, debugPath: string): DebugFileResult | undefined {
    return this.#debugFiles.alternateDebugFile(debug, debugPath);
  }

  kernelDebugFile(): DebugFileResult {
    return this.#debugFiles.kernelDebugFile();
  }

  kernelSymbols(): Kallsyms | undefined {
    return this.#kernelSymbols();
  }

  moduleDebugFile(module: string): DebugFileResult {
    return this.#debugFiles.moduleDebugFile(module);
  }

  resolvePath(path: string): string | undefined {
    return resolveCommandPath(path);
  }

  matchPaths(pattern: string): readonly string[] {
    return matchPaths(pattern);
  }

  findLibrary(name: string, folders: readonly string[]): string | undefined {
    return findLibrary(name, folders, this.arch);
  }

  executableOf(pid: number): ProcessFile | undefined {
    return executableOf(pid);
  }

  mappedCode(pid: number): readonly MappedFile[] {
    return mappedCode(pid);
  }
}

/** Facts about this machine, or with `btfFile` and `release` about another kernel, with `arch` of another architecture. */
export function localTarget(options: TargetOptions = {}): LocalTarget {
  return new LocalTarget(options);
}
