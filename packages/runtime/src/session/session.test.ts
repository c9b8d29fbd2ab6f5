import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { IrInstruction, ProbeMetadata, SiteMetadata } from '@stapkit/object';
import { SESSION, SESSION_STATE } from '@stapkit/object';
import { LONG, STRING, arg, at, begin, block, body, d, end, lit, longGlobal, metadataOf, n, probe, r, s, site, t, textGlobal } from '../host/program.fixture.js';
import type { Parts } from '../host/program.fixture.js';
import type { CommandExit, StartedCommand } from '../sys/command.js';
import { FakeKernel } from '../sys/fake-kernel.js';
import type { SessionOptions, SessionResult } from './options.js';
import { runSession } from './run-session.js';
import { FakeClock, FakeObject, entry } from './session.fixture.js';

/** Site 0 prints a text; say('x') is the instruction for it. */
const SAY = site('script', s);
const say = (text: string): IrInstruction => ({ op: 'print', site: 0, args: [arg(t(text))] });
const exit: IrInstruction = { op: 'intrinsic', name: 'exit', args: [] };
const fails = (line: number): IrInstruction => ({ op: 'binary', fn: 'div', dst: 0, a: n(1), b: n(0), location: at(line, '/') });
const handler = (...instructions: IrInstruction[]): ReturnType<typeof body> => body([LONG, STRING], block(instructions));
const timer = (milliseconds: number, ...instructions: IrInstruction[]): ProbeMetadata =>
  probe(`timer.ms(${milliseconds})`, { kind: 'timer', intervalNs: BigInt(milliseconds) * 1_000_000n, randomizeNs: 0n }, handler(...instructions));
const onError = (...instructions: IrInstruction[]): ProbeMetadata => probe('error', { kind: 'error', priority: 0 }, handler(...instructions));
const KERNEL = probe('syscall.openat', { kind: 'syscall', nr: 257, name: 'openat', return: false });
/** Kernel-side sites of the tests, after SAY. */
const LINE: SiteMetadata = { kind: 'script', pieces: [s, lit(' '), d, lit('\n')], leaves: [{ kind: 'fixed', bytes: 16 }, { kind: 'long' }], args: [arg(r(0)), arg(r(1))], probe: 0 };
const EXIT: SiteMetadata = { kind: 'exit', pieces: [], leaves: [], args: [], probe: 0 };
const ERROR: SiteMetadata = { kind: 'error', pieces: [lit('division by 0')], leaves: [], args: [], probe: 0, location: at(7, '/') };
const WARN: SiteMetadata = { kind: 'warn', pieces: [s], leaves: [{ kind: 'variable' }], args: [arg(r(0))], probe: 0 };
const SITES = [SAY, LINE, EXIT, ERROR, WARN];
const line = (text: string, value: bigint): Buffer => entry(1, LINE.leaves, [text, value]);

interface Outcome { result: SessionResult; text: string; stderr: string; object: FakeObject; clock: FakeClock }

async function session(parts: Parts, options: Partial<SessionOptions> = {}, arrange: (object: FakeObject, clock: FakeClock) => void = () => undefined): Promise<Outcome> {
  const object = new FakeObject(metadataOf({ sites: SITES, ...parts }));
  const clock = new FakeClock();
  let text = '';
  let stderr = '';
  arrange(object, clock);
  const result = await runSession({
    kernel: new FakeKernel(), object: () => object, clock, handleSignals: false, timeoutSeconds: 1000,
    onText: (chunk) => { text += chunk.toString('latin1'); }, stderr: (chunk) => { stderr += chunk; }, ...options,
  });
  return { result, text, stderr, object, clock };
}

const OK = { status: 0, errors: 0, skippedProbes: 0, lostRecords: 0, oversizeRecords: 0, missedReturns: 0, missedRuns: 0, lostStacks: 0, nameless: {}, lostMappings: 0, forgottenProcesses: 0, walks: { complete: 0, truncated: 0, unmapped: 0, withoutRule: 0, unreadable: 0, unknown: 0, noCaller: 0, elsewhere: 0, copied: 0, lostCopies: 0, overflowed: 0 } };

describe('the order of things', () => {
  test('begin by priority, then timers, then end by priority', async () => {
    const probes = [end(handler(say('e1 ')), 1), begin(handler(say('b2 ')), 2), begin(handler(say('b1 ')), 1), begin(handler(say('b2b ')), 2), end(handler(say('e0 '))), timer(100, say('t '), exit)];
    const { result, text, object } = await session({ probes });
    expect(text).toBe('b1 b2 b2b t e0 e1 ');
    expect(result).toEqual({ ...OK, reason: 'exit', armed: true });
    expect(object.log).toEqual([`attach in state ${SESSION_STATE.starting}`, `detach in state ${SESSION_STATE.stopping}`, `detach in state ${SESSION_STATE.stopping}`, 'close']);
  });

  test('exit() in begin: the handler goes on, later begin probes do not run, end probes do', async () => {
    const { result, text } = await session({ probes: [begin(handler(exit, say('a '))), begin(handler(say('b ')), 5), timer(1, say('t ')), end(handler(say('e ')))] });
    expect(text).toBe('a e ');
    expect(result).toEqual({ ...OK, reason: 'exit', armed: false });
  });

  test('records come before the timer that is due with them; those of before the detach before end', async () => {
    const probes = [KERNEL, timer(100, say('tick\n'), exit), end(handler(say('end\n')))];
    const { text } = await session({ probes }, {}, (object, clock) => {
      clock.onTick = (ms) => { if (ms >= 100 && object.waiting.length === 0 && object.state === 1n) object.waiting.push(line('first', 1n)); };
      object.onDetach = () => { object.waiting.push(line('last', -2n)); };
    });
    expect(text).toBe('first 1\ntick\nlast -2\nend\n');
  });

  test('the state is running while armed, and the clocks are told', async () => {
    const seen: (bigint | undefined)[] = [];
    await session({ probes: [timer(50, exit)] }, { targetPid: 4711 }, (object, clock) => {
      clock.onTick = () => { seen.push(object.state, object.words[SESSION.realtimeOffset / 8], object.words[SESSION.target / 8]); };
    });
    expect(seen).toContain(BigInt(SESSION_STATE.running));
    expect(seen).toContain(5_000_000_000n);
    expect(seen).toContain(4711n);
  });

  test('timers do not drift, and missed ticks are skipped', async () => {
    const { text } = await session({ probes: [timer(100, say('t'))] }, { timeoutSeconds: 1.05 }, (_object, clock) => {
      clock.onTick = (ms) => { if (ms === 400) clock.now += 250_000_000n; };
    });
    expect(text).toBe('t'.repeat(8)); // at 100, 200, 300; 650 for the tick of 400, without those of 500 and 600; 700 … 1000
  });

  test('-T ends the session', async () => {
    const { result, clock } = await session({ probes: [end(handler(say('e')))] }, { timeoutSeconds: 2.5 });
    expect(result.reason).toBe('timeout');
    expect(clock.now).toBe(3_500_000_000n);
  });

  test('an AbortSignal ends it as Ctrl-C does', async () => {
    const stop = new AbortController();
    const { result, text } = await session({ probes: [timer(10, say('t')), end(handler(say('e')))] }, { signal: stop.signal }, (_object, clock) => {
      clock.onTick = (ms) => { if (ms >= 25) stop.abort(); };
    });
    expect(text).toBe('tte');
    expect(result).toEqual({ ...OK, reason: 'signal', armed: true });
  });

  test('interrupted before begin: neither begin nor end', async () => {
    const { result, text } = await session({ probes: [begin(handler(say('b'))), end(handler(say('e')))] }, { signal: AbortSignal.abort() });
    expect(text).toBe('');
    expect(result).toMatchObject({ armed: false, reason: 'signal', status: 0 });
  });

  test('a probe that cannot be attached: begin has not run, all is closed', async () => {
    let closed: string[] = [];
    await expect(session({ probes: [begin(handler(say('b')))] }, { onText: () => { throw new Error('printed'); } }, (object) => {
      object.attachError = new Error('no such function');
      closed = object.log;
    })).rejects.toThrow('no such function');
    expect(closed.at(-1)).toBe('close');
  });
});

describe('records', () => {
  const ending = (...records: Buffer[]) => (object: FakeObject): void => { object.waiting.push(...records, entry(2)); };

  test('one record may hold several entries; an exit entry ends the session', async () => {
    const { result, text } = await session({ probes: [KERNEL] }, {}, ending(Buffer.concat([line('cat', 3n), line('ls', -1n)]), line('0123456789abcdef', 1n)));
    expect(text).toBe('cat 3\nls -1\n0123456789abcdef 1\n');
    expect(result.reason).toBe('exit');
  });

  test('warnings go to stderr once; -v repeats them; -w hides them', async () => {
    const warned = [entry(4, WARN.leaves, ['look']), entry(4, WARN.leaves, ['look']), entry(4, WARN.leaves, ['there\n'])];
    expect((await session({ probes: [KERNEL] }, {}, ending(...warned))).stderr).toBe('WARNING: look\nWARNING: there\n');
    expect((await session({ probes: [KERNEL] }, { verbose: true }, ending(...warned))).stderr).toBe('WARNING: look\nWARNING: look\nWARNING: there\n');
    expect((await session({ probes: [KERNEL] }, { warnings: false }, ending(...warned))).stderr).toBe('');
  });

  test('a broken record is our bug', async () => {
    const broken = line('x', 1n);
    broken.writeUInt32LE(4096, 4);
    await expect(session({ probes: [KERNEL] }, {}, ending(broken))).rejects.toThrow('internal error: an entry of 4096 bytes');
  });
});

describe('errors', () => {
  test('one in begin ends the session: error probes instead of end probes, status 1', async () => {
    const { result, text, stderr } = await session({ probes: [begin(handler(say('b '), fails(3), say('never '))), end(handler(say('end '))), onError(say('error '))] });
    expect(text).toBe('b error ');
    expect(stderr).toBe("ERROR: division by 0 near operator '/' at <input>:3:1 in probe begin\nWARNING: Number of errors: 1, skipped probes: 0\n");
    expect(result).toMatchObject({ status: 1, reason: 'errors', errors: 1, armed: false });
  });

  test('MAXERRORS tolerates some; the status stays 1', async () => {
    const { result, text } = await session({ probes: [begin(handler(fails(1))), begin(handler(say('b ')), 1), timer(5, exit), end(handler(say('end ')))], limits: { MAXERRORS: 1 } });
    expect(text).toBe('b end ');
    expect(result).toMatchObject({ status: 1, reason: 'exit', errors: 1, armed: true });
  });

  test('one in an end probe skips the other end probes', async () => {
    const { text, result } = await session({ probes: [begin(handler(exit)), end(handler(fails(1))), end(handler(say('e2 ')), 2), onError(say('error '))] });
    expect(text).toBe('error ');
    expect(result.status).toBe(1);
  });

  test('one in a kernel handler names its place and probe', async () => {
    const { result, stderr, text } = await session({ probes: [KERNEL, onError(say('failed')), end(handler(say('end')))] }, {}, (object) => { object.waiting.push(entry(3)); });
    expect(stderr).toBe("ERROR: division by 0 near operator '/' at <input>:7:1 in probe syscall.openat\nWARNING: Number of errors: 1, skipped probes: 0\n");
    expect(text).toBe('failed');
    expect(result).toMatchObject({ status: 1, reason: 'errors' });
  });

  test('MAXERRORS + 1 errors are shown, later ones counted', async () => {
    const { result, stderr } = await session({ probes: [KERNEL], limits: { MAXERRORS: 1 } }, {}, (object) => {
      object.waiting.push(...Array.from({ length: 5 }, () => entry(3)));
    });
    expect(stderr.match(/^ERROR/gm)).toHaveLength(2);
    expect(result).toMatchObject({ reason: 'errors', errors: 5 });
  });

  test('an error that is counted before its record is read is shown all the same', async () => {
    const { stderr } = await session({ probes: [KERNEL] }, {}, (object) => {
      object.onDetach = () => { object.waiting.push(entry(3), entry(3)); };
      object.words[SESSION.errors / 8] = 2n;
    });
    expect(stderr.match(/^ERROR/gm)).toHaveLength(1);
    expect(stderr).toContain('Number of errors: 2,');
  });

  test.each([
    ['MAXERRORS', {}, 3n],
    ['what begin probes left of it', { fails: 2 }, 1n],
    ['none when errors are suppressed', { suppressHandlerErrors: true }, (1n << 63n) - 1n],
  ])('the limit of errors that kernel handlers see: %s', async (_name, { fails: failures = 0, ...options }: { fails?: number; suppressHandlerErrors?: boolean }, want) => {
    const probes = [...Array.from({ length: failures }, () => begin(handler(fails(1)))), KERNEL, timer(5, exit)];
    let limit: bigint | undefined;
    await session({ probes, limits: { MAXERRORS: 3 } }, options, (object) => {
      object.onDetach = () => { limit = object.words[SESSION.errorLimit / 8]; };
    });
    expect(limit).toBe(want);
  });

  test('an error while output is made belongs to the probe that printed; its half line is dropped', async () => {
    const bad: SiteMetadata = { kind: 'script', pieces: [lit('at '), { conversion: 'd', width: '*' }, lit('\n')], leaves: [{ kind: 'long' }], args: [arg(r(0)), arg(n(7))], probe: 0, location: at(9, 'printf') };
    const { text, stderr } = await session({ probes: [KERNEL], sites: [...SITES, bad] }, {}, (object) => {
      object.waiting.push(entry(5, bad.leaves, [3n]), entry(5, bad.leaves, [1n << 60n]));
    });
    expect(text).toBe('at   7\n');
    expect(stderr).toMatch(/^ERROR: field width 1152921504606846976 is beyond 65536 near identifier 'printf' at <input>:9:1 in probe syscall\.openat\n/);
  });

  test('an error whose record was lost still ends the session', async () => {
    const { result } = await session({ probes: [KERNEL] }, {}, (object, clock) => {
      clock.onTick = (ms) => { if (ms > 10) object.words[SESSION.errors / 8] = 2n; };
    });
    expect(result).toMatchObject({ status: 1, reason: 'errors', errors: 2 });
  });

  test('--suppress-handler-errors only counts', async () => {
    const { result, stderr } = await session({ probes: [begin(handler(fails(1))), timer(5, exit)] }, { suppressHandlerErrors: true });
    expect(stderr).toBe('WARNING: Number of errors: 1, skipped probes: 0\n');
    expect(result).toMatchObject({ reason: 'exit', errors: 1 });
  });

  test('too many skipped probes', async () => {
    const { result, stderr } = await session({ probes: [KERNEL], limits: { MAXSKIPPED: 100 } }, {}, (object, clock) => {
      clock.onTick = (ms) => { if (ms > 10) object.words[SESSION.skippedBusy / 8] = 101n; };
    });
    expect(stderr).toBe('ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.\nWARNING: Number of errors: 0, skipped probes: 101\n');
    expect(result).toMatchObject({ status: 1, reason: 'errors', skippedProbes: 101 });
  });

  test('losses are counted and told, each with its remedy; the status stays 0', async () => {
    const { result, stderr } = await session({ probes: [timer(5, exit)] }, {}, (object, clock) => {
      clock.onTick = () => {
        object.words[SESSION.lostRecords / 8] = 12n;
        object.words[SESSION.oversizeRecords / 8] = 1n;
        object.words[SESSION.missedReturns / 8] = 3n;
        object.missed = { runs: 4, returns: 2 };
        object.words[SESSION.skippedBusy / 8] = 2n;
      };
    });
    expect(stderr.split('\n')).toEqual([
      'WARNING: Number of errors: 0, skipped probes: 2',
      'WARNING: 12 records were lost: the output buffer was full; try a larger one (-s MB), or print less',
      'WARNING: the output of 1 handler run is incomplete: it did not fit one record; print less in one run',
      'WARNING: 5 returns were not reported: the entry had not been seen or too many calls were under way',
      'WARNING: 4 times the kernel did not start a probe\'s program, as it was under way on that CPU: these hits are in no count (where system calls are probed, they may be of others)',
      '',
    ]);
    expect(result).toEqual({ status: 0, reason: 'exit', armed: true, errors: 0, skippedProbes: 2, lostRecords: 12, oversizeRecords: 1, missedReturns: 5, missedRuns: 4, lostStacks: 0, nameless: {}, lostMappings: 0, forgottenProcesses: 0, walks: { complete: 0, truncated: 0, unmapped: 0, withoutRule: 0, unreadable: 0, unknown: 0, noCaller: 0, elsewhere: 0, copied: 0, lostCopies: 0, overflowed: 0 } });
  });
});

describe('-c', () => {
  function command(end: CommandExit | undefined, log: string[]): (text: string) => Promise<StartedCommand> {
    return (text) => {
      log.push(text);
      let done: (exit: CommandExit) => void = () => undefined;
      const exited = new Promise<CommandExit>((resolve) => { done = resolve; });
      return Promise.resolve({ pid: 77, exited, release: () => { log.push('release'); if (end !== undefined) done(end); }, kill: (signal) => { log.push(signal); } });
    };
  }
  const run = (exit: CommandExit | undefined, probes: ProbeMetadata[], log: string[] = []): Promise<Outcome> =>
    session({ probes }, { command: 'ls -l', startCommand: command(exit, log) });

  test('is let go when armed and ends the session; target() is its pid', async () => {
    const log: string[] = [];
    const target: IrInstruction[] = [{ op: 'intrinsic', name: 'target', dst: 0, args: [] }, { op: 'format', dst: 1, site: 5, args: [arg(r(0))] }, { op: 'print', site: 0, args: [arg(r(1))] }];
    const { result, text } = await session({ sites: [...SITES, site('text', d)], probes: [begin(handler(...target)), end(handler(say(' e')))] }, { command: 'ls -l', startCommand: command({ code: 0, signal: undefined }, log) });
    expect(text).toBe('77 e');
    expect(log.slice(0, 2)).toEqual(['ls -l', 'release']);
    expect(result).toEqual({ ...OK, reason: 'command', armed: true, command: { code: 0, signal: undefined } });
  });

  test.each<[CommandExit, string]>([
    [{ code: 3, signal: undefined }, 'WARNING: Child process exited with status 3\n'],
    [{ code: undefined, signal: 'SIGSEGV' }, 'WARNING: Child process exited with signal 11 (SIGSEGV)\n'],
  ])('%j is a failure', async (exited, message) => {
    const { result, stderr } = await run(exited, []);
    expect(stderr).toBe(message);
    expect(result.status).toBe(1);
  });

  test('one that outlives the session is asked to end', async () => {
    const log: string[] = [];
    const { result, stderr } = await run(undefined, [timer(5, exit)], log);
    expect(log.at(-1)).toBe('SIGTERM');
    expect(stderr).toBe('');
    expect(result).toEqual({ ...OK, reason: 'exit', armed: true });
  });

  test('exit() in begin never lets it go', async () => {
    const log: string[] = [];
    await run(undefined, [begin(handler(exit))], log);
    expect(log).toEqual(['ls -l', 'SIGTERM']);
  });
});

describe('initial globals', () => {
  const globals = [longGlobal('count', 7n), textGlobal('name', 'bob')];
  const show = begin(handler(
    { op: 'load-global', dst: 0, global: 0 }, { op: 'format', dst: 1, site: 5, args: [arg(r(0))] }, { op: 'print', site: 0, args: [arg(r(1))] }, say(' '),
    { op: 'load-global', dst: 1, global: 1 }, { op: 'print', site: 0, args: [arg(r(1))] }, exit,
  ));
  const sites = [...SITES, site('text', d)];
  test.each<[Record<string, string>, string]>([
    [{}, '7 bob'], [{ count: '-3', name: 'al ice' }, '-3 al ice'], [{ count: '0x10' }, '16 bob'], [{ count: '010' }, '8 bob'], [{ nosuch: 'x' }, '7 bob'],
    [{ count: '18446744073709551615' }, '-1 bob'],
  ])('%j', async (given, want) => { expect((await session({ globals, sites, probes: [show] }, { globals: given })).text).toBe(want); });

  test('a text that is too long is refused, not cut', async () => {
    await expect(session({ globals, sites, probes: [show] }, { globals: { name: 'x'.repeat(64) } })).rejects.toThrow('has room for 63 bytes, and this text has 64');
  });

  test.each(['abc', '1x', '', '09', '18446744073709551616'])('count=%s is refused', async (given) => {
    await expect(session({ globals, sites, probes: [show] }, { globals: { count: given } })).rejects.toThrow(`count=${given}: the global "count" is a number`);
  });
});

describe('output to a file descriptor', () => {
  const failing = (code: string, after: number) => {
    const written: Buffer[] = [];
    const writeBytes = (_fd: number, bytes: Uint8Array): Promise<number> => {
      if (written.length >= after) return Promise.reject(Object.assign(new Error(`${code}: failed`), { code }));
      written.push(Buffer.from(bytes));
      return Promise.resolve(bytes.length);
    };
    return { written, writeBytes };
  };
  const probes = [timer(10, say('tick\n')), end(handler(say('end\n')))];

  test('the reader went away: a quiet end', async () => {
    const { written, writeBytes } = failing('EPIPE', 1);
    const { result, stderr } = await session({ probes }, { onText: undefined, writeBytes });
    expect(Buffer.concat(written).toString()).toBe('tick\n');
    expect(result).toEqual({ ...OK, reason: 'output-closed', armed: true });
    expect(stderr).toBe('');
  });

  test('a full disk', async () => {
    const { writeBytes } = failing('ENOSPC', 2);
    await expect(session({ probes }, { onText: undefined, writeBytes })).rejects.toThrow('cannot write the output: no space left on the device (ENOSPC); at least 5 bytes of output are missing');
  });

  test('a full disk, for real', async () => {
    const fd = openSync('/dev/full', 'w');
    await expect(session({ probes }, { onText: undefined, stdout: fd })).rejects.toMatchObject({ name: 'OutputError', errno: 'ENOSPC', exitCode: 1 });
    closeSync(fd);
  });

  test('short writes and EAGAIN lose nothing', async () => {
    let text = '';
    let turn = 0;
    const writeBytes = (_fd: number, bytes: Uint8Array): Promise<number> => {
      turn += 1;
      if (turn % 3 === 0) return Promise.reject(Object.assign(new Error('EAGAIN'), { code: turn % 2 === 0 ? 'EAGAIN' : 'EINTR' }));
      text += Buffer.from(bytes.subarray(0, 2)).toString();
      return Promise.resolve(Math.min(2, bytes.length));
    };
    await session({ probes: [timer(10, say('tick\n'))] }, { onText: undefined, writeBytes, timeoutSeconds: 0.1 });
    expect(text).toBe('tick\n'.repeat(10));
  });

  test('a second Ctrl-C gives up on a reader that does not read', async () => {
    const stop = { first: new AbortController() };
    const listeners = process.listenerCount('SIGINT');
    let died = 0;
    const { stderr, result } = await session({ probes }, {
      onText: undefined, handleSignals: true, signal: stop.first.signal, writeBytes: () => new Promise(() => undefined), dieBySignal: () => { died += 1; },
    }, (_object, clock) => {
      clock.onTick = (ms) => {
        if (ms >= 25 && !stop.first.signal.aborted) stop.first.abort();
        else if (ms >= 2000) process.emit('SIGINT');
      };
    });
    expect(result.reason).toBe('signal');
    expect(stderr).toMatch(/^WARNING: interrupted again: \d+ bytes of output were not written\n$/);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    expect(died).toBe(1);
  });
});
