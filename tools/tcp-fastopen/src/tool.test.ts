import { describe, expect, test } from '@jest/globals';
import { networkNamespace, parseToolOptions, readToolScript, scriptWithGlobals, toolGlobals, wholeScript, type ToolOptions } from '@stapkit/cli-kit';
import { ServerOwners, type ProcessFiles } from './server-owner.js';
import { TFO_WATCH } from './tool.js';
import { Watching } from './watching.js';

const parse = (...args: readonly string[]): ToolOptions => parseToolOptions(TFO_WATCH, ['node', 'tfo-watch', ...args], '1.0.0');
const globals = (...args: readonly string[]): Map<string, string> => toolGlobals(TFO_WATCH, parse(...args));

describe('options as globals of the script', () => {
  test.each<[readonly string[], Record<string, string>]>([
    [[], {}],
    [['--port', '443', '--failed'], { the_port: '443', failed_only: '1' }],
    [['--addr', '127.0.0.1'], { the_family: '2', the_low: String(0x0100007f) }],
    [['--addr', '::ffff:127.0.0.1'], { the_family: '2', the_low: String(0x0100007f) }],
    [['--addr', '::1'], { the_family: '10', the_high: '0', the_low: String(1n << 56n) }],
    [['--addr', 'fe80::ff'], { the_family: '10', the_high: String(0x80fe), the_low: String(BigInt.asIntN(64, 0xffn << 56n)) }],
    [['--netns', '4026531840'], { the_netns: '4026531840' }],
    [['--summary', '--histogram'], { with_cookies: '1', with_accepts: '1' }],
  ])('%p', (args, expected) => {
    expect(Object.fromEntries(globals(...args))).toEqual(expected);
  });

  test('the scripts have all that may be set, but what only the first way sees', () => {
    const all = globals('--port', '1', '--addr', '::1', '--failed', '--netns', '2', '--cookies', '--histogram');
    expect(scriptWithGlobals(readToolScript(import.meta.url, 'tfo-watch.stp'), all)).toContain('global the_port = 1 ');
    for (const name of ['failed_only', 'with_cookies', 'with_accepts']) all.delete(name);
    expect(scriptWithGlobals(wholeScript(readToolScript(import.meta.url, 'tfo-watch-tracepoint.stp')), all)).toContain('global the_port = 1 ');
  });
});

test.each([
  [['--port', 'http'], "'http' is not a port"],
  [['--addr', 'example.org'], "'example.org' is not an IPv4 or IPv6 address"],
  [['--netns', 'x'], "'x' is not the number of a namespace"],
  [['--netns-of', '4194304'], 'there is no process 4194304'],
  [['--netns-of', String(process.pid), '--netns', '2'], 'exclude each other'],
  [['--way', 'kprobe'], 'Allowed choices are auto, function, tracepoint'],
  [['--json', '--csv'], 'cannot be used with'],
])('%p is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('--netns-of takes the namespace of a process', async () => {
  expect(await TFO_WATCH.prepare?.(parse('--netns-of', String(process.pid)))).toMatchObject({ netns: networkNamespace('self') });
});

describe('rows and summary', () => {
  const nobody: ProcessFiles = { processIn: () => undefined, pids: () => [], read: () => '', list: () => [], link: () => '' };
  const fields = (result: string): string[] => ['1795000000000042', result, '1', '192.0.2.7', '40000', '192.0.2.1', '443', '12', 'curl'];
  const watching = (...args: readonly string[]): Watching => new Watching(parse(...args), new ServerOwners(nobody), () => 0);

  test('successes are left out with --failed, cookie requests without --cookies', () => {
    expect(['OK', 'FAILED', 'COOKIE'].map((result) => watching().row(fields(result))?.['result'])).toEqual(['OK', 'FAILED', undefined]);
    expect(['OK', 'FAILED', 'COOKIE'].map((result) => watching('--failed', '--cookies').row(fields(result))?.['result'])).toEqual([undefined, 'FAILED', 'COOKIE']);
  });

  test('the summary counts cookie requests, in the format of the rows', async () => {
    const one = watching('--summary');
    for (const result of ['OK', 'COOKIE', 'COOKIE']) one.row(fields(result));
    expect((await one.summary({ format: 'json', look: { boxed: false } })).split('\n')[0]).toBe('{"server":"192.0.2.1:443","ok":1,"failed":0,"cookies":2,"clients":1,"rate":0}');
    expect(await one.summary({ format: 'columns', look: { boxed: false } })).toMatch(/^192\.0\.2\.1:443 +1 +0 +2 +1/m);
    expect(await watching().summary({ format: 'json', look: { boxed: false } })).toBe('');
  });
});
