import { expect, test } from '@jest/globals';
import { addressBytes, addressGlobals, endpointText, parseEndpoint, type EndpointFilter } from './addresses.js';

test.each([
  ['192.0.2.1', 'c0000201'],
  ['::', '00'.repeat(16)],
  ['::1', `${'00'.repeat(15)}01`],
  ['2001:db8::1:2', '20010db8000000000000000000010002'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['fe80::', `fe80${'00'.repeat(14)}`],
])('bytes of %s', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex);
});

test('the numbers that scripts compare', () => {
  expect(addressGlobals('the', '127.0.0.1')).toEqual({ the_family: '2', the_low: String(0x0100007f) });
  expect(addressGlobals('remote', '::1')).toEqual({ remote_family: '10', remote_high: '0', remote_low: String(0x01n << 56n) });
});

test.each<[string, number | null, string]>([['192.0.2.1', 443, '192.0.2.1:443'], ['2001:db8::7', 443, '[2001:db8::7]:443'], ['::1', null, '::1']])('%s with port %p', (address, port, text) => {
  expect(endpointText(address, port)).toBe(text);
});

test.each<[string, EndpointFilter]>([
  ['192.0.2.1', { address: '192.0.2.1' }],
  ['192.0.2.1:443', { address: '192.0.2.1', port: 443 }],
  [':443', { port: 443 }],
  ['*:443', { port: 443 }],
  ['::1', { address: '::1' }],
  ['2001:DB8:0::1', { address: '2001:db8::1' }],
  ['[::1]:80', { address: '::1', port: 80 }],
  ['[::ffff:192.0.2.1]:80', { address: '192.0.2.1', port: 80 }],
])('%s is an endpoint', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
});

test.each([
  ['', 'names no address and no port'],
  ['*', 'names no address and no port'],
  ['example.org:80', "'example.org' is not an IPv4 or IPv6 address"],
  ['192.0.2.1:99999', "'99999' is not a port"],
  ['[]:80', "'' is not an IPv4 or IPv6 address"],
  ['192.0.2.1:http', "'192.0.2.1:http' is not an IPv4 or IPv6 address"],
])('%p is none', (text, message) => {
  expect(() => parseEndpoint(text)).toThrow(message);
});
