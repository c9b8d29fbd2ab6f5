/** The stacks that kernel handlers captured, moved here from the map that they go through. */
import { STACK_HEADER_BYTES, STACK_KIND, STACK_TOKEN } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';

export interface CapturedStack {
  readonly kind: 'kernel' | 'user';
  /** Process that a user stack is of; 0 for kernel stacks. */
  readonly pid: number;
  /** The innermost first. */
  readonly addresses: readonly bigint[];
}

export class StackTable {
  readonly #map: BpfMap | undefined;
  readonly #stacks = new Map<bigint, CapturedStack>();
  readonly #onNew: (stack: CapturedStack) => void;

  readonly #walkedAnew: (token: bigint) => readonly bigint[] | undefined;

  /**
   * @param onNew told of each stack once, soon after it was captured: the process may end at any time
   * @param walkedAnew gives the addresses of the stack that was copied under a token; undefined: those in the map must do
   */
  constructor(map: BpfMap | undefined, onNew: (stack: CapturedStack) => void, walkedAnew: (token: bigint) => readonly bigint[] | undefined = () => undefined) {
    this.#map = map;
    this.#onNew = onNew;
    this.#walkedAnew = walkedAnew;
  }

  /** Empties the map, so that it does not fill up: a stack that comes again is put in again, and known. */
  fetch(): void {
    for (const { key, value } of this.#map?.entries() ?? []) {
      this.#keep(new DataView(key.buffer, key.byteOffset, key.byteLength).getBigInt64(0, true), value);
      this.#map?.delete(key);
    }
  }

  /** undefined: the map was full when it was captured. */
  get(id: bigint): CapturedStack | undefined {
    const known = this.#stacks.get(id);
    if (known !== undefined) return known;
    const key = new Uint8Array(8);
    new DataView(key.buffer).setBigInt64(0, id, true);
    const value = this.#map?.lookup(key);
    return value === undefined ? undefined : this.#keep(id, value);
  }

  #keep(id: bigint, value: Uint8Array): CapturedStack {
    const known = this.#stacks.get(id);
    if (known !== undefined) return known;
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const addresses: bigint[] = [];
    for (let at = STACK_HEADER_BYTES; at + 8 <= value.byteLength; at += 8) {
      const address = view.getBigUint64(at, true);
      if (address === 0n) break;
      addresses.push(address);
    }
    const token = view.getBigUint64(STACK_TOKEN, true);
    const anew = token === 0n ? undefined : this.#walkedAnew(token);
    const stack: CapturedStack = { kind: view.getUint32(0, true) === STACK_KIND.user ? 'user' : 'kernel', pid: view.getUint32(4, true), addresses: anew !== undefined && anew.length >= addresses.length ? anew : addresses };
    this.#stacks.set(id, stack);
    this.#onNew(stack);
    return stack;
  }
}
