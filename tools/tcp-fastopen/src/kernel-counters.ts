/** The kernel's own counts of Fast Open, from /proc/net/netstat (TcpExt; SNMP counters of Documentation/networking/snmp_counter.rst). */
import { readFileSync } from 'node:fs';

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

/** @param pid whose network namespace; default: our own */
export function readCounters(pid: number | 'self' = 'self'): FastOpenCounters {
  const lines = readFileSync(`/proc/${pid}/net/netstat`, 'latin1').split('\n').filter((line) => line.startsWith('TcpExt:'));
  const [names = [], values = []] = lines.map((line) => line.split(' '));
  const value = (name: string): number => {
    const index = names.indexOf(name);
    return index < 0 ? 0 : Number(values[index] ?? 0);
  };
  return { passive: value('TCPFastOpenPassive'), passiveFail: value('TCPFastOpenPassiveFail'), listenOverflow: value('TCPFastOpenListenOverflow'), cookieRequests: value('TCPFastOpenCookieReqd') };
}
