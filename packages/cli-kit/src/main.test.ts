import { describe, expect, test } from '@jest/globals';
import { AttachError, OutputError, SyscallError } from '@stapkit/runtime';
import { DebugInfoError } from '@stapkit/debuginfo';
import { Option } from 'commander';
import { ToolScriptError } from './tool-script.js';
import { EXIT, UsageError } from './exit-codes.js';
import { createCommand } from './flags.js';
import { explainError, explainUsage } from './main.js';
import { parsePort } from './values.js';

describe('errors of the world: one line, cause and mend', () => {
  test.each<[string, unknown, string, number]>([
    ['usage', new UsageError('there is no process 7', 'ps -e lists them'), 'x: there is no process 7; ps -e lists them\n', 2],
    ['its own exit code', new UsageError('no', undefined, 1), 'x: no\n', 1],
    ['a probe', new AttachError('syscall.open', 'no way', 'get one'), 'x: cannot attach syscall.open: no way; get one\n', 2],
    ['advice that the message has already', new SyscallError({ call: 'bpf', code: 1, doing: 'loading', advice: 'be root' }), 'x: loading: bpf failed with EPERM (operation not permitted); be root\n', 2],
    ['a full disk', new OutputError('ENOSPC', 5, new Error('x')), 'x: cannot write the output: no space left on the device (ENOSPC); at least 5 bytes of output are missing; make room, or write to another place with -o FILE\n', 1],
    ['a damaged file', new DebugInfoError('.BTF', 16, 'cut short'), 'x: .BTF+0x10: cut short\n', 2],
    ['no such function here', new ToolScriptError("no function 'f'"), "x: no function 'f'\n", 2],
  ])('%s', (_name, error, text, exitCode) => {
    expect(explainError('x', error, false)).toEqual({ text, exitCode });
  });
});

test('with -v the stack comes too', () => {
  expect(explainError('x', new UsageError('no'), true).text).toMatch(/^x: no\nUsageError: no\n\s+at /);
});

test('what is none of these is our bug, with what to report', () => {
  const { text, exitCode } = explainError('x', new TypeError('undefined is not a function'), false);
  expect(exitCode).toBe(EXIT.bug);
  expect(text).toMatch(/^x: this is a bug in stapkit: undefined is not a function\nTypeError: [\s\S]*Please report it/);
});

test('a refusal by the verifier says itself that it is our bug', () => {
  const error = Object.assign(new Error('t.stp:1:1: refused\nthis is a stapkit bug: please report it'), { name: 'VerifierError' });
  expect(explainError('x', error, false)).toEqual({ text: `x: ${error.message}\n`, exitCode: EXIT.bug });
});

test('thrown things that are no errors', () => {
  expect(explainError('x', 'text', false)).toEqual({ text: 'x: text\n', exitCode: EXIT.failed });
});

describe("wrong usage is one line in the command's name", () => {
  const command = () => createCommand('tool', 'A tool.', '1.2.3', ['pid', 'duration', 'json', 'csv', 'verbose']).addOption(new Option('-P, --port <port>', '').argParser(parsePort));
  test.each([
    [['--port', '0'], "tool: --port: '0' is not a port (1 to 65535); see tool --help\n"],
    [['-P', 'x'], "tool: --port: 'x' is not a port (1 to 65535); see tool --help\n"],
    [['--pid'], "tool: option '-p, --pid <pid>' argument missing; see tool --help\n"],
    [['--json', '--csv'], "tool: option '-J, --json' cannot be used with option '--csv'; see tool --help\n"],
    [['--jso'], "tool: unknown option '--jso' (Did you mean --json?); see tool --help\n"],
    [['--tid', '7'], "tool: unknown option '--tid': tool does not choose by thread; see tool --help\n"],
    [['--top=5'], "tool: unknown option '--top': tool shows no tables of what is largest; see tool --help\n"],
    [['word'], 'tool: too many arguments. Expected 0 arguments but got 1; see tool --help\n'],
  ])('%p', (args, text) => {
    let message = '';
    try {
      command().parse(['node', 'tool', ...args]);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(explainUsage('tool', message)).toBe(text);
  });

  test('flags', () => {
    expect(command().parse(['node', 'tool', '-p', '3', '-d', '1m', '-J', '-vv']).opts()).toEqual({ pid: 3, duration: 60, json: true, verbose: 2 });
  });

  test('help fits 80 columns', () => {
    for (const line of command().helpInformation().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
