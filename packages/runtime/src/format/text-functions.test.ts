import { expect, test } from '@jest/globals';
import { ipv4Text, ipv6Text } from './addresses.js';
import { errnoName } from './errno-names.js';
import { quote } from './quote.js';
import { describeScriptError } from './script-error.js';
import { ctime, strtol, substr } from './text-functions.js';

/** The two words that a machine loads from an address given as eight groups. */
function words(groups: string): [bigint, bigint] {
  const bytes = Buffer.from(groups.replaceAll(':', ''), 'hex');
  return [bytes.readBigUInt64LE(0), bytes.readBigUInt64LE(8)];
}

test.each([
  ['abc', '"abc"'], ['a"b\\c', '"a\\"b\\\\c"'], ["it's", '"it\'s"'], ['\t\n\x07\x0b', '"\\t\\n\\a\\v"'], ['\x01\xff\x7f', '"\\001\\377\\177"'], ['', '""'],
])('quote %j', (text, want) => { expect(quote(text)).toBe(want); });

test.each<[bigint, string]>([[0x0100007fn, '127.0.0.1'], [-1n, '255.255.255.255'], [0n, '0.0.0.0'], [0x0101a8c0n, '192.168.1.1']])(
  'IPv4 %s', (value, want) => { expect(ipv4Text(value)).toBe(want); },
);

test.each([
  ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
  ['0000:0000:0000:0000:0000:0000:0000:0000', '::'],
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:0db8:0000:0001:0001:0001:0001:0001', '2001:db8:0:1:1:1:1:1'],
  ['fe80:0000:0000:0000:0000:0000:0000:0000', 'fe80::'],
  ['0000:0000:0000:0000:0000:ffff:7f00:0001', '::ffff:127.0.0.1'],
  ['0001:0000:0000:0002:0000:0000:0000:0003', '1:0:0:2::3'],
])('IPv6 %s', (groups, want) => { expect(ipv6Text(...words(groups))).toBe(want); });

test.each<[bigint, string]>([[2n, 'ENOENT'], [11n, 'EAGAIN'], [41n, ''], [133n, 'EHWPOISON'], [512n, 'ERESTARTSYS'], [0n, ''], [-2n, ''], [99999n, '']])(
  'error %s', (value, want) => { expect(errnoName(value)).toBe(want); },
);

test.each<[bigint, string]>([
  [0n, 'Thu Jan  1 00:00:00 1970'], [-2147483648n, 'Fri Dec 13 20:45:52 1901'], [2147483647n, 'Tue Jan 19 03:14:07 2038'], [741476948n, 'Wed Jun 30 21:49:08 1993'],
])('ctime %s', (seconds, want) => { expect(ctime(seconds)).toBe(want); });

test.each([-2147483649n, 1n << 60n])('ctime %s is out of range', (seconds) => { expect(() => ctime(seconds)).toThrow('ctime: the time is too far'); });

test.each<[string, bigint, bigint]>([
  ['123', 10n, 123n], ['  -42x', 10n, -42n], ['+7', 10n, 7n], ['0x1F', 0n, 31n], ['0x1f', 16n, 31n], ['1f', 16n, 31n], ['0755', 0n, 493n], ['0x', 0n, 0n],
  ['101', 2n, 5n], ['z', 36n, 35n], ['', 10n, 0n], ['abc', 10n, 0n], ['9', 1n, 0n], ['9', 99n, 0n],
  ['9223372036854775808', 10n, (1n << 63n) - 1n], ['-9223372036854775808', 10n, -(1n << 63n)], ['-99999999999999999999999', 10n, -(1n << 63n)],
])('strtol(%j, %s)', (text, base, want) => { expect(strtol(text, base)).toBe(want); });

test.each<[bigint, bigint, string]>([[0n, 3n, 'abc'], [2n, 99n, 'cdef'], [2n, 1n << 62n, 'cdef'], [6n, 1n, ''], [-1n, 2n, ''], [1n, 0n, ''], [1n, -1n, '']])(
  'substr(abcdef, %s, %s)', (start, length, want) => { expect(substr('abcdef', start, length)).toBe(want); },
);

test.each([
  ['/', "ERROR: division by 0 near operator '/' at <input>:1:24 in probe begin"],
  ['x', "ERROR: division by 0 near identifier 'x' at <input>:1:24 in probe begin"],
  ["operator '@min'", "ERROR: division by 0 near operator '@min' at <input>:1:24 in probe begin"],
  ['foreach', "ERROR: division by 0 near keyword 'foreach' at <input>:1:24 in probe begin"],
])('an error near %s', (token, want) => {
  expect(describeScriptError('division by 0', { file: '<input>', line: 1, column: 24, token }, 'begin')).toBe(want);
});
