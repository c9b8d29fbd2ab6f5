/**
 * kretprobes with room for many calls, by tracefs. A kretprobe follows as many calls at a time as it was given places for, and misses
 * the others; the perf unit `kprobe` gives one a CPU before Linux 6.3 (Debian's 6.1: 10) and twice the CPUs, at least 10, since (kernel/kprobes.c).
 */
import { possibleCpuCount } from '../sys/cpus.js';
import { EBUSY } from '../sys/errno.js';
import type { Kernel } from '../sys/kernel.js';
import { readText } from '../sys/kernel.js';
import { TRACEFS_MOUNTS } from '../sys/tracefs.js';
import { PERF_TYPE_TRACEPOINT } from '../sys/uapi.js';
import type { KprobeTarget } from './kprobe.js';
import { openPerfEvent } from './perf-event.js';

/** Events of tracefs outlive the process that made them. Ours are told by the name of their group: those of a process that was killed are taken away by the next. */
const GROUP = /^stapkit_\d+$/;

let made = 0;
/** Where tracefs is mounted, once leftovers have been sought there. */
const mounts = new WeakMap<Kernel, string | undefined>();

export interface ReturnEvent {
  readonly fd: number;
  /** By which kprobe_profile knows it. */
  readonly name: string;
  /** To be called when the descriptor is closed. */
  remove(): void;
}

/** Places of each of so many probes: never fewer than SystemTap gives (KRETACTIVE), and some 16,000 in all. A place is 50 to 100 bytes of the kernel's memory. */
export function returnPlaces(kernel: Kernel, probes: number): number {
  return Math.max(15, 6 * possibleCpuCount(kernel), Math.min(512, Math.floor(16_384 / probes)));
}

/** undefined: tracefs is not there, may not be written, or does not take the function; the perf unit tells why. */
export function openReturnEvent(kernel: Kernel, { symbol, module }: KprobeTarget, places: number): ReturnEvent | undefined {
  const folder = tracefs(kernel);
  if (folder === undefined) return undefined;
  const definitions = `${folder}/kprobe_events`;
  const group = `stapkit_${process.pid}`;
  const name = `return_${process.pid}_${made++}`;
  const remove = (): void => { kernel.append(definitions, `-:${group}/${name}\n`); };
  if (kernel.append(definitions, `r${places}:${group}/${name} ${module === undefined ? '' : `${module}:`}${symbol}\n`) < 0) return undefined;
  const id = Number(readText(kernel, `${folder}/events/${group}/${name}/id`));
  const fd = Number.isInteger(id) && id > 0 ? openPerfEvent(kernel, { type: PERF_TYPE_TRACEPOINT, config: BigInt(id), pid: -1, cpu: 0 }) : -1;
  if (fd < 0) {
    remove();
    return undefined;
  }
  return { fd, name, remove };
}

/** Calls that found no place at one of these. kprobe_profile has lines "  NAME   HITS   MISSES", without the group: the name has the process id, too. */
export function missedCalls(kernel: Kernel, names: ReadonlySet<string>): number {
  const folder = tracefs(kernel);
  const profile = folder === undefined ? '' : readText(kernel, `${folder}/kprobe_profile`) ?? '';
  return profile.split('\n').map((line) => line.trim().split(/\s+/)).reduce((sum, [name = '', , missed]) => sum + (names.has(name) ? Number(missed) : 0), 0);
}

function tracefs(kernel: Kernel): string | undefined {
  if (!mounts.has(kernel)) {
    const folder = TRACEFS_MOUNTS.find((path) => readText(kernel, `${path}/events/header_page`) !== undefined);
    mounts.set(kernel, folder);
    if (folder !== undefined) removeLeftovers(kernel, `${folder}/kprobe_events`);
  }
  return mounts.get(kernel);
}

/** What another process still uses the kernel does not take away (EBUSY). */
function removeLeftovers(kernel: Kernel, definitions: string): void {
  for (const line of (readText(kernel, definitions) ?? '').split('\n')) {
    const [, group, name] = /^r\d*:([^/]+)\/(\S+)/.exec(line) ?? [];
    if (group === undefined || !GROUP.test(group)) continue;
    const result = kernel.append(definitions, `-:${group}/${name}\n`);
    if (result < 0 && result !== -EBUSY) return;
  }
}
