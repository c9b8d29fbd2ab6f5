/** The texts that scripts see of stacks and addresses, as stap writes them. */
import { ADDRESS_FACTS, DEFAULT_MAXBACKTRACE, STACK_STYLES } from '@stapkit/object';
import type { AddressNames, NamedAddress } from './address-names.js';
import { tracedFrames } from './own-frames.js';
import type { CapturedStack, StackTable } from './stack-table.js';

/** What the host's intrinsics need. Numbers are those of @stapkit/object's stack-table.ts. */
export interface StackTexts {
  text(id: bigint): string;
  callers(id: bigint, count: bigint): string;
  address(id: bigint, depth: bigint): bigint;
  lines(id: bigint, style: bigint): string;
  addressLines(addresses: string, pid: bigint, style: bigint): string;
  fact(address: bigint, pid: bigint, fact: bigint): string;
}

export interface StackTextsOptions {
  readonly table: StackTable;
  readonly names: AddressNames;
  /** Most bytes of a string. */
  readonly stringLimit: number;
  readonly maxFrames: number | undefined;
  /** Told of modname() and umodname() of an address in no module, where stap's handler ends with an error. */
  readonly onNoModule?: (name: 'modname' | 'umodname') => void;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export class NamedStackTexts implements StackTexts {
  readonly #options: StackTextsOptions;
  readonly #maxFrames: number;
  /** Whose the addresses are that ubacktrace() gave as text. */
  readonly #owners = new Map<string, number>();
  readonly #trimmed = new WeakMap<CapturedStack, readonly bigint[]>();

  constructor(options: StackTextsOptions) {
    this.#options = options;
    this.#maxFrames = options.maxFrames ?? DEFAULT_MAXBACKTRACE;
  }

  text(id: bigint): string {
    return this.callers(id, -1n);
  }

  callers(id: bigint, count: bigint): string {
    const stack = this.#stack(id);
    if (stack === undefined) return '';
    const addresses = this.#addresses(stack);
    const text = addresses.slice(0, count < 0n ? addresses.length : Number(count)).map((address) => `${hex(address)} `);
    const whole = this.#whole(text);
    if (stack.kind === 'user') this.#owners.set(whole, stack.pid);
    return whole;
  }

  address(id: bigint, depth: bigint): bigint {
    const stack = this.#stack(id);
    return stack === undefined || depth < 0n ? 0n : BigInt.asIntN(64, this.#addresses(stack)[Number(depth)] ?? 0n);
  }

  lines(id: bigint, style: bigint): string {
    const stack = this.#stack(id);
    if (stack === undefined) return '';
    return this.#join(this.#addresses(stack).map((address, index) => this.#line(address, stack.kind === 'kernel' ? 0 : stack.pid, Number(style), index > 0)), style);
  }

  addressLines(addresses: string, pid: bigint, style: bigint): string {
    // A text that came out of an array has left its process behind.
    const owner = pid === 0n ? 0 : (this.#owners.get(addresses) ?? Number(pid));
    const words = addresses.split(' ').filter((word) => /^(0x)?[0-9a-f]+$/i.test(word));
    return this.#join(words.map((word, index) => {
      const address = BigInt(word.startsWith('0x') ? word : `0x${word}`);
      if (Number(style) < STACK_STYLES.symbols) return this.#line(address, owner, Number(style), index > 0);
      return ` ${word} : ${dataText(address, this.#find(address, owner))}\n`;
    }), style);
  }

  fact(address: bigint, pid: bigint, fact: bigint): string {
    const where = BigInt.asUintN(64, address);
    const found = this.#find(where, Number(pid));
    switch (Number(fact)) {
      case ADDRESS_FACTS.name: return found.name ?? hex(where);
      case ADDRESS_FACTS.data: return dataText(where, found);
      case ADDRESS_FACTS.module:
        if (found.module === undefined) this.#options.onNoModule?.(pid === 0n ? 'modname' : 'umodname');
        return found.module ?? '';
      default: break;
    }
    const line = this.#options.names.line(Number(pid), where);
    if (line === undefined) return hex(where);
    if (Number(fact) === ADDRESS_FACTS.file) return line.file;
    return Number(fact) === ADDRESS_FACTS.line ? `${line.line}` : `${line.file}:${line.line}`;
  }

  #stack(id: bigint): CapturedStack | undefined {
    return id === 0n ? undefined : this.#options.table.get(id);
  }

  #addresses(stack: CapturedStack): readonly bigint[] {
    let known = this.#trimmed.get(stack);
    if (known === undefined) {
      const { kind, addresses } = stack;
      known = (kind === 'user' ? addresses : tracedFrames(addresses, (address) => this.#options.names.kernel(address).name)).slice(0, this.#maxFrames);
      this.#trimmed.set(stack, known);
    }
    return known;
  }

  #find(address: bigint, pid: number): NamedAddress {
    return pid === 0 ? this.#options.names.kernel(address) : this.#options.names.user(pid, address);
  }

  /**
   * @param returns the address is one that a call returns to: the call may be the last instruction of its function, so
   *   the instruction before says whose it is
   */
  #line(address: bigint, pid: number, style: number, returns: boolean): string {
    let found = this.#find(address, pid);
    if (returns && found.offset === 0) {
      const before = this.#find(address - 1n, pid);
      if (before.name !== undefined && before.offset !== undefined) found = { ...before, offset: before.offset + 1 };
    }
    if (style === STACK_STYLES.brief) return `${placeText(found, false) ?? hex(address)}\n`;
    if (style === STACK_STYLES.simple) {
      const inFile = { ...found, ...(found.module === undefined ? {} : { module: found.module.slice(found.module.lastIndexOf('/') + 1) }) };
      const place = placeText(inFile, false);
      return place === undefined ? `${hex(address)}${moduleText(inFile, false)}\n` : `${place}${nameText(inFile)}\n`;
    }
    const line = style === STACK_STYLES.fileline ? this.#options.names.line(pid, returns ? address - 1n : address) : undefined;
    const at = line === undefined ? '' : ` at ${line.file}${line.line === 0 ? '' : `:${line.line}`}`;
    const place = placeText(found, true);
    return place === undefined ? ` ${hex(address)}${moduleText(found, true)}${at}\n` : ` ${hex(address)} : ${place}${at}${nameText(found)}\n`;
  }

  /** print_*() has no limit; a string has. */
  #join(lines: readonly string[], style: bigint): string {
    return Number(style) === STACK_STYLES.simple || Number(style) === STACK_STYLES.symbolsText ? this.#whole(lines) : lines.join('');
  }

  /** As many whole pieces as a string takes. */
  #whole(pieces: readonly string[]): string {
    let text = '';
    for (const piece of pieces) {
      if (text.length + piece.length > this.#options.stringLimit) break;
      text += piece;
    }
    return text;
  }
}

/** "name+0xOFFSET/0xSIZE"; undefined without a name. */
function placeText({ name, offset, size }: NamedAddress, withSize: boolean): string | undefined {
  if (name === undefined) return undefined;
  return `${name}${offset === undefined ? '' : `+${hex(offset)}${withSize && size !== undefined ? `/${hex(size)}` : ''}`}`;
}

/** " [module]" of an address with a name. */
function nameText({ module }: NamedAddress): string {
  return module === undefined ? '' : ` [${module}]`;
}

/** As symdata() gives it. */
function dataText(address: bigint, found: NamedAddress): string {
  const place = placeText(found, true);
  return place === undefined ? `${hex(address)}${moduleText(found, true)}` : `${place}${nameText(found)}`;
}

/** " [module+0xOFFSET/0xSIZE]" of an address without a name. */
function moduleText({ module, moduleOffset, moduleSize }: NamedAddress, withSize: boolean): string {
  if (module === undefined) return '';
  return ` [${module}${moduleOffset === undefined ? '' : `+${hex(moduleOffset)}${withSize && moduleSize !== undefined ? `/${hex(moduleSize)}` : ''}`}]`;
}
