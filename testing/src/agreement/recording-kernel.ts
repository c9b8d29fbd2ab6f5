/** A kernel that remembers the programs it loaded, and puts an empty one in the place of each that it refuses. */
import type { Kernel } from '@stapkit/runtime';

const BPF_PROG_LOAD = 5;
const EAGAIN = 11;
/** Offsets in the attributes of BPF_PROG_LOAD. */
const INSN_CNT = 4;
const INSNS = 8;
const LOG_LEVEL = 24;
const FUNC_INFO_CNT = 88;
const LINE_INFO_CNT = 104;

/** r0 = 0; exit */
const EMPTY = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/** So one refused script of many does not keep the others from being run. `programs`: in the order of loading, file descriptors, or negative error numbers of what was refused. */
export function recordingKernel(real: Kernel): { readonly kernel: Kernel; readonly programs: readonly number[] } {
  const programs: number[] = [];
  const load = (attributes: Uint8Array): number => {
    const result = real.bpf(BPF_PROG_LOAD, attributes);
    // A signal came; the loader asks again.
    if (result === -EAGAIN) return result;
    programs.push(result);
    if (result >= 0) return result;
    const view = new DataView(attributes.buffer, attributes.byteOffset, attributes.byteLength);
    view.setUint32(INSN_CNT, EMPTY.length / 8, true);
    view.setBigUint64(INSNS, real.address(EMPTY), true);
    for (const place of [LOG_LEVEL, FUNC_INFO_CNT, LINE_INFO_CNT]) view.setUint32(place, 0, true);
    return real.bpf(BPF_PROG_LOAD, attributes);
  };
  const kernel = new Proxy(real, {
    get(target, name) {
      if (name === 'bpf') return (command: number, attributes: Uint8Array) => (command === BPF_PROG_LOAD ? load(attributes) : target.bpf(command, attributes));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { kernel, programs };
}
