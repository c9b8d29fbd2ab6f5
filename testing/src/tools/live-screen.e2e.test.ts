/** A live screen as a person sees it: a tool whose rows are known, in a terminal that tells what it shows. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CHECKOUT } from '../checkout.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'stapkit-live-'));

/** 9 rows in the first tables, none in those that come when it ends. */
const SCRIPT = `probe tool.interval { for (i = 0; i < 9; i++) printf("row-%d\\t%d\\n", i, 1000 - i) println("") }
probe end { println("") }
`;
const TOOL = `import { runToolCommand } from ${JSON.stringify(pathToFileURL(join(CHECKOUT, 'packages/cli-kit/dist/index.js')).href)};
void runToolCommand(import.meta.url, { name: 'nine-rows', summary: 'Shows nine rows.', ways: [{ name: 'timer', file: 'nine-rows.stp', label: 'a timer' }], filters: [], shows: 'tables', tables: { live: true, interval: 0.2 },
  columns: [{ key: 'name', title: 'NAME', width: 8, help: 'name' }, { key: 'size', title: 'SIZE', type: 'number', width: 6, help: 'size', style: () => 'red' }], examples: [] });
`;

const tmux = (...args: readonly string[]): string => spawnSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
const screen = (): readonly string[] => tmux('capture-pane', '-p').trimEnd().split('\n').map((line) => line.trimEnd());
const modes = (): string => tmux('display-message', '-p', 'alternate #{alternate_on} cursor #{cursor_flag}').trim();
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (holds()) return;
    await wait(100);
  }
  throw new Error(`${what} never came; the screen is:\n${screen().join('\n')}`);
}

beforeAll(() => {
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "nine-rows", "version": "1.0.0", "type": "module" }\n');
  writeFileSync(join(folder, 'nine-rows.stp'), SCRIPT);
  writeFileSync(join(folder, 'dist/nine-rows.js'), TOOL);
  // All that is written to the terminal goes to a file, too.
  tmux('new-session', '-d', '-x', '40', '-y', '14', `env PS1='prompt> ' NO_COLOR= script -qfc 'stty -a > ${folder}/before; "${process.execPath}" ${folder}/dist/nine-rows.js; echo status $?; stty -a > ${folder}/after; NO_COLOR=1 "${process.execPath}" ${folder}/dist/nine-rows.js --count 1; echo ended; cat' ${folder}/written`);
});
afterAll(() => {
  tmux('kill-server');
  rmSync(folder, { recursive: true, force: true });
});

test('it redraws in place, follows the size of the terminal, and ends cleanly', async () => {
  await until('the table', () => screen().includes('row-8  992'));
  expect(screen()).toEqual(['NAME  SIZE', ...Array.from({ length: 9 }, (_, row) => `row-${row} ${row === 0 ? '1000' : ` ${1000 - row}`}`)]);
  expect(modes()).toBe('alternate 1 cursor 0');

  tmux('resize-window', '-x', '12', '-y', '6');
  await until('the small table', () => screen().includes('… 5 more lin'));
  expect(screen()).toEqual(['NAME  SIZE', 'row-0 1000', 'row-1  999', 'row-2  998', 'row-3  997', '… 5 more lin']);

  tmux('resize-window', '-x', '40', '-y', '14');
  await until('the whole table again', () => screen().includes('row-8  992') && !screen().some((line) => line.includes('more lin')));

  tmux('send-keys', 'C-c');
  await until('the end', () => screen().includes('ended'));
  expect(modes()).toBe('alternate 0 cursor 1');
  // The last table with rows stays, not the empty one that came with the end.
  expect(screen().slice(-2)).not.toContain('NAME  SIZE');
  expect(tmux('capture-pane', '-p', '-S', '-50')).toMatch(/NAME {2}SIZE\nrow-0 1000\n(?:row-\d.*\n){7}row-8 {2}992\nstatus 0\n/);
  expect(readFileSync(join(folder, 'after'), 'utf8')).toBe(readFileSync(join(folder, 'before'), 'utf8'));

  const written = readFileSync(join(folder, 'written'), 'utf8');
  const [coloured = '', plain = ''] = written.split('status 0');
  // One frame is one update; nothing is wiped between frames.
  for (const [once, count] of [['\x1b[?1049h', 1], ['\x1b[?25l', 1], ['\x1b[?1049l', 1], ['\x1b[?25h', 1], ['\x1b[2J', 0]] as const) expect([once, coloured.split(once).length - 1]).toEqual([once, count]);
  const frames = coloured.split('\x1b[?2026h').slice(1);
  expect(frames.length).toBeGreaterThan(3);
  for (const frame of frames) expect(frame.split('\x1b[?2026l')).toHaveLength(2);
  expect([coloured.includes('\x1b[31m'), plain.includes('\x1b[3')]).toEqual([true, false]);
});
