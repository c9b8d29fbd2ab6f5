/** Call frame instructions: DWARF 5 section 6.4.2, GNU's, and AArch64's (DWARF for the Arm 64-bit Architecture). */
import { ByteReader } from '../reader.js';
import { readAddress } from './addresses.js';
import { readEncodedPointer } from './encoded-pointer.js';
import type { Cie, FrameSection } from './entries.js';

/** How a register of the caller is recovered. */
export type RuleKind = 'undefined' | 'same-value' | 'offset' | 'value-offset' | 'register' | 'expression' | 'value-expression';

/** What the instructions do, for machines that keep all of it or a part. */
export interface FrameMachine {
  /** The row so far holds up to `location`. False: enough, stop. */
  advance(location: number): boolean;
  defineCfa(register: number, offset: number): void;
  defineCfaRegister(register: number): void;
  defineCfaOffset(offset: number): void;
  defineCfaExpression(start: number, end: number): void;
  /** `value`: offset from the CFA in bytes, register number, or start of the expression, which ends at `end`. */
  setRule(register: number, kind: RuleKind, value: number, end: number): void;
  /** Back to what the CIE said. */
  restoreRule(register: number): void;
  /** False: nested too deep. */
  remember(): boolean;
  /** False: nothing was remembered. */
  restore(): boolean;
  /** AArch64: the return address is signed from here on, or no longer. */
  negateReturnAddressState(): void;
}

/** x86-64 has 130 registers, AArch64 128: higher numbers are damage. */
export const REGISTER_LIMIT = 256;

/** Runs the instructions in [start, end) of the section from `location` on. Throws DebugInfoError at unknown ones. */
export function runInstructions(section: FrameSection, cie: Cie, start: number, end: number, location: number, machine: FrameMachine): void {
  const reader = new ByteReader(section.bytes.subarray(0, end), section.name, start);
  let at = location;
  while (!reader.atEnd) {
    const opcode = reader.u8();
    const low = opcode & 0x3f;
    if (opcode >= 0xc0) machine.restoreRule(low);
    else if (opcode >= 0x80) machine.setRule(low, 'offset', reader.uleb() * cie.dataAlignment, 0);
    else if (opcode >= 0x40 || (opcode >= 1 && opcode <= 4)) {
      at = opcode >= 0x40 ? at + low * cie.codeAlignment : advanced(reader, section, cie, opcode, at);
      if (!Number.isSafeInteger(at)) throw reader.error('a location beyond 2^53');
      if (!machine.advance(at)) return;
    } else if (!cfaInstruction(reader, cie, opcode, machine) && !ruleInstruction(reader, cie, opcode, machine)) {
      throw reader.error(`unknown call frame instruction 0x${opcode.toString(16)}`, reader.offset - 1);
    }
  }
}

function advanced(reader: ByteReader, section: FrameSection, cie: Cie, opcode: number, at: number): number {
  if (opcode !== 1) return at + (opcode === 2 ? reader.u8() : opcode === 3 ? reader.u16() : reader.u32()) * cie.codeAlignment;
  // DW_CFA_set_loc
  if (section.name === '.debug_frame') return cie.addressSize === 8 ? readAddress(reader) : reader.u32();
  return readEncodedPointer(reader, cie.pointerEncoding, cie.addressSize, section.bases) ?? at;
}

function cfaInstruction(reader: ByteReader, cie: Cie, opcode: number, machine: FrameMachine): boolean {
  switch (opcode) {
    case 0x00: return true; // nop
    case 0x0a: if (!machine.remember()) throw reader.error('states remembered too deep', reader.offset - 1); return true;
    case 0x0b: if (!machine.restore()) throw reader.error('no state to restore', reader.offset - 1); return true;
    case 0x0c: machine.defineCfa(registerOf(reader), reader.uleb()); return true;
    case 0x0d: machine.defineCfaRegister(registerOf(reader)); return true;
    case 0x0e: machine.defineCfaOffset(reader.uleb()); return true;
    case 0x0f: {
      const [start, end] = block(reader);
      machine.defineCfaExpression(start, end);
      return true;
    }
    case 0x12: machine.defineCfa(registerOf(reader), reader.sleb() * cie.dataAlignment); return true;
    case 0x13: machine.defineCfaOffset(reader.sleb() * cie.dataAlignment); return true;
    // AArch64 negate_ra_state_with_pc and negate_ra_state; SPARC's window_save has the latter's number.
    case 0x2c: case 0x2d: machine.negateReturnAddressState(); return true;
    case 0x2e: reader.uleb(); return true; // GNU_args_size: what to pop when an exception lands here
    default: return false;
  }
}

function ruleInstruction(reader: ByteReader, cie: Cie, opcode: number, machine: FrameMachine): boolean {
  if (opcode < 0x05 || (opcode > 0x16 && opcode !== 0x2f)) return false;
  const register = registerOf(reader);
  switch (opcode) {
    case 0x05: machine.setRule(register, 'offset', reader.uleb() * cie.dataAlignment, 0); return true;
    case 0x06: machine.restoreRule(register); return true;
    case 0x07: machine.setRule(register, 'undefined', 0, 0); return true;
    case 0x08: machine.setRule(register, 'same-value', 0, 0); return true;
    case 0x09: machine.setRule(register, 'register', reader.uleb(), 0); return true;
    case 0x11: machine.setRule(register, 'offset', reader.sleb() * cie.dataAlignment, 0); return true;
    case 0x14: machine.setRule(register, 'value-offset', reader.uleb() * cie.dataAlignment, 0); return true;
    case 0x15: machine.setRule(register, 'value-offset', reader.sleb() * cie.dataAlignment, 0); return true;
    case 0x2f: machine.setRule(register, 'offset', -reader.uleb() * cie.dataAlignment, 0); return true; // GNU_negative_offset_extended
    case 0x10: case 0x16: {
      const [start, end] = block(reader);
      machine.setRule(register, opcode === 0x10 ? 'expression' : 'value-expression', start, end);
      return true;
    }
    default: return false;
  }
}

function registerOf(reader: ByteReader): number {
  const at = reader.offset;
  const register = reader.uleb();
  if (register >= REGISTER_LIMIT) throw reader.error(`register ${register} does not exist`, at);
  return register;
}

function block(reader: ByteReader): readonly [number, number] {
  const length = reader.uleb();
  const start = reader.offset;
  reader.skip(length);
  return [start, reader.offset];
}
