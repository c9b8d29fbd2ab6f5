/** One connection that is over: from the script's line to a row. */
import { knownNumber, type Row } from '@stapkit/cli-kit';

/** Reads the fields of a line of tcp-life.stp; undefined when it is none. */
export function connectionRow([time, pid, local, localPort, remote, remotePort, cameIn, sent, received, retransmits, lasted, ...command]: readonly string[]): Row | undefined {
  if (!/^\d+$/.test(time ?? '') || lasted === undefined || command.length === 0) return undefined;
  return {
    time: Number(time),
    pid: knownNumber(pid, '0'),
    command: pid === '0' ? null : command.join('\t'),
    local: local ?? null,
    local_port: Number(localPort),
    remote: remote ?? null,
    remote_port: Number(remotePort),
    direction: cameIn === '1' ? 'in' : cameIn === '0' ? 'out' : null,
    sent_bytes: Number(sent),
    received_bytes: Number(received),
    retransmits: Number(retransmits),
    lasted_us: knownNumber(lasted),
  };
}
