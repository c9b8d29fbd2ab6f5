import { expect, test } from '@jest/globals';
import { zoneName } from './session-facts.js';

test.each([
  ['CET-1CEST,M3.5.0,M10.5.0/3', -3600, 'CET'],
  ['CET-1CEST,M3.5.0,M10.5.0/3', -7200, 'CEST'],
  ['EST5EDT,M3.2.0,M11.1.0', 18_000, 'EST'],
  ['<+0530>-5:30', -19_800, '+0530'],
  ['UTC0', 0, 'UTC'],
  [undefined, 0, 'UTC'],
  ['', 3600, ''],
])('the zone of %j, %d seconds west, is %j', (rule, west, name) => {
  expect(zoneName(rule, west)).toBe(name);
});
