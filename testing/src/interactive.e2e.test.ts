/** -i: by lines of a pipe, and by a person at a terminal. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CHECKOUT, stapkit } from './checkout.js';

jest.setTimeout(120_000);

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'stapkit-interactive-')); });
afterAll(() => {
  tmux('kill-server');
  rmSync(folder, { recursive: true, force: true });
});

const tmux = (...args: readonly string[]): string => spawnSync('tmux', ['-S', join(folder, 'socket'), '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
async function until(what: RegExp): Promise<void> {
  let screen = '';
  for (let tries = 0; tries < 600; tries++) {
    screen = tmux('capture-pane', '-p');
    if (what.test(screen)) return;
    await wait(50);
  }
  throw new Error(`${String(what)} never came; the screen is:\n${screen}`);
}

test('a script of several lines is put together, mended, run with other options, saved, edited and loaded', async () => {
  const loaded = join(folder, 'loaded.stp');
  writeFileSync(loaded, 'probe begin { println(undefined_here()) exit() }\n');
  const saved = join(folder, 'saved');
  const lines = [
    'probe begin { println("first ", twice(21)) exit() }', 'function twice(x) {', '  return x * 2', '}', 'run',
    'probe begin { foo( }', 'add probe end', '{ println("end ", target()) }', 'global unused', 'list', 'delete 7',
    `set target_pid ${process.pid}`, 'show target_pid', 'run', 'set cmd sleep 9', 'show target_pid', 'set last_pass 9', `save ${saved}`, 'edit', 'list', 'bogus', 'delete 8-9',
    `load ${loaded}`, 'delete', 'run', 'probe end {',
  ];
  const { stdout, stderr, status } = await stapkit('stapkit', ['-i'], { input: `${lines.join('\n')}\n`, env: { EDITOR: 'sed -i 1,4d' } });
  expect(stdout.split('\n')).toEqual([
    'first 42',
    '1: probe begin { println("first ", twice(21)) exit() }', '2: function twice(x) {', '3:   return x * 2', '4: }', '5: probe end', '6: { println("end ", target()) }', '7: global unused',
    `target_pid: ${process.pid}`, 'first 42', `end ${process.pid}`, 'target_pid: 0',
    '1: probe end', '2: { println("end ", target()) }', '',
  ]);
  expect(stderr.split('\n').filter((line) => /error|stapkit:|^Pass/.test(line))).toEqual([
    "<input>:5:20: error E0201: expected an expression, found '}'",
    "stapkit: set last_pass: '9' is not a number from 1 to 5",
    "stapkit: there is no command 'bogus'; help lists them; a declaration begins with probe, function or global",
    "stapkit: '8-9' is no range of the script's lines; write 1, or 1-2",
    expect.stringMatching(/^<input>:1:23: error E0\d+: .*undefined_here/), 'Pass 2: analysis failed.',
    'stapkit: there is no script to run; add a probe, or load a file',
    expect.stringMatching(/^<input>:2:1: error E02/),
  ]);
  expect(status).toBe(1);
  expect(readFileSync(saved, 'utf8')).toBe('probe begin { println("first ", twice(21)) exit() }\nfunction twice(x) {\n  return x * 2\n}\nprobe end\n{ println("end ", target()) }\n');
});

test('at a terminal: completion, Ctrl-C ends a run and takes back a line, history, a script that is not saved', async () => {
  tmux('new-session', '-d', '-x', '100', '-y', '40', `XDG_STATE_HOME=${folder} "${process.execPath}" ${CHECKOUT}tools/stapkit/bin/stapkit.js -i -e 'probe timer.ms(20) { if (!n++) println("tick") } global n'; echo status $?; cat`);
  await until(/^stapkit>$/m);
  tmux('send-keys', 'probe process("/bin/true").beg', 'Tab');
  await until(/stapkit> probe process\("\/bin\/true"\)\.begin/);
  tmux('send-keys', ' { exi', 'Tab');
  await until(/begin \{ exit$/m);
  tmux('send-keys', 'Enter');
  await until(/^ {4}>$/m);
  tmux('send-keys', 'C-c');
  await until(/\^C\nstapkit>$/m);
  tmux('send-keys', 'probe end { println("ended") }', 'Enter', 'run', 'Enter');
  await until(/^tick$/m);
  tmux('send-keys', 'C-c');
  await until(/^tick\n(?:\^C)?ended\nstapkit>$/m);
  tmux('send-keys', 'quit', 'Enter');
  await until(/Quit without it\? \[y\/n\]$/m);
  tmux('send-keys', 'n', 'Enter');
  await until(/\[y\/n\] n\nstapkit>$/m);
  tmux('send-keys', 'C-d');
  await until(/status 0/);
  expect(readFileSync(join(folder, 'stapkit/history'), 'utf8')).toMatch(/\nprobe end \{ println\("ended"\) \}\nrun\nquit\n/);
});
