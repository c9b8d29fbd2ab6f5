/** epoll-blocking on event loops that are blocked in known functions: a C program that tells how long, and Debian's nginx. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stapkit, type Finished } from '../checkout.js';
import { buildPrograms, type Programs } from '../programs.js';

jest.setTimeout(90_000);

let folder = '';
let programs: Programs;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stapkit-loops-'));
  programs = buildPrograms(['event-loop'], join(folder, 'programs'));
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

type Turn = Readonly<Record<'blocked_us' | 'pid' | 'tid', number> & Record<'command' | 'stack', string>>;
const turnsOf = ({ stdout }: Finished): readonly Turn[] => stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Turn);

/** Follows a process with stacks; `act` begins when the tool is armed, and ends the process or the tool. */
const blocked = (pid: number, minUs: number, act: (tool: ChildProcess) => void): Promise<Finished> => stapkit('epoll-blocking', ['--pid', String(pid), '--min-us', String(minUs), '--stack', '--json', '--quiet'], {
  timeoutMs: 80_000, env: { STAPKIT_NOTIFY_ARMED: '1' }, started: (child) => { child.stderr?.once('data', () => { act(child); }); },
});

test('--stack names the function that computed for long, and the one that waited for long', async () => {
  const loop = spawn(programs.path('event-loop'), { stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  loop.stdout.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const found = await blocked(loop.pid ?? 0, 20_000, () => { loop.stdin.end(); });
  const told = [...said.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', us]) => [name, Number(us)] as const);
  expect(told.map(([name]) => name)).toEqual(['compute_for_long', 'wait_for_a_file']);
  const turns = turnsOf(found);
  expect(turns.map(({ pid, tid, command }) => [pid, tid, command])).toEqual(told.map(() => [loop.pid, loop.pid, 'event-loop']));
  for (const [index, [name, us]] of told.entries()) {
    expect(turns[index]?.blocked_us).toBeGreaterThanOrEqual(us);
    expect(turns[index]?.stack.split(';')).toEqual(expect.arrayContaining([name, 'turn', 'main']));
  }
});

/** Patterns that take twice as long with each letter that they try in vain, up to PCRE's limit of tries: several together take longer. */
const LAST = ['u', 'v', 'w', 'y', 'z'];
const nginxConfiguration = (): string => `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events { worker_connections 16; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server { listen unix:${folder}/socket; ${LAST.map((one) => `location ~ "^/(x+x+)+${one}$" { return 204; }`).join(' ')} location / { return 200 quick; } }
}
`;

/** Resolves when the answer has come. */
function ask(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(folder, 'socket'), path }, (answer) => {
      answer.resume().on('end', resolve);
    }).on('error', reject).end();
  });
}

test("nginx: a request that patterns try in vain for long blocks its loop for no longer than its clients wait, below the library's match", async () => {
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration());
  const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-e', join(folder, 'log'), '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  for (let tries = 0; !existsSync(join(folder, 'socket')) && tries < 300; tries++) await new Promise((resolve) => { setTimeout(resolve, 100); });
  let waited = 0;
  const found = await blocked(nginx.pid ?? 0, 100_000, () => {
    void (async () => {
      await ask('/quick');
      const begun = performance.now();
      await ask(`/${'x'.repeat(22)}${LAST.join('')}!`);
      // The loop logs and closes after the answer, in the same turn: that turn has surely ended when the next answer comes.
      await ask('/quick');
      waited = performance.now() - begun;
      nginx.kill('SIGTERM');
    })();
  });
  const [turn, ...others] = turnsOf(found);
  expect([turn?.pid, turn?.command, others]).toEqual([nginx.pid, 'nginx', []]);
  expect(turn?.blocked_us).toBeLessThanOrEqual(waited * 1000);
  expect(turn?.stack.split(';')).toEqual(expect.arrayContaining([expect.stringMatching(/^pcre2_match_8/), expect.stringMatching(/^ngx_http_regex_exec/)]));
});
