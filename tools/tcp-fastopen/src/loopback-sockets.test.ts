import { expect, test } from '@jest/globals';
import { encodeSocketAddress } from './loopback-sockets.js';

test.each([
  [{ address: '127.0.0.1', port: 0x1234 }, '020012347f000001' + '00'.repeat(8)],
  [{ address: '::1', port: 0x1234 }, '0a00123400000000' + '00'.repeat(15) + '01' + '00'.repeat(4)],
])('sockaddr of %j', (endpoint, hex) => {
  expect(encodeSocketAddress(endpoint).toString('hex')).toBe(hex);
});
