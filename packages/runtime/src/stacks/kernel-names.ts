/** Names of kernel functions, from /proc/kallsyms. */
import { Kallsyms } from '@stapkit/debuginfo';
import type { NamedAddress } from './address-names.js';

/** Names that are kept; then they are looked up anew. */
const MOST_NAMES = 200_000;

export class KernelNames {
  readonly #read: () => string | Uint8Array | undefined;
  #symbols: Kallsyms | null | undefined;
  readonly #known = new Map<bigint, NamedAddress>();

  /** @param read contents of /proc/kallsyms; read at the first question, when the session's own programs are loaded */
  constructor(read: () => string | Uint8Array | undefined) {
    this.#read = read;
  }

  at(address: bigint): NamedAddress {
    let known = this.#known.get(address);
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    if (known === undefined) this.#known.set(address, (known = this.#find(address)));
    return known;
  }

  #find(address: bigint): NamedAddress {
    if (this.#symbols === undefined) {
      const text = this.#read();
      this.#symbols = text === undefined ? null : new Kallsyms(text);
    }
    const found = this.#symbols?.symbolize(address);
    if (found === undefined) return {};
    const { symbol, offset, size } = found;
    return { name: symbol.name, offset, ...(size === undefined ? {} : { size }), module: symbol.module ?? 'kernel' };
  }
}
