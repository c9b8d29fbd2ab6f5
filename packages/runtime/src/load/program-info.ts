/** func_info and line_info as the kernel wants them, from a linked program's. */
import type { LinkedProgram } from '@stapkit/object';
import type { InfoRecords } from '../bpf/load-program.js';

const FUNC_INFO_BYTES = 8;
const LINE_INFO_BYTES = 16;

/** Finds texts in the string table of the object's .BTF, which line_info refers to by offset. */
export class BtfStrings {
  readonly #table: Buffer;
  readonly #offsets = new Map<string, number>();

  constructor(btf: Uint8Array) {
    const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength);
    const start = view.getUint32(4, true) + view.getUint32(16, true);
    this.#table = Buffer.from(btf.buffer, btf.byteOffset + start, view.getUint32(20, true));
  }

  /** `text` is a byte string, as the reader of .BTF.ext gives it. 0, the empty text, when it is not there. */
  offset(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      // A match inside a longer text serves as well, as long as it ends where that ends.
      offset = Math.max(this.#table.indexOf(Buffer.from(`${text}\0`, 'latin1')), 0);
      this.#offsets.set(text, offset);
    }
    return offset;
  }
}

export function functionRecords(program: LinkedProgram): InfoRecords {
  const bytes = new Uint8Array(program.functions.length * FUNC_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  byInstruction(program.functions).forEach(({ instruction, typeId }, index) => {
    view.setUint32(index * FUNC_INFO_BYTES, instruction, true);
    view.setUint32(index * FUNC_INFO_BYTES + 4, typeId, true);
  });
  return { bytes, recordBytes: FUNC_INFO_BYTES };
}

export function lineRecords(program: LinkedProgram, strings: BtfStrings): InfoRecords {
  const bytes = new Uint8Array(program.lines.length * LINE_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  byInstruction(program.lines).forEach(({ instruction, file, text, line, column }, index) => {
    const at = index * LINE_INFO_BYTES;
    view.setUint32(at, instruction, true);
    view.setUint32(at + 4, strings.offset(file), true);
    view.setUint32(at + 8, strings.offset(text), true);
    view.setUint32(at + 12, ((line << 10) | column) >>> 0, true);
  });
  return { bytes, recordBytes: LINE_INFO_BYTES };
}

function byInstruction<T extends { readonly instruction: number }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => a.instruction - b.instruction);
}
