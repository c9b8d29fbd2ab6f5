import { describe, expect, test } from '@jest/globals';
import { parseGlobals, parseStapOptions } from './options.js';

const parse = (...args: readonly string[]): ReturnType<typeof parseStapOptions> => parseStapOptions(['node', 'stapkit', ...args], '1.0.0');

describe("stap's command lines", () => {
  test.each<[readonly string[], Partial<ReturnType<typeof parseStapOptions>>]>([
    [['x.stp'], { file: 'x.stp', inline: undefined, args: [], lastPass: 5, verbosity: 0 }],
    [['x.stp', '1', 'two'], { file: 'x.stp', args: ['1', 'two'] }],
    [['-'], { file: '-' }],
    [['-e', 'probe begin {}', '1'], { file: undefined, inline: 'probe begin {}', args: ['1'] }],
    [['-p4', '-m', 'name', 'x.stp'], { lastPass: 4, name: 'name' }],
    [['-vvv', 'x.stp'], { verbosity: 3 }],
    [['-c', 'ls -l', 'x.stp'], { command: 'ls -l' }],
    [['-x', '12', 'x.stp'], { targetPid: 12 }],
    [['-G', 'a=1', '-G', 'b=x=y', 'x.stp'], { globals: new Map([['a', '1'], ['b', 'x=y']]) }],
    [['-DMAXERRORS=5', '-D', 'MAXSTRINGLEN=64', 'x.stp'], { limits: { MAXERRORS: 5, MAXSTRINGLEN: 64 }, notes: [] }],
    [['-DSTP_NO_OVERLOAD', 'x.stp'], { limits: {}, notes: [expect.stringContaining('STP_NO_OVERLOAD')] as unknown as string[] }],
    [['-l', 'syscall.*'], { list: { pattern: 'syscall.*', variables: false } }],
    [['--dump-probe-types'], { dump: 'probe-types', list: undefined }],
    [['--dump-probe-aliases', '-v'], { dump: 'probe-aliases', verbosity: 1 }],
    [['--dump-functions'], { dump: 'functions' }],
    [['-L', 'syscall.*'], { list: { pattern: 'syscall.*', variables: true } }],
    [['-s', '64', '-T', '1.5', '-w', '-W', '-g', 'x.stp'], { ringMegabytes: 64, timeoutSeconds: 1.5, suppressWarnings: true, panicWarnings: true, guru: true }],
    [['-E', 'probe end {}', 'x.stp'], { additional: ['probe end {}'], file: 'x.stp' }],
    [['-r', '6.1.0', '--btf', 'f', 'x.stp'], { release: '6.1.0', btf: 'f' }],
    [['-a', 'arm64', 'x.stp'], { arch: 'aarch64' }],
    [['--no-global-var-display', 'x.stp'], { autoPrintGlobals: false }],
    [['--color=always', 'x.stp'], { color: true }],
    [['--color=never', 'x.stp'], { color: false }],
    [['--color', 'x.stp'], { color: true, file: 'x.stp' }],
    [['--colour', 'x.stp'], { color: true, file: 'x.stp' }],
    [['--colour=never', 'x.stp'], { color: false, file: 'x.stp' }],
    [['-i'], { interactive: true, file: undefined }],
    [['--interactive', 'x.stp'], { interactive: true, file: 'x.stp' }],
    [['-o', 'f', '-S', '1,3', 'x.stp'], { output: 'f', fileLimits: { bytes: 1 << 20, count: 3 } }],
    [['-S2', '-o', 'f', 'x.stp'], { fileLimits: { bytes: 2 << 20, count: undefined } }],
    [['-k', '--tmpdir=/var/tmp', 'x.stp'], { keepFiles: true, temporaryFolder: '/var/tmp' }],
    [['--debug', 'x.stp'], { keepFiles: true }],
    [['x.stp'], { cache: 'use', cleanCache: false, downloads: undefined }],
    [['--disable-cache', 'x.stp'], { cache: 'none' }],
    [['--poison-cache', 'x.stp'], { cache: 'write' }],
    [['--clean-cache'], { cleanCache: true, file: undefined }],
    [['--json', 'x.stp'], { records: 'json' }],
    [['--timestamps', 'x.stp'], { records: 'time' }],
    [['-F', '-m', 'fly', 'x.stp'], { background: true, name: 'fly' }],
    [['--download-debuginfo=no', 'x.stp'], { downloads: 'no' }],
  ])('%p', (args, options) => {
    expect(parse(...args)).toMatchObject(options);
  });
});

describe('refused', () => {
  test.each([
    [[], 'a script is wanted'],
    [['-c', 'ls', '-x', '1', 'x.stp'], '-c and -x exclude each other'],
    [['-e', 'probe begin {}', '-e', 'probe end {}'], 'only one script can be given on the command line; -E adds others'],
    [['-l', 'a', '-L', 'b'], '-l and -L exclude each other'],
    [['-p', '6', 'x.stp'], "'6' is not a pass (1 to 5)"],
    [['-x', 'self', 'x.stp'], "'self' is not a process id"],
    [['-G', 'a', 'x.stp'], '-G a: NAME=VALUE is wanted'],
    [['-DMAXERRORS', 'x.stp'], '-D MAXERRORS: a number from 0 to '],
    [['-DMAXERRORS=-1', 'x.stp'], '-D MAXERRORS=-1: a number from 0 to '],
    [['-m', 'a.o', 'x.stp'], "-m: 'a.o' is not a name"],
    [['-s', '64,4', 'x.stp'], "'64,4' is not a size in megabytes"],
    [['-T', '0', 'x.stp'], "'0' is not a number of seconds above 0"],
    [['-T', 'Infinity', 'x.stp'], "'Infinity' is not a number of seconds above 0"],
    [['-a', 'mips', 'x.stp'], "stapkit does not compile for the architecture 'mips'"],
    [['-S', '1', 'x.stp'], '-S is for output to a file'],
    [['--download-debuginfo=maybe', 'x.stp'], "'maybe' is neither yes, no, ask nor a number of seconds"],
    [['--sysroot=/other', 'x.stp'], '--sysroot is not possible'],
    [['--sysenv=A=B', 'x.stp'], '--sysenv is not possible'],
    [['--privilege=stapusr', 'x.stp'], '--privilege=stapusr is not possible'],
    [['--json', '--timestamps', 'x.stp'], "cannot be used with option '--timestamps'"],
    [['--bogus'], "unknown option '--bogus'"],
  ])('%p', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});

test('texts of globals are byte strings', () => {
  expect(parseGlobals(['s=caf\u00e9'])).toEqual(new Map([['s', 'caf\xc3\xa9']]));
});
