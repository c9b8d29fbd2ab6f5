/**
 * The eBPF instruction set (Documentation/bpf/standardization/instruction-set.rst).
 *
 *   8 bits   4    4     16      32
 *   opcode  dst  src  offset    imm
 *
 * ALU and JMP opcodes: operation (4 bits) | source (1) | class (3).
 * Loads and stores: mode (3) | size (2) | class (3).
 */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
export const [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

export const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, jmp32: 6, alu64: 7 } as const;
export const SOURCE_REGISTER = 0x08;

export const ALU = {
  add: 0x00, sub: 0x10, mul: 0x20, div: 0x30, or: 0x40, and: 0x50, shl: 0x60, shr: 0x70,
  neg: 0x80, mod: 0x90, xor: 0xa0, mov: 0xb0, arsh: 0xc0, end: 0xd0,
} as const;
export type AluOperation = Exclude<keyof typeof ALU, 'neg' | 'end'>;

/** Unsigned unless the name starts with s. */
export const JUMP = {
  ja: 0x00, eq: 0x10, gt: 0x20, ge: 0x30, set: 0x40, ne: 0x50, sgt: 0x60, sge: 0x70, call: 0x80, exit: 0x90,
  lt: 0xa0, le: 0xb0, slt: 0xc0, sle: 0xd0,
} as const;
export type JumpCondition = Exclude<keyof typeof JUMP, 'ja' | 'call' | 'exit'>;

export type AccessBytes = 1 | 2 | 4 | 8;
export const SIZE: Readonly<Record<AccessBytes, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };
export const MODE = { imm: 0x00, mem: 0x60, atomic: 0xc0 } as const;

/** In the immediate of an atomic store. */
export const ATOMIC = { add: 0x00, or: 0x40, and: 0x50, xor: 0xa0, fetch: 0x01, exchange: 0xe1, compareExchange: 0xf1 } as const;

/** The source field of `ld_imm64` and `call`. */
export const PSEUDO = { mapFd: 1, mapValue: 2, func: 4, call: 1 } as const;

export const LD_IMM64 = CLASS.ld | SIZE[8] | MODE.imm;

/** enum bpf_func_id. The comment is the first kernel that has it. */
export const HELPER = {
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  ktimeGetNs: 5,
  getPrandomU32: 7,
  getSmpProcessorId: 8,
  tailCall: 12, // 4.2
  getCurrentPidTgid: 14,
  getCurrentUidGid: 15,
  getCurrentComm: 16,
  getCurrentTask: 35,
  perfEventReadValue: 55,
  getStack: 67, // 4.18
  getCurrentTaskBtf: 158, // 5.11
  probeReadUser: 112, // 5.5
  sendSignalThread: 117, // 5.5
  jiffies64: 118, // 5.6
  probeReadKernel: 113, // 5.5
  probeReadUserStr: 114, // 5.5
  probeReadKernelStr: 115, // 5.5
  ringbufOutput: 130, // 5.8
  forEachMapElem: 164, // 5.13
  getAttachCookie: 174, // 5.15
  taskPtRegs: 175, // 5.15
  loop: 181, // 5.17
  mapLookupPerCpu: 195, // 5.19
} as const;
export const HELPER_NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'bpf_map_lookup_elem'], [2, 'bpf_map_update_elem'], [3, 'bpf_map_delete_elem'], [5, 'bpf_ktime_get_ns'], [8, 'bpf_get_smp_processor_id'], [12, 'bpf_tail_call'],
  [14, 'bpf_get_current_pid_tgid'], [15, 'bpf_get_current_uid_gid'], [16, 'bpf_get_current_comm'], [35, 'bpf_get_current_task'], [55, 'bpf_perf_event_read_value'], [67, 'bpf_get_stack'],
  [118, 'bpf_jiffies64'], [158, 'bpf_get_current_task_btf'], [174, 'bpf_get_attach_cookie'], [175, 'bpf_task_pt_regs'],
  [112, 'bpf_probe_read_user'], [113, 'bpf_probe_read_kernel'], [114, 'bpf_probe_read_user_str'], [115, 'bpf_probe_read_kernel_str'],
  [130, 'bpf_ringbuf_output'], [164, 'bpf_for_each_map_elem'], [181, 'bpf_loop'], [195, 'bpf_map_lookup_percpu_elem'],
]);
