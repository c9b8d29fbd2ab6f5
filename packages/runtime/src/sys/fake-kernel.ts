/** A Kernel for tests: every call is answered by a function of the test. */
import { ENOENT, ENOSYS } from './errno.js';
import type { Architecture, FileIdentity, Kernel, MemoryMapping } from './kernel.js';

/** The bytes of an attribute structure, with its pointers followed. */
export class FakeAttributes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #memory: ReadonlyMap<bigint, Uint8Array>;

  constructor(bytes: Uint8Array, memory: ReadonlyMap<bigint, Uint8Array>) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#memory = memory;
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  setU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  /** What the pointer at `offset` points to. Throws for a pointer that nobody took the address of. */
  pointed(offset: number): Uint8Array {
    const bytes = this.#memory.get(this.u64(offset));
    if (bytes === undefined) throw new Error(`the pointer at offset ${offset} points to nothing`);
    return bytes;
  }
}

/** The test's answers. What is absent answers ENOSYS, or as said. */
export interface FakeAnswers {
  bpf?: (command: number, attributes: FakeAttributes) => number;
  perfEventOpen?: (attributes: FakeAttributes, pid: number, cpu: number) => number;
  /** Absent: 0. */
  ioctl?: (fd: number, request: number, argument: number) => number;
  map?: (fd: number, length: number, writable: boolean, offset: number) => ArrayBuffer | number;
  raiseMemlockLimit?: () => number;
  files?: Readonly<Record<string, string | Uint8Array>>;
  hitsBreakpoints?: boolean;
  makeFifo?: (path: string) => number;
  append?: (path: string, text: string) => number;
  effectiveUserId?: number;
  release?: string;
  architecture?: Architecture;
}

const ROOT_FILES: Readonly<Record<string, string>> = {
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
  '/sys/devices/system/cpu/possible': '0-1\n',
  '/sys/devices/system/cpu/online': '0-1\n',
};

export class FakeKernel implements Kernel {
  readonly effectiveUserId: number;
  readonly pageSize: number = 4096;
  readonly tickRateHz: number = 250;
  readonly release: string;
  readonly architecture: Architecture;
  /** File descriptors that were closed, in order. */
  readonly closed: number[] = [];
  readonly unmapped: ArrayBuffer[] = [];
  readonly #answers: FakeAnswers;
  readonly #files: Readonly<Record<string, string | Uint8Array>>;
  readonly #memory = new Map<bigint, Uint8Array>();
  #nextAddress = 0x1000n;

  constructor(answers: FakeAnswers = {}) {
    this.#answers = answers;
    this.#files = { ...ROOT_FILES, ...answers.files };
    this.effectiveUserId = answers.effectiveUserId ?? 0;
    this.release = answers.release ?? '6.1.0';
    this.architecture = answers.architecture ?? 'x86_64';
  }

  bpf(command: number, attributes: Uint8Array): number {
    return this.#answers.bpf?.(command, this.#attributes(attributes)) ?? -ENOSYS;
  }

  perfEventOpen(attributes: Uint8Array, pid: number, cpu: number): number {
    return this.#answers.perfEventOpen?.(this.#attributes(attributes), pid, cpu) ?? -ENOSYS;
  }

  ioctl(fd: number, request: number, argument: number): number {
    return this.#answers.ioctl?.(fd, request, argument) ?? 0;
  }

  map(fd: number, length: number, writable: boolean, offset: number): MemoryMapping | number {
    const answer = this.#answers.map?.(fd, length, writable, offset) ?? -ENOSYS;
    return typeof answer === 'number' ? answer : { buffer: answer, address: 0 };
  }

  unmap({ buffer }: MemoryMapping): void {
    this.unmapped.push(buffer);
  }

  close(fd: number): void {
    this.closed.push(fd);
  }

  systemCall(number: number): number {
    throw new Error(`the fake kernel has no answer for system call ${number}`);
  }

  address(bytes: Uint8Array): bigint {
    for (const [address, known] of this.#memory) if (known === bytes) return address;
    const address = this.#nextAddress;
    this.#nextAddress += 0x1_0000_0000n;
    this.#memory.set(address, bytes);
    return address;
  }

  monotonicNs(): bigint {
    return 1_000_000_000n;
  }

  realtimeNs(): bigint {
    return 1_700_000_000_000_000_000n;
  }

  raiseMemlockLimit(): number {
    return this.#answers.raiseMemlockLimit?.() ?? 0;
  }

  readFile(path: string): Uint8Array | undefined {
    const content = this.#files[path];
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }

  readRange(path: string, offset: number, length: number): Uint8Array | undefined {
    return this.readFile(path)?.subarray(offset, offset + length);
  }

  makeFifo(path: string): number {
    return this.#answers.makeFifo?.(path) ?? -ENOSYS;
  }

  append(path: string, text: string): number {
    return this.#answers.append?.(path, text) ?? -ENOENT;
  }

  /** A file of the answers, in device 1, by its place among them. */
  fileIdentity(path: string): FileIdentity | undefined {
    const index = Object.keys(this.#files).indexOf(path);
    return index < 0 ? undefined : { device: 1n, inode: BigInt(index) };
  }

  hitsBreakpoints(): boolean {
    return this.#answers.hitsBreakpoints ?? true;
  }

  /** Files of one content are one. */
  isSameFile(a: string, b: string): boolean {
    const [one, other] = [this.readFile(a), this.readFile(b)];
    return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
  }

  listDirectory(path: string): readonly string[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    const names = Object.keys(this.#files).filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length).split('/')[0] ?? '');
    return [...new Set(names)];
  }

  #attributes(bytes: Uint8Array): FakeAttributes {
    return new FakeAttributes(bytes, this.#memory);
  }
}
