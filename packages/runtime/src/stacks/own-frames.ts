/** A kernel stack that a BPF program captures can start with the program itself and what called it. */
import { OWN_FRAMES } from '@stapkit/object';

/** The last of these near the top is where the probed kernel ends and BPF begins. */
const CALLS_PROGRAMS = /^(bpf_trace_run\d*|__bpf_trace_\w+|__traceiter_\w+|bpf_trampoline_\w+|bpf_prog_\w+|trace_call_bpf\w*|perf_trace_\w+|kprobe_multi_link_\w+|__bpf_prog_\w+|__probestub_\w+)$/;

/** The addresses of the traced code alone. */
export function tracedFrames(addresses: readonly bigint[], nameOf: (address: bigint) => string | undefined): readonly bigint[] {
  let start = 0;
  for (let index = 0; index < Math.min(OWN_FRAMES, addresses.length); index++) {
    const name = nameOf(addresses[index] ?? 0n);
    if (name !== undefined && CALLS_PROGRAMS.test(name)) start = index + 1;
  }
  return addresses.slice(start);
}
