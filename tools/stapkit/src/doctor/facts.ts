/** What `stapkit doctor` looks at. */
import { readFileSync } from 'node:fs';
import {
  CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, DebugFactsReader, debuginfodServerOf, debuginfodServers, hasCapability, kernelSymbols, localDistribution, localTarget, lockdownMode, openKernel, tracefsMount, tryKinds,
  type DebugFacts, type KernelSymbols, type KindTrial,
} from '@stapkit/cli-kit';

export interface MachineFacts {
  /** As `uname -r` gives it. */
  readonly release: string;
  readonly arch: string;
  /** ID and ID_LIKE of os-release(5), itself first. */
  readonly distribution: readonly string[];
  /** Functions in the kernel's BTF; a text says why there is none. */
  readonly btf: number | string;
  readonly symbols: KernelSymbols;
  /** undefined: this process may not try. */
  readonly trials: readonly KindTrial[] | undefined;
  /** "0": kprobes are switched off (/sys/kernel/debug/kprobes/enabled); undefined: not to be seen. */
  readonly kprobesEnabled: string | undefined;
  /** Where it is mounted. */
  readonly tracefs: string | undefined;
  readonly lockdown: string | undefined;
  readonly isRoot: boolean;
  /** Those that tracing needs and this process has; CAP_SYS_ADMIN includes both others. */
  readonly capabilities: { readonly bpf: boolean; readonly perfmon: boolean; readonly sysAdmin: boolean };
  /** kernel.perf_event_paranoid (Documentation/admin-guide/sysctl/kernel.rst). */
  readonly paranoid: string | undefined;
  readonly debug: DebugFacts;
  /** "install …": what has the kernel's debug information. */
  readonly debugAdvice: string;
  /** Of DEBUGINFOD_URLS. */
  readonly servers: readonly string[];
  /** The one that the distribution runs. */
  readonly distributionServer: string;
}

function firstLine(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim().split('\n')[0];
  } catch {
    return undefined;
  }
}

/** Attaches a probe of each kind for a moment, if this process may; changes nothing else. */
export function lookAtMachine(environment: NodeJS.ProcessEnv): MachineFacts {
  const kernel = openKernel();
  const target = localTarget();
  const sysAdmin = hasCapability(kernel, CAP_SYS_ADMIN);
  const capabilities = { bpf: sysAdmin || hasCapability(kernel, CAP_BPF), perfmon: sysAdmin || hasCapability(kernel, CAP_PERFMON), sysAdmin };
  const reader = new DebugFactsReader();
  const distribution = localDistribution();
  return {
    release: kernel.release, arch: kernel.architecture, distribution,
    btf: target.btf === undefined ? target.btfProblem : target.btf.functions().length,
    symbols: kernelSymbols(),
    trials: capabilities.bpf && capabilities.perfmon ? tryKinds(kernel) : undefined,
    kprobesEnabled: firstLine('/sys/kernel/debug/kprobes/enabled'),
    tracefs: tracefsMount(), lockdown: lockdownMode(kernel), isRoot: kernel.effectiveUserId === 0, capabilities,
    paranoid: firstLine('/proc/sys/kernel/perf_event_paranoid'),
    debug: reader.kernel(), debugAdvice: reader.kernelAdvice,
    servers: debuginfodServers(environment['DEBUGINFOD_URLS']), distributionServer: debuginfodServerOf(distribution),
  };
}
