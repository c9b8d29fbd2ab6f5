/** .debug_addr: addresses that units name by index (DWARF 5 section 7.27; GNU split DWARF has no header). */
import { DebugInfoError } from '../errors.js';
import { ByteReader } from '../reader.js';

export class AddressTable {
  readonly #reader: ByteReader;
  readonly #base: number;
  readonly #addressSize: number;

  /**
   * @param bytes .debug_addr of the executable or its debug file, not of the .dwo
   * @param base DW_AT_addr_base or DW_AT_GNU_addr_base: where index 0 stands
   */
  constructor(bytes: Uint8Array, base: number, addressSize: number) {
    this.#reader = new ByteReader(bytes, '.debug_addr');
    this.#base = base;
    this.#addressSize = addressSize;
  }

  at(index: number): bigint {
    const offset = this.#base + index * this.#addressSize;
    if (offset + this.#addressSize > this.#reader.bytes.length) throw new DebugInfoError('.debug_addr', this.#base, `address ${index} is outside of the section`);
    this.#reader.offset = offset;
    return this.#reader.unsigned(this.#addressSize);
  }
}
