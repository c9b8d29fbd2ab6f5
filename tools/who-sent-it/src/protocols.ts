/** Protocols above IP, by their numbers in include/uapi/linux/in.h and in6.h, and what ICMP packets are (RFC 792, 4443, 4861, 3810). */
import { InvalidArgumentError } from 'commander';

const NAMES: Readonly<Record<number, string>> = { 1: 'ICMP', 2: 'IGMP', 4: 'IPIP', 6: 'TCP', 17: 'UDP', 33: 'DCCP', 41: 'IPv6', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6', 132: 'SCTP', 136: 'UDPLITE' };

/** `TCP` of 6; a number that has no name here stays one. */
export const protocolName = (protocol: number): string => NAMES[protocol] ?? String(protocol);

/** A protocol by name or number; `icmp` is 1, which scripts take for ICMPv6, too. Throws InvalidArgumentError. */
export function parseProtocol(text: string): number {
  const named = Object.entries(NAMES).find(([, name]) => name.toLowerCase() === text.toLowerCase())?.[0];
  const value = Number(named ?? text);
  if (!/^\d+$/.test(named ?? text) || value < 1 || value > 255) throw new InvalidArgumentError(`'${text}' is no protocol: write tcp, udp, icmp, sctp or a number (1 to 255).`);
  return value;
}

const ICMP: Readonly<Record<number, string>> = { 0: 'echo reply', 3: 'destination unreachable', 5: 'redirect', 8: 'echo request', 11: 'time exceeded', 12: 'parameter problem' };
const ICMPV6: Readonly<Record<number, string>> = {
  1: 'destination unreachable', 2: 'packet too big', 3: 'time exceeded', 4: 'parameter problem', 128: 'echo request', 129: 'echo reply', 133: 'router solicitation', 134: 'router advertisement',
  135: 'neighbour solicitation', 136: 'neighbour advertisement', 137: 'redirect', 143: 'multicast listener report',
};

/** What an ICMP packet is; null of other protocols (-1). @param icmp type times 256 and code */
export function icmpName(protocol: number, icmp: number): string | null {
  if (icmp < 0) return null;
  const [type, code] = [icmp >> 8, icmp & 255];
  return (protocol === 58 ? ICMPV6 : ICMP)[type] ?? `type ${type} code ${code}`;
}
