import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CommandError, startCommand } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'stapkit-command-'));
const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

test('nothing runs before the release, and the pid is the command\'s own', async () => {
  const file = join(folder, 'pid');
  const command = await startCommand(`sh -c 'echo $$ > ${file}; echo $PPID >> ${file}'`);
  await pause(50);
  expect(existsSync(file)).toBe(false);
  command.release();
  command.release();
  expect(await command.exited).toEqual({ code: 0, signal: undefined });
  expect(readFileSync(file, 'utf8').split('\n')).toEqual([String(command.pid), String(process.pid), '']);
});

test.each([
  ['exit 3', 3], ['false', 1], ['test 2 -gt 1 && exit 4', 4], ['sh -c "exit 5"', 5], ['X=6 sh -c "exit $X"; exit 7', 7], ['/no/such/command', 127],
])('%s ends with %i', async (text, code) => {
  const command = await startCommand(text);
  command.release();
  expect(await command.exited).toEqual({ code, signal: undefined });
});

test('descriptor 3 is not the command\'s', async () => {
  const command = await startCommand('sh -c "test ! -e /proc/self/fd/3"');
  command.release();
  expect(await command.exited).toEqual({ code: 0, signal: undefined });
});

test('a signal that ended it is told', async () => {
  const command = await startCommand('sleep 100');
  command.release();
  await pause(50);
  command.kill('SIGTERM');
  expect(await command.exited).toEqual({ code: undefined, signal: 'SIGTERM' });
});

test('killed before its release, it never ran', async () => {
  const file = join(folder, 'never');
  const command = await startCommand(`touch ${file}`);
  command.kill('SIGKILL');
  expect(await command.exited).toEqual({ code: undefined, signal: 'SIGKILL' });
  command.release();
  expect(existsSync(file)).toBe(false);
});

test('an empty command is refused', async () => {
  await expect(startCommand('  ')).rejects.toThrow(CommandError);
});
