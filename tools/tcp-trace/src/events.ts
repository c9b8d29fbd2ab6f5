/** Events of TCP connections: from the script's lines to rows, and which of them are shown. */
import { tcpStateName, type Row } from '@stapkit/cli-kit';

/** icsk_pending of include/net/inet_connection_sock.h. */
const TIMERS: Readonly<Record<number, string>> = { 0: '', 1: 'rexmit', 2: 'delack', 3: 'probe', 5: 'loss', 6: 'reorder' };
/** TCP_INFINITE_SSTHRESH of include/net/tcp.h: no threshold has been found yet. */
const NO_THRESHOLD = 0x7fff_ffff;

/** Names of the columns that can be asked for, with the keys of rows. */
export const VALUES = {
  state: 'state', timer: 'timer', txq: 'tx_queue', rxq: 'rx_queue', pmtu: 'pmtu', cwnd: 'snd_cwnd', swnd: 'snd_wnd', rwnd: 'rcv_wnd', srtt: 'srtt_us', ssthresh: 'ssthresh', rexmit: 'rexmit', length: 'length',
} as const;
export type ValueName = keyof typeof VALUES;

/** Reads the fields of a line of tcp-trace.stp; undefined when it is none. */
export function eventRow(fields: readonly string[]): { readonly socket: string; readonly row: Row } | undefined {
  const [time, event = '', socket, local, localPort, remote, remotePort, ...values] = fields;
  if (!/^\d+$/.test(time ?? '') || socket === undefined || values.length !== 12) return undefined;
  const [state = 0, timer = 0, txQueue = 0, rxQueue = 0, pmtu = 0, cwnd = 0, sndWnd = 0, rcvWnd = 0, srtt = 0, ssthresh = 0, rexmit = 0, length = 0] = values.map(Number);
  const next = /^state (\d+)$/.exec(event)?.[1];
  return {
    socket,
    row: {
      time: Number(time),
      event: next === undefined ? event : 'state',
      local: local ?? null,
      local_port: Number(localPort),
      remote: remote ?? null,
      remote_port: Number(remotePort),
      state: tcpStateName(next === undefined ? state : Number(next)),
      timer: timer === 0 ? null : TIMERS[timer] ?? String(timer),
      tx_queue: txQueue,
      rx_queue: rxQueue,
      pmtu,
      snd_cwnd: cwnd,
      snd_wnd: sndWnd,
      rcv_wnd: rcvWnd,
      srtt_us: srtt / 8,
      ssthresh: ssthresh === NO_THRESHOLD ? null : ssthresh,
      rexmit,
      length,
    },
  };
}

/** Lets rows pass in which one of the values is another than in the last one of the socket. */
export class Changes {
  readonly #last = new Map<string, string>();
  readonly #keys: readonly string[];

  constructor(names: readonly ValueName[]) {
    this.#keys = names.map((name) => VALUES[name]);
  }

  isNew(socket: string, row: Row): boolean {
    const values = JSON.stringify(this.#keys.map((key) => row[key]));
    const known = this.#last.get(socket);
    if (row['event'] === 'state' && row['state'] === 'CLOSE') this.#last.delete(socket);
    else this.#last.set(socket, values);
    return known !== values;
  }
}
