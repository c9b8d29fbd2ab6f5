/** The kernel's own counts of Fast Open, from /proc/net/netstat (TcpExt; SNMP counters of Documentation/networking/snmp_counter.rst). */
import { readFileSync } from 'node:fs';
import { processInNamespace } from '@stapkit/cli-kit';

export interface FastOpenCounters {
  /** SYNs with data and a good cookie that a server here took. */
  readonly passive: number;
  /** SYNs whose cookie or data a server here refused. */
  readonly passiveFail: number;
  /** Refused because the listener's Fast Open queue was full. */
  readonly listenOverflow: number;
  /** SYNs that asked for a cookie. */
  readonly cookieRequests: number;
}

/** @param text of /proc/PID/net/netstat: a line of names, then one of values, for each group */
export function parseCounters(text: string): FastOpenCounters {
  const [names = [], values = []] = text.split('\n').filter((line) => line.startsWith('TcpExt:')).map((line) => line.trim().split(' '));
  const value = (name: string): number => {
    const index = names.indexOf(name);
    return index < 0 ? 0 : Number(values[index] ?? 0);
  };
  return { passive: value('TCPFastOpenPassive'), passiveFail: value('TCPFastOpenPassiveFail'), listenOverflow: value('TCPFastOpenListenOverflow'), cookieRequests: value('TCPFastOpenCookieReqd') };
}

/** Counters of a network namespace (default: our own); undefined when no process is left in it. */
export function readCounters(netns: number | undefined): FastOpenCounters | undefined {
  const pid = netns === undefined ? 'self' : processInNamespace(netns);
  if (pid === undefined) return undefined;
  try {
    return parseCounters(readFileSync(`/proc/${pid}/net/netstat`, 'latin1'));
  } catch {
    return undefined; // it ended just now
  }
}
