/** What a kernel can do, read from its own type information. */
import type { Btf } from '@stapkit/debuginfo';
import type { TargetFeatures } from './target.js';

/**
 * Features of the kernel that the BTF describes: its enums list the helpers and attach types that it was built with,
 * so kernels with backports are judged by what they have, not by their version.
 * @param btf undefined when the kernel has none: then nothing is taken for granted.
 */
export function featuresFromBtf(btf: Btf | undefined): TargetFeatures {
  const has = (constant: string, enumName: string): boolean => btf?.enumValue(constant, enumName) !== undefined;
  const hasHelper = (name: string): boolean => has(`BPF_FUNC_${name}`, 'bpf_func_id');
  const forEachMapElem = hasHelper('for_each_map_elem');
  return {
    loop: hasHelper('loop'),
    forEachMapElem,
    // Atomic fetch and cmpxchg (5.12) are bits of an instruction, in no enum: the helper of the release after is the nearest evidence.
    atomicFetch: forEachMapElem,
    lookupPerCpu: hasHelper('map_lookup_percpu_elem'),
    snprintf: hasHelper('snprintf'),
    trampolines: has('BPF_TRACE_FENTRY', 'bpf_attach_type'),
  };
}
