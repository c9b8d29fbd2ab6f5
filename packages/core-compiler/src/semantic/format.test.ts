import { expect, test } from '@jest/globals';
import { argumentTypes, parseFormat } from './format.js';

test.each([
  ['', []],
  ['plain\n', [{ literal: 'plain\n' }]],
  ['100%%', [{ literal: '100%' }]],
  ['%d%%%s', [{ conversion: 'd' }, { literal: '%' }, { conversion: 's' }]],
  ['%i', [{ conversion: 'd' }]],
  ['%05d', [{ conversion: 'd', flag: '0', width: 5 }]],
  ['%-10.3s', [{ conversion: 's', flag: '-', width: 10, precision: 3 }]],
  ['%.s', [{ conversion: 's', precision: 0 }]],
  ['%*.*ld', [{ conversion: 'd', width: '*', precision: '*' }]],
  ['%#x% d%+d', [{ conversion: 'x', flag: '#' }, { conversion: 'd', flag: ' ' }, { conversion: 'd', flag: '+' }]],
  ['%4b%.16m%#M%c%p%o%u%X', [{ conversion: 'b', width: 4 }, { conversion: 'm', precision: 16 }, { conversion: 'M', flag: '#' }, { conversion: 'c' }, { conversion: 'p' }, { conversion: 'o' }, { conversion: 'u' }, { conversion: 'X' }]],
])('%j', (text, pieces) => {
  expect(parseFormat(text)).toEqual({ ok: true, pieces });
});

test.each(['%', '%n', 'x %lld', '%-+5d', '%5', '%.', '%y', '%9999999d'])('%j is refused', (text) => {
  expect(parseFormat(text).ok).toBe(false);
});

test('* takes a long before the value', () => {
  const format = parseFormat('%*.*s %d %s');
  expect(format.ok && argumentTypes(format.pieces)).toEqual(['long', 'long', 'string', 'long', 'string']);
});
