/**
 * /proc/kallsyms as text: "ffffffff81000000 T _text", and for modules
 * "ffffffffc0000000 t name\t[module]" (proc(5)). Nothing is parsed when it is
 * opened; a name is found by searching the text.
 */
import { DebugInfoError } from '../errors.js';
import { lastBefore } from '../last-before.js';
import { decodeText } from '../reader.js';
import { byteAt, wordAt } from '../table-access.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

export interface KernelSymbol {
  readonly name: string;
  /** 0 for everyone without CAP_SYSLOG (kptr_restrict): see {@link Kallsyms.addressesHidden}. */
  readonly address: bigint;
  /** nm(1)'s letter: t/T code, d/D data, b/B, r/R, w/W weak, a/A absolute. Upper case: global. */
  readonly type: string;
  /** undefined: the kernel itself. BPF programs have "bpf", trampolines and ftrace "__builtin__ftrace". */
  readonly module: string | undefined;
}

/** What lies at an address. */
export interface SymbolizedAddress {
  readonly symbol: KernelSymbol;
  /** Bytes from the symbol's start. */
  readonly offset: number;
  /** Bytes to the next symbol; undefined for the last. */
  readonly size: number | undefined;
}

interface AddressTable {
  /** Ascending. */
  readonly addresses: BigUint64Array;
  /** Offset of each symbol's line in the text. */
  readonly lines: Uint32Array;
}

export class Kallsyms {
  readonly #text: Buffer;
  #table: AddressTable | undefined;

  /** @param text contents of /proc/kallsyms; kept, not copied. */
  constructor(text: Uint8Array | string) {
    this.#text = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  /** True when the kernel shows 0 for all addresses: names can be found, addresses not. */
  get addressesHidden(): boolean {
    for (let line = 0; line < this.#text.length; line = this.#nextLine(line)) {
      if (this.#addressAt(line) !== 0n) return false;
    }
    return this.#text.length > 0;
  }

  /** The first symbol of that name; with `module`, that module's. */
  find(name: string, module?: string): KernelSymbol | undefined {
    for (const symbol of this.#named(name)) if (module === undefined || symbol.module === module) return symbol;
    return undefined;
  }

  /** All symbols of that name: static functions of one name are several. */
  findAll(name: string): KernelSymbol[] {
    return [...this.#named(name)];
  }

  /** What a compiler made of a function besides, or instead of, the function itself: `name.isra.0`, `name.constprop.0`, `name.part.0`, `name.cold`. */
  variants(name: string): KernelSymbol[] {
    return [...this.#named(`${name}.`, true)];
  }

  /** The symbol that an address lies in: the last one that does not start after it. Undefined below the first one, and when addresses are hidden. */
  symbolize(address: bigint): SymbolizedAddress | undefined {
    const { addresses, lines } = this.#addressTable();
    const last = lastBefore(addresses.length, (index) => (addresses[index] ?? 0n) <= address);
    const start = addresses[last];
    if (start === undefined) return undefined;
    // Of several names for one address the first listed, a global one before a local one.
    let best = last;
    for (let index = last; index >= 0 && addresses[index] === start; index--) {
      if (!this.#isLocal(wordAt(lines, best)) && this.#isLocal(wordAt(lines, index))) continue;
      best = index;
    }
    const next = addresses[last + 1];
    return { symbol: this.#symbolAt(wordAt(lines, best)), offset: Number(address - start), size: next === undefined ? undefined : Number(next - start) };
  }

  /** @param isStart of the names of more than one symbol */
  *#named(name: string, isStart = false): Generator<KernelSymbol, void> {
    if (name === '' || /[\s\0]/.test(name)) return;
    const needle = Buffer.from(` ${name}`);
    const text = this.#text;
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
      const after = text[at + needle.length];
      if (!isStart && after !== undefined && after !== NEWLINE && after !== TAB) continue;
      const line = text.lastIndexOf(NEWLINE, at) + 1;
      // "ADDRESS T name": the text before must be an address and a letter, else the match is the letter itself.
      if (this.#nameStart(line) === at + 1) yield this.#symbolAt(line);
    }
  }

  #nextLine(line: number): number {
    const end = this.#text.indexOf(NEWLINE, line);
    return end < 0 ? this.#text.length : end + 1;
  }

  /** Where the name starts in the line at that offset; -1 when it is no such line. */
  #nameStart(line: number): number {
    const text = this.#text;
    let at = line;
    while (at < text.length && at < line + 16 && isHexDigit(byteAt(text, at))) at++;
    const isLine = at > line && text[at] === SPACE && at + 3 < text.length && text[at + 1] !== SPACE && text[at + 2] === SPACE;
    return isLine ? at + 3 : -1;
  }

  #addressAt(line: number): bigint {
    const nameStart = this.#nameStart(line);
    if (nameStart < 0) throw new DebugInfoError('kallsyms', line, `expected "ADDRESS TYPE NAME", found "${decodeText(this.#text, line, Math.min(line + 40, this.#text.length)).split('\n')[0]}"`);
    return BigInt(`0x${this.#text.toString('latin1', line, nameStart - 3)}`);
  }

  #symbolAt(line: number): KernelSymbol {
    const address = this.#addressAt(line);
    const nameStart = this.#nameStart(line);
    let end = this.#text.indexOf(NEWLINE, nameStart);
    if (end < 0) end = this.#text.length;
    const [name = '', module] = decodeText(this.#text, nameStart, end).split('\t');
    return { name, address, type: String.fromCharCode(byteAt(this.#text, nameStart - 2)), module: module?.replace(/^\[(.*)\]$/, '$1') };
  }

  #isLocal(line: number): boolean {
    return byteAt(this.#text, this.#nameStart(line) - 2) >= 0x61;
  }

  /** Built at the first symbolize: one pass over the text, then a sort, which is short because vmlinux's part is in order. */
  #addressTable(): AddressTable {
    if (this.#table !== undefined) return this.#table;
    const text = this.#text;
    const entries: { readonly high: number; readonly low: number; readonly line: number }[] = [];
    for (let line = 0; line < text.length; line = this.#nextLine(line)) {
      const nameStart = this.#nameStart(line);
      if (nameStart < 0) throw new DebugInfoError('kallsyms', line, 'expected "ADDRESS TYPE NAME"');
      const type = byteAt(text, nameStart - 2);
      const digits = text.toString('latin1', line, nameStart - 3).padStart(16, '0');
      const high = Number.parseInt(digits.slice(0, 8), 16);
      const low = Number.parseInt(digits.slice(8), 16);
      // Absolute symbols (per-CPU offsets, constants) are no addresses; hidden addresses are 0.
      if ((high === 0 && low === 0) || type === 0x41 || type === 0x61) continue;
      entries.push({ high, low, line });
    }
    entries.sort((a, b) => a.high - b.high || a.low - b.low || a.line - b.line);
    const addresses = new BigUint64Array(entries.length);
    const words = new Uint32Array(addresses.buffer);
    const lines = new Uint32Array(entries.length);
    for (const [index, entry] of entries.entries()) {
      words[index * 2] = entry.low;
      words[index * 2 + 1] = entry.high;
      lines[index] = entry.line;
    }
    this.#table = { addresses, lines };
    return this.#table;
  }
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);
}
