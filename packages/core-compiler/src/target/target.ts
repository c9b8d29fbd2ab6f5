/**
 * Facts about the machine that a script is compiled for. The compiler asks only
 * this interface; the driver fills it from the running kernel, from files of
 * another kernel (-r, --btf), or from a test's fixture.
 */
import type { Btf, ByteSource, DebugFileResult, ElfFile, Kallsyms } from '@stapkit/debuginfo';

export type Architecture = 'x86_64' | 'aarch64';

/** What the target's kernel has, read from its BTF (enum bpf_func_id and the like), never from a version number. */
export interface TargetFeatures {
  /** bpf_loop (5.17). */
  readonly loop: boolean;
  /** bpf_for_each_map_elem (5.13). */
  readonly forEachMapElem: boolean;
  /** BPF_ATOMIC fetch and cmpxchg (5.12). */
  readonly atomicFetch: boolean;
  /** bpf_map_lookup_percpu_elem (5.19). */
  readonly lookupPerCpu: boolean;
  /** bpf_task_pt_regs (5.15). */
  readonly taskRegisters: boolean;
  /** bpf_strncmp (5.17), bpf_snprintf (5.13). */
  readonly snprintf: boolean;
  /** tp_btf, fentry, fexit program types (5.5). */
  readonly trampolines: boolean;
  /** bpf_get_attach_cookie (5.15): a program can tell by which of many probes it was reached. */
  readonly attachCookie: boolean;
}

/** A file of a running process. */
export interface ProcessFile {
  /** Where this process here, and the kernel for it, can open the file: below /proc/PID when it is in another mount namespace. */
  readonly path: string;
  /** As the process itself names it. */
  readonly name: string;
}

export interface MappedFile extends ProcessFile {
  /** Where its (first) code is in the process, and in the file. */
  readonly address: bigint;
  readonly fileOffset: number;
}

/** Where Dwarf.exportIndex's bytes are kept, by the build-id of the file with the DWARF. Losing them costs time alone. */
export interface DebugIndexStore {
  /** What is kept, as it is: Dwarf.open finds out whether it is whole and fits. */
  read(buildId: string): Uint8Array | undefined;
  write(buildId: string, index: Uint8Array): void;
}

/** Where Dwarf.exportAnswers' bytes are kept, as indexes are. */
export type DebugAnswerStore = DebugIndexStore;

export interface Target {
  readonly arch: Architecture;
  /** uname -r; '' when unknown. */
  readonly kernelRelease: string;
  config(name: string): string | undefined;
  /** undefined: the kernel has none, or it is not readable (`btfProblem` says which). */
  readonly btf: Btf | undefined;
  readonly btfProblem?: string;
  /** Type information of a loaded module (/sys/kernel/btf/MODULE), based on `btf`; undefined when there is none. */
  moduleBtf?(module: string): Btf | undefined;
  /** Modules that can be probed, as lsmod names them: those that are loaded; of a kernel that does not run here, those whose debug information is here. */
  moduleNames?(): readonly string[];
  readonly features: TargetFeatures;
  /** Group of a tracepoint ("sched" for "sched_switch") when tracefs tells it. */
  tracepointSystem?(name: string): string | undefined;
  /** All tracepoints as system:name when tracefs is readable. */
  tracepoints?(): readonly string[] | undefined;
  /** Contents of a user binary; undefined when it cannot be read. */
  readBinary(path: string): Uint8Array | undefined;
  /** The same, for reading piece by piece what is needed of a large file. */
  openBinary?(path: string): ByteSource | undefined;
  /**
   * Debug information of a user binary: in the file itself, or in a separate file that belongs to this very build (by build-id,
   * .gnu_debuglink, debuginfod). `from` completes "types of /usr/bin/x from …" for the user; `missing` is a sentence that says
   * what is missing and what to install. Files of a process with its own mount namespace are looked for there too.
   */
  debugFile?(file: ProcessFile, elf: ElfFile): DebugFileResult;
  /**
   * The file that dwz moved shared debug information into (.gnu_debugaltlink); undefined: the debug file has no such link.
   * @param debugPath where the debug file is: `path` of debugFile's answer, or the program's when it has its own
   */
  alternateDebugFile?(debug: ElfFile, debugPath: string): DebugFileResult | undefined;
  /** DWARF of the target's kernel: what BTF lacks (lines, locals, inlined functions). `missing` names the package that has it. */
  kernelDebugFile?(): DebugFileResult;
  /** Symbols and addresses of the target's kernel as it runs; undefined: it does not run here, or does not show them. */
  kernelSymbols?(): Kallsyms | undefined;
  /** DWARF of a module of the target's kernel, by its name as lsmod says it. A relocatable file: see ElfFile.layout. */
  moduleDebugFile?(module: string): DebugFileResult;
  /** Indexes of large debug files that earlier compilations made. */
  readonly debugIndexes?: DebugIndexStore;
  readonly debugAnswers?: DebugAnswerStore;
  /** Debug information of the types that a C header declares (`sys/time.h`), made by the system's C compiler; `missing` says why there is none. */
  compileHeader?(header: string): { readonly object: Uint8Array } | { readonly missing: string };
  /** Finds a command in PATH; gives absolute, symlink-free paths unchanged. */
  resolvePath(path: string): string | undefined;
  /** Files that a shell wildcard matches: absolute, symlink-free, sorted. */
  matchPaths?(pattern: string): readonly string[];
  /** A library as the dynamic linker would find it: in `folders`, LD_LIBRARY_PATH, the linker's cache, the system's folders. Symlink-free. */
  findLibrary?(name: string, folders: readonly string[]): string | undefined;
  /** -x PID. */
  readonly targetPid?: number | undefined;
  /** The program that a process runs; undefined: there is no such process, or it may not be looked at. */
  executableOf?(pid: number): ProcessFile | undefined;
  /** Files that the process has mapped as code: its program and libraries. */
  mappedCode?(pid: number): readonly MappedFile[];
}
