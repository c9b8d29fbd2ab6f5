import { describe, expect, test } from '@jest/globals';
import { parseAddress, parseCount, parseDuration, parseInode, parseMegabytes, parsePid, parsePort } from './values.js';

test.each<[string, (text: string) => unknown, string, unknown]>([
  ['pid', parsePid, '1', 1],
  ['pid', parsePid, '4194304', 4194304],
  ['port', parsePort, '65535', 65535],
  ['count', parseCount, '12', 12],
  ['inode', parseInode, '4026531840', 4026531840],
  ['megabytes', parseMegabytes, '1024', 1024],
  ['seconds', parseDuration, '10', 10],
  ['seconds with a point', parseDuration, '2.5', 2.5],
  ['s', parseDuration, '3s', 3],
  ['ms', parseDuration, '250ms', 0.25],
  ['minutes', parseDuration, '5m', 300],
  ['hours', parseDuration, '1h', 3600],
  ['IPv4', parseAddress, '192.0.2.1', '192.0.2.1'],
  ['IPv6 spelled out', parseAddress, '2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['IPv6', parseAddress, '::1', '::1'],
  ['IPv4-mapped', parseAddress, '::ffff:192.0.2.1', '192.0.2.1'],
  ['IPv4-mapped in hexadecimal', parseAddress, '::ffff:c000:201', '192.0.2.1'],
])('%s', (_name, parse, text, value) => {
  expect(parse(text)).toBe(value);
});

describe('refused, with what was given and what is wanted', () => {
  test.each<[(text: string) => unknown, string, string]>([
    [parsePid, '0', "'0' is not a process id (1 to 4194304)."],
    [parsePid, '-1', "'-1' is not a process id (1 to 4194304)."],
    [parsePid, '4194305', "'4194305' is not a process id (1 to 4194304)."],
    [parsePid, '1e3', "'1e3' is not a process id (1 to 4194304)."],
    [parsePort, '65536', "'65536' is not a port (1 to 65535)."],
    [parsePort, '', "'' is not a port (1 to 65535)."],
    [parseCount, '0', "'0' is not a count (1 to 9007199254740991)."],
    [parseMegabytes, '2000', "'2000' is not a size in megabytes (1 to 1024)."],
    [parseInode, 'net', "'net' is not the number of a namespace (1 to 4294967295)."],
    [parseDuration, '0', "'0' is not a duration: write 10, 2.5, 250ms, 5m or 1h."],
    [parseDuration, '-5', "'-5' is not a duration: write 10, 2.5, 250ms, 5m or 1h."],
    [parseDuration, '5 minutes', "'5 minutes' is not a duration: write 10, 2.5, 250ms, 5m or 1h."],
    [parseDuration, '99999999h', "'99999999h' is not a duration: write 10, 2.5, 250ms, 5m or 1h."],
    [parseAddress, 'localhost', "'localhost' is not an IPv4 or IPv6 address."],
    [parseAddress, '10.0.0', "'10.0.0' is not an IPv4 or IPv6 address."],
    [parseAddress, 'fe80::1%eth0', "'fe80::1%eth0' is not an IPv4 or IPv6 address."],
  ])('%p %p', (parse, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
