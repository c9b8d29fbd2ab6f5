import { expect, test } from '@jest/globals';
import { addressBytes } from './address-bytes.js';
import { encodeSocketAddress } from './loopback-sockets.js';

test.each([
  ['192.0.2.1', 'c0000201'],
  ['::', '00'.repeat(16)],
  ['::1', `${'00'.repeat(15)}01`],
  ['2001:db8::1:2', '20010db8000000000000000000010002'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['fe80::', `fe80${'00'.repeat(14)}`],
])('%s', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex);
});

test.each([
  [{ address: '127.0.0.1', port: 0x1234 }, '020012347f000001' + '00'.repeat(8)],
  [{ address: '::1', port: 0x1234 }, '0a00123400000000' + '00'.repeat(15) + '01' + '00'.repeat(4)],
])('sockaddr of %j', (endpoint, hex) => {
  expect(encodeSocketAddress(endpoint).toString('hex')).toBe(hex);
});
