/** Real objects on the running kernel: loaded, attached to events that the test makes itself, read, and gone afterwards. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AttachError } from '../attach/attach-error.js';
import { startCommand } from '../sys/command.js';
import { bpftoolNames, compileC, describeWithBpf, fileOffsetOf } from '../sys/host.test-support.js';
import { loadObject } from './load-object.js';
import type { LoadedObject } from './loaded-object.js';
import { type TestObject, buildObject, count, countInProcess, emitInProcess, exit, mov, movRegister, skipUnless } from './object.test-support.js';
import { VerifierError } from './verifier-error.js';

const root = join(import.meta.dirname, '../../../..');
/** Makes one file of a module and all that it imports, so that a child process can run it without a build. */
function bundle(from: string, to: string): void {
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [from, '--bundle', '--platform=node', '--format=esm', '--conditions=@stapkit/source', '--log-level=warning', `--outfile=${to}`]);
}

const SYS_ENTER = { kind: 'syscall', nr: 0, name: 'read', return: false } as const;

describeWithBpf('an object on the running kernel', (kernel) => {
  const opened: LoadedObject[] = [];
  const open = (options: TestObject): LoadedObject => {
    const object = loadObject(kernel, buildObject(options));
    opened.push(object);
    return object;
  };
  const counter = (object: LoadedObject, offset = 0): bigint => new BigInt64Array(object.maps.get('globals')!.memory!)[offset / 8]!;
  afterEach(() => {
    for (const object of opened.splice(0)) object.close();
  });

  test.each(['raw_tp', 'tp_btf'] as const)('%s counts our own system calls', (kind) => {
    const object = open({ programs: [{ symbol: 'on_enter', kind, target: SYS_ENTER, code: countInProcess(process.pid, 64) }] });
    expect(object.attach({})).toEqual([{ plan: 0, way: 0, passedOver: [] }]);
    const before = counter(object, 64);
    for (let n = 0; n < 500; n++) accessSync('/');
    const after = counter(object, 64);
    expect(Number(after - before)).toBeGreaterThanOrEqual(500);
    object.detach();
    const stopped = counter(object, 64);
    for (let n = 0; n < 50; n++) accessSync('/');
    expect(counter(object, 64)).toBe(stopped);
  });

  test('the data section is the first value of the globals', () => {
    const initial = new Uint8Array(24);
    initial[16] = 42;
    const object = open({ programs: [], globalsBytes: 64, initial });
    expect(counter(object, 16)).toBe(42n);
    expect(object.maps.get('globals')!.lookup(new Uint8Array(4))?.subarray(0, 24)).toEqual(initial);
  });

  test('every call of a probed function is counted, and its return', () => {
    const path = compileC('void __attribute__((noinline)) probed(void) { asm volatile(""); }\nint main(void) { for (int n = 0; n < 20000; n++) probed(); return 0; }');
    const target = { kind: 'user-function', path, symbol: 'probed', fileOffset: fileOffsetOf(path, 'probed') } as const;
    const object = open({ programs: [
      { symbol: 'on_call', kind: 'uprobe', target: { ...target, return: false }, code: count(0) },
      { symbol: 'on_return', kind: 'uretprobe', target: { ...target, return: true }, code: count(8) },
    ] });
    object.attach({});
    execFileSync(path);
    expect([counter(object, 0), counter(object, 8)]).toEqual([20000n, 20000n]);
  });

  test('a uprobe of one process does not see another', async () => {
    const path = compileC('#include <unistd.h>\nvoid __attribute__((noinline)) probed(void) { asm volatile(""); }\nint main(void) { char c; while (read(0, &c, 1) == 1) { for (int n = 0; n < 100; n++) probed(); write(1, "d", 1); } return 0; }');
    const start = (): ChildProcess => spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [mine, other] = [start(), start()];
    try {
      const object = open({ programs: [{ symbol: 'on_call', kind: 'uprobe', target: { kind: 'user-function', path, symbol: 'probed', fileOffset: fileOffsetOf(path, 'probed'), return: false, pid: 0 }, code: count(0) }] });
      object.attach({ targetPid: mine.pid! });
      for (const child of [other, mine]) {
        child.stdin!.write('x');
        await once(child.stdout!, 'data');
      }
      expect(counter(object)).toBe(100n);
    } finally {
      mine.kill();
      other.kill();
    }
  });

  test('of the command of -c every system call is seen', async () => {
    const path = compileC('#include <fcntl.h>\n#include <unistd.h>\nint main(void) { for (int n = 0; n < 50; n++) close(openat(AT_FDCWD, "/dev/null", O_RDONLY)); return 0; }', '-static');
    const command = await startCommand(path);
    const openat = process.arch === 'arm64' ? 56 : 257;
    try {
      // r6 = number of the system call; of others the program goes on at its last two instructions, which give 0.
      const code = [[0x79, 6, 1, 8, 0] as const, skipUnless(6, openat, 7), ...countInProcess(command.pid, 0)];
      const object = open({ programs: [{ symbol: 'on_enter', kind: 'raw_tp', target: SYS_ENTER, code }] });
      object.attach({ targetPid: command.pid });
      command.release();
      expect(await command.exited).toEqual({ code: 0, signal: undefined });
      expect(counter(object)).toBe(50n);
    } finally {
      command.kill('SIGKILL');
    }
  });

  test('samples come at the rate that was asked for, on each CPU', async () => {
    const object = open({ programs: [{ symbol: 'on_sample', kind: 'perf_event', target: { kind: 'profile', frequencyHz: 99 }, code: count(0) }] });
    // Virtual machines stop the sampling clock of a CPU that idles, so none may.
    const busy = Array.from({ length: object.possibleCpus }, (_, cpu) => spawn('taskset', ['-c', String(cpu), 'sh', '-c', 'while :; do :; done']));
    try {
      await Promise.all(busy.map((child) => once(child, 'spawn')));
      object.attach({});
      const start = performance.now();
      await new Promise((resolve) => { setTimeout(resolve, 1000); });
      object.detach();
      const expected = (99 * object.possibleCpus * (performance.now() - start)) / 1000;
      expect(Math.abs(Number(counter(object)) - expected)).toBeLessThan(expected * 0.1);
    } finally {
      for (const child of busy) child.kill();
    }
  });

  test('records come through the ring buffer in order, none lost', () => {
    const object = open({ programs: [{ symbol: 'on_enter', kind: 'raw_tp', target: SYS_ENTER, code: emitInProcess(process.pid, 77) }] });
    object.attach({});
    for (let n = 0; n < 300; n++) accessSync('/');
    object.detach();
    const values: number[] = [];
    const drained = object.records!.drain((bytes, at, end) => { values.push(new DataView(bytes.buffer).getInt32(at, true), end - at); }, Infinity);
    expect(drained).toBeGreaterThanOrEqual(300);
    expect(new Set(values)).toEqual(new Set([77, 8]));
    expect(object.records!.drain(() => undefined, Infinity)).toBe(0);
  });

  test('a program that the verifier refuses is reported on its script line', () => {
    const bytes = buildObject({ programs: [{
      symbol: 'wrong', kind: 'raw_tp', target: SYS_ENTER,
      code: [mov(3, 0), mov(4, 0), movRegister(0, 5), exit],
      lines: [{ slot: 0, line: 7, text: 'probe kernel.trace("sys_enter") {' }, { slot: 2, line: 9, text: '  n = unset' }, { slot: 3, line: 10, text: '}' }],
    }] });
    let error: unknown;
    try {
      loadObject(kernel, bytes);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(VerifierError);
    const refused = error as VerifierError;
    expect(refused.scriptLine).toMatchObject({ file: 'test.stp', line: 9, text: '  n = unset' });
    expect(refused.instruction).toBe(2);
    expect(refused.reason.at(-1)).toBe('R5 !read_ok');
    expect(refused.message).toContain('test.stp:9:3: ');
    expect(refused.message).toContain('stapkit bug');
    expect(() => loadObject(kernel, bytes, { wholeLog: true })).toThrow(/processed \d+ insns/);
  });

  test('the next way is taken when a better one cannot be had, with the reason', () => {
    const object = open({
      programs: [
        { symbol: 'first', kind: 'tp_btf', target: { kind: 'tracepoint', name: 'no_such_tracepoint', arguments: 0 }, code: count(0) },
        { symbol: 'second', kind: 'raw_tp', target: SYS_ENTER, code: count(0) },
      ],
      plans: [[[0], [1]]],
    });
    expect(object.attach({})).toEqual([{ plan: 0, way: 1, passedOver: [expect.stringContaining('tp_btf: this kernel\'s BTF has no tracepoint "no_such_tracepoint"')] }]);
  });

  test('fentry is attached, or passed over with its cause', () => {
    const object = open({
      programs: [
        { symbol: 'by_fentry', kind: 'fentry', target: { kind: 'function', symbol: 'vfs_read', return: false, arguments: 4 }, code: countInProcess(process.pid, 0) },
        { symbol: 'by_tracepoint', kind: 'raw_tp', target: SYS_ENTER, code: countInProcess(process.pid, 0) },
      ],
      plans: [[[0], [1]]],
    });
    const [outcome] = object.attach({});
    readFileSync('/proc/self/status');
    expect(counter(object)).toBeGreaterThan(0n);
    if (outcome!.way === 1) expect(outcome!.passedOver).toEqual([expect.stringMatching(/^fentry: (EPERM|ENOTSUPP|.*trampoline).*/)]);
    else expect(outcome!.passedOver).toEqual([]);
  });

  test('when attaching fails, nothing stays attached and the error names the probe', () => {
    const object = open({ programs: [
      { symbol: 'good', kind: 'raw_tp', target: SYS_ENTER, code: count(0) },
      { symbol: 'bad', kind: 'raw_tp', target: { kind: 'tracepoint', name: 'no_such_tracepoint', arguments: 0 }, code: count(0) },
    ] });
    expect(() => object.attach({})).toThrow(AttachError);
    expect(() => object.attach({})).toThrow(/^cannot attach bad: this kernel .* has no tracepoint "no_such_tracepoint"; list them with/);
    const before = counter(object);
    accessSync('/');
    expect(counter(object)).toBe(before);
  });

  describe('CO-RE', () => {
    const relocated = (member: string): TestObject => ({
      programs: [{
        symbol: 'on_enter', kind: 'raw_tp', target: SYS_ENTER,
        // globals[0] = offset of the member, 0 where it was compiled
        code: [{ dst: 1, globals: 0 }, mov(2, 0), [0x7b, 1, 2, 0, 0], mov(0, 0), exit],
        relocations: [{ slot: 2, access: '0:0', kind: 0 }],
      }],
      root: { name: 'timespec64', members: [member] },
    });

    test('an offset becomes the running kernel\'s', () => {
      const object = open(relocated('tv_nsec'));
      object.attach({});
      accessSync('/');
      expect(counter(object)).toBe(8n);
    });

    test('a field that the kernel lacks is named when the program needs it', () => {
      expect(() => open(relocated('no_such_member'))).toThrow(/cannot attach on_enter: raw_tp: .*timespec64.*no_such_member.*; compile the script on this machine/);
    });
  });
});

describeWithBpf('what is left behind', (kernel) => {
  const options = (name: string): TestObject => ({
    programs: [{ symbol: name, kind: 'raw_tp', target: SYS_ENTER, code: count(0) }],
    metadata: { maps: [{ name: `${name}_m`, type: 'array', keyBytes: 4, valueBytes: 4096, maxEntries: 1, flags: 1 << 10 }, { name: 'globals', type: 'array', keyBytes: 4, valueBytes: 4096, maxEntries: 1, flags: 1 << 10 }], ringBuffer: undefined as never },
  });
  const names = (): string[] => [...bpftoolNames('prog'), ...bpftoolNames('map')];
  const gone = async (name: string): Promise<void> => {
    // The kernel lets programs and maps go after a grace period of RCU.
    for (let tries = 0; tries < 100 && names().some((one) => one.startsWith(name)); tries++) await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(names().filter((one) => one.startsWith(name))).toEqual([]);
  };

  test('nothing, after close', async () => {
    const object = loadObject(kernel, buildObject(options('stk_close')));
    object.attach({});
    expect(names()).toEqual(expect.arrayContaining(['stk_close', 'stk_close_m']));
    const memory = new Uint8Array(object.maps.get('globals')!.memory!);
    object.close();
    object.close();
    await gone('stk_close');
    expect(memory[0]).toBe(0);
  });

  test('bpftool shows the script\'s lines in the loaded program', () => {
    const object = loadObject(kernel, buildObject(options('stk_lines')));
    const dump = execFileSync('bpftool', ['prog', 'dump', 'xlated', 'name', 'stk_lines', 'linum'], { encoding: 'utf8' });
    object.close();
    expect(dump).toContain('; probe test {} [file:test.stp line_num:1 line_col:3]');
  });

  test('nothing, after kill -9 of the process that held them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stapkit-test-'));
    writeFileSync(join(folder, 'object.o'), buildObject(options('stk_kill')));
    const holder = join(folder, 'hold.mjs');
    bundle(join(import.meta.dirname, 'hold-object.test-support.ts'), holder);
    const child = spawn(process.execPath, [holder, join(folder, 'object.o')], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: join(root, 'node_modules') } });
    await once(child.stdout, 'data');
    expect(names()).toEqual(expect.arrayContaining(['stk_kill', 'stk_kill_m']));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await gone('stk_kill');
  }, 20_000);
}, { bpftool: true });
