/** What a session says when it is over: what was lost or went wrong, and how the command ended. */
import { constants } from 'node:os';
import type { CommandExit } from '../sys/command.js';
import type { MessageWriter } from './message-writer.js';

export interface Losses {
  readonly errors: number;
  readonly skippedProbes: number;
  readonly lostRecords: number;
  readonly oversizeRecords: number;
  readonly missedReturns: number;
  readonly lostStacks: number;
}

const times = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

export function reportLosses(messages: MessageWriter, losses: Losses): void {
  if (losses.errors > 0 || losses.skippedProbes > 0) messages.warn(`Number of errors: ${losses.errors}, skipped probes: ${losses.skippedProbes}`);
  if (losses.lostRecords > 0) {
    messages.warn(`${times(losses.lostRecords, 'record was', 'records were')} lost: the output buffer was full; try a larger one (-s MB), or print less`);
  }
  if (losses.oversizeRecords > 0) {
    messages.warn(`the output of ${times(losses.oversizeRecords, 'handler run', 'handler runs')} is incomplete: it did not fit one record; print less in one run`);
  }
  if (losses.lostStacks > 0) {
    messages.warn(`${times(losses.lostStacks, 'stack was', 'stacks were')} not kept: too many different ones came at once`);
  }
  if (losses.missedReturns > 0) {
    messages.warn(`${times(losses.missedReturns, 'return was', 'returns were')} not reported: the entry had not been seen or too many calls were under way`);
  }
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
