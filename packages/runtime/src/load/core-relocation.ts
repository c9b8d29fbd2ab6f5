/** CO-RE: writes what the running kernel's types say into a program's instructions. */
import { relocateCore } from '@stapkit/debuginfo';
import type { Btf, CoreResult } from '@stapkit/debuginfo';
import type { LinkedProgram } from '@stapkit/object';
import { BPF_CALL, BPF_LD_IMM64 } from '../sys/uapi.js';
import type { KernelTypes } from './kernel-types.js';
import { LoadError } from './load-error.js';

/** What libbpf calls instead of an instruction that cannot be relocated: the verifier refuses it, if the program can come there at all. */
const POISON_HELPER = 0xbad2310;

const CLASS_MASK = 7;
const CLASS = { ldx: 1, st: 2, stx: 3, alu: 4, alu64: 7 } as const;
const SIZE_MASK = 0x18;
/** Size bits of an opcode by the bytes of the access. */
const SIZE_BITS = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;

/** Instructions that were made invalid, and why: for the message when the verifier comes across one. */
export type Poisoned = ReadonlyMap<number, string>;

/** Changes `program.instructions` in place. Throws LoadError when the object itself is inconsistent. */
export function applyCoreRelocations(program: LinkedProgram, local: Btf | undefined, kernel: KernelTypes): Poisoned {
  const poisoned = new Map<number, string>();
  if (program.relocations.length === 0) return poisoned;
  if (local === undefined) throw new LoadError(`program ${program.symbol} has CO-RE relocations, but the object has no .BTF`, 'compile the script again');
  const { instructions } = program;
  const view = new DataView(instructions.buffer, instructions.byteOffset, instructions.byteLength);
  for (const relocation of program.relocations) {
    const result = calculate(local, relocation, kernel);
    const problem = result.ok ? patch(view, relocation.instruction, result) : result.message;
    if (problem === undefined) continue;
    poison(view, relocation.instruction);
    poisoned.set(relocation.instruction, problem);
  }
  return poisoned;
}

/** Modules' types are read only when vmlinux lacks the one that is wanted. */
function calculate(local: Btf, relocation: LinkedProgram['relocations'][number], kernel: KernelTypes): CoreResult {
  const result = relocateCore(local, relocation, [kernel.vmlinux]);
  if (result.ok && result.target !== undefined) return result;
  const modules = kernel.moduleNames.map((name) => kernel.module(name)).filter((module) => module !== undefined);
  return modules.length === 0 ? result : relocateCore(local, relocation, [kernel.vmlinux, ...modules]);
}

/** Gives why it cannot be done; undefined when it was. */
function patch(view: DataView, instruction: number, result: CoreResult & { ok: true }): string | undefined {
  const at = instruction * 8;
  const opcode = view.getUint8(at);
  switch (opcode === BPF_LD_IMM64 ? 'ld_imm64' : opcode & CLASS_MASK) {
    case 'ld_imm64':
      view.setUint32(at + 4, Number(result.value & 0xffff_ffffn), true);
      view.setUint32(at + 12, Number((result.value >> 32n) & 0xffff_ffffn), true);
      return undefined;
    case CLASS.alu: case CLASS.alu64:
      view.setInt32(at + 4, Number(BigInt.asIntN(32, result.value)), true);
      return undefined;
    case CLASS.ldx: case CLASS.st: case CLASS.stx:
      return patchAccess(view, at, opcode, result);
    default:
      throw new LoadError(`instruction ${instruction} (opcode 0x${opcode.toString(16)}) cannot be relocated: this is a stapkit bug, please report it`);
  }
}

function patchAccess(view: DataView, at: number, opcode: number, result: CoreResult & { ok: true }): string | undefined {
  if (result.value > 0x7fffn) return `a field at offset ${result.value} lies too far from the start of its structure`;
  view.setInt16(at + 2, Number(result.value), true);
  const { loadBytes, localLoadBytes } = result;
  if (loadBytes === undefined || localLoadBytes === undefined || loadBytes === localLoadBytes) return undefined;
  if (!result.widthMayChange) return `a field has ${loadBytes} bytes on this kernel and had ${localLoadBytes} where the script was compiled`;
  view.setUint8(at, (opcode & ~SIZE_MASK) | SIZE_BITS[loadBytes]);
  return undefined;
}

function poison(view: DataView, instruction: number): void {
  const slots = view.getUint8(instruction * 8) === BPF_LD_IMM64 ? 2 : 1;
  for (let slot = instruction; slot < instruction + slots; slot++) {
    view.setUint32(slot * 8, BPF_CALL, true);
    view.setUint32(slot * 8 + 4, POISON_HELPER, true);
  }
}
