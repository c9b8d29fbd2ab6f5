/** Listening TCP sockets of a network namespace, from /proc/PID/net/tcp and tcp6 (proc(5), net/ipv4/tcp_ipv4.c get_openreq4 and tcp4_seq_show). */

export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Of the socket: /proc/PID/fd/N links to socket:[INODE]. */
  readonly inode: number;
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const LISTEN = '0A';

/** An address as the files have it: 32-bit words in the machine's byte order (little-endian here), in hexadecimal. */
export function decodeAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
  return new URL(`http://[${groups}]/`).hostname.slice(1, -1);
}

/** @param text of /proc/PID/net/tcp or tcp6 */
export function parseListeners(text: string): readonly Listener[] {
  const listeners: Listener[] = [];
  for (const line of text.split('\n')) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, port] = local?.split(':') ?? [];
    if (state !== LISTEN || address === undefined || port === undefined || inode === undefined) continue;
    listeners.push({ address: decodeAddress(address), port: parseInt(port, 16), inode: Number(inode) });
  }
  return listeners;
}

/** The socket that takes connections to this address and port: one bound to the address, else one bound to all. */
export function listenerAt(listeners: readonly Listener[], address: string, port: number): Listener | undefined {
  const here = listeners.filter((one) => one.port === port);
  const wildcards = address.includes(':') ? ['::'] : ['0.0.0.0', '::'];
  return [address, `::ffff:${address}`, ...wildcards].map((wanted) => here.find((one) => one.address === wanted || mappedForm(one.address) === wanted)).find((one) => one !== undefined);
}

/** "::ffff:7f00:1" as "::ffff:127.0.0.1". */
function mappedForm(address: string): string | undefined {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const value = parseInt(high, 16) * 0x1_0000 + parseInt(low, 16);
  return `::ffff:${[value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff].join('.')}`;
}
