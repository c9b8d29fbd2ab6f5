import { describe, expect, test } from '@jest/globals';
import { parseLimits } from './limits.js';
import { parseStapOptions } from './options.js';

describe('limits that are set', () => {
  test.each([
    ['MAXSTRINGLEN=128', { MAXSTRINGLEN: 128 }],
    ['MAXMAPENTRIES=10240', { MAXMAPENTRIES: 10240 }],
    ['MAXACTION=1', { MAXACTION: 1 }],
    ['MAXACTION_INTERRUPTIBLE=50', { MAXACTION_INTERRUPTIBLE: 50 }],
    ['STP_PROCFS_BUFSIZE=8192', { STP_PROCFS_BUFSIZE: 8192 }],
    ['MAXNESTING=30', { MAXNESTING: 30 }],
    ['MAXERRORS=0', { MAXERRORS: 0 }],
    ['MAXSKIPPED=0x10', { MAXSKIPPED: 16 }],
    ['maxskipped=7', { MAXSKIPPED: 7 }],
    ['INTERRUPTIBLE=0', { MAXSKIPPED: 100 }],
    ['INTERRUPTIBLE=1', {}],
    ['HIST_WIDTH=20', { HIST_WIDTH: 20 }],
    ['HIST_ELISION=-1', { HIST_ELISION: -1 }],
  ])('-D %s', (setting, limits) => {
    expect(parseLimits([setting])).toEqual({ limits, notes: [] });
  });

  test.each([['INTERRUPTIBLE=0', 'MAXSKIPPED=5'], ['MAXSKIPPED=5', 'INTERRUPTIBLE=0']])('-D %s -D %s', (...settings) => {
    expect(parseLimits(settings).limits).toEqual({ MAXSKIPPED: 5 });
  });

  test('the last setting of a limit counts', () => {
    expect(parseLimits(['MAXERRORS=1', 'MAXERRORS=2']).limits).toEqual({ MAXERRORS: 2 });
  });
});

test.each([
  ['MAXACTION=abc', 'a number from 1'],
  ['MAXACTION', 'a number from 1'],
  ['MAXACTION=0', 'a number from 1'],
  ['MAXERRORS=-1', 'a number from 0'],
  ['MAXSTRINGLEN=4', 'a number from 8 to 4096'],
  ['MAXSTRINGLEN=100000', 'a number from 8 to 4096'],
  ['MAXMAPENTRIES=99999999999', 'a number from 1'],
  ['9LIVES=1', 'NAME or NAME=VALUE is wanted'],
  ['MAXACTION=1.5', 'NAME or NAME=VALUE is wanted'],
])('-D %s is refused', (setting, message) => {
  expect(() => parseLimits([setting])).toThrow(message);
});

test.each(['MAXTRYLOCK=5', 'TRYLOCKDELAY=1', 'MINSTACKSPACE=2048', 'MAXUPROBES=10', 'KRETACTIVE=100', 'STP_OVERLOAD_THRESHOLD=1', 'STP_NO_OVERLOAD', 'STP_MAXMEMORY=8192', 'MAPHASHBIAS=2'])('-D %s is taken and said to have no effect', (setting) => {
  const { limits, notes } = parseLimits([setting]);
  expect(limits).toEqual({});
  expect(notes).toEqual([expect.stringContaining(`-D ${setting} has no effect: `)]);
});

test('an unknown name, which is a C macro in stap, gets a warning', () => {
  expect(parseLimits(['FOO=bar']).notes).toEqual([expect.stringContaining("'FOO' is no limit of stapkit")]);
});

describe('options around errors', () => {
  const options = (...words: string[]): ReturnType<typeof parseStapOptions> => parseStapOptions(['node', 'stapkit', ...words, '-e', 'probe begin { }'], '1');

  test('--suppress-time-limits is for guru mode', () => {
    expect(() => options('--suppress-time-limits')).toThrow('guru mode');
    expect(options('-g', '--suppress-time-limits').suppressTimeLimits).toBe(true);
  });

  test.each([
    ['--suppress-handler-errors', { suppressHandlerErrors: true }],
    ['--skip-badvars', { skipBadVariables: true }],
    ['-k', { keepFiles: true }],
    ['-t', { timing: true }],
    ['-u', { verbosity: 0 }],
    ['-v', { passVerbosity: [1, 1, 1, 1, 1] }],
    ['--vp=00203', { passVerbosity: [0, 0, 2, 0, 3] }],
    ['--vp=1', { passVerbosity: [1, 0, 0, 0, 0] }],
  ])('%s', (word, expected) => {
    expect(options(word)).toMatchObject(expected);
  });

  test.each(['--vp=x', '--vp=000001'])('%s is refused', (word) => {
    expect(() => options(word)).toThrow();
  });
});
