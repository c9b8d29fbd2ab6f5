/** The network tools on this machine, in a network namespace of their own: one run of the traffic, each tool by JSON, CSV and columns at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHECKOUT, COMMANDS, run } from '../checkout.js';
import { columnLines, csvFound, networkScript, placeProgram, seenBy, trafficOf, type Found } from './network.js';
import { NETWORK_TOOLS } from './network-tools.js';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-network-'));
  placeProgram(folder);
  const script = networkScript(NETWORK_TOOLS, ['json', 'csv', 'columns'], folder, (name) => `"${process.execPath}" ${COMMANDS.get(name) ?? ''}`);
  // timeout ends what the script started with it.
  const { status, stderr } = await run('unshare', ['--net', 'timeout', '500', 'sh', '-c', script], { cwd: CHECKOUT, timeoutMs: 540_000 });
  expect([stderr, status]).toEqual(['', 0]);
}, 560_000);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** The runs looked one after the other, and rows of one moment may come in another order. */
const comparable = (rows: readonly Found[]): readonly string[] => rows.map(({ time: _time, in_state_us: _inState, lasted_us: _lasted, ...row }) => JSON.stringify(row)).sort();

describe.each(NETWORK_TOOLS)('$id', (tool) => {
  test('JSON: what the program made', () => {
    tool.check(seenBy(tool, folder), trafficOf(folder), 'host');
  });

  const { line } = tool;
  if (line === undefined) return;
  test('CSV and columns: the same', () => {
    const { rows } = seenBy(tool, folder);
    expect(comparable(csvFound(tool, folder))).toEqual(comparable(rows));
    expect([...columnLines(tool, folder)].sort()).toEqual(rows.map(line).sort());
  });
});
