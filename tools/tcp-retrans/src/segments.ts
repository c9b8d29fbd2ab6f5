/** Segments that are sent again: from the script's lines to rows, and counted by connection. */
import { knownNumber, tcpStateName, type Row } from '@stapkit/cli-kit';

/** Bits of the flags, in the order in which people name them. */
const FLAGS: readonly (readonly [number, string])[] = [[0x02, 'SYN'], [0x01, 'FIN'], [0x04, 'RST'], [0x08, 'PSH'], [0x10, 'ACK'], [0x20, 'URG'], [0x40, 'ECE'], [0x80, 'CWR']];

/** `SYN+ACK` of 0x12. */
export const flagNames = (flags: number): string => FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name).join('+');

/** enum tcp_ca_state of include/uapi/linux/tcp.h. */
const CONGESTION = ['Open', 'Disorder', 'CWR', 'Recovery', 'Loss'] as const;

/** Reads the fields of a line of tcp-retrans.stp; undefined when it is none. */
export function segmentRow(fields: readonly string[]): Row | undefined {
  const [time, local, localPort, remote, remotePort, state, flags, bytes, sequence, congestion, total, error] = fields;
  if (!/^\d+$/.test(time ?? '') || fields.length !== 12) return undefined;
  const ca = knownNumber(congestion);
  return {
    time: Number(time),
    local: local ?? null,
    local_port: Number(localPort),
    remote: remote ?? null,
    remote_port: Number(remotePort),
    state: tcpStateName(Number(state)),
    flags: flagNames(Number(flags)),
    bytes: Number(bytes),
    sequence: Number(sequence),
    congestion: ca === null ? null : CONGESTION[ca] ?? String(ca),
    total: Number(total),
    error: Number(error),
  };
}

/** Counts by connection, until they are taken. */
export class Connections {
  #connections = new Map<string, Record<string, string | number | null>>();

  add(segment: Row): void {
    const { local = null, local_port: localPort = null, remote = null, remote_port: remotePort = null, state = null, bytes } = segment;
    const key = JSON.stringify([local, localPort, remote, remotePort]);
    const known = this.#connections.get(key);
    this.#connections.set(key, { local, local_port: localPort, remote, remote_port: remotePort, state, segments: Number(known?.['segments'] ?? 0) + 1, bytes: Number(known?.['bytes'] ?? 0) + Number(bytes) });
  }

  take(): readonly Row[] {
    const rows = [...this.#connections.values()];
    this.#connections = new Map();
    return rows;
  }
}
