/**
 * What holds for every command that is made of a description (src/tool.ts), and what each does with wrong usage. A new tool is in
 * here by being in tools/.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT, TOOL_PACKAGES, run, stapkit, type RunOptions } from '../checkout.js';

jest.setTimeout(120_000);

interface Described { readonly name: string; readonly folder: string; readonly summary: string }
const TOOLS: readonly Described[] = [...TOOL_PACKAGES].filter(([folder]) => existsSync(join(CHECKOUT, 'tools', folder, 'src/tool.ts'))).flatMap(([folder, { bin, description = '' }]) => Object.keys(bin).map((name) => ({ name, folder, summary: description })));

interface Wrong {
  readonly what: string;
  /** Only tools whose help has this flag. */
  readonly flag?: string;
  readonly args: readonly string[];
  readonly message: RegExp;
  readonly options?: RunOptions;
}

/** One line that names the cause and the mend, and status 2. NAME is the tool's. */
const WRONG: readonly Wrong[] = [
  { what: 'unknown flag', args: ['--bogus'], message: /unknown option '--bogus'; see NAME --help/ },
  { what: 'a word too many', args: ['word'], message: /too many arguments.*; see NAME --help/ },
  { what: 'no number', args: ['--duration', 'soon'], message: /--duration: 'soon' is not a duration: write 10, 2.5, 250ms, 5m or 1h; see NAME --help/ },
  { what: 'formats that exclude each other', args: ['--json', '--csv'], message: /cannot be used with.*; see NAME --help/ },
  { what: 'bad pid', flag: '--pid', args: ['--pid', 'x'], message: /--pid: 'x' is not a process id \(1 to 4194304\); see NAME --help/ },
  { what: 'no such process', flag: '--pid', args: ['--pid', '4194304'], message: /there is no process 4194304; ps -e lists them/ },
  { what: 'no such user', flag: '--uid', args: ['--uid', 'no-such-user'], message: /--uid: 'no-such-user' is no user here/ },
  { what: 'no such control group', flag: '--cgroup', args: ['--cgroup', 'no/such'], message: /--cgroup: .*(?:there is no control group 'no\/such' below|no control groups of version 2)/ },
  { what: 'no such command', flag: '--command', args: ['--command', 'no-such-command'], message: /-c: there is no command 'no-such-command'; it is looked for along PATH/ },
  { what: 'bad address', flag: '--addr', args: ['--addr', 'example.org'], message: /--addr: 'example.org' is not an IPv4 or IPv6 address; see NAME --help/ },
  { what: 'bad port', flag: '--port', args: ['--port', '99999'], message: /--port: '99999' is not a port \(1 to 65535\); see NAME --help/ },
  { what: 'no folder for the output', args: ['-o', '/no/such/folder/file'], message: /cannot write to '\/no\/such\/folder\/file': its folder does not exist/ },
  { what: 'no root', args: [], options: { uid: 65534, env: { HOME: '/tmp' } }, message: /loading BPF programs needs root, or the capabilities CAP_BPF and CAP_PERFMON; run it with sudo: sudo NAME/ },
];

describe.each(TOOLS)('$name', ({ name, folder, summary }) => {
  let help = '';
  beforeAll(async () => { help = (await stapkit(name, ['--help'])).stdout; });

  test('wrong usage: one line with the cause, and status 2', async () => {
    const rows = WRONG.filter(({ flag }) => flag === undefined || new RegExp(`${flag}\\b`).test(help));
    const found = await Promise.all(rows.map(async ({ what, args, options }) => ({ what, ...(await stapkit(name, args, { timeoutMs: 60_000, ...options })) })));
    expect(found.map(({ what, stdout, stderr, status }) => [what, stdout, stderr.trimEnd().split('\n').length, stderr.startsWith(`${name}: `), status])).toEqual(rows.map(({ what }) => [what, '', 1, true, 2]));
    for (const [index, { message }] of rows.entries()) expect(found[index]?.stderr).toMatch(new RegExp(message.source.replaceAll('NAME', name)));
  });

  test('a kernel that tells nothing of its types: cause and mend, status 2', async () => {
    const { stdout, stderr, status } = await run('unshare', ['-m', 'sh', '-c', `mount -t tmpfs none /sys/kernel/btf && exec "${process.execPath}" tools/${folder}/bin/${name}.js --duration 1`], { timeoutMs: 60_000, env: { STAPKIT_NO_CACHE: '1' } });
    expect(stderr).toMatch(new RegExp(`^${name}: .*BTF`));
    expect([stdout, stderr.trimEnd().split('\n').length, status]).toEqual(['', 1, 2]);
  });

  test('help: 80 columns, examples, exit status, the summary that the list of tools has', () => {
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(help).toContain(`\n${summary}\n`);
    for (const part of ['Examples:', 'Exit status:']) expect(help).toContain(part);
  });

  test('its man page and completions are in the package', () => {
    const dist = join(CHECKOUT, 'tools', folder, 'dist');
    expect(readFileSync(join(dist, 'man', `${name}.8`), 'utf8')).toContain('.SH EXAMPLES');
    for (const file of [`${name}.bash`, `_${name}`, `${name}.fish`]) expect(readFileSync(join(dist, 'completions', file), 'utf8')).toContain('completion');
  });

  test('--print-script is a script that compiles as it is', async () => {
    const { stdout, stderr, status } = await stapkit(name, ['--print-script']);
    expect([stderr, status]).toEqual(['', 0]);
    const parsed = await stapkit('stapkit', ['-p1', '-'], { input: stdout });
    expect([parsed.stderr, parsed.status]).toEqual(['', 0]);
  });

  test('ends with its target, or when its time is over, status 0', async () => {
    const sleeper = spawn('sleep', ['60']);
    const args = /--pid\b/.test(help) ? ['--pid', String(sleeper.pid)] : ['--duration', '100ms'];
    const { status, stderr } = await stapkit(name, [...args, '--quiet'], { timeoutMs: 60_000, env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (child) => { child.stderr?.once('data', () => sleeper.kill()); } });
    expect([status, stderr]).toEqual([0, '__STAPKIT_ARMED\n']);
  });

  test('its README names its own flags', () => {
    const own = /^Options of [^\n]*\n((?: .*\n)*)/m.exec(help)?.[1] ?? '';
    const readme = readFileSync(join(CHECKOUT, 'tools', folder, 'README.md'), 'utf8');
    expect([...own.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag ?? '').filter((flag) => !readme.includes(flag))).toEqual([]);
  });
});

test('stapkit tools lists them, each with its line', async () => {
  const { stdout, stderr, status } = await stapkit('stapkit', ['tools']);
  expect([stderr, status]).toEqual(['', 0]);
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  for (const [folder, { bin, description = '' }] of TOOL_PACKAGES)
    if (folder !== 'stapkit') for (const name of Object.keys(bin)) expect(stdout).toMatch(new RegExp(`^${name} +${description.replace(/[.?]/g, '\\$&')}$`, 'm'));
});
