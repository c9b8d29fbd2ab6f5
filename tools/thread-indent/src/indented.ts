/** Lines of thread-indent.stp as rows, and as SystemTap's thread_indent() shows them. */
import type { Row } from '@stapkit/cli-kit';

/** By thread, when its outermost call began. */
export class IndentedCalls {
  readonly #starts = new Map<string, number>();

  row([timeUs = '', pid, tid = '', depth, event, name, ...command]: readonly string[]): Row | undefined {
    if (name === undefined || !/^\d+$/.test(timeUs)) return undefined;
    const time = Number(timeUs);
    const start = Number(depth) === 1 && event === 'call' ? time : (this.#starts.get(tid) ?? time);
    this.#starts.set(tid, start);
    return { time, since_us: time - start, command: command.join('\t'), pid: Number(pid), tid: Number(tid), depth: Number(depth), event: event ?? '', function: name };
  }
}

/** `     0 curl(7223): -> __sys_socket`. */
export function indentedLine({ since_us: since, command, tid, depth, event, function: name }: Row): string {
  return `${String(since).padStart(6)} ${command ?? ''}(${tid ?? ''}):${' '.repeat(Number(depth) - 1)} ${event === 'call' ? '->' : '<-'} ${name ?? ''}`;
}
