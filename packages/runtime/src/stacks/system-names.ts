/** Names of the running system's addresses: the kernel's, and those of its processes. */
import type { Kernel } from '../sys/kernel.js';
import type { SyscallError } from '../sys/syscall-error.js';
import type { AddressNames, NamedAddress, SourceLine } from './address-names.js';
import { demangle } from './demangle.js';
import { MappingEvents } from './mapping-events.js';
import type { Happening, MappingChange, SeenMappings } from './mapping-events.js';
import { KernelNames } from './kernel-names.js';
import type { FetchDebugFile } from './module-symbols.js';
import { UserNames } from './user-names.js';
import type { Nameless } from './user-names.js';

/** A function of a stack, for tools that draw stacks. */
export interface StackFrame {
  /** Demangled, or as the debug information has it; undefined: see `nameless`. */
  readonly name: string | undefined;
  /** inlined: dissolved into the function of the next frame. */
  readonly kind: 'kernel' | 'user' | 'jit' | 'inlined';
  /** Path of a program or library, "[jit]", "[vdso]", "kernel", or a kernel module's name. */
  readonly module: string | undefined;
  readonly file?: string;
  readonly line?: number;
  readonly address: bigint;
  readonly buildId?: string;
}

export class SystemNames implements AddressNames {
  readonly #kernelNames: KernelNames;
  readonly #userNames: UserNames;
  readonly #events: MappingEvents | undefined;

  /**
   * @param follows whether processes are followed that end before their names are asked for: close() ends it
   * @param fetch for debug information that this machine lacks, see ModuleSymbols
   */
  constructor(kernel: Kernel, follows = false, fetch?: FetchDebugFile) {
    this.#events = follows ? new MappingEvents(kernel) : undefined;
    this.#userNames = new UserNames(this.#events, fetch);
    this.#kernelNames = new KernelNames(() => kernel.readFile('/proc/kallsyms'));
  }

  kernel(address: bigint): NamedAddress {
    return this.#kernelNames.at(address);
  }

  user(pid: number, address: bigint): NamedAddress {
    return this.#userNames.at(pid, address);
  }

  line(pid: number, address: bigint): SourceLine | undefined {
    return pid === 0 ? undefined : this.#userNames.line(pid, address);
  }

  sight(pid: number): void {
    this.#userNames.sight(pid);
  }

  get follows(): boolean {
    return this.#events !== undefined;
  }

  /** Takes in what the kernel told since: often enough that its buffers do not fill up. */
  poll(): void {
    this.#events?.poll();
  }

  /** Has `listener` told of what processes map, from the next poll() on. Nothing is told when processes are not followed. */
  onChange(listener: (change: MappingChange) => void): void {
    if (this.#events !== undefined) this.#events.onChange = listener;
  }

  /** Has what `others` gives told in its turn between what processes map, at each poll(). Nothing is told when processes are not followed. */
  tellInTurn(others: () => readonly Happening[]): void {
    if (this.#events !== undefined) this.#events.others = others;
  }

  /** What a process has mapped so far, as the kernel told; undefined: nothing was seen of it. */
  mapped(pid: number): SeenMappings | undefined {
    return this.#events?.seen(pid);
  }

  close(): void {
    this.#events?.close();
  }

  /** Records of processes' mappings that the kernel had no room for. */
  get lostMappings(): number {
    return this.#events?.lost ?? 0;
  }

  /** Processes that were forgotten, as too many were seen: names in those that have ended may be missing. */
  get forgottenProcesses(): number {
    return (this.#events?.forgotten ?? 0) + this.#userNames.forgotten;
  }

  /** Why processes are not followed though they should be; undefined: they are. */
  get followingProblem(): SyscallError | undefined {
    return this.#events?.problem;
  }

  /** How many look-ups of user addresses found no name, by reason. */
  get nameless(): ReadonlyMap<Nameless, number> {
    return this.#userNames.nameless;
  }

  /** What servers answered for files whose functions have no names, each once. */
  get notFetched(): readonly string[] {
    return [...this.#userNames.notFetched];
  }

  /**
   * The frames at an address: what is inlined there, the innermost first, then the function.
   * @param pid 0: a kernel address
   * @param returns a call returns to the address: the call itself is before it
   */
  frames(pid: number, address: bigint, returns: boolean): readonly StackFrame[] {
    const at = returns ? address - 1n : address;
    if (pid === 0) {
      const { name, module } = this.kernel(at);
      return [{ name: name && demangle(name), kind: 'kernel', module: module ?? 'kernel', address }];
    }
    const { name, module, isJit, inlined, buildId } = this.#userNames.at(pid, at);
    const where = { module, address, ...(buildId === undefined ? {} : { buildId }) };
    if (inlined.length === 0) return [{ name: name === undefined || isJit ? name : demangle(name), kind: isJit ? 'jit' : 'user', ...where }];
    return inlined.map((frame): StackFrame => ({
      name: frame.name, kind: frame.isInlined ? 'inlined' : 'user', ...where,
      ...(frame.file === undefined ? {} : { file: frame.file }), ...(frame.line === undefined ? {} : { line: frame.line }),
    }));
  }
}
