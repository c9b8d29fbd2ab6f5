/** Changes of state: from the script's lines to rows, and to the table of sockets. */
import { knownNumber, tcpStateName, type Row } from '@stapkit/cli-kit';

interface Change {
  readonly socket: string;
  readonly row: Row;
}

/** Reads the fields of a line of tcp-state.stp; undefined when it is none. */
export function parseChange([time, socket, local, localPort, remote, remotePort, old, next, inState, again, pid, ...command]: readonly string[]): Change | undefined {
  if (!/^\d+$/.test(time ?? '') || socket === undefined || command.length === 0) return undefined;
  return {
    socket,
    row: {
      time: Number(time),
      local: local ?? null,
      local_port: Number(localPort),
      remote: remote ?? null,
      remote_port: Number(remotePort),
      old_state: tcpStateName(Number(old)),
      // Something was sent again, and the state is the same.
      new_state: next === '0' ? null : tcpStateName(Number(next)),
      in_state_us: knownNumber(inState),
      retransmits: Number(again),
      pid: knownNumber(pid, '0'),
      command: pid === '0' ? null : command.join('\t'),
    },
  };
}

interface Live {
  state: string;
  /** When it came into the state; undefined: before the tool was there. */
  since: number | undefined;
  retransmits: number;
  row: Row;
}

/** The sockets of which something was heard, each with its state. Those that are closed are shown once more. */
export class LiveSockets {
  readonly #sockets = new Map<string, Live>();

  change({ socket, row }: Change): void {
    const time = Number(row['time']);
    const known = this.#sockets.get(socket);
    const next = row['new_state'];
    const unchanged = typeof next !== 'string';
    this.#sockets.set(socket, {
      state: unchanged ? String(row['old_state']) : next,
      since: unchanged ? known?.since : time,
      retransmits: (known?.retransmits ?? 0) + (unchanged ? 1 : 0),
      row,
    });
  }

  /** The table. @param now microseconds since the epoch */
  rows(now: number): readonly Row[] {
    const rows = [...this.#sockets.values()].map(({ state, since, retransmits, row }) => ({
      state, local: row['local'] ?? null, local_port: row['local_port'] ?? null, remote: row['remote'] ?? null, remote_port: row['remote_port'] ?? null,
      in_state_us: since === undefined ? null : Math.max(0, now - since), retransmits, pid: row['pid'] ?? null, command: row['command'] ?? null,
    }));
    for (const [socket, { state }] of this.#sockets) if (state === 'CLOSE') this.#sockets.delete(socket);
    return rows;
  }
}
