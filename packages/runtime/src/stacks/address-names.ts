/** What lies at an address of the kernel or of a process. */

export interface NamedAddress {
  /** Of the function; undefined: not known. */
  readonly name?: string;
  /** Bytes from the function's start, and the function's bytes. */
  readonly offset?: number;
  readonly size?: number;
  /** "kernel", a kernel module's name, or the path of a mapped file. */
  readonly module?: string;
  /** Bytes from the module's start in memory, and the module's bytes. */
  readonly moduleOffset?: bigint;
  readonly moduleSize?: bigint;
}

export interface SourceLine {
  readonly file: string;
  /** 0: the compiler gives none. */
  readonly line: number;
}

export interface AddressNames {
  kernel(address: bigint): NamedAddress;
  user(pid: number, address: bigint): NamedAddress;
  /** @param pid 0: the kernel */
  line(pid: number, address: bigint): SourceLine | undefined;
  /** A process was seen: what is to be known of it later is read now, since it may end. */
  sight(pid: number): void;
}
