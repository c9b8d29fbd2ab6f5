import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { SHELLS, completionScript } from '@stapkit/cli-kit';
import { manuals } from './manual.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-manual-'));
afterAll(() => { rmSync(folder, { recursive: true }); });
const MANUALS = manuals('1.2.3');

test.each(MANUALS.map((manual) => [manual.name, manual] as const))('%s: man page without a warning, page and completions with every flag', (_name, { page, command }) => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tascii', '-ww', '-rLL=78n', '-P-c'], { input: page, encoding: 'utf8' });
  expect([stderr, status]).toEqual(['', 0]);
  const text = stdout.replaceAll(/.\x08/g, '');
  const options = command.createHelp().visibleOptions(command);
  expect(options.length).toBeGreaterThan(9);
  for (const { short, long } of options) for (const flag of [short, long].filter((one) => one !== undefined)) expect(text).toContain(flag);
  for (const title of ['NAME', 'SYNOPSIS', 'OPTIONS', 'EXAMPLES', 'EXIT STATUS', 'SEE ALSO']) expect(text).toMatch(new RegExp(`^${title}$`, 'm'));
  for (const shell of SHELLS) {
    const script = completionScript(shell, command);
    for (const { short, long } of options) expect(script).toContain(shell === 'fish' ? (long === undefined ? `-s ${short?.slice(1) ?? ''}` : `-l ${long.slice(2)}`) : (long ?? short ?? '?'));
    writeFileSync(join(folder, 'completion'), script);
    const check = spawnSync(shell, ['-n', join(folder, 'completion')], { encoding: 'utf8' });
    expect([check.stderr, check.status]).toEqual(['', 0]);
  }
});

test('a flag that may be given again is offered again', () => {
  expect(completionScript('zsh', MANUALS[0]!.command)).toMatch(/'\*-D\[set a limit.*\n(?:.*\n)* {2}'-l\[list/);
});
