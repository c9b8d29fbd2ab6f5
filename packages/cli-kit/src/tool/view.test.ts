import { describe, expect, test } from '@jest/globals';
import { parseToolOptions, shownTool, toolCommand, toolGlobals } from './command.js';
import type { ToolDescription, ToolOptions } from './description.js';
import { EXAMPLE } from './example-tool.test-support.js';
import { manPage } from './man-page.js';
import { SOCKET_OPTIONS, knownNumber, tcpStateName, withPort } from './sockets.js';

const TOTALS: ToolDescription = {
  ...EXAMPLE,
  shows: 'events',
  options: SOCKET_OPTIONS,
  view: { flags: '-s, --summary', help: 'totals', global: 'only_summary', columns: [{ key: 'total', title: 'TOTAL', help: 'all of it' }], tables: { sort: 'total', interval: 2 } },
};
const parse = (...args: readonly string[]): ToolOptions => parseToolOptions(TOTALS, ['node', 'read-top', ...args], '1.2.3');

describe('a view by a flag', () => {
  test('takes the place of the rows', () => {
    expect(shownTool(TOTALS, parse())).toBe(TOTALS);
    expect(shownTool(TOTALS, parse('--summary'))).toMatchObject({ shows: 'tables', columns: [{ key: 'total' }], tables: { sort: 'total' } });
    expect(Object.fromEntries(toolGlobals(TOTALS, parse('-s')))).toEqual({ only_summary: '1', interval_ticks: '20' });
    expect(toolGlobals(TOTALS, parse()).size).toBe(0);
  });

  test.each([[['-i', '1'], '--interval goes with --summary'], [['--top', '3'], '--top goes with --summary']])('%p without it is refused', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
    expect(() => parse('-s', ...args)).not.toThrow();
  });

  test('the man page has its columns', () => {
    expect(manPage(TOTALS, toolCommand(TOTALS, '1.2.3'), '1.2.3')).toMatch(/\.SH FIELDS WITH \\-\\-summary\n\.TP\n\\fBTOTAL\\fR \(\\fItotal\\fR\)\nall of it\./);
  });
});

test('sides of connections as globals', () => {
  expect(Object.fromEntries(toolGlobals(TOTALS, parse('--port', '443', '--addr', '127.0.0.1', '--local', ':80', '--remote', '[::1]:8080')))).toEqual({
    the_port: '443', the_family: '2', the_low: '16777343', local_port: '80', remote_family: '10', remote_high: '0', remote_low: String(1n << 56n), remote_port: '8080',
  });
  expect(() => parse('--local', '*')).toThrow("'*' names no address and no port");
});

test('an address with its port', () => {
  expect([withPort('port')('::1', { port: 80 }), withPort('port')(null, { port: 80 })]).toEqual(['[::1]:80', null]);
});

test('states by name, and numbers that are not known', () => {
  expect([1, 12, 13, 14].map(tcpStateName)).toEqual(['ESTABLISHED', 'NEW_SYN_RECV', 'BOUND_INACTIVE', '14']);
  expect([knownNumber('-1'), knownNumber('0'), knownNumber('0', '0'), knownNumber(undefined)]).toEqual([null, 0, null, null]);
});

test('columns by flags', () => {
  const byFlag: ToolDescription = { ...TOTALS, columnsFor: (options) => (options['port'] === undefined ? EXAMPLE.columns : []) };
  expect([shownTool(byFlag, parse()).columns, shownTool(byFlag, parse('--port', '1')).columns, shownTool(byFlag, parse('-s')).columns.length]).toEqual([EXAMPLE.columns, [], 1]);
});
