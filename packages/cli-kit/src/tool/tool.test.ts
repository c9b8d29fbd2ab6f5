import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TextOutput } from '../text-output.js';
import { scriptWithArguments, scriptWithGlobals, toolLibrary, wholeScript } from '../tool-script.js';
import { parseToolOptions, toolCommand, toolGlobals } from './command.js';
import { SHELLS, completionScript } from './completion.js';
import type { ToolDescription, ToolOptions } from './description.js';
import { EXAMPLE } from './example-tool.test-support.js';
import { controlGroupMount, parseUid } from './filters.js';
import type { Histogram } from './histogram.js';
import { clipped, LiveScreen } from './live-screen.js';
import { manPage, troff } from './man-page.js';
import { functionPoints } from './probe-words.js';
import { mayTryNext, shortReason } from './run-tool.js';
import { ScriptLines } from './script-lines.js';
import { rowOfFields } from './shown-columns.js';
import { EventOutput, TableOutput } from './tool-output.js';

const parse = (...args: readonly string[]): ToolOptions => parseToolOptions(EXAMPLE, ['node', 'read-top', ...args], '1.2.3');
let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'tool-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

test.each<[readonly string[], Record<string, string>]>([
  [[], {}],
  [['-p', '7', '-n', 'caf\u00e9', '--uid', 'root'], { only_pid: '7', only_comm: 'caf\xc3\xa9', only_uid: '0' }],
  [['--port', '443', '-x'], { the_port: '443', failed_only: '1' }],
  [['--by', 'file'], { by_file: '1', by_text: 'file' }],
  [['--interval', '2.5'], { interval_ticks: '25' }],
])('%p as globals', (args, globals) => {
  expect(Object.fromEntries(toolGlobals(EXAMPLE, parse(...args)))).toEqual(globals);
});

test.each<[readonly string[], string]>([
  [['--pid', '7', '-c', 'ls'], '--pid and --command exclude each other'],
  [['--comm', 'a-name-of-16-bytes'], "the kernel keeps 15 bytes of a name; try 'a-name-of-16-by'"],
  [['--uid', 'no-such-user'], "'no-such-user' is no user here"],
  [['--interval', '0.25'], "'0.25' is no multiple of 0.1 seconds"],
  [['--json', '--csv'], 'cannot be used with'],
  [['--tid', '7'], "unknown option '--tid'"],
  [['--color', 'blue'], 'Allowed choices are auto, always, never'],
])('%p is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('several processes', () => {
  const pidsOf = (...args: readonly string[]): unknown[] => { const { pid, pids } = parse(...args); return [pid, pids]; };
  expect([pidsOf(), pidsOf('-p', '7'), pidsOf('-p', '7,8', '--pid', '9,7')]).toEqual([[undefined, undefined], [7, [7]], [undefined, [7, 8, 9]]]);
  expect([...toolGlobals(EXAMPLE, parse('-p', '7,8'))]).toContainEqual(['only_pids', '7,8']);
  expect(() => parse('-p', '7,,8')).toThrow("'' is not a process id");
  expect(() => parseToolOptions({ ...EXAMPLE, filters: ['one-pid'] }, ['node', 'read-top', '-p', '7', '-p', '8'], '1.2.3')).toThrow('this tool looks at one process');
});

test('a user is found by number and by name', () => {
  expect([parseUid('1000'), parseUid('www', () => 'root:x:0:0\nwww:x:33:33:www:/:/bin/sh\n')]).toEqual([1000, 33]);
});

test('control groups of version 2 are where they are mounted', () => {
  const line = (type: string, root: string, at: string): string => `30 23 0:27 ${root} ${at} rw,nosuid - ${type} cgroup rw`;
  expect(controlGroupMount([line('cgroup', '/', '/sys/fs/cgroup/cpu'), line('cgroup2', '/', '/sys/fs/cgroup/unified')].join('\n'))).toBe('/sys/fs/cgroup/unified');
  expect(controlGroupMount(line('cgroup2', '/../..', '/sys/fs/cgroup'))).toBeUndefined();
});

describe('words beside the flags', () => {
  const tool: ToolDescription = { ...EXAMPLE, words: [{ name: 'probes', help: 'functions', parse: (text) => text.toUpperCase() }, { name: 'trigger', help: 'begin here', optional: true }] };
  const words = (...args: readonly string[]): unknown => { const { probes, trigger, failed } = parseToolOptions(tool, ['node', 'read-top', ...args], '1.2.3'); return [probes, trigger, failed]; };

  test('are options by their names, wherever flags stand', () => {
    expect([words('a'), words('a', '-x', 'b')]).toEqual([['A', undefined, undefined], ['A', 'b', true]]);
  });

  test.each<[readonly string[], string]>([[[], '<probes> is missing'], [['a', 'b', 'c'], 'too many arguments']])('%p is refused', (args, message) => {
    expect(() => words(...args)).toThrow(message);
  });

  test('the man page needs none, and tells of them, as the help does', () => {
    expect(words('--man')).toEqual([undefined, undefined, undefined]);
    const command = toolCommand(tool, '1.2.3');
    expect(manPage(tool, command, '1.2.3')).toMatch(/\.B read\\-top\n\[\\fIOPTIONS\\fR\] \\fIPROBES\\fR \[\\fITRIGGER\\fR\]\n[\s\S]*\.SH ARGUMENTS\n\.TP\n\\fIPROBES\\fR\nfunctions\./);
    expect(command.helpInformation()).toContain('Usage: read-top [options] <probes> [trigger]');
  });

  test('stand in the script that is shown, not in its comments', () => {
    expect(scriptWithArguments('# $1\nprobe $1 { println(@2, $#, @#, $3) }', ['begin', 'a"b'])).toBe('# $1\nprobe begin { println("a\\"b", 2, "2", $3) }');
  });
});

test.each([
  ['process("/bin/ls").function("*")', 'process("/bin/ls").function("*")'],
  ['syscall.read', 'syscall.read'],
  ['vfs_*', 'kernel.function("vfs_*")'],
  ['*@net/socket.c', 'kernel.function("*@net/socket.c")'],
  ['/bin/ls:main', 'process("/bin/ls").function("main")'],
  [':m"*', 'process.function("m\\"*")'],
])('functions as %p are %p', (word, point) => {
  expect(functionPoints(word)).toBe(point);
});

test('a library is found by its name, with its version or without, first in the process', () => {
  const [plain, versioned, own] = [functionPoints('libc:malloc'), functionPoints('libc.so.6:malloc'), functionPoints('libc:malloc', { pid: process.pid })];
  expect(plain).toMatch(/^process\("\/.*\/libc[-.].*"\)\.function\("malloc"\)$/);
  expect([versioned, own]).toEqual([plain, plain]);
  expect(() => functionPoints('libnosuch:f')).toThrow("there is no library 'libnosuch'");
});

describe('the tapset of tools', () => {
  test('a script brings what it uses, and its globals can be set', () => {
    const filtered = wholeScript('probe syscall.open { if (!wanted()) next }\n');
    expect(filtered).toContain('function wanted:long()');
    expect(filtered).not.toContain('tool.interval');
    expect(scriptWithGlobals(filtered, new Map([['only_comm', 'sh'], ['only_uid', '5']]))).toMatch(/^global only_uid = 5 [\s\S]*^global only_comm = "sh"/m);
    expect(wholeScript('probe tool.interval { }\n')).toContain('probe tool.interval = timer.ms(100)');
    expect(wholeScript('probe begin { unwanted() }\n')).toBe('probe begin { unwanted() }\n');
  });

  test('each of its globals has a line of its own, so that --print-script can set it', () => {
    for (const { text } of toolLibrary()) expect(text.match(/^global \w+ /gm)?.length).toBe(text.match(/^global \w+ = (?:"[^"]*"|-?\d+)\s/gm)?.length);
  });
});

describe('lines of a script', () => {
  const read = (text: string): unknown[] => {
    const seen: unknown[] = [];
    const lines = new ScriptLines({ row: (fields) => { seen.push(fields); }, table: () => { seen.push('table'); }, histogram: (one) => { seen.push(one); } });
    for (const line of text.split('\n')) lines.push(line);
    lines.end();
    return seen;
  };
  const HISTOGRAM = ['value |-------------------------------------------------- count', '    0 |                                                    0', '    1 |@@@@                                                4', '      ~', ' 1024 |                                                    0'];

  test('rows, ends of tables, histograms with titles', () => {
    expect(read(`a\tb\n\nhistogram\tread by sh\n${HISTOGRAM.join('\n')}\n\nc`)).toEqual([
      ['a', 'b'], 'table',
      { title: 'read by sh', lines: HISTOGRAM, buckets: [{ value: 0, count: 0 }, { value: 1, count: 4 }, { value: 1024, count: 0 }] },
      ['c'],
    ]);
  });

  test('the last histogram needs no empty line, nor a title', () => {
    expect((read(HISTOGRAM.join('\n')) as Histogram[]).map(({ title, buckets }) => [title, buckets.length])).toEqual([['', 3]]);
  });

  test.each<[readonly string[], unknown]>([
    [['sh', '1', '2', '3'], { command: 'sh', bytes: 1, latency_us: 2, inode: 3 }],
    [['sh', '1', '2'], undefined],
    [['sh', 'x', '2', '3'], undefined],
    [['sh', '', '2', '3'], undefined],
  ])('%p by columns', (fields, row) => {
    expect(rowOfFields(EXAMPLE.columns, fields)).toEqual(row);
  });
});

describe('tables', () => {
  const ROWS = [{ command: 'a', bytes: 100, latency_us: 5, inode: 1 }, { command: 'b', bytes: 2048, latency_us: 1500, inode: 2 }, { command: 'c', bytes: 300, latency_us: 7, inode: 3 }];
  async function written(...args: readonly string[]): Promise<string> {
    const file = join(folder, 'out');
    const output = new TextOutput(file);
    const table = new TableOutput(EXAMPLE, parse('--color', 'never', ...args), output);
    table.begin();
    for (const row of ROWS) table.row(row);
    table.table();
    table.histogram({ title: 'all "reads"', lines: ['value |-- count', '    1 |@@ 4'], buckets: [{ value: 1, count: 4 }] });
    await table.end();
    output.close();
    return readFileSync(file, 'utf8').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  }

  test('the largest first, units for people, what is left out is told', async () => {
    expect(await written()).toBe('COMMAND BYTES LATENCY\nb       2.00K  1.50ms\nc        300B  7.00us\n… and 1 more (--top 3)\nall "reads"\nvalue |-- count\n    1 |@@ 4\n\n');
  });

  test('--raw, --top, --no-header', async () => {
    expect(await written('--raw', '--top', '1')).toMatch(/^COMMAND BYTES\(bytes\) LATENCY\(us\)\nb +2048 +1500\n… and 2 more/);
    expect(await written('--no-header')).toMatch(/^b 2\.00K/);
  });

  test('--count ends with as many tables', async () => {
    expect(await written('--count', '1')).not.toContain('reads');
  });

  test('JSON and CSV have all rows, plain numbers, and histograms', async () => {
    expect((await written('--json')).split('\n')).toEqual([
      '{"time":"TIME","command":"b","bytes":2048,"latency_us":1500,"inode":2}', '{"time":"TIME","command":"c","bytes":300,"latency_us":7,"inode":3}', '{"time":"TIME","command":"a","bytes":100,"latency_us":5,"inode":1}',
      '{"histogram":"all \\"reads\\"","buckets":[{"value":1,"count":4}]}', '',
    ]);
    expect(await written('--csv')).toBe('time,command,bytes,latency_us,inode\nTIME,b,2048,1500,2\nTIME,c,300,7,3\nTIME,a,100,5,1\nhistogram,value,count\n"all ""reads""",1,4\n');
  });
});

test('events: rows as they come, times when they are wanted, --count', () => {
  const tool = { ...EXAMPLE, shows: 'events' as const, columns: [{ key: 'time', title: 'TIME', type: 'time' as const, help: 'when' }, ...EXAMPLE.columns] };
  const written = (...args: readonly string[]): string => {
    const file = join(folder, 'events');
    const output = new TextOutput(file);
    const events = new EventOutput(tool, parseToolOptions(tool, ['node', 'x', ...args], '1'), output, {});
    events.begin();
    for (let index = 0; index < 3 && !events.full; index += 1) events.row({ time: 1_795_000_000_000_042, command: 'sh', bytes: index, latency_us: 2000, inode: 9 });
    output.close();
    return readFileSync(file, 'utf8');
  };
  expect(written('--count', '1')).toBe('COMMAND           BYTES  LATENCY\nsh                   0B   2.00ms\n');
  expect(written('--count', '1', '-T', '--utc', '--no-header')).toBe('11:06:40.000042Z sh                   0B   2.00ms\n');
  expect(written('--count', '1', '--json')).toBe('{"time":"2026-11-18T11:06:40.000042Z","command":"sh","bytes":0,"latency_us":2000,"inode":9}\n');
  expect(written('--count', '1', '--color', 'always')).toContain('\x1b[31m2.00ms\x1b[39m');
});

describe('a live screen', () => {
  test('draws in place, fits the terminal, and leaves it as it was', () => {
    let written = '';
    const terminal = { columns: 10, rows: 3, write: (text: string): void => { written += text; } };
    const screen = new LiveScreen(terminal);
    screen.show('a\n0123456789abc\n');
    expect(written).toBe('\x1b[?1049h\x1b[?25l\x1b[?2026h\x1b[Ha\x1b[K\r\n0123456789\x1b[K\x1b[J\x1b[?2026l');
    written = '';
    screen.show('1\n2\n3\n4');
    expect(written).toMatch(/^\x1b\[\?2026h\x1b\[H1\x1b\[K\r\n2\x1b\[K\r\n… 2 more l\x1b\[K/);
    written = '';
    Object.assign(terminal, { rows: 10 });
    screen.draw();
    expect(written).toContain('4\x1b[K\x1b[J');
    written = '';
    screen.leave();
    screen.leave();
    screen.show('late');
    expect(written).toBe('\x1b[?25h\x1b[?1049l1\n2\n3\n4\n');
  });

  test('what was shown stays, not an empty table after it', () => {
    let written = '';
    const screen = new LiveScreen({ columns: 10, rows: 3, write: (text) => { written += text; } });
    screen.show('head\nrow');
    screen.show('head', true);
    expect(written).toMatch(/\x1b\[Hhead\x1b\[K\x1b\[J\x1b\[\?2026l$/);
    screen.leave();
    expect(written).toMatch(/\x1b\[\?1049lhead\nrow\n$/);
  });

  test('styles are no columns', () => {
    expect(clipped('\x1b[1mabcdef\x1b[22m', 3)).toBe('\x1b[1mabc\x1b[22m');
  });
});

describe('from the description', () => {
  const command = toolCommand(EXAMPLE, '1.2.3');

  test('help fits 80 columns and shows each flag once', () => {
    let help = '';
    command.configureOutput({ writeOut: (text) => { help += text; } });
    expect(() => command.parse(['node', 'read-top', '--help'])).toThrow('(outputHelp)');
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const flags = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    expect(flags).toEqual([...new Set(flags)]);
    expect(flags).toEqual(expect.arrayContaining(['--port', '--pid', '--interval', '--top', '--raw', '--scroll', '--way', '--man', '--completion', '--version', '--help']));
    expect(help).toMatch(/Examples:\n {2}read-top {2}all\n {2}read-top -c 'cat \/etc\/passwd' --by file --interval 2.5\n {6}a command/);
  });

  test('the man page is formatted without a warning, and has all flags and fields', () => {
    const page = manPage(EXAMPLE, command, '1.2.3');
    writeFileSync(join(folder, 'page.8'), page);
    const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tascii', '-ww', '-rLL=78n', '-P-c', join(folder, 'page.8')], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
    const text = stdout.replaceAll(/.\x08/g, '');
    for (const title of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXAMPLES', 'FIELDS', 'CAVEATS', 'EXIT STATUS', 'SEE ALSO']) expect(text).toMatch(new RegExp(`^${title}$`, 'm'));
    for (const { long } of command.options) expect(text).toContain(long);
    expect(text).toMatch(/ -c 'cat \/etc\/passwd' --by file/);
    expect(text).toContain('.None \\ at all');
  });

  test('text for troff', () => {
    expect(troff("a-b 'c' \\n\n.d ~^`")).toBe('a\\-b \\(aqc\\(aq \\en\n\\&.d \\(ti\\(ha\\(ga');
  });

  test.each(SHELLS)('completion for %s names each flag, and is a script of that shell', (shell) => {
    const text = completionScript(shell, command);
    for (const { long } of command.options) expect(text).toContain(shell === 'fish' ? `-l ${long?.slice(2) ?? ''}` : long);
    writeFileSync(join(folder, 'completion'), text);
    const { status, stderr } = spawnSync(shell, ['-n', join(folder, 'completion')], { encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
  });

  test('bash completes flags, choices and files', () => {
    writeFileSync(join(folder, 'completion.bash'), completionScript('bash', command));
    const complete = (...words: readonly string[]): string[] => spawnSync('bash', ['-c', `. ${join(folder, 'completion.bash')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _read_top 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`], { encoding: 'utf8', cwd: folder }).stdout.trim().split('\n');
    expect(complete('read-top', '--p')).toEqual(['--port', '--pid', '--print-script']);
    expect(complete('read-top', '--by', '')).toEqual(['file', 'process']);
    expect(complete('read-top', '-o', 'completion.b')).toEqual(['completion.bash']);
    expect(complete('read-top', '--pid', String(process.pid))).toContain(String(process.pid));
  });
});

test.each([
  [Object.assign(new Error('x'), { name: 'AttachError', reason: 'this kernel has no kprobes (CONFIG_KPROBES is not set) (and before: fexit: EPERM; a policy)' }), 'this kernel has no kprobes (CONFIG_KPROBES is not set)'],
  [Object.assign(new Error("no function 'tcp_try_fastopen'; more"), { name: 'ToolScriptError' }), "no function 'tcp_try_fastopen'"],
])('why a way was passed over, in short', (error, text) => {
  expect(shortReason(error)).toBe(text);
});

test.each([['AttachError', true], ['ToolScriptError', true], ['SyscallError', false], ['TypeError', false], ['VerifierError', false]])('after %s the next way is tried: %p', (name, next) => {
  expect(mayTryNext(Object.assign(new Error(''), { name }))).toBe(next);
});
