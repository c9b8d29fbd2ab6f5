import { describe, expect, test } from '@jest/globals';
import { parseBtfExt } from './btf-ext.js';
import { BtfWriter } from './btf-writer.js';
import { linkProgram, readBpfObject } from './bpf-object.js';
import { ElfError, R_BPF_64_32, R_BPF_64_64, SHF, SHT, STB, STT } from './elf-format.js';
import { readElf } from './elf-reader.js';
import { writeElf } from './elf-writer.js';
import { encodeBtfExt } from './btf-ext.js';

/** One slot: opcode, registers, offset, imm. */
const slot = (opcode: number, registers = 0, offset = 0, imm = 0): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8(registers, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(imm, 4);
  return [...bytes];
};
const EXIT = slot(0x95);
const loadAddress = (imm = 0): number[] => [...slot(0x18, 1, 0, imm), ...slot(0)];
const CODE = SHF.alloc | SHF.execinstr;
const DATA = SHF.alloc | SHF.write;

function sample(): Uint8Array {
  const main = [...loadAddress(), ...loadAddress(128), ...loadAddress(8), ...slot(0x85, 0x10, 0, -1), ...EXIT];
  const btf = new BtfWriter();
  const type = btf.composite('struct', 'task_struct', 8, [{ name: 'pid', type: btf.int('int', 4, true), offsetBits: 0 }]);
  const ext = encodeBtfExt({
    functions: [{ section: 'raw_tp/x', offset: 0, typeId: 1 }, { section: '.text', offset: 8, typeId: 2 }],
    lines: [{ section: 'raw_tp/x', offset: 16, file: 'a.stp', text: 'n++', line: 3, column: 7 }, { section: '.text', offset: 8, file: 'a.stp', text: 'x', line: 5, column: 1 }],
    relocations: [{ section: '.text', offset: 8, typeId: type, access: '0:0', kind: 0 }],
  }, (text) => btf.string(text));
  return writeElf({
    sections: [
      { name: '.text', type: SHT.progbits, flags: CODE, data: Uint8Array.from([...EXIT, ...slot(0xb7, 0, 0, 0), ...EXIT]) },
      { name: 'raw_tp/x', type: SHT.progbits, flags: CODE, data: Uint8Array.from(main) },
      { name: '.maps', type: SHT.progbits, flags: DATA, data: new Uint8Array(40) },
      { name: '.data.globals', type: SHT.progbits, flags: DATA, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      { name: 'license', type: SHT.progbits, flags: DATA, data: Buffer.from('GPL\0') },
      { name: '.stapkit', type: SHT.progbits, flags: 0, data: Buffer.from('{}') },
      { name: '.BTF', type: SHT.progbits, flags: 0, data: btf.bytes() },
      { name: '.BTF.ext', type: SHT.progbits, flags: 0, data: ext },
    ],
    symbols: [
      { name: '.text', section: '.text', value: 0, size: 0, type: STT.section, binding: STB.local },
      { name: 'helper', section: '.text', value: 0, size: 8, type: STT.func, binding: STB.local },
      { name: 'callback', section: '.text', value: 8, size: 16, type: STT.func, binding: STB.local },
      { name: 'probe', section: 'raw_tp/x', value: 0, size: main.length, type: STT.func, binding: STB.global },
      { name: 'counts', section: '.maps', value: 0, size: 40, type: STT.object, binding: STB.global },
      { name: 'globals', section: '.data.globals', value: 0, size: 8, type: STT.object, binding: STB.global },
    ],
    relocations: [
      { section: 'raw_tp/x', offset: 0, type: R_BPF_64_64, symbol: 'counts' },
      { section: 'raw_tp/x', offset: 16, type: R_BPF_64_64, symbol: 'globals' },
      { section: 'raw_tp/x', offset: 32, type: R_BPF_64_64, symbol: '.text' },
      { section: 'raw_tp/x', offset: 48, type: R_BPF_64_32, symbol: 'helper' },
    ],
  });
}

describe('an object that was written', () => {
  test('reads back with its sections, symbols and relocations', () => {
    const elf = readElf(sample());
    expect(elf.machine).toBe(247);
    expect(elf.section('.data.globals')?.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(elf.symbols.map(({ name }) => name)).toEqual(['', '.text', 'helper', 'callback', 'probe', 'counts', 'globals']);
    expect(elf.relocations(elf.section('raw_tp/x')?.index ?? 0).map(({ offset, symbol }) => [offset, symbol.name])).toEqual([[0, 'counts'], [16, 'globals'], [32, '.text'], [48, 'helper']]);
  });

  test('knows its programs, not the subprograms, and its license', () => {
    const object = readBpfObject(sample());
    expect(object.programs).toEqual(['probe']);
    expect(object.license).toBe('GPL');
    expect(object.metadata).toBe('{}');
  });

  test('links with the subprograms that it reaches', () => {
    const linked = linkProgram(readBpfObject(sample()), 'probe');
    const view = new DataView(linked.instructions.buffer);
    expect(linked.instructions).toHaveLength(64 + 16 + 8);
    expect(linked.maps).toEqual([{ instruction: 0, map: 'counts', kind: 'map', offset: 0 }, { instruction: 2, map: 'globals', kind: 'value', offset: 128 }]);
    // The callback stands at slot 8, the helper at slot 10; both count from the next instruction.
    expect([view.getUint8(33) >> 4, view.getInt32(36, true)]).toEqual([4, 8 - 4 - 1]);
    expect([view.getUint8(49) >> 4, view.getInt32(52, true)]).toEqual([1, 10 - 6 - 1]);
    expect(linked.lines.map(({ instruction, line }) => [instruction, line])).toEqual([[2, 3], [8, 5]]);
    expect(linked.functions.map(({ instruction }) => instruction)).toEqual([0, 8]);
    expect(linked.relocations).toMatchObject([{ instruction: 8, access: '0:0', kind: 0 }]);
  });

  test('a program that is not there', () => {
    expect(() => linkProgram(readBpfObject(sample()), 'other')).toThrow(new ElfError('the object has no program other'));
  });
});

test.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
  ['other magic', (bytes) => bytes.fill(0, 0, 4), 'not an ELF file'],
  ['32 bits', (bytes) => bytes.fill(1, 4, 5), 'not a 64-bit little-endian ELF file'],
  ['cut short', (bytes) => bytes.subarray(0, bytes.length - 100), 'beyond the end of the file'],
  ['nothing', () => new Uint8Array(), 'not an ELF file'],
])('%s is refused', (_name, damage, message) => {
  expect(() => readElf(damage(sample()))).toThrow(message);
});

test('.BTF.ext that is cut short is refused', () => {
  const object = readBpfObject(sample());
  const ext = object.elf.section('.BTF.ext')?.data ?? new Uint8Array();
  expect(() => parseBtfExt(ext.subarray(0, ext.length - 8), object.btf ?? new Uint8Array())).toThrow(ElfError);
});

test('equal types and strings are written once', () => {
  const btf = new BtfWriter();
  expect(btf.pointer(btf.int('int', 4, true))).toBe(btf.pointer(btf.int('int', 4, true)));
  expect(btf.string('int')).toBe(btf.string('int'));
  expect(btf.composite('struct', 'a', 8, [])).not.toBe(btf.composite('union', 'a', 8, []));
});
