/** Makes small objects of hand-assembled programs, in the format of the compiler's. */
import {
  BtfWriter, DEFAULT_LIMITS, HASH_BYTES, HASH_SECTION, METADATA_SECTION, OBJECT_FORMAT_VERSION, R_BPF_64_64, SHF, SHT, STB, STT, encodeBtfExt, encodeMetadata, sealObject, writeElf,
} from '@stapkit/object';
import type { AttachPoint, CoreRelocation, LineInfo, ObjectMetadata, ProgramKind, RelocationSpec, SymbolSpec } from '@stapkit/object';

/** [opcode, dst, src, offset, immediate], or an address of a map or of a place in `globals`. */
export type TestInstruction =
  | readonly [opcode: number, dst: number, src: number, offset: number, immediate: number]
  | { readonly dst: number; readonly map: string }
  | { readonly dst: number; readonly globals: number };

export const mov = (dst: number, immediate: number): TestInstruction => [0xb7, dst, 0, 0, immediate];
export const movRegister = (dst: number, src: number): TestInstruction => [0xbf, dst, src, 0, 0];
export const call = (helper: number): TestInstruction => [0x85, 0, 0, 0, helper];
export const exit: TestInstruction = [0x95, 0, 0, 0, 0];
/** Skips `count` slots when dst != immediate. */
export const skipUnless = (dst: number, immediate: number, count: number): TestInstruction => [0x55, dst, 0, count, immediate];
/** lock *(u64 *)(dst + offset) += src */
export const atomicAdd = (dst: number, src: number, offset: number): TestInstruction => [0xdb, dst, src, offset, 0];

/** Adds 1 to the 64-bit word at `offset` of the globals, in process `pid` only. */
export function countInProcess(pid: number, offset: number): TestInstruction[] {
  return [call(14), [0x77, 0, 0, 0, 32], skipUnless(0, pid, 4), ...count(offset)];
}

/** Adds 1 to the 64-bit word at `offset` of the globals. */
export function count(offset: number): TestInstruction[] {
  return [{ dst: 1, globals: offset }, mov(2, 1), atomicAdd(1, 2, 0), mov(0, 0), exit];
}

/** Emits one record of 8 bytes with the word `value`, in process `pid` only. */
export function emitInProcess(pid: number, value: number): TestInstruction[] {
  return [
    call(14), [0x77, 0, 0, 0, 32], skipUnless(0, pid, 10),
    { dst: 1, map: 'records' }, mov(2, 8), mov(3, 0), call(131), // bpf_ringbuf_reserve
    [0x15, 0, 0, 4, 0],
    [0x7a, 0, 0, 0, value], movRegister(1, 0), mov(2, 0), call(132), // bpf_ringbuf_submit
    mov(0, 0), exit,
  ];
}

export interface TestProgram {
  readonly symbol: string;
  readonly kind: ProgramKind;
  readonly target: AttachPoint;
  readonly code: readonly TestInstruction[];
  /** Script line by instruction slot; the first must be 0. Default: line 1. */
  readonly lines?: readonly { readonly slot: number; readonly line: number; readonly text: string }[];
  readonly relocations?: readonly { readonly slot: number; readonly access: string; readonly kind: number }[];
}

export interface TestObject {
  readonly programs: readonly TestProgram[];
  /** Programs of each way of each plan, by index. Default: each program is its own plan. */
  readonly plans?: readonly (readonly (readonly number[])[])[];
  readonly globalsBytes?: number;
  readonly initial?: Uint8Array;
  readonly ringBytes?: number;
  readonly metadata?: Partial<ObjectMetadata>;
  /** The root type of all CO-RE relocations: its name, and its members (all of 8 bytes). */
  readonly root?: { readonly name: string; readonly members: readonly string[] };
}

const RING_BYTES = 4096 * 64;
export const BPF_F_MMAPABLE = 1 << 10;

export function buildObject(options: TestObject): Uint8Array {
  const btf = new BtfWriter();
  const long = btf.int('long', 8, true);
  const prototype = btf.functionPrototype(long, []);
  const root = options.root === undefined ? 0 : btf.composite('struct', options.root.name, options.root.members.length * 8, options.root.members.map((name, index) => ({ name, type: long, offsetBits: index * 64 })));
  const lines: LineInfo[] = [];
  const functions: { section: string; offset: number; typeId: number }[] = [];
  const core: CoreRelocation[] = [];
  const relocations: RelocationSpec[] = [];
  const symbols: SymbolSpec[] = [
    { name: 'records', binding: STB.global, type: STT.object, section: '.maps', value: 0, size: 8 },
    { name: 'globals', binding: STB.global, type: STT.object, section: '.data.globals', value: 0, size: options.globalsBytes ?? 4096 },
  ];
  const code = options.programs.map((program) => {
    const section = sectionOf(program);
    functions.push({ section, offset: 0, typeId: btf.func(program.symbol, prototype, 'global') });
    for (const { slot, line, text } of program.lines ?? [{ slot: 0, line: 1, text: 'probe test {}' }]) lines.push({ section, offset: slot * 8, file: 'test.stp', text, line, column: 3 });
    for (const { slot, access, kind } of program.relocations ?? []) core.push({ section, offset: slot * 8, typeId: root, access, kind });
    const data = encode(program.code, (slot, symbol) => relocations.push({ section, offset: slot * 8, type: R_BPF_64_64, symbol }));
    symbols.push({ name: program.symbol, binding: STB.global, type: STT.func, section, value: 0, size: data.length });
    return { section, data };
  });
  const ext = encodeBtfExt({ functions, lines, relocations: core }, (text) => btf.string(text));
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const progbits = (name: string, data: Uint8Array, flags = 0): { name: string; type: number; flags: number; data: Uint8Array } => ({ name, type: SHT.progbits, flags, data });
  return sealObject(writeElf({
    sections: [
      ...code.map(({ section, data }) => progbits(section, data, SHF.alloc | SHF.execinstr)),
      progbits('license', bytes('GPL\0'), SHF.alloc), progbits('.maps', new Uint8Array(8), SHF.alloc | SHF.write),
      progbits('.data.globals', options.initial ?? new Uint8Array(options.globalsBytes ?? 4096), SHF.alloc | SHF.write),
      progbits('.BTF', btf.bytes()), progbits('.BTF.ext', ext), progbits(METADATA_SECTION, bytes(encodeMetadata(metadataOf(options)))), progbits(HASH_SECTION, new Uint8Array(HASH_BYTES)),
    ],
    symbols, relocations,
  }));
}

function sectionOf({ kind, symbol }: TestProgram): string {
  return `${kind}/${symbol}`;
}

function encode(code: readonly TestInstruction[], relocate: (slot: number, symbol: string) => void): Uint8Array {
  const slots = code.reduce((sum, one) => sum + ('dst' in one ? 2 : 1), 0);
  const view = new DataView(new ArrayBuffer(slots * 8));
  let slot = 0;
  for (const one of code) {
    if ('dst' in one) {
      relocate(slot, 'map' in one ? one.map : 'globals');
      view.setUint8(slot * 8, 0x18);
      view.setUint8(slot * 8 + 1, one.dst);
      view.setInt32(slot * 8 + 4, 'globals' in one ? one.globals : 0, true);
      slot += 2;
    } else {
      const [opcode, dst, src, offset, immediate] = one;
      view.setUint8(slot * 8, opcode);
      view.setUint8(slot * 8 + 1, dst | (src << 4));
      view.setInt16(slot * 8 + 2, offset, true);
      view.setInt32(slot * 8 + 4, immediate, true);
      slot += 1;
    }
  }
  return new Uint8Array(view.buffer);
}

function metadataOf(options: TestObject): ObjectMetadata {
  const location = { file: 'test.stp', line: 1, column: 1 };
  const plans = options.plans ?? options.programs.map((_, index) => [[index]]);
  return {
    format: OBJECT_FORMAT_VERSION, compiler: 'test', name: 'test', arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    kernelRelease: '', kernelBound: false, limits: DEFAULT_LIMITS, sources: [], globals: [], functions: [], sites: [],
    probes: options.programs.map(({ symbol, target }) => ({ name: symbol, point: symbol, where: 'kernel' as const, attach: target, location })),
    programs: options.programs.map((program, index) => ({ symbol: program.symbol, section: sectionOf(program), kind: program.kind, target: program.target, probes: [index], role: 'handler' as const })),
    plans: plans.map((ways) => ({ probes: [ways[0]?.[0] ?? 0], ways: ways.map((programs) => ({ programs })) })),
    maps: [
      { name: 'globals', type: 'array', keyBytes: 4, valueBytes: options.globalsBytes ?? 4096, maxEntries: 1, flags: BPF_F_MMAPABLE },
      { name: 'records', type: 'ringbuf', keyBytes: 0, valueBytes: 0, maxEntries: options.ringBytes ?? RING_BYTES, flags: 0 },
    ],
    globalsMap: 'globals', ringBuffer: 'records',
    ...options.metadata,
  };
}
