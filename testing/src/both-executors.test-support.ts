/** One table of cases, run in a kernel handler and in an end probe: both executors must print the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stapkit } from './checkout.js';

/** Name, statements, what they print. */
export type Case = readonly [name: string, statements: string, expected: string];

const WHERE: [string, string][] = [
  ['a kernel handler', 'global done probe kernel.trace("sched_switch") { if (done++) next; all(); exit() }'],
  ['an end probe', 'probe begin(9) { exit() } probe end { all() }'],
];

/**
 * Defines the tests: all cases in one script a place, one function a case.
 * @param preamble globals and probes that the cases build on
 * @param options of the command
 */
export function runInBothExecutors(name: string, preamble: string, cases: readonly Case[], options: readonly string[] = []): void {
  const script = `${preamble}
${cases.map(([, statements], index) => `function case_${index}:long() { ${statements}; return 0 }`).join('\n')}
function all() { ${cases.map((_, index) => `case_${index}(); print("\\001");`).join(' ')} }`;

  describe.each(WHERE)('in %s', (_where, probe) => {
    let folder = '';
    let parts: string[] = [];
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), `stapkit-${name}-`));
      writeFileSync(join(folder, `${name}.stp`), `${script}\n${probe}\n`);
      const { stdout, stderr } = await stapkit('stapkit', ['-w', ...options, join(folder, `${name}.stp`)], { timeoutMs: 60_000 });
      if (stderr !== '') throw new Error(stderr);
      parts = stdout.split('\u0001');
    }, 70_000);
    afterAll(() => { rmSync(folder, { recursive: true }); });

    test.each(cases.map(([caseName, , expected], index): [string, number, string] => [caseName, index, expected]))('%s', (_name, index, expected) => {
      expect(parts[index]).toBe(expected);
    });
  });
}
