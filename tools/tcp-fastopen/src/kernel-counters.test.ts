import { expect, test } from '@jest/globals';
import { networkNamespace } from '@stapkit/cli-kit';
import { parseCounters, readCounters } from './kernel-counters.js';

const NETSTAT = `TcpExt: SyncookiesSent TCPFastOpenActive TCPFastOpenPassive TCPFastOpenPassiveFail TCPFastOpenListenOverflow TCPFastOpenCookieReqd
TcpExt: 0 1 12 3 4 5
IpExt: InNoRoutes TCPFastOpenPassive
IpExt: 7 99
`;

test('the counters of Fast Open', () => {
  expect(parseCounters(NETSTAT)).toEqual({ passive: 12, passiveFail: 3, listenOverflow: 4, cookieRequests: 5 });
});

test.each([['a kernel without some of them', 'TcpExt: TCPFastOpenPassive\nTcpExt: 2\n', 2], ['nothing', '', 0]])('%s', (_name, text, passive) => {
  expect(parseCounters(text)).toEqual({ passive, passiveFail: 0, listenOverflow: 0, cookieRequests: 0 });
});

test('of this namespace, and of one that nobody is in', () => {
  expect(readCounters(undefined)?.passive).toBeGreaterThanOrEqual(0);
  expect(readCounters(networkNamespace('self'))).toBeDefined();
  expect(readCounters(1)).toBeUndefined();
});
