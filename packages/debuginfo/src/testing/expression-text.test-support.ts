/** Location expressions as `readelf --debug-dump` of binutils prints them. */
import type { ElfMachine } from '../elf/header.js';
import type { Operation } from '../dwarf/operations.js';
import { dwarfRegisterName } from '../dwarf/registers.js';

const NAMES: Readonly<Record<number, string>> = {
  0x03: 'addr', 0x06: 'deref', 0x08: 'const1u', 0x09: 'const1s', 0x0a: 'const2u', 0x0b: 'const2s', 0x0c: 'const4u', 0x0d: 'const4s', 0x0e: 'const8u', 0x0f: 'const8s',
  0x10: 'constu', 0x11: 'consts', 0x12: 'dup', 0x13: 'drop', 0x14: 'over', 0x15: 'pick', 0x16: 'swap', 0x17: 'rot', 0x18: 'xderef', 0x19: 'abs', 0x1a: 'and', 0x1b: 'div',
  0x1c: 'minus', 0x1d: 'mod', 0x1e: 'mul', 0x1f: 'neg', 0x20: 'not', 0x21: 'or', 0x22: 'plus', 0x23: 'plus_uconst', 0x24: 'shl', 0x25: 'shr', 0x26: 'shra', 0x27: 'xor',
  0x28: 'bra', 0x29: 'eq', 0x2a: 'ge', 0x2b: 'gt', 0x2c: 'le', 0x2d: 'lt', 0x2e: 'ne', 0x2f: 'skip', 0x90: 'regx', 0x91: 'fbreg', 0x92: 'bregx', 0x93: 'piece',
  0x94: 'deref_size', 0x95: 'xderef_size', 0x96: 'nop', 0x97: 'push_object_address', 0x98: 'call2', 0x99: 'call4', 0x9a: 'call_ref', 0x9b: 'form_tls_address',
  0x9c: 'call_frame_cfa', 0x9d: 'bit_piece', 0x9e: 'implicit_value', 0x9f: 'stack_value', 0xa0: 'implicit_pointer', 0xa1: 'addrx', 0xa2: 'constx', 0xa3: 'entry_value',
  0xa4: 'const_type', 0xa5: 'regval_type', 0xa6: 'deref_type', 0xa7: 'xderef_type', 0xa8: 'convert', 0xa9: 'reinterpret',
  0xe0: 'GNU_push_tls_address', 0xf0: 'GNU_uninit', 0xf2: 'GNU_implicit_pointer', 0xf3: 'GNU_entry_value', 0xf4: 'GNU_const_type', 0xf5: 'GNU_regval_type',
  0xf6: 'GNU_deref_type', 0xf7: 'GNU_convert', 0xf9: 'GNU_reinterpret', 0xfa: 'GNU_parameter_ref', 0xfb: 'GNU_addr_index', 0xfc: 'GNU_const_index', 0xfd: 'GNU_variable_value',
};

export function operationName({ opcode }: Pick<Operation, 'opcode'>): string {
  if (opcode >= 0x30 && opcode <= 0x4f) return `DW_OP_lit${opcode - 0x30}`;
  if (opcode >= 0x50 && opcode <= 0x6f) return `DW_OP_reg${opcode - 0x50}`;
  if (opcode >= 0x70 && opcode <= 0x8f) return `DW_OP_breg${opcode - 0x70}`;
  return `DW_OP_${NAMES[opcode] ?? opcode.toString(16)}`;
}

const hex = (value: number | bigint): string => `<0x${value.toString(16)}>`;
const block = (bytes: Uint8Array): string => `${bytes.length} byte block: ${[...bytes].map((byte) => `${byte.toString(16)} `).join('')}`;

/** @param unitOffset of the unit in .debug_info, which readelf adds to references inside of it */
export function expressionText(operations: readonly Operation[], machine: ElfMachine, unitOffset = 0): string {
  return operations.map((one) => operationText(one, machine, unitOffset)).join('; ');
}

function operationText(one: Operation, machine: ElfMachine, unitOffset: number): string {
  const name = operationName(one);
  const register = (number: number): string => `(${dwarfRegisterName(machine, number) ?? number})`;
  const type = (offset: number): string => hex(offset === 0 ? 0 : offset + unitOffset);
  switch (one.kind) {
    case 'address': return `${name}: ${one.address.toString(16)}`;
    case 'constant':
      return one.opcode >= 0x30 ? name : `${name}: ${one.value}`;
    case 'register': return one.opcode === 0x90 ? `${name}: ${one.register} ${register(one.register)}` : `${name} ${register(one.register)}`;
    case 'register-offset': return one.opcode === 0x92 ? `${name}: ${one.register} ${register(one.register)} ${one.addend}` : `${name} ${register(one.register)}: ${one.addend}`;
    case 'frame-base': case 'add': return `${name}: ${one.addend}`;
    case 'pick': return `${name}: ${one.index}`;
    case 'address-index': case 'constant-index': return `${name} ${hex(one.index)}`;
    case 'branch': return `${name}: ${one.target - one.offset - 3}`;
    case 'piece': return one.opcode === 0x93 ? `${name}: ${one.bits / 8}` : `${name}: size: ${one.bits} offset: ${one.bitOffset} `;
    case 'dereference': return one.type !== undefined ? `${name}: ${one.size} ${type(one.type)}` : one.opcode === 0x94 || one.opcode === 0x95 ? `${name}: ${one.size}` : name;
    case 'call': return `${name}: ${hex(one.die ?? (one.unitDie ?? 0) + unitOffset)}`;
    case 'implicit-value': return `${name} ${block(one.bytes)}`;
    case 'implicit-pointer': return `${name}: ${hex(one.die)} ${one.addend}`;
    case 'entry-value': return `${name}: (${expressionText(one.expression, machine, unitOffset)})`;
    case 'parameter-reference': return `${name}: ${hex(one.unitDie + unitOffset)}`;
    case 'variable-value': return `${name}: ${hex(one.die)}`;
    case 'typed-constant': return `${name}: ${type(one.type)}  ${block(one.bytes)}`;
    case 'typed-register': return `${name}: ${one.register} ${register(one.register)} ${type(one.type)}`;
    case 'convert': return `${name} ${type(one.type)}`;
    default: return name;
  }
}
