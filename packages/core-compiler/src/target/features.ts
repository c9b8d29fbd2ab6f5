/** What a kernel can do, read from its own type information. */
import type { Btf } from '@stapkit/debuginfo';
import type { TargetFeatures } from './target.js';

/**
 * Features of the kernel that the BTF describes: its enums list the helpers and attach types that it was built with,
 * so kernels with backports are judged by what they have, not by their version.
 * Each is looked up when it is first asked for.
 * @param target without BTF nothing is taken for granted
 */
export function featuresFromBtf(target: { readonly btf: Btf | undefined }): TargetFeatures {
  const known = new Map<string, boolean>();
  const has = (constant: string, enumName: string): boolean => {
    const answer = known.get(constant) ?? target.btf?.enumValue(constant, enumName) !== undefined;
    known.set(constant, answer);
    return answer;
  };
  const hasHelper = (name: string): boolean => has(`BPF_FUNC_${name}`, 'bpf_func_id');
  return {
    get loop() { return hasHelper('loop'); },
    get forEachMapElem() { return hasHelper('for_each_map_elem'); },
    // Atomic fetch and cmpxchg (5.12) are bits of an instruction, in no enum: the helper of the release after is the nearest evidence.
    get atomicFetch() { return hasHelper('for_each_map_elem'); },
    get lookupPerCpu() { return hasHelper('map_lookup_percpu_elem'); },
    get taskRegisters() { return hasHelper('task_pt_regs'); },
    get snprintf() { return hasHelper('snprintf'); },
    get attachCookie() { return hasHelper('get_attach_cookie'); },
    get trampolines() { return has('BPF_TRACE_FENTRY', 'bpf_attach_type'); },
  };
}
