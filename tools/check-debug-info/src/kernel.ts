/** What the running kernel offers to probes. */
import { kernelSymbols, localTarget, lockdownMode, obtainToolObject, openKernel, requireRoot, tryTool, type DebugFacts, type DebugFactsReader, type KernelSymbols } from '@stapkit/cli-kit';

/** A kind of probe that was attached for a moment. */
export interface Trial {
  readonly point: string;
  /** "fentry", "kprobe" …; undefined: `problem` says why not. */
  readonly by?: string;
  readonly problem?: string;
}

export interface KernelSeen {
  readonly release: string;
  readonly buildId: string | undefined;
  /** Functions of its BTF; a text says why there is none. */
  readonly types: number | string;
  /** Of /proc/kallsyms: names with addresses, names alone, nothing. */
  readonly symbols: KernelSymbols;
  /** Of /sys/kernel/security/lockdown. */
  readonly lockdown: string | undefined;
  readonly debug: DebugFacts;
  readonly advice: string;
  /** Not for those who may not trace. */
  readonly trials: readonly Trial[] | undefined;
}

/** One of each kind, on functions and events that every kernel has. */
const POINTS: readonly (readonly [point: string, probe: string])[] = [
  ['kernel.function', 'kernel.function("vfs_read")'], ['kernel.function.return', 'kernel.function("vfs_read").return'],
  ['kernel.trace', 'kernel.trace("sched_switch")'], ['timer.profile', 'timer.profile'],
];

async function tryPoints(): Promise<readonly Trial[] | undefined> {
  try {
    requireRoot('check-debug-info');
  } catch {
    return undefined;
  }
  const trials: Trial[] = [];
  for (const [point, probe] of POINTS) {
    try {
      const target = localTarget();
      const object = await obtainToolObject({ name: 'trial', file: 'trial.stp', text: `probe ${probe} { exit() }`, target, verbose: 0 });
      trials.push({ point, by: tryTool({ object, target, verbose: 0 }).ways.join(', ') });
    } catch (error) {
      // What the machine refuses; a bug of ours reads as one.
      trials.push({ point, problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return trials;
}

export async function lookAtKernel(reader: DebugFactsReader): Promise<KernelSeen> {
  const target = localTarget();
  const { btf } = target;
  return {
    release: target.kernelRelease, buildId: reader.kernelBuildId, types: btf === undefined ? target.btfProblem : btf.functions().length,
    symbols: kernelSymbols(), lockdown: lockdownMode(openKernel()), debug: reader.kernel(), advice: reader.kernelAdvice, trials: await tryPoints(),
  };
}
