/** varnish-cl against Debian's varnishd, which has no debug information, and against a program of ours that has some. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CHECKOUT, run, stapkit, type Finished } from '../checkout.js';
import { Varnish, type Received, type VarnishLog } from './varnish.js';

jest.setTimeout(120_000);

interface Shown { readonly pid: number; readonly status: number; readonly before: number | null; readonly after: number; readonly vxid: number; readonly url: string }
const rowsOf = ({ stdout }: Finished): readonly Shown[] => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Shown);

const ARMED = '__STAPKIT_ARMED\n';

/** Runs varnish-cl while something happens, and ends it when that is over. */
function watched(args: readonly string[], happens: () => Promise<void>): Promise<Finished> {
  let failure: unknown;
  const begin = (tool: ChildProcess): void => {
    let said = '';
    tool.stderr?.on('data', (chunk: Buffer) => {
      const wasArmed = said.includes(ARMED);
      said += chunk.toString();
      if (!wasArmed && said.includes(ARMED)) happens().catch((error: unknown) => { failure = error; }).finally(() => tool.kill('SIGINT'));
    });
  };
  return stapkit('varnish-cl', args, { env: { STAPKIT_NOTIFY_ARMED: '1' }, timeoutMs: 60_000, started: begin }).then((finished) => {
    if (failure !== undefined) throw failure as Error;
    return finished;
  });
}

describe('varnishd of Debian, without debug information', () => {
  const varnish = new Varnish(process.env['STAPKIT_VARNISH_ROOT']);
  beforeAll(() => varnish.start());
  afterAll(() => varnish.stop());

  /** As the client and the backend know it: the length that arrived is another than the backend told. */
  const rewritten = (received: readonly Received[]): readonly Omit<Shown, 'pid'>[] => received.filter(({ length, announced }) => length !== undefined && length !== announced).map(({ status, length, announced, vxid, url }) => ({ status, before: announced ?? null, after: length ?? 0, vxid, url }));
  const withoutPid = (rows: readonly Shown[]): readonly Omit<Shown, 'pid'>[] => rows.map(({ status, before, after, vxid, url }) => ({ status, before, after, vxid, url }));

  test('unpacked, ranges, lengths that the backend did not tell, parts by ESI: as client and backend, and as varnishlog has it; restarts of the child are followed', async () => {
    const received: Received[] = [];
    let log: VarnishLog = { lengths: new Map(), included: [] };
    let beforeRestart = 0;
    const children: number[] = [];
    const shown = await watched(['--pid', String(varnish.pid), '--all-status', '--json'], async () => {
      for (const url of ['/packed/5000', '/packed/5000', '/chunked/1234', '/chunked/1234', '/plain/1000', '/plain/1000', '/chunked/0?empty', '/chunked/0?empty']) received.push(await varnish.get(url));
      received.push(await varnish.get('/plain/1000', { Range: 'bytes=0-99' }), await varnish.get('/chunked/1234', {}, 'HEAD'));
      const pages = [await varnish.get('/esi/chunked/77'), await varnish.get('/esi/chunked/77')];
      log = await varnish.log([...received, ...pages].map(({ vxid }) => vxid));
      beforeRestart = received.length;
      children.push(varnish.child());
      await varnish.restartChild();
      children.push(varnish.child());
      for (let round = 0; round < 2; round += 1) received.push(await varnish.get('/packed/300'));
    });
    const rows = rowsOf(shown);
    const expected = rewritten(received);
    expect(expected.length).toBeGreaterThanOrEqual(6);
    const parts = log.included.filter((vxid) => log.lengths.has(vxid)).map((vxid) => ({ status: 200, before: null, after: 77, vxid, url: '/chunked/77' }));
    expect(parts.length).toBeGreaterThan(0);
    expect(withoutPid(rows).filter(({ url }) => url !== '/chunked/77')).toEqual(expected);
    expect(withoutPid(rows).filter(({ url }) => url === '/chunked/77')).toEqual(parts);
    const of = (child: number | undefined): readonly Shown[] => rows.filter(({ pid }) => pid === child);
    for (const { vxid, after } of of(children[0])) expect([vxid, log.lengths.get(vxid)]).toEqual([vxid, after]);
    expect([of(children[0]).length + of(children[1]).length, of(children[1]).map(({ url }) => url)]).toEqual([rows.length, rewritten(received.slice(beforeRestart)).map(({ url }) => url)]);
    expect(shown.status).toBe(0);
  });

  test('--status, --url, one child; columns for people, and which way was taken', async () => {
    const requests = async (): Promise<void> => {
      for (const url of ['/plain/900', '/chunked/900', '/chunked/900']) await varnish.get(url);
      await varnish.get('/plain/900', { Range: 'bytes=1-20' });
    };
    const [ranges, some] = await Promise.all([
      watched(['--path', varnish.program, '--pid', String(varnish.child()), '--status', '206', '--csv'], requests),
      watched(['--pid', String(varnish.pid), '--url', 'chunked/900'], requests),
    ]);
    expect(ranges.stderr).toMatch(/^varnish-cl: by functions that varnishd exports, without debug information \(uprobe, uretprobe\), as .*no debug information for \S+varnishd/);
    expect(ranges.stdout).toMatch(/^time,pid,status,before,after,vxid,url\n(?:[^,]+,\d+,206,900,20,\d+,\/plain\/900\n)+$/);
    expect(some.stdout).toMatch(/^TIME +PID STATUS +BEFORE +AFTER +VXID URL\n(?:[\d:]{8} +\d+ +200 +none +900 +\d+ \/chunked\/900\n)+$/);
  });
});

describe('with debug information', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stapkit-rewrites-'));
  const build = (name: string, options: readonly string[]): string => {
    execFileSync('gcc', ['-O2', '-rdynamic', ...options, '-o', join(folder, name), join(CHECKOUT, 'testing/programs/cache/rewrites.c')]);
    return join(folder, name);
  };
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  test.each([
    ['Varnish 7.3 and later', ['-g', '-DVXID_64'], 'the statement that writes the header, by debug information (uprobe)'],
    ['Varnish 5 to 7.2', ['-g'], 'the statement that writes the header, by debug information (uprobe)'],
    ['Varnish 4.1', ['-g', '-DVARNISH_4'], 'the statement that writes the header, by debug information (uprobe)'],
    ['none, stripped', ['-s', '-DVXID_64'], 'functions that varnishd exports, without debug information (uprobe, uretprobe)'],
  ] as const)('%s', async (name, options, way) => {
    const program = build(name.replaceAll(' ', '-'), options);
    let told = '';
    const shown = await watched(['--path', program, '--all-status', '--json'], async () => { told = (await run(program, [])).stdout; });
    expect(rowsOf(shown).map(({ pid, status, before, after, vxid, url }) => `${pid} ${status} ${before ?? -1} ${after} ${vxid} ${url}\n`).join('')).toBe(told);
    expect(told.split('\n')).toHaveLength(5);
    expect(shown.stderr.split('\n')[0]).toContain(`varnish-cl: by ${way}`);
  });
});

test('wrong usage', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--status', '200', '--all-status'], /^varnish-cl: --status and --all-status exclude each other/],
    [['--status', '99'], /^varnish-cl: --status: '99' is not an HTTP status; see varnish-cl --help/],
    [['--path', '/no/such/varnishd'], /^varnish-cl: there is no program \/no\/such\/varnishd; name varnishd with --path, or a process of it with --pid/],
    [['--path', '/bin/sleep'], /^varnish-cl: \S+sleep is no varnishd: it has no function http_PrintfHeader; name varnishd with --path/],
  ];
  const found = await Promise.all(cases.map(([args]) => stapkit('varnish-cl', args)));
  for (const [index, [, message]] of cases.entries()) expect(found[index]?.stderr).toMatch(message);
  expect(found.map(({ stdout, stderr, status }) => [stdout, stderr.trimEnd().split('\n').length, status])).toEqual(cases.map(() => ['', 1, 2]));
});
