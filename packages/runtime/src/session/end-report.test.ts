import { expect, test } from '@jest/globals';
import { reportLosses, type Losses } from './end-report.js';
import { MessageWriter } from './message-writer.js';

const NONE: Losses = {
  errors: 0, skippedProbes: 0, lostRecords: 0, oversizeRecords: 0, missedReturns: 0, missedRuns: 0, lostStacks: 0, nameless: {}, lostMappings: 0, forgottenProcesses: 0,
  walks: { complete: 0, truncated: 0, unmapped: 0, withoutRule: 0, unreadable: 0, unknown: 0, noCaller: 0, elsewhere: 0, copied: 0, lostCopies: 0, overflowed: 0 },
};

const ROWS: readonly (readonly [what: string, losses: Partial<Losses>, said: readonly string[]])[] = [
  ['nothing', {}, []],
  ['a stack', { lostStacks: 1 }, ['1 stack was not kept: too many different ones came at once']],
  ['names, by reason', { nameless: { 'no symbol': 2, ended: 1 } }, ['3 user addresses without a name: 1 in processes that had ended, 2 in files without a symbol there']],
  ['one name', { nameless: { anonymous: 1 } }, ['1 user address without a name: 1 in memory of no file (JIT code without /tmp/perf-PID.map)']],
  ['mappings', { lostMappings: 7 }, ['7 mappings of processes were missed: names of addresses in processes that have ended may be missing']],
  ['processes', { forgottenProcesses: 1 }, ['what 1 process had mapped was forgotten, as too many were seen: names of addresses in those that have ended may be missing']],
];

test.each(ROWS)('the end tells of %s', (_what, losses, said) => {
  const lines: string[] = [];
  reportLosses(new MessageWriter({ warnings: true, repeat: false, write: (line) => { lines.push(line); } }), { ...NONE, ...losses });
  expect(lines).toEqual(said.map((text) => `WARNING: ${text}\n`));
});
