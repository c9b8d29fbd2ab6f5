import { describe, expect, test } from '@jest/globals';
import { decodeAddress, listenerAt, parseListeners } from './listeners.js';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const TCP = `${HEAD}
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000000000000000 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 1002 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `${HEAD}
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2001 1 0000000000000000 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2002 1 0000000000000000 100 0 0 10 0
   2: B80D0120000000000000000001000000:0052 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2003 1 0000000000000000 100 0 0 10 0
`;

test.each([
  ['0100007F', '127.0.0.1'],
  ['010200C0', '192.0.2.1'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000001000000', '::1'],
  ['B80D0120000000000000000001000000', '2001:db8::1'],
])('address %s', (hex, address) => {
  expect(decodeAddress(hex)).toBe(address);
});

test('listening sockets alone', () => {
  expect(parseListeners(TCP)).toEqual([{ address: '127.0.0.1', port: 8080, inode: 1001 }, { address: '0.0.0.0', port: 80, inode: 1002 }]);
  expect(parseListeners(TCP6)).toEqual([{ address: '::', port: 80, inode: 2001 }, { address: '::ffff:7f00:1', port: 81, inode: 2002 }, { address: '2001:db8::1', port: 82, inode: 2003 }]);
  expect(parseListeners('')).toEqual([]);
});

describe('the socket that takes a connection', () => {
  const all = [...parseListeners(TCP), ...parseListeners(TCP6)];
  test.each<[string, number, number | undefined]>([
    ['127.0.0.1', 8080, 1001],
    ['127.0.0.2', 8080, undefined],
    ['192.0.2.1', 80, 1002],
    ['::1', 80, 2001],
    ['127.0.0.1', 81, 2002],
    ['2001:db8::1', 82, 2003],
    ['2001:db8::2', 82, undefined],
    ['127.0.0.1', 9, undefined],
  ])('%s port %i', (address, port, inode) => {
    expect(listenerAt(all, address, port)?.inode).toBe(inode);
  });

  test('an IPv6 socket bound to all takes IPv4 too', () => {
    expect(listenerAt(parseListeners(TCP6), '192.0.2.1', 80)?.inode).toBe(2001);
  });
});
