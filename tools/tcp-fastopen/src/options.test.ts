import { describe, expect, test } from '@jest/globals';
import { readToolScript, scriptWithGlobals } from '@stapkit/cli-kit';
import { globalsOf, parseOptions } from './options.js';
import { WAYS } from './ways.js';

const [byFunction, byTracepoint] = WAYS;
const parse = (...args: readonly string[]): ReturnType<typeof parseOptions> => parseOptions(['node', 'tfo-watch', ...args], '1.0.0');

describe('options as globals of the script', () => {
  test.each<[readonly string[], Record<string, string>]>([
    [[], {}],
    [['--port', '443', '--failed'], { the_port: '443', failed_only: '1' }],
    [['--addr', '127.0.0.1'], { the_family: '2', the_low: String(0x0100007f) }],
    [['--addr', '::ffff:127.0.0.1'], { the_family: '2', the_low: String(0x0100007f) }],
    [['--addr', '::1'], { the_family: '10', the_high: '0', the_low: String(1n << 56n) }],
    [['--addr', 'fe80::ff'], { the_family: '10', the_high: String(0x80fe), the_low: String(BigInt.asIntN(64, 0xffn << 56n)) }],
    [['--netns', '4026531840'], { the_netns: '4026531840' }],
  ])('%p', (args, globals) => {
    if (byFunction === undefined) throw new Error('no way');
    expect(Object.fromEntries(globalsOf(parse(...args), byFunction))).toEqual(globals);
  });

  test.each(WAYS)('the script of $name has all that may be set', (way) => {
    const script = readToolScript(import.meta.url, way.file);
    const globals = globalsOf(parse('--port', '1', '--addr', '::1', '--failed', '--netns', '2'), way);
    expect(scriptWithGlobals(script, globals)).toContain('global the_port = 1 ');
    expect(globals.has('failed_only')).toBe(way !== byTracepoint);
  });
});

test.each([
  [['--port', 'http'], "'http' is not a port"],
  [['--addr', 'example.org'], "'example.org' is not an IPv4 or IPv6 address"],
  [['--netns', 'x'], "'x' is not the number of a namespace"],
  [['--netns-of', '4194304'], 'there is no process 4194304'],
  [['--netns-of', '1', '--netns', '2'], 'cannot be used with'],
  [['--way', 'kprobe'], 'Allowed choices are auto, function, tracepoint'],
  [['--json', '--csv'], 'cannot be used with'],
])('%p is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('--netns-of takes the namespace of a process', () => {
  expect(parse('--netns-of', String(process.pid)).netns).toBeGreaterThan(0);
});
