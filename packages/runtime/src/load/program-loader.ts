/** Loads single programs of an object: relocated against maps and kernel, with the place that they will be attached to. */
import { Btf } from '@stapkit/debuginfo';
import { linkProgram } from '@stapkit/object';
import type { AttachPoint, BpfObject, LinkedProgram, ProgramMetadata } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { loadBtf } from '../bpf/load-btf.js';
import { type ProgramSpec, ProgramRefused, loadProgram } from '../bpf/load-program.js';
import type { Kernel } from '../sys/kernel.js';
import * as uapi from '../sys/uapi.js';
import { applyCoreRelocations } from './core-relocation.js';
import type { AttachType, KernelTypes } from './kernel-types.js';
import { LoadError } from './load-error.js';
import { BtfStrings, functionRecords, lineRecords } from './program-info.js';
import { Unavailable, judgeRefusal } from './refusal.js';

/** Program type and expected attach type, by kind. */
export const PROGRAM_TYPES: Readonly<Record<ProgramMetadata['kind'], readonly [type: number, attachType: number]>> = {
  fentry: [uapi.BPF_PROG_TYPE_TRACING, uapi.BPF_TRACE_FENTRY],
  fexit: [uapi.BPF_PROG_TYPE_TRACING, uapi.BPF_TRACE_FEXIT],
  tp_btf: [uapi.BPF_PROG_TYPE_TRACING, uapi.BPF_TRACE_RAW_TP],
  raw_tp: [uapi.BPF_PROG_TYPE_RAW_TRACEPOINT, 0],
  kprobe: [uapi.BPF_PROG_TYPE_KPROBE, 0],
  kretprobe: [uapi.BPF_PROG_TYPE_KPROBE, 0],
  uprobe: [uapi.BPF_PROG_TYPE_KPROBE, 0],
  uretprobe: [uapi.BPF_PROG_TYPE_KPROBE, 0],
  kprobe_multi: [uapi.BPF_PROG_TYPE_KPROBE, uapi.BPF_TRACE_KPROBE_MULTI],
  kretprobe_multi: [uapi.BPF_PROG_TYPE_KPROBE, uapi.BPF_TRACE_KPROBE_MULTI],
  uprobe_multi: [uapi.BPF_PROG_TYPE_KPROBE, uapi.BPF_TRACE_UPROBE_MULTI],
  uretprobe_multi: [uapi.BPF_PROG_TYPE_KPROBE, uapi.BPF_TRACE_UPROBE_MULTI],
  perf_event: [uapi.BPF_PROG_TYPE_PERF_EVENT, 0],
  netfilter: [uapi.BPF_PROG_TYPE_NETFILTER, uapi.BPF_NETFILTER],
};

export interface ProgramLoaderInputs {
  readonly kernel: Kernel;
  readonly object: BpfObject;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly types: KernelTypes;
  readonly wholeLog: boolean;
}

export class ProgramLoader {
  readonly #inputs: ProgramLoaderInputs;
  /** The object's own types, parsed when the first relocation needs them. */
  #local: Btf | undefined;
  #btf: { readonly fd: number; readonly strings: BtfStrings } | undefined;

  constructor(inputs: ProgramLoaderInputs) {
    this.#inputs = inputs;
  }

  /**
   * Gives the program's file descriptor. Throws Unavailable when this machine does not have what the
   * program needs (another way may do), VerifierError for a bug of ours, LoadError or SyscallError for the rest.
   */
  load(metadata: ProgramMetadata): number {
    const { kernel, object, types, wholeLog } = this.#inputs;
    const attachType = attachTypeOf(metadata, types);
    const program = linkProgram(object, metadata.symbol);
    this.#relocateMaps(program);
    const poisoned = applyCoreRelocations(program, this.#localTypes(program), types);
    try {
      return loadProgram(kernel, this.#spec(metadata, program, attachType));
    } catch (error) {
      throw error instanceof ProgramRefused ? judgeRefusal({ kernel, metadata, program, poisoned, wholeLog }, error) : error;
    }
  }

  /** Lets the object's types go; loaded programs keep them. */
  close(): void {
    if (this.#btf !== undefined) this.#inputs.kernel.close(this.#btf.fd);
    this.#btf = undefined;
  }

  #spec(metadata: ProgramMetadata, program: LinkedProgram, attachType: AttachType | undefined): ProgramSpec {
    const [type, expectedAttachType] = PROGRAM_TYPES[metadata.kind];
    const btf = this.#loadedBtf();
    return {
      name: metadata.symbol, type, expectedAttachType,
      instructions: program.instructions,
      license: this.#inputs.object.license,
      ...(attachType === undefined ? {} : { attachBtfId: attachType.typeId }),
      ...(attachType?.btfFd === undefined ? {} : { attachBtfFd: attachType.btfFd }),
      ...(btf === undefined ? {} : { btf: { fd: btf.fd, functions: functionRecords(program), lines: lineRecords(program, btf.strings) } }),
    };
  }

  #relocateMaps({ instructions, maps }: LinkedProgram): void {
    const view = new DataView(instructions.buffer, instructions.byteOffset, instructions.byteLength);
    for (const { instruction, map: name, kind, offset } of maps) {
      const map = this.#inputs.maps.get(name);
      if (map === undefined) throw new LoadError(`the object refers to a map "${name}" that its metadata does not have: this is a stapkit bug, please report it`);
      const at = instruction * 8;
      const pseudo = kind === 'value' ? uapi.BPF_PSEUDO_MAP_VALUE : uapi.BPF_PSEUDO_MAP_FD;
      view.setUint8(at + 1, (view.getUint8(at + 1) & 0xf) | (pseudo << 4));
      view.setInt32(at + 4, map.fd, true);
      view.setInt32(at + 12, kind === 'value' ? offset : 0, true);
    }
  }

  #localTypes(program: LinkedProgram): Btf | undefined {
    const { btf } = this.#inputs.object;
    if (program.relocations.length > 0 && btf !== undefined) this.#local ??= Btf.parse(btf);
    return this.#local;
  }

  #loadedBtf(): { readonly fd: number; readonly strings: BtfStrings } | undefined {
    const { kernel, object } = this.#inputs;
    if (object.btf === undefined) return undefined;
    this.#btf ??= { fd: loadBtf(kernel, object.btf), strings: new BtfStrings(object.btf) };
    return this.#btf;
  }
}

/** Tracing programs name at load what they will be attached to. Throws Unavailable when the kernel does not have it. */
export function attachTypeOf({ kind, target }: ProgramMetadata, types: KernelTypes): AttachType | undefined {
  if (kind === 'tp_btf') {
    const name = tracepointName(target);
    const type = types.tracepoint(name);
    if (type === undefined) throw new Unavailable(kind, `this kernel's BTF has no tracepoint "${name}"`, 'list them with: stapkit -l \'kernel.trace("*")\'');
    return type;
  }
  if (kind !== 'fentry' && kind !== 'fexit') return undefined;
  if (target.kind !== 'function') throw new LoadError(`a ${kind} program for "${target.kind}": this is a stapkit bug, please report it`);
  const type = types.function(target.symbol, target.module);
  if (type !== undefined) return type;
  if (target.module !== undefined && types.module(target.module) === undefined) {
    throw new Unavailable(kind, `this kernel has no type information of module ${target.module}`, `is the module loaded? (modprobe ${target.module}; modules have BTF since 5.11)`);
  }
  const where = target.module === undefined ? "this kernel's BTF" : `the BTF of module ${target.module}`;
  throw new Unavailable(kind, `${where} has no function "${target.symbol}"`, 'it may be inlined or renamed here; see /proc/kallsyms');
}

/** The kernel's name for the tracepoint behind an attach point. System calls all pass by two of them. */
export function tracepointName(target: AttachPoint): string {
  switch (target.kind) {
    case 'tracepoint': return target.name;
    case 'syscall': return target.return ? 'sys_exit' : 'sys_enter';
    default: throw new LoadError(`no tracepoint serves "${target.kind}": this is a stapkit bug, please report it`);
  }
}
