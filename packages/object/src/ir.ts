/**
 * The intermediate representation: what pass 3 makes of a script and what both
 * executors run. A body is a control-flow graph of three-address instructions
 * over virtual registers. Registers are mutable (not SSA) and start as 0 / "".
 *
 * Longs are signed 64-bit (`bigint`, always normalised by `BigInt.asIntN(64)`).
 * Strings are byte strings: a JavaScript string in which each char code is one
 * byte (0..255, never NUL), so that lengths and widths count bytes as stap does.
 */

export type RegisterId = number;
export type BlockId = number;
/** Index into {@link IrProgram.globals}. */
export type GlobalId = number;
/** Index into {@link IrProgram.functions}. */
export type FunctionId = number;
/** Index into {@link IrProgram.sites}. */
export type SiteId = number;
/** Index into {@link IrProgram.fields}. */
export type FieldId = number;
/** Names one `foreach` cursor inside a body. */
export type IteratorId = number;

export type IrType = 'long' | 'string';

/** An input of an instruction: a register or a constant. */
export type Value = { readonly register: RegisterId } | { readonly long: bigint } | { readonly text: string };

export interface IrRegister {
  readonly type: IrType;
  /** The script's local variable that lives here, for dumps. */
  readonly name?: string;
  /** Strings: the most bytes it can ever hold. Filled by the capacity pass; absent means the string limit. */
  capacity?: number;
  /** Strings: bytes of memory, NUL among them; printed and formatted only (read-bytes). */
  readonly bytes?: true;
}

/** Where an instruction came from. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The token that stap names in "near operator '/' at …" or "near identifier 'x' at …". */
  readonly token?: string;
  /** In a function: the call in the probe's handler that led to it. */
  readonly calledFrom?: SourceLocation;
}

export type LongBinary =
  | 'add' | 'sub' | 'mul' | 'div' | 'mod'
  | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'ushr'
  | 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
/** neg: -x, not: ~x, lnot: !x (1 or 0). */
export type LongUnary = 'neg' | 'not' | 'lnot';
export type StatFunction = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'variance';

/** A C scalar in memory. Little-endian; widened to 64 bits by its sign. */
export interface ScalarType {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  /** Bit-fields: position from the least significant bit of the loaded unit, and width. */
  readonly bitOffset?: number;
  readonly bitSize?: number;
}

export type AddressSpace = 'kernel' | 'user';

/**
 * Whose struct pt_regs `read-register` reads. Registers go by their DWARF numbers (x86-64 psABI table 3.36: 0 rax, 1 rdx, 2 rcx, 3 rbx,
 * 4 rsi, 5 rdi, 6 rbp, 7 rsp, 8 to 15 r8 to r15, 16 the return address column: rip, 49 rflags, 51 cs, 52 ss; AArch64 DWARF ABI:
 * 0 to 30 x0 to x30, 31 sp, 32 pc, 33 pstate), and {@link ORIGINAL_SYSCALL_REGISTER}. Numbers that the kernel does not save are refused (E0511).
 *
 * probe: those of the probed code at the probe's moment: where a kprobe or uprobe hit, at the return in return probes, what a perf event
 * interrupted, what the process had when it made the system call. fentry, fexit and tracepoints have none: a kernel.function probe that
 * wants one is then attached by kprobe only, a tracepoint is refused (E0507). In a body that runs at a function's entry they are those of the entry.
 *
 * user: those that the current task had in user mode when it last entered the kernel (task_pt_regs()); every kernel probe has
 * them. In user-space probes and system calls they are the probe's. A kernel thread's are zeros.
 */
export type RegisterSet = 'probe' | 'user';

/** The system call's number in rax on x86-64 (orig_ax), its first argument in x0 on arm64 (orig_x0): no DWARF numbers. */
export const ORIGINAL_SYSCALL_REGISTER = 1000;

/** How a print argument travels: a value of this handler, or a pure function or format that the host applies when it prints. */
export type PrintArgument =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'call'; readonly function: FunctionId; readonly args: readonly PrintArgument[] }
  | { readonly kind: 'intrinsic'; readonly name: string; readonly args: readonly PrintArgument[] }
  | { readonly kind: 'format'; readonly site: SiteId; readonly args: readonly PrintArgument[] }
  /** A histogram of a statistic: printed as stap prints `@hist_log(x)`. */
  | {
      readonly kind: 'histogram';
      readonly global: GlobalId;
      readonly keys: readonly Value[];
      /** In a kernel-side site: the leaf (of fixed size) that has the buckets, a 64-bit word each. */
      readonly leaf?: number;
    };

export type IrInstruction = { readonly location?: SourceLocation } & (
  | { readonly op: 'move'; readonly dst: RegisterId; readonly src: Value }
  | { readonly op: 'unary'; readonly fn: LongUnary; readonly dst: RegisterId; readonly src: Value }
  /** div and mod by zero raise "division by 0". shl/shr/ushr mask the count with 63. Comparisons give 1 or 0, signed. */
  | { readonly op: 'binary'; readonly fn: LongBinary; readonly dst: RegisterId; readonly a: Value; readonly b: Value }
  | { readonly op: 'compare-text'; readonly fn: Comparison; readonly dst: RegisterId; readonly a: Value; readonly b: Value }
  /** Joined left to right, cut at the string limit minus one byte as stap does. */
  | { readonly op: 'concat'; readonly dst: RegisterId; readonly parts: readonly Value[] }
  /** sprint, sprintf, sprintln …: the text that `site` would print. */
  | { readonly op: 'format'; readonly dst: RegisterId; readonly site: SiteId; readonly args: readonly PrintArgument[] }
  /** print, printf … to the site's stream. */
  | { readonly op: 'print'; readonly site: SiteId; readonly args: readonly PrintArgument[] }
  // -- globals ---------------------------------------------------------------
  | { readonly op: 'load-global'; readonly dst: RegisterId; readonly global: GlobalId }
  | { readonly op: 'store-global'; readonly global: GlobalId; readonly src: Value }
  /** Atomic `global += value`. `dst` receives the value before or after, when wanted. */
  | { readonly op: 'add-global'; readonly global: GlobalId; readonly value: Value; readonly dst?: RegisterId; readonly result?: 'old' | 'new' }
  /** `delete scalar`: 0, "" or an empty statistic. */
  | { readonly op: 'clear-global'; readonly global: GlobalId }
  // -- arrays: `keys` has one value per key of the array -----------------------
  /** 0 or "" when absent. */
  | { readonly op: 'array-get'; readonly dst: RegisterId; readonly global: GlobalId; readonly keys: readonly Value[] }
  /** Raises "Array overflow, check MAXMAPENTRIES" (or "… check size limit (N)") when full. */
  | { readonly op: 'array-set'; readonly global: GlobalId; readonly keys: readonly Value[]; readonly src: Value }
  | { readonly op: 'array-add'; readonly global: GlobalId; readonly keys: readonly Value[]; readonly value: Value; readonly dst?: RegisterId; readonly result?: 'old' | 'new' }
  | { readonly op: 'array-has'; readonly dst: RegisterId; readonly global: GlobalId; readonly keys: readonly Value[] }
  | { readonly op: 'array-delete'; readonly global: GlobalId; readonly keys: readonly Value[] }
  | { readonly op: 'array-clear'; readonly global: GlobalId }
  // -- statistics: keys absent for a scalar statistic --------------------------
  | { readonly op: 'stat-add'; readonly global: GlobalId; readonly keys?: readonly Value[]; readonly value: Value }
  /** min, max, avg, variance of an empty statistic raise "empty aggregate"; count and sum give 0. */
  | { readonly op: 'stat-get'; readonly fn: StatFunction; readonly dst: RegisterId; readonly global: GlobalId; readonly keys?: readonly Value[] }
  /** `@hist_log(x)[i]`: raises "histogram index out of range", and "empty aggregate". */
  | { readonly op: 'histogram-get'; readonly dst: RegisterId; readonly global: GlobalId; readonly keys?: readonly Value[]; readonly index: Value }
  // -- foreach -----------------------------------------------------------------
  /** Opens a cursor over a snapshot of the array. `limit` is evaluated once. A key of `slice` that is `undefined` is `*`. `skip`: entries passed over at first, when a walk is taken up again. */
  | { readonly op: 'iterate'; readonly iterator: IteratorId; readonly global: GlobalId; readonly sort?: IterationSort; readonly limit?: Value; readonly slice?: readonly (Value | undefined)[]; readonly skip?: Value }
  /** Moves on: `more` becomes 1 and the registers are filled, or `more` becomes 0. `value` only for long and string arrays. */
  | { readonly op: 'advance'; readonly iterator: IteratorId; readonly more: RegisterId; readonly keys: readonly RegisterId[]; readonly value?: RegisterId }
  // -- calls -------------------------------------------------------------------
  | { readonly op: 'call'; readonly dst?: RegisterId; readonly function: FunctionId; readonly args: readonly Value[] }
  /** One of the table in intrinsics.ts. */
  | { readonly op: 'intrinsic'; readonly dst?: RegisterId; readonly name: string; readonly args: readonly Value[] }
  // -- the probe's context -------------------------------------------------------
  /** Argument `index` (from 0) of the probed function, syscall or tracepoint. In a return probe: its value at entry. */
  | { readonly op: 'read-argument'; readonly dst: RegisterId; readonly index: number; readonly type: ScalarType }
  | { readonly op: 'read-return'; readonly dst: RegisterId; readonly type: ScalarType }
  /** All 64 bits of a saved machine register: see {@link RegisterSet}. Never faults. */
  | { readonly op: 'read-register'; readonly dst: RegisterId; readonly register: number; readonly of: RegisterSet }
  /** In `IrProbe.entry` bodies only: keeps a value for the matching return. */
  | { readonly op: 'save-entry'; readonly slot: number; readonly value: Value }
  | { readonly op: 'read-entry'; readonly dst: RegisterId; readonly slot: number }
  // -- recursion in kernel handlers: made by the optimizer ------------------------
  /** Keeps a value in frame `depth` (from 0, below MAXNESTING) of the stack `stack`. A slot's values have one type. */
  | { readonly op: 'save-frame'; readonly stack: number; readonly slot: number; readonly depth: Value; readonly value: Value }
  | { readonly op: 'load-frame'; readonly dst: RegisterId; readonly stack: number; readonly slot: number; readonly depth: Value }
  // -- memory --------------------------------------------------------------------
  /** base + the field's offset on the running kernel. */
  | { readonly op: 'field-address'; readonly dst: RegisterId; readonly base: Value; readonly field: FieldId }
  /** Reads a scalar at address (+ the field's offset). A fault raises "kernel read fault at 0x…" or "user read fault at 0x…". */
  | { readonly op: 'read-memory'; readonly dst: RegisterId; readonly address: Value; readonly field?: FieldId; readonly type: ScalarType; readonly space: AddressSpace }
  /** Reads a NUL-terminated string of at most `limit` bytes (default: the string limit). On a fault: `fallback`, else it raises "kernel string copy fault at 0x…" / "user string copy fault at 0x…". */
  | { readonly op: 'read-text'; readonly dst: RegisterId; readonly address: Value; readonly space: AddressSpace; readonly limit?: Value; readonly fallback?: Value }
  /** Reads `count` bytes (below 0: 1; at most the string limit) for `%m` and `%M`. A fault raises "kernel read fault at 0x…" or "user read fault at 0x…". */
  | { readonly op: 'read-bytes'; readonly dst: RegisterId; readonly address: Value; readonly count: Value; readonly space: AddressSpace }
  /** The message of the error that led to this block (first instruction of an `onError` block). */
  | { readonly op: 'caught'; readonly dst: RegisterId }
);

export interface IterationSort {
  readonly by: 'value' | 'key';
  /** Which key, when by key. */
  readonly key: number;
  /** For arrays of statistics sorted by value. */
  readonly stat?: StatFunction;
  readonly descending: boolean;
}

export type IrTerminator =
  | { readonly kind: 'jump'; readonly target: BlockId }
  | { readonly kind: 'branch'; readonly condition: Value; readonly then: BlockId; readonly otherwise: BlockId }
  /** Leaves the function, or ends the handler (`next`). */
  | { readonly kind: 'return'; readonly value?: Value }
  /** `error(message)`. Goes to the block's `onError`, else out of the function, at last out of the handler. */
  | {
      readonly kind: 'throw';
      readonly message: Value;
      readonly location?: SourceLocation;
      /** abort(): leaves the handler without an error and past every catch. */
      readonly aborts?: boolean;
    };

export interface IrBlock {
  readonly instructions: IrInstruction[];
  terminator: IrTerminator;
  /** The catch block for errors raised here; absent: the error leaves this body. */
  onError?: BlockId;
  /** The loop statement whose iterations pass here: where "MAXACTION exceeded" happened. */
  location?: SourceLocation;
}

/** Loops are recorded by the lowering so that code generators need not find them. Blocks include those of inner loops. */
export interface IrLoop {
  readonly header: BlockId;
  readonly blocks: readonly BlockId[];
}

export interface IrBody {
  readonly registers: IrRegister[];
  /** Block 0 is the entry. */
  readonly blocks: IrBlock[];
  readonly loops: IrLoop[];
}

export interface IrFunction {
  readonly name: string;
  /** The first registers of the body, in order. */
  readonly params: readonly RegisterId[];
  readonly result: IrType | undefined;
  readonly body: IrBody;
  /** Depends on its arguments alone and changes nothing: the host may run it when it prints. */
  readonly pure: boolean;
  readonly location?: SourceLocation;
}

export type Histogram =
  | { readonly kind: 'log' }
  | { readonly kind: 'linear'; readonly low: number; readonly high: number; readonly interval: number };

/** What a statistic must keep: only the operators that the program reads. */
export interface StatShape {
  readonly functions: readonly StatFunction[];
  /** The runtime reads them, whatever the program does. */
  readonly kept?: true;
  readonly varianceShift?: number;
  readonly histogram?: Histogram;
}

/** `packed`: kernel handlers keep packed texts here, see packed-text.ts. */
export interface IrKey { readonly type: IrType; capacity?: number; packed?: true }

export type IrGlobal = { readonly name: string; readonly location?: SourceLocation } & (
  | { readonly kind: 'long'; initial: bigint }
  /** `settable`: its initial value is given when the object is loaded, and may be longer than all that the script puts into it. */
  | { readonly kind: 'string'; initial: string; readonly settable?: true; capacity?: number; packed?: true }
  | { readonly kind: 'stat'; readonly stat: StatShape }
  | {
      readonly kind: 'array';
      readonly keys: readonly IrKey[];
      readonly value: IrType | 'stat';
      readonly stat?: StatShape;
      /** Strings: the most bytes a value can hold. */
      capacity?: number;
      /** Values are, or may be, packed texts. */
      packed?: true;
      /** With packed keys: elements whose keys mean the same text are added up, since nothing but additions changes them. */
      summed?: true;
      /** From `global a[N]`; absent: MAXMAPENTRIES. */
      readonly maxEntries?: number;
      /** `global a%`: the oldest entry gives way when it is full. */
      readonly wrap: boolean;
      /** Some foreach reads it, so entries must remember the order of their insertion. */
      readonly ordered: boolean;
    }
);

/** A structure member that the runtime relocates against the running kernel (CO-RE). */
export interface IrField {
  /** `struct tcp_sock`, `union …`, or a typedef's name. */
  readonly root: string;
  /** Member names and array indexes from the root, anonymous members left out: ['sk', '__sk_common', 'skc_daddr']. */
  readonly path: readonly (string | number)[];
  /** Byte offset in the type information that it was compiled against. */
  readonly offset: number;
  /** CO-RE access string against the compile-time type: "0:1:2". */
  readonly access: string;
  /** Type id of the root in the compile-time BTF of the kernel, or of `rootModule`. */
  readonly rootTypeId: number;
  /** The module whose type the root is. */
  readonly rootModule?: string;
  readonly scalar?: ScalarType;
}

/** Which processes a probe is for; absent: all. Beside it, probes of the `process` family are for the target of -x or -c and what it started, when there is a target. */
export type ProcessFilter =
  /** One process, with all its threads. */
  | { readonly kind: 'pid'; readonly pid: number }
  /** Those that run this file, by whatever name. */
  | { readonly kind: 'program'; readonly path: string };

/** In probes on system calls whatever they are: the argument (read-argument) that is the call's number. */
export const SYSCALL_NUMBER = 6;

/** begin: in a process that was made by fork, or that has started a program by exec. end: in its last thread. Thread events are of all threads but the first. */
export type ProcessEvent = 'begin' | 'end' | 'thread-begin' | 'thread-end' | 'syscall' | 'syscall-return';

/**
 * How the stack pointer that a function was entered with is computed at one of its instructions: a register (DWARF number, see
 * {@link RegisterSet}) plus bytes. It is what the entry of a call and later places in the same call have in common.
 */
export interface FrameRule { readonly register: number; readonly offset: number }

/** One of many places that one program serves. */
export interface AttachMember {
  readonly symbol: string;
  /** Of instructions within a kernel function: bytes behind the symbol. */
  readonly offset?: number;
  /** Of user functions: offset in the file. */
  readonly fileOffset?: number;
  /** As a user-function's. */
  readonly semaphore?: number;
  /** Index in {@link IrProgram.members}: what the program is told when this one is hit. */
  readonly cookie: number;
}

export type AttachPoint =
  | { readonly kind: 'begin' | 'end' | 'error'; readonly priority: number }
  | { readonly kind: 'never' }
  | { readonly kind: 'timer'; readonly intervalNs: bigint; readonly randomizeNs: bigint }
  /** Sampling on every CPU: perf software clock. `frequencyHz` absent: the kernel's tick rate. */
  | { readonly kind: 'profile'; readonly frequencyHz?: number }
  /** Every `period` events, or at a frequency, on every CPU. `type` and `config` as in perf_event_open(2). */
  | { readonly kind: 'perf-event'; readonly type: number; readonly config: bigint; readonly period?: number; readonly frequencyHz?: number; readonly processes?: ProcessFilter }
  /** No handler: a counter that others read by its name. */
  | { readonly kind: 'perf-counter'; readonly name: string; readonly type: number; readonly config: bigint }
  /** Data in memory that is written, or read or written: a hardware breakpoint. */
  | {
      readonly kind: 'data';
      readonly access: 'write' | 'rw';
      readonly bytes: 1 | 2 | 4 | 8;
      /** Of the kernel when there is no address: found when the probe is attached. */
      readonly symbol?: string;
      readonly address?: bigint;
      /** Addresses of a process, not of the kernel. */
      readonly processes?: ProcessFilter;
    }
  | { readonly kind: 'syscall'; readonly nr: number; readonly name: string; readonly return: boolean }
  | { readonly kind: 'tracepoint'; readonly system?: string; readonly name: string; readonly arguments: number }
  /** A kernel function: fentry/fexit where the machine allows it, else kprobe/kretprobe. */
  | {
      readonly kind: 'function';
      readonly symbol: string;
      readonly module?: string;
      readonly return: boolean;
      readonly arguments: number;
      /** BPF trampolines (fentry, fexit) do not take its prototype: kprobes only. */
      readonly kprobeOnly?: true;
      /** Bytes behind the symbol: an instruction in the middle, which only kprobes can have. Absent: the entry or the return. */
      readonly offset?: number;
      /** As for user-function. */
      readonly frame?: FrameRule;
      readonly entry?: { readonly offset: number; readonly frame?: FrameRule };
      readonly members?: readonly AttachMember[];
    }
  | {
      readonly kind: 'user-function';
      readonly path: string;
      readonly symbol: string;
      /** Offset in the file, as perf_event_open wants it. */
      readonly fileOffset: number;
      readonly buildId?: string;
      readonly return: boolean;
      readonly pid?: number;
      /** A library's: only where this program uses it. */
      readonly processes?: ProcessFilter;
      /** Probes in the middle of a function. Absent: the first instruction, or the return. */
      readonly frame?: FrameRule;
      /** Where values of the function's entry are kept. Absent: at `fileOffset`, for return probes only. `frame` as above, for that place. */
      readonly entry?: { readonly fileOffset: number; readonly frame?: FrameRule };
      readonly members?: readonly AttachMember[];
      /** Offset in the file of a 16-bit counter that the kernel counts up in each process while the probe is there (a USDT probe's semaphore). */
      readonly semaphore?: number;
    }
  /** A hook of netfilter's in the network namespace of whoever attaches it: family 2 (IPv4) or 10 (IPv6), NF_INET_* as number, place among hooks. */
  | { readonly kind: 'netfilter'; readonly family: number; readonly hook: number; readonly priority: number }
  | { readonly kind: 'process'; readonly event: ProcessEvent; readonly processes?: ProcessFilter }
  /** In the host, when somebody reads or writes a file of the session's. `mode`: permissions of the file. `maxBytes`: of what is read; absent: the string limit. */
  | { readonly kind: 'procfs'; readonly path: string; readonly direction: 'read' | 'write'; readonly mode: number; readonly maxBytes?: number }
  /** In the host, once for each process (`threads`: for each thread but the first) that is there when the session starts: the begin of what began before. */
  | { readonly kind: 'existing-process'; readonly threads: boolean; readonly processes?: ProcessFilter };

export interface IrProbe {
  /** What pp() gives: the resolved probe point. */
  readonly name: string;
  /** The probe point as the user wrote it, for messages. */
  readonly point: string;
  /** ppfunc(), where it is known. */
  readonly functionName?: string;
  readonly where: 'kernel' | 'host';
  readonly attach: AttachPoint;
  readonly body: IrBody;
  /** Runs at the function's entry for a return probe that needs entry-time values. */
  readonly entry?: { readonly body: IrBody; readonly slots: readonly IrType[] };
  readonly location: SourceLocation;
}

/** One piece of a format: literal bytes or a conversion. See print-format.ts. */
export type FormatPiece =
  | { readonly literal: string }
  | {
      readonly conversion: 'd' | 'u' | 'o' | 'x' | 'X' | 'p' | 'c' | 's' | 'b' | 'm' | 'M';
      readonly flag?: '0' | '+' | '-' | ' ' | '#';
      /** '*' takes an argument. */
      readonly width?: number | '*';
      readonly precision?: number | '*';
    };

/**
 * Requests to the host that travel like output. speculate: "ID TEXT" is kept until `commit` or `discard` of "ID".
 * system: a shell command that the host starts. switch_file: output goes on to the next file of -o.
 */
export type MessageKind = 'speculate' | 'commit' | 'discard' | 'system' | 'switch_file';

/** A place that makes text: the printf's own format, or an error message. */
export interface IrSite {
  /** script: the output stream. warn: stderr, "WARNING: " and once per text. error: a run-time error. exit: the session ends. text: sprintf. */
  readonly kind: 'script' | 'warn' | 'error' | 'exit' | 'text' | MessageKind;
  readonly pieces: readonly FormatPiece[];
  readonly location?: SourceLocation;
  /** Of script output: how it is shown to machines. Behind the values of the format, prints have two more: the time (ns since the epoch) and the process id. */
  readonly records?: 'json' | 'time';
}

/** A probe point that shares its program with others. */
export interface ProbeMember {
  /** What pp() gives. */
  readonly name: string;
  readonly function: string;
}

export interface IrProgram {
  readonly globals: IrGlobal[];
  readonly functions: IrFunction[];
  readonly probes: IrProbe[];
  readonly sites: IrSite[];
  readonly fields: IrField[];
  readonly members?: readonly ProbeMember[];
}
