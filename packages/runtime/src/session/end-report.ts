/** What a session says of what it could not probe, and when it is over: what was lost or went wrong, and how the command ended. */
import { constants } from 'node:os';
import type { ObjectMetadata } from '@stapkit/object';
import type { CommandExit } from '../sys/command.js';
import type { Nameless } from '../stacks/user-names.js';
import type { MessageWriter } from './message-writer.js';

/** How walks over user stacks by unwind rows ended. */
export interface WalkCounts {
  /** At the outermost frame, by the word of the unwind tables. */
  readonly complete: number;
  /** At the most frames that were wanted. */
  readonly truncated: number;
  /** Behind an address that is in no code, however far that could be followed. */
  readonly unmapped: number;
  /** At code whose rule cannot be followed. */
  readonly withoutRule: number;
  /** At stack that is not in memory. */
  readonly unreadable: number;
  /** Not begun: the process's rows were not there yet. */
  readonly unknown: number;
  /** At a frame pointer of 0 in code without unwind tables: whole if that code keeps frame pointers. */
  readonly noCaller: number;
  /** At code whose rows did not fit the kernel's maps. */
  readonly elsewhere: number;
  /** Of all, those that were sent here and walked here: those of processes that had just started, and those at code whose rows did not fit. */
  readonly copied: number;
  /** Stacks that were to be walked here and found no room on the way. */
  readonly lostCopies: number;
  /** Files and processes whose rows did not fit the maps. */
  readonly overflowed: number;
}

export interface Losses {
  readonly errors: number;
  readonly skippedProbes: number;
  readonly lostRecords: number;
  readonly oversizeRecords: number;
  readonly missedReturns: number;
  /** Programs that the kernel did not start where they are attached. */
  readonly missedRuns: number;
  readonly lostStacks: number;
  readonly walks: WalkCounts;
  /** Look-ups of user addresses that gave no name, by reason. */
  readonly nameless: Readonly<Partial<Record<Nameless, number>>>;
  /** What the kernel told of processes' mappings and was not read in time. */
  readonly lostMappings: number;
  /** Processes that were seen and not remembered to the end. */
  readonly forgottenProcesses: number;
}

/** A count with its noun: "1 stack was", "3 stacks were". */
export const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function reportLosses(messages: MessageWriter, losses: Losses): void {
  if (losses.errors > 0 || losses.skippedProbes > 0) messages.warn(`Number of errors: ${losses.errors}, skipped probes: ${losses.skippedProbes}`);
  for (const line of describeLosses(losses, ' (-D MAXBACKTRACE=N)')) messages.warn(line);
}

const when = (count: number, text: () => string): string[] => (count > 0 ? [text()] : []);

/**
 * What a session lost besides errors and skipped probes, a line each; empty: nothing.
 * @param deeper what to do about stacks with more frames, after a blank
 */
export function describeLosses(losses: Omit<Losses, 'errors' | 'skippedProbes'>, deeper: string): string[] {
  const { lostRecords, oversizeRecords, lostStacks, walks, nameless, lostMappings, forgottenProcesses, missedReturns, missedRuns } = losses;
  const namesMissing = 'names of addresses in';
  return [
    ...when(lostRecords, () => `${times(lostRecords, 'record was', 'records were')} lost: the output buffer was full; try a larger one (-s MB), or print less`),
    ...when(oversizeRecords, () => `the output of ${times(oversizeRecords, 'handler run', 'handler runs')} is incomplete: it did not fit one record; print less in one run`),
    ...when(lostStacks, () => `${times(lostStacks, 'stack was', 'stacks were')} not kept: too many different ones came at once`),
    ...describeWalks(walks, deeper),
    ...[describeNameless(nameless)].filter((line) => line !== undefined),
    ...when(lostMappings, () => `${times(lostMappings, 'mapping of a process was', 'mappings of processes were')} missed: ${namesMissing} processes that have ended may be missing`),
    ...when(forgottenProcesses, () => `what ${times(forgottenProcesses, 'process had mapped was', 'processes had mapped was')} forgotten, as too many were seen: ${namesMissing} those that have ended may be missing`),
    ...when(missedReturns, () => `${times(missedReturns, 'return was', 'returns were')} not reported: the entry had not been seen or too many calls were under way`),
    ...when(missedRuns, () => `${times(missedRuns, 'time', 'times')} the kernel did not start a probe's program, as it was under way on that CPU: these hits are in no count (where system calls are probed, they may be of others)`),
  ];
}

function describeWalks({ complete, truncated, unmapped, withoutRule, unreadable, unknown, noCaller, elsewhere, lostCopies, overflowed }: WalkCounts, deeper: string): string[] {
  const failed = unmapped + withoutRule + unreadable + elsewhere;
  const all = times(complete + truncated + failed + unknown + noCaller, 'user stack', 'user stacks');
  const reasons = [[unmapped, 'a place outside of known code'], [withoutRule, 'code without usable unwind tables'], [unreadable, 'stack that was not in memory'], [elsewhere, 'code whose unwind tables did not fit']] as const;
  return [
    ...when(truncated, () => `${truncated} of ${all} had more frames than were kept${deeper}`),
    ...when(failed, () => `${failed} of ${all} end early: ${reasons.filter(([count]) => count > 0).map(([count, why]) => `${count} at ${why}`).join(', ')}`),
    ...when(unknown, () => `${unknown} of ${all} came before the unwind tables of the process were read`),
    ...when(noCaller, () => `${noCaller} of ${all} end at a frame pointer of 0 in code without unwind tables: they are whole if that code keeps frame pointers`),
    ...when(overflowed, () => `the unwind tables of ${times(overflowed, 'file or process', 'files or processes')} did not fit: ${lostCopies > 0 ? `${times(lostCopies, 'stack was', 'stacks were')} found by frame pointers` : 'their stacks were copied and walked outside of the kernel, which costs more'}`),
    ...when(overflowed === 0 ? lostCopies : 0, () => `${times(lostCopies, 'copy of a user stack', 'copies of user stacks')} found no room: too many processes started at once`),
  ];
}

const WITHOUT_NAME: Readonly<Record<Nameless, string>> = {
  ended: 'in processes that had ended',
  'not mapped': 'in no mapping',
  anonymous: 'in memory of no file (JIT code without /tmp/perf-PID.map)',
  unreadable: 'in files that could not be read',
  'no symbol': 'in files without a symbol there',
};

/** User addresses without a name, by reason; undefined: all had one. */
function describeNameless(nameless: Losses['nameless']): string | undefined {
  const reasons = (Object.keys(WITHOUT_NAME) as Nameless[]).map((reason) => ({ count: nameless[reason] ?? 0, text: WITHOUT_NAME[reason] })).filter(({ count }) => count > 0);
  const all = reasons.reduce((sum, { count }) => sum + count, 0);
  return all === 0 ? undefined : `${times(all, 'user address', 'user addresses')} without a name: ${reasons.map(({ count, text }) => `${count} ${text}`).join(', ')}`;
}

/** Of a wildcard, which means those that can be probed: which could not. @param plan of the metadata's plans */
export function describeUnprobed({ plans, probes }: ObjectMetadata, plan: number, functions: readonly string[]): string {
  const point = probes[plans[plan]?.probes[0] ?? -1]?.point ?? '';
  return `${functions.length} of the functions of ${point} cannot be probed: ${functions.slice(0, 5).join(', ')}${functions.length > 5 ? ', …' : ''}`;
}

/** Says how a failed command ended. Gives whether it failed. */
export function reportCommand(messages: MessageWriter, exit: CommandExit): boolean {
  if (exit.signal !== undefined) {
    messages.warn(`Child process exited with signal ${constants.signals[exit.signal]} (${exit.signal})`);
    return true;
  }
  if (exit.code === undefined || exit.code === 0) return false;
  messages.warn(`Child process exited with status ${exit.code}`);
  return true;
}
