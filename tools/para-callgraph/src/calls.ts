/** Calls and returns, from lines of the script to rows: who is in which function, and since when. */
import type { Row } from '@stapkit/cli-kit';

export interface CallEvent {
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly pid: number;
  readonly tid: number;
  readonly kind: 'call' | 'return';
  readonly name: string;
  /** Of a call its arguments, of a return its value, as SystemTap writes them. */
  readonly values: string;
  readonly command: string;
}

/** A line of para-callgraph.stp; undefined when it is none. */
export function callEvent([timeNs = '', pid, tid, kind, depth, name, values, ...command]: readonly string[]): CallEvent | undefined {
  if (values === undefined || name === undefined || depth === undefined || (kind !== 'call' && kind !== 'return') || !/^\d+$/.test(timeNs)) return undefined;
  return { timeNs: BigInt(timeNs), pid: Number(pid), tid: Number(tid), kind, name, values, command: command.join('\t') };
}

interface OpenCall {
  readonly name: string;
  readonly startNs: bigint;
}

/** Of each thread the calls that it is in. */
export class OpenCalls {
  readonly #threads = new Map<number, OpenCall[]>();

  /**
   * The next event of a thread as a row. A return ends the calls inside it that never returned (longjmp, exceptions); `left` counts them.
   */
  push({ timeNs, pid, tid, kind, name, values, command }: CallEvent): Row {
    const open = this.#threads.get(tid) ?? [];
    this.#threads.set(tid, open);
    let durationNs: number | null = null;
    const first = open[0]?.startNs ?? timeNs;
    let depth = open.length + 1;
    if (kind === 'call') open.push({ name, startNs: timeNs });
    else {
      const at = open.findLastIndex((call) => call.name === name);
      const call = open[at];
      depth = at < 0 ? 1 : at + 1;
      if (call !== undefined) {
        durationNs = Number(timeNs - call.startNs);
        open.length = at;
      }
    }
    return { time: Number(timeNs / 1000n), since_us: Number((timeNs - first) / 1000n), command, pid, tid, event: kind, depth, function: name, values, duration_ns: durationNs };
  }
}

/** As SystemTap's para-callgraph shows it: `   163 ls(24779): ->mid p=0x7ffd9831a228`. */
export function callLine({ since_us: since, command, tid, event, depth, function: name, values }: Row, duration: string): string {
  const arrow = event === 'call' ? '->' : '<-';
  return `${String(since).padStart(6)} ${command ?? ''}(${tid ?? ''}):${' '.repeat(Number(depth) - 1)}${arrow}${name ?? ''}${values === '' ? '' : ` ${values ?? ''}`}${duration === '' ? '' : ` <${duration}>`}`;
}
