/** IP addresses and ports: as bytes, as numbers that scripts compare, and as people write them. */
import { InvalidArgumentError } from 'commander';
import { parseAddress, parsePort } from './values.js';

/** The bytes of an IP address in network order: 4 or 16. IPv6 in canonical spelling, without a dotted part. */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const bytes = Buffer.alloc(16);
  const [before = '', after = ''] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  for (const [index, group] of groups(before).entries()) bytes.writeUInt16BE(parseInt(group, 16), index * 2);
  const tail = groups(after);
  for (const [index, group] of tail.entries()) bytes.writeUInt16BE(parseInt(group, 16), 16 - (tail.length - index) * 2);
  return bytes;
}

/**
 * An address as a script's globals NAME_family, NAME_high and NAME_low: its family, and its bytes as this machine
 * (little-endian) reads them as numbers. Kernel probes compare these.
 */
export function addressGlobals(name: string, address: string): Readonly<Record<string, string>> {
  const bytes = addressBytes(address);
  if (bytes.length === 4) return { [`${name}_family`]: '2', [`${name}_low`]: String(bytes.readUInt32LE(0)) };
  return { [`${name}_family`]: '10', [`${name}_high`]: String(bytes.readBigInt64LE(0)), [`${name}_low`]: String(bytes.readBigInt64LE(8)) };
}

/** `192.0.2.1:443`, `[2001:db8::7]:443`; without a port (null) the address alone. */
export function endpointText(address: string, port: number | null): string {
  if (port === null) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** One side of a connection; what is absent may be any. */
export interface EndpointFilter {
  readonly address?: string;
  readonly port?: number;
}

/** `ADDR:PORT`, `ADDR`, `:PORT` or `*:PORT`; IPv6 with a port in brackets. Throws InvalidArgumentError. */
export function parseEndpoint(text: string): EndpointFilter {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? (plain === undefined && port === undefined ? text : plain);
  const any = address === '*' || (address === '' && bracketed === undefined);
  if (any && port === undefined) throw new InvalidArgumentError(`'${text}' names no address and no port: write ADDR, :PORT, ADDR:PORT or [ADDR]:PORT.`);
  return { ...(any ? {} : { address: parseAddress(address ?? '') }), ...(port === undefined ? {} : { port: parsePort(port) }) };
}
