import { describe, expect, test } from '@jest/globals';
import { DebugInfoError } from '../errors.js';
import { SectionBuilder } from '../testing/section-builder.test-support.js';
import { expressionText, operationName } from '../testing/expression-text.test-support.js';
import { decodeExpression } from './expression.js';
import type { ExpressionUnit } from './expression.js';
import type { Operation } from './operations.js';

const UNIT: ExpressionUnit = { version: 5, addressSize: 8, offsetSize: 4 };
const bytes = (...parts: readonly number[]): Uint8Array => Uint8Array.from(parts);
const one = (encoded: Uint8Array, unit = UNIT): Partial<Operation> & { opcode?: number; offset?: number } => {
  const decoded = decodeExpression(encoded, unit);
  expect(decoded).toHaveLength(1);
  const { offset, opcode, ...body } = decoded[0]!;
  expect([offset, opcode]).toEqual([0, encoded[0]]);
  return body;
};

/** name, encoding, meaning. Every operation of DWARF 5 table 7.9 and GNU's. */
const OPERATIONS: readonly (readonly [name: string, encoded: Uint8Array, body: object])[] = [
  ['addr', new SectionBuilder().u8(0x03).u64(0xffff_ffff_8100_0000n).build(), { kind: 'address', address: 0xffff_ffff_8100_0000n }],
  ['deref', bytes(0x06), { kind: 'dereference', size: 8, hasAddressSpace: false }],
  ['const1u', bytes(0x08, 0xff), { kind: 'constant', value: 255n }],
  ['const1s', bytes(0x09, 0xff), { kind: 'constant', value: -1n }],
  ['const2u', bytes(0x0a, 0xfe, 0xff), { kind: 'constant', value: 65534n }],
  ['const2s', bytes(0x0b, 0xfe, 0xff), { kind: 'constant', value: -2n }],
  ['const4u', bytes(0x0c, 0xfd, 0xff, 0xff, 0xff), { kind: 'constant', value: 0xffff_fffdn }],
  ['const4s', bytes(0x0d, 0xfd, 0xff, 0xff, 0xff), { kind: 'constant', value: -3n }],
  ['const8u', new SectionBuilder().u8(0x0e).u64(-4n).build(), { kind: 'constant', value: 0xffff_ffff_ffff_fffcn }],
  ['const8s', new SectionBuilder().u8(0x0f).u64(-4n).build(), { kind: 'constant', value: -4n }],
  ['constu', bytes(0x10, 0x80, 0x01), { kind: 'constant', value: 128n }],
  ['consts', bytes(0x11, 0x80, 0x7f), { kind: 'constant', value: -128n }],
  ['dup', bytes(0x12), { kind: 'stack', operation: 'dup' }],
  ['drop', bytes(0x13), { kind: 'stack', operation: 'drop' }],
  ['over', bytes(0x14), { kind: 'stack', operation: 'over' }],
  ['pick', bytes(0x15, 3), { kind: 'pick', index: 3 }],
  ['swap', bytes(0x16), { kind: 'stack', operation: 'swap' }],
  ['rot', bytes(0x17), { kind: 'stack', operation: 'rot' }],
  ['xderef', bytes(0x18), { kind: 'dereference', size: 8, hasAddressSpace: true }],
  ...['abs', 'and', 'div', 'minus', 'mod', 'mul', 'neg', 'not', 'or', 'plus'].map((operation, index) => [operation, bytes(0x19 + index), { kind: 'arithmetic', operation }] as const),
  ['plus_uconst', bytes(0x23, 0x90, 0x01), { kind: 'add', addend: 144n }],
  ...['shl', 'shr', 'shra', 'xor'].map((operation, index) => [operation, bytes(0x24 + index), { kind: 'arithmetic', operation }] as const),
  ['bra', bytes(0x28, 0xfd, 0xff), { kind: 'branch', target: 0, isConditional: true }],
  ...['eq', 'ge', 'gt', 'le', 'lt', 'ne'].map((operation, index) => [operation, bytes(0x29 + index), { kind: 'arithmetic', operation }] as const),
  ['skip', bytes(0x2f, 0x00, 0x00), { kind: 'branch', target: 3, isConditional: false }],
  ...Array.from({ length: 32 }, (_, index) => [`lit${index}`, bytes(0x30 + index), { kind: 'constant', value: BigInt(index) }] as const),
  ...Array.from({ length: 32 }, (_, index) => [`reg${index}`, bytes(0x50 + index), { kind: 'register', register: index }] as const),
  ...Array.from({ length: 32 }, (_, index) => [`breg${index}`, bytes(0x70 + index, 0x78), { kind: 'register-offset', register: index, addend: -8n }] as const),
  ['regx', bytes(0x90, 0xa1, 0x01), { kind: 'register', register: 161 }],
  ['fbreg', bytes(0x91, 0x68), { kind: 'frame-base', addend: -24n }],
  ['bregx', bytes(0x92, 0x21, 0x08), { kind: 'register-offset', register: 33, addend: 8n }],
  ['piece', bytes(0x93, 4), { kind: 'piece', bits: 32, bitOffset: 0 }],
  ['deref_size', bytes(0x94, 2), { kind: 'dereference', size: 2, hasAddressSpace: false }],
  ['xderef_size', bytes(0x95, 2), { kind: 'dereference', size: 2, hasAddressSpace: true }],
  ['nop', bytes(0x96), { kind: 'nop' }],
  ['push_object_address', bytes(0x97), { kind: 'push-object-address' }],
  ['call2', bytes(0x98, 0x34, 0x12), { kind: 'call', unitDie: 0x1234 }],
  ['call4', bytes(0x99, 0x78, 0x56, 0x34, 0x12), { kind: 'call', unitDie: 0x1234_5678 }],
  ['call_ref', bytes(0x9a, 0x78, 0x56, 0x34, 0x12), { kind: 'call', die: 0x1234_5678 }],
  ['form_tls_address', bytes(0x9b), { kind: 'thread-local' }],
  ['call_frame_cfa', bytes(0x9c), { kind: 'call-frame-cfa' }],
  ['bit_piece', bytes(0x9d, 3, 5), { kind: 'piece', bits: 3, bitOffset: 5 }],
  ['implicit_value', bytes(0x9e, 2, 7, 8), { kind: 'implicit-value', bytes: bytes(7, 8) }],
  ['stack_value', bytes(0x9f), { kind: 'stack-value' }],
  ['implicit_pointer', bytes(0xa0, 0x10, 0, 0, 0, 0x7c), { kind: 'implicit-pointer', die: 16, addend: -4n }],
  ['addrx', bytes(0xa1, 5), { kind: 'address-index', index: 5 }],
  ['constx', bytes(0xa2, 6), { kind: 'constant-index', index: 6 }],
  ['entry_value', bytes(0xa3, 1, 0x55), { kind: 'entry-value', expression: [{ offset: 0, opcode: 0x55, kind: 'register', register: 5 }] }],
  ['const_type', bytes(0xa4, 0x20, 2, 1, 2), { kind: 'typed-constant', type: 0x20, bytes: bytes(1, 2) }],
  ['regval_type', bytes(0xa5, 17, 0x20), { kind: 'typed-register', register: 17, type: 0x20 }],
  ['deref_type', bytes(0xa6, 4, 0x20), { kind: 'dereference', size: 4, type: 0x20, hasAddressSpace: false }],
  ['xderef_type', bytes(0xa7, 4, 0x20), { kind: 'dereference', size: 4, type: 0x20, hasAddressSpace: true }],
  ['convert', bytes(0xa8, 0x20), { kind: 'convert', type: 0x20, isReinterpretation: false }],
  ['reinterpret', bytes(0xa9, 0), { kind: 'convert', type: 0, isReinterpretation: true }],
  ['GNU_push_tls_address', bytes(0xe0), { kind: 'thread-local' }],
  ['GNU_uninit', bytes(0xf0), { kind: 'uninitialized' }],
  ['GNU_implicit_pointer', bytes(0xf2, 0x10, 0, 0, 0, 4), { kind: 'implicit-pointer', die: 16, addend: 4n }],
  ['GNU_entry_value', bytes(0xf3, 1, 0x54), { kind: 'entry-value', expression: [{ offset: 0, opcode: 0x54, kind: 'register', register: 4 }] }],
  ['GNU_const_type', bytes(0xf4, 0x20, 1, 9), { kind: 'typed-constant', type: 0x20, bytes: bytes(9) }],
  ['GNU_regval_type', bytes(0xf5, 1, 0x20), { kind: 'typed-register', register: 1, type: 0x20 }],
  ['GNU_deref_type', bytes(0xf6, 8, 0x20), { kind: 'dereference', size: 8, type: 0x20, hasAddressSpace: false }],
  ['GNU_convert', bytes(0xf7, 0x20), { kind: 'convert', type: 0x20, isReinterpretation: false }],
  ['GNU_reinterpret', bytes(0xf9, 0x20), { kind: 'convert', type: 0x20, isReinterpretation: true }],
  ['GNU_parameter_ref', bytes(0xfa, 0x40, 0, 0, 0), { kind: 'parameter-reference', unitDie: 0x40 }],
  ['GNU_addr_index', bytes(0xfb, 5), { kind: 'address-index', index: 5 }],
  ['GNU_const_index', bytes(0xfc, 6), { kind: 'constant-index', index: 6 }],
  ['GNU_variable_value', bytes(0xfd, 0x40, 0, 0, 0), { kind: 'variable-value', die: 0x40 }],
];

describe('each operation', () => {
  test.each(OPERATIONS)('%s', (name, encoded, body) => {
    expect(one(encoded)).toEqual(body);
    expect(operationName({ opcode: encoded[0]! })).toBe(`DW_OP_${name}`);
  });

  test('every opcode is here, or is refused', () => {
    const known = new Set(OPERATIONS.map(([, encoded]) => encoded[0]));
    for (let opcode = 0; opcode < 256; opcode++) {
      if (known.has(opcode)) continue;
      expect(() => decodeExpression(bytes(opcode, 0, 0, 0, 0, 0, 0, 0, 0), UNIT)).toThrow(`unknown operation 0x${opcode.toString(16)}`);
    }
  });

  test.each(OPERATIONS.filter(([, encoded]) => encoded.length > 1))('%s cut short is an error', (_name, encoded) => {
    for (let length = 1; length < encoded.length; length++) expect(() => decodeExpression(encoded.subarray(0, length), UNIT)).toThrow(DebugInfoError);
  });
});

describe('what the unit decides', () => {
  test.each<[string, ExpressionUnit, Uint8Array, object]>([
    ['64-bit DWARF: references of 8 bytes', { ...UNIT, offsetSize: 8 }, new SectionBuilder().u8(0x9a).u64(0x1_0000_0000).build(), { kind: 'call', die: 0x1_0000_0000 }],
    ['DWARF 2: references of an address', { version: 2, addressSize: 8, offsetSize: 4 }, new SectionBuilder().u8(0xf2).u64(16).u8(0).build(), { kind: 'implicit-pointer', die: 16, addend: 0n }],
    ['addresses of 4 bytes', { ...UNIT, addressSize: 4 }, bytes(3, 1, 2, 3, 0x84), { kind: 'address', address: 0x8403_0201n }],
    ['dereference of an address', { ...UNIT, addressSize: 4 }, bytes(6), { kind: 'dereference', size: 4, hasAddressSpace: false }],
  ])('%s', (_name, unit, encoded, body) => {
    expect(one(encoded, unit)).toEqual(body);
  });
});

test('operations keep their places, and branches go to places', () => {
  const decoded = decodeExpression(bytes(0x70, 0x08, 0x28, 0x01, 0x00, 0x12, 0x06), UNIT);
  expect(decoded.map(({ offset, kind }) => [offset, kind])).toEqual([[0, 'register-offset'], [2, 'branch'], [5, 'stack'], [6, 'dereference']]);
  expect(decoded[1]).toMatchObject({ target: 6 });
  expect(expressionText(decoded, 'x86_64')).toBe('DW_OP_breg0 (rax): 8; DW_OP_bra: 1; DW_OP_dup; DW_OP_deref');
});

test.each<[string, Uint8Array, string]>([
  ['a branch before the start', bytes(0x2f, 0x80, 0xff), 'location expression+0x0: branch by -128 out of the expression'],
  ['a branch behind the end', bytes(0x2f, 1, 0), 'branch by 1 out of the expression'],
  ['a piece without end', bytes(0x93, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), 'a piece beyond 2^53 bits'],
  ['an unknown operation in an entry value', bytes(0xa3, 2, 0x30, 0x01), 'location expression+0x3: unknown operation 0x1'],
  ['entry values without end', Uint8Array.from(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 0xa3 : 38 - index)).map((byte) => Math.max(byte, 0))), 'nested more than 8 deep'],
])('%s', (_name, encoded, message) => {
  expect(() => decodeExpression(encoded, UNIT)).toThrow(DebugInfoError);
  expect(() => decodeExpression(encoded, UNIT)).toThrow(message);
});

test('the empty expression', () => {
  expect(decodeExpression(bytes(), UNIT)).toEqual([]);
});
