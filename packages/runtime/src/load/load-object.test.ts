/** Loading against a fake kernel: which way is taken, whose fault a refusal is, and that nothing stays open. */
import { describe, expect, test } from '@jest/globals';
import type { ObjectMetadata } from '@stapkit/object';
import { AttachError } from '../attach/attach-error.js';
import { errnoNumber } from '../sys/errno.js';
import { type FakeAnswers, type FakeAttributes, FakeKernel } from '../sys/fake-kernel.js';
import * as uapi from '../sys/uapi.js';
import { LoadError } from './load-error.js';
import { loadObject } from './load-object.js';
import { type TestObject, type TestProgram, buildObject, count } from './object.test-support.js';
import { TooLargeError } from './too-large-error.js';
import { VerifierError } from './verifier-error.js';

const RAW = { symbol: 'raw', kind: 'raw_tp', target: { kind: 'tracepoint', name: 'sched_switch', arguments: 1 }, code: count(0) } as const;
const UPROBE = { symbol: 'user', kind: 'uprobe', target: { kind: 'user-function', path: '/bin/x', symbol: 'main', fileOffset: 1, return: false }, code: count(0) } as const;
const UPROBES = { '/sys/bus/event_source/devices/uprobe/type': '9\n' };

/** A kernel that takes everything, except as `answer` says (undefined: takes it). Counts its descriptors. */
function fakeKernel(answer: (command: number, attributes: FakeAttributes) => number | undefined = () => undefined, rest: Omit<FakeAnswers, 'bpf'> = {}): FakeKernel & { opened: number[] } {
  const opened: number[] = [];
  const open = (result: number | undefined): number => {
    if (result !== undefined) return result;
    opened.push(opened.length + 10);
    return opened.at(-1)!;
  };
  const kernel = new FakeKernel({
    map: (_fd, length) => new ArrayBuffer(length), perfEventOpen: () => open(undefined), ...rest,
    bpf: (command, attributes) => (command === uapi.BPF_MAP_UPDATE_ELEM ? 0 : open(answer(command, attributes))),
  });
  return Object.assign(kernel, { opened });
}

/** Refuses programs of the type with an error and, when asked for it, a log. */
function refuses(type: number, errno: string, log = ''): (command: number, attributes: FakeAttributes) => number | undefined {
  return (command, attributes) => {
    if (command !== uapi.BPF_PROG_LOAD || attributes.u32(0) !== type) return undefined;
    if (attributes.u32(24) > 0) attributes.pointed(32).set(Buffer.from(`${log}\0`));
    return -errnoNumber(errno)!;
  };
}

function errorOf(kernel: FakeKernel, object: TestObject, attach = false): unknown {
  try {
    const loaded = loadObject(kernel, buildObject(object));
    try {
      if (attach) loaded.attach({});
    } finally {
      loaded.close();
    }
  } catch (error) {
    return error;
  }
  return undefined;
}

const REFUSED = '0: (b7) r2 = 1\n3: (db) lock *(u64 *)(r1 +0) += r2\nR1 invalid mem access\nprocessed 2 insns (limit 1)\n';

describe('objects that are not for this machine', () => {
  const object = (metadata: TestObject['metadata']): Uint8Array => buildObject({ programs: [], ...(metadata === undefined ? {} : { metadata }) });
  test.each<[string, () => Uint8Array, string]>([
    ['no ELF', () => new Uint8Array(100), 'this is not an object that stapkit can run: not an ELF file (bad magic); make one with'],
    ['other format', () => object({ format: 99 }), 'the object has format 99 (made by stapkit test); this runtime reads format 3; update stapkit on this machine'],
    ['older format', () => object({ format: 0 }), 'the object has format 0 (made by stapkit test); this runtime reads format 3; compile the script again'],
    ['other architecture', () => object({ arch: 'aarch64' }), 'the object was compiled for aarch64; this machine is x86_64'],
    ['bound to another kernel', () => object({ kernelBound: true, kernelRelease: '5.10.0-1' }), 'were made for kernel 5.10.0-1; this is 6.1.0; compile the script again'],
  ])('%s', (_name, bytes, want) => {
    const kernel = fakeKernel();
    expect(() => loadObject(kernel, bytes())).toThrow(LoadError);
    expect(() => loadObject(kernel, bytes())).toThrow(want);
    expect(kernel.opened).toEqual([]);
  });

  test('bound to this kernel', () => {
    const kernel = fakeKernel();
    loadObject(kernel, object({ arch: 'x86_64', kernelBound: true, kernelRelease: '6.1.0' })).close();
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });
});

describe('refused programs', () => {
  const two: TestObject = { programs: [UPROBE, RAW], plans: [[[0], [1]]], metadata: { arch: 'x86_64' } };

  test.each([
    ['EPERM', 'EPERM', '', /^uprobe: EPERM; a security policy refuses it/],
    ['EACCES without a word of the verifier', 'EACCES', '', /^uprobe: EACCES from a security policy/],
    ['unknown program type', 'EINVAL', '', /^uprobe: this kernel does not know programs of this type/],
    ['attach target', 'EINVAL', 'attach_btf_id 5 is not a function\n', /^uprobe: attach_btf_id 5 is not a function/],
    ['attach target of another type', 'EINVAL', 'The function tcp_setsockopt arg3 type STRUCT is unsupported.\n', /^uprobe: The function tcp_setsockopt arg3 type STRUCT is unsupported/],
    ['attach target that returns a structure', 'EINVAL', 'The function next_tgid return type STRUCT is unsupported.\n', /^uprobe: The function next_tgid return type STRUCT is unsupported/],
    ['missing helper', 'EINVAL', '1: (85) call bpf_loop#181\nunknown func bpf_loop#181\n', /^uprobe: this kernel \(6\.1\.0\) has no helper bpf_loop/],
    ['an argument that tracing programs of this kernel cannot read', 'EACCES', "22: (79) r6 = *(u64 *)(r6 +24)\nfunc 'vfs_read' arg3 type INT is not a struct\ninvalid bpf_context access off=24 size=8\n", /^uprobe: this kernel \(6\.1\.0\) does not let it read an argument/],
  ])('%s: the next way', (_name, errno, log, reason) => {
    const kernel = fakeKernel(refuses(uapi.BPF_PROG_TYPE_KPROBE, errno, log));
    const loaded = loadObject(kernel, buildObject(two));
    expect(loaded.attach({})).toEqual([{ plan: 0, way: 1, passedOver: [expect.stringMatching(reason)] }]);
    loaded.close();
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test('a way that loads but does not attach is passed over too', () => {
    const kernel = fakeKernel(() => undefined);
    const loaded = loadObject(kernel, buildObject(two));
    expect(loaded.attach({})).toEqual([{ plan: 0, way: 1, passedOver: [expect.stringMatching(/^this kernel has no uprobes/)] }]);
    loaded.close();
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  describe('plans of one point of the script', () => {
    const places = (points: readonly string[]): TestObject => {
      const programs = [UPROBE, RAW];
      const location = { file: 'test.stp', line: 1, column: 1 };
      return { programs, metadata: { arch: 'x86_64', probes: programs.map(({ symbol, target }, index) => ({ name: symbol, point: points[index]!, where: 'kernel' as const, attach: target, location })) } };
    };

    test('what cannot be attached of a wildcard is named beside what can', () => {
      const kernel = fakeKernel();
      const loaded = loadObject(kernel, buildObject(places(['all', 'all'])));
      expect(loaded.attach({})).toEqual([{ plan: 1, way: 0, passedOver: [], skipped: ['main'] }]);
      loaded.close();
      expect(kernel.closed.toSorted()).toEqual(kernel.opened);
    });

    test('another point is not its wildcard', () => {
      const kernel = fakeKernel();
      expect((errorOf(kernel, places(['one', 'other']), true) as Error).message).toMatch(/^cannot attach one: this kernel has no uprobes/);
      expect(kernel.closed.toSorted()).toEqual(kernel.opened);
    });
  });

  test('when no way is left, all reasons are told and nothing stays open', () => {
    const kernel = fakeKernel((command) => (command === uapi.BPF_PROG_LOAD ? -1 : undefined));
    const error = errorOf(kernel, two) as AttachError;
    expect(error).toBeInstanceOf(AttachError);
    expect(error.message).toMatch(/^cannot attach user: raw_tp: EPERM \(and before that: uprobe: EPERM; a security policy.*\); a security policy refuses it/);
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test('our own bug is not hidden by another way', () => {
    const kernel = fakeKernel(refuses(uapi.BPF_PROG_TYPE_KPROBE, 'EACCES', REFUSED));
    const error = errorOf(kernel, two) as VerifierError;
    expect(error).toBeInstanceOf(VerifierError);
    expect(error).toMatchObject({ instruction: 3, program: 'user', omittedLines: 2, reason: ['3: (db) lock *(u64 *)(r1 +0) += r2', 'R1 invalid mem access'] });
    expect(error.message.split('\n')).toEqual([
      "test.stp:1:3: the kernel's verifier refuses the code of this script (program user, instruction 3, EACCES)",
      '    probe test {}',
      '  | 3: (db) lock *(u64 *)(r1 +0) += r2',
      '  | R1 invalid mem access',
      "  (2 more lines of the verifier's log; -vv shows all)",
      'this is a stapkit bug: please report it with the script and these lines',
    ]);
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test.each([
    ['BPF program is too large. Processed 1000001 insn', 'E2BIG', 'it gave up after 1000000 steps'],
    ['The sequence of 8193 jumps is too complex.', 'EFAULT', 'it gave up with 8192 branches still to look at'],
  ])('%s: the script asks for too much', (said, errno, limit) => {
    const error = errorOf(fakeKernel(refuses(uapi.BPF_PROG_TYPE_KPROBE, errno, REFUSED.replace('R1 invalid mem access', said))), two) as TooLargeError;
    expect(error).toBeInstanceOf(TooLargeError);
    expect(error.message).toMatch(`test.stp:1:3: this probe's handler is more than the kernel's verifier follows (program user: ${limit}); divide it into several probes`);
  });

  test('a process without CAP_PERFMON is told so', () => {
    const kernel = fakeKernel(refuses(uapi.BPF_PROG_TYPE_KPROBE, 'EACCES', REFUSED), { files: { '/proc/self/status': 'CapEff:\t0000008000000000\n' } });
    expect((errorOf(kernel, two) as Error).message).toContain('lack CAP_PERFMON (R1 invalid mem access); run as root');
  });

  test.each(['ENOMEM', 'EMFILE'])('%s is no reason to try another way', (errno) => {
    const kernel = fakeKernel(refuses(uapi.BPF_PROG_TYPE_KPROBE, errno));
    expect(errorOf(kernel, two)).toMatchObject({ name: 'SyscallError', errno, call: 'bpf(BPF_PROG_LOAD)', doing: 'loading program user' });
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test('a way that the caller excludes is passed over; with none left that is the reason', () => {
    const kernel = fakeKernel(() => undefined);
    const loaded = loadObject(kernel, buildObject(two), { avoidKinds: new Set(['uprobe']) });
    expect(loaded.attach({})).toEqual([{ plan: 0, way: 1, passedOver: ['uprobe: excluded by the caller'] }]);
    loaded.close();
    expect(() => loadObject(kernel, buildObject(two), { avoidKinds: new Set(['uprobe', 'raw_tp']) })).toThrow(/^cannot attach user: raw_tp: excluded by the caller/);
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test.each([[4, undefined], [1000, 'EAGAIN']])('a verifier that signals interrupt %i times', (interruptions, errno) => {
    let left = interruptions;
    const kernel = fakeKernel((command) => (command === uapi.BPF_PROG_LOAD && left-- > 0 ? -errnoNumber('EAGAIN')! : undefined));
    expect(errorOf(kernel, { programs: [RAW], metadata: { arch: 'x86_64' } })).toEqual(errno === undefined ? undefined : expect.objectContaining({ errno }));
    expect(kernel.closed.toSorted()).toEqual(kernel.opened);
  });

  test('a log larger than its buffer is asked for again with a larger one', () => {
    const sizes: number[] = [];
    const kernel = fakeKernel((command, attributes) => {
      if (command !== uapi.BPF_PROG_LOAD) return undefined;
      if (attributes.u32(24) === 0) return -13;
      sizes.push(attributes.u32(28));
      if (sizes.length < 3) return -28;
      attributes.pointed(32).set(Buffer.from(`${REFUSED}\0`));
      return -13;
    });
    expect(errorOf(kernel, two)).toBeInstanceOf(VerifierError);
    expect(sizes).toEqual([262144, 2097152, 16777215]);
  });
});

test('return probes of kernel functions come before all that looks at where a call returns to', () => {
  const at = (symbol: string, kind: 'kprobe' | 'kretprobe', name: string): TestProgram => ({ symbol, kind, target: { kind: 'function', symbol: name, return: kind === 'kretprobe', arguments: 0 }, code: count(0) });
  const opened: string[] = [];
  const kernel = fakeKernel(() => undefined, {
    files: { '/sys/bus/event_source/devices/kprobe/type': '8\n', '/sys/bus/event_source/devices/kprobe/format/retprobe': 'config:0\n' },
    perfEventOpen: (attributes) => opened.push(`${Buffer.from(attributes.pointed(56)).toString('latin1').replace('\0', '')}${attributes.u64(8) === 0n ? '' : '.return'}`) + 50,
  });
  const programs = [at('a_entry', 'kprobe', 'a'), at('a_return', 'kretprobe', 'a'), at('b', 'kprobe', 'b'), at('c_entry', 'kprobe', 'c'), at('c_return', 'kretprobe', 'c')];
  const plans = [[[0, 1]], [[2]], [[3, 4]]];
  const loaded = loadObject(kernel, buildObject({ programs, plans, metadata: { arch: 'x86_64', probes: ['a', 'b', 'c'].map((name) => ({ name, point: name, where: 'kernel', attach: { kind: 'function', symbol: name, return: name !== 'b', arguments: 0 }, location: 0 })) as unknown as ObjectMetadata['probes'] } }));
  expect(loaded.attach({}).map(({ plan, way }) => [plan, way])).toEqual([[0, 0], [1, 0], [2, 0]]);
  expect(opened).toEqual(['c.return', 'a.return', 'c', 'b', 'a']);
  loaded.close();
});

test('programs get their maps, lines and functions', () => {
  let seen: { instructions: Buffer; lines: Buffer; functions: Buffer; name: string } | undefined;
  const kernel = fakeKernel((command, attributes) => {
    if (command === uapi.BPF_PROG_LOAD) {
      seen = {
        instructions: Buffer.from(attributes.pointed(8)), lines: Buffer.from(attributes.pointed(96)), functions: Buffer.from(attributes.pointed(80)),
        name: Buffer.from(attributes.bytes).toString('latin1', 48, 52),
      };
    }
    return undefined;
  });
  const loaded = loadObject(kernel, buildObject({ programs: [{ ...RAW, code: count(24), lines: [{ slot: 0, line: 7, text: 'x' }, { slot: 3, line: 8, text: 'y' }] }], metadata: { arch: 'x86_64' } }));
  const { fd } = loaded.maps.get('globals')!;
  expect(seen!.name).toBe('raw\0');
  expect([seen!.instructions[1], seen!.instructions.readInt32LE(4), seen!.instructions.readInt32LE(12)]).toEqual([0x21, fd, 24]);
  expect([0, 16].map((at) => [seen!.lines.readUInt32LE(at), seen!.lines.readUInt32LE(at + 12) >>> 10])).toEqual([[0, 7], [3, 8]]);
  expect(seen!.functions.readUInt32LE(0)).toBe(0);
  loaded.close();
});

test('arrays that no program names stay in this process', () => {
  const made: string[] = [];
  const kernel = fakeKernel((command, attributes) => {
    if (command === uapi.BPF_MAP_CREATE) made.push(Buffer.from(attributes.bytes).toString('latin1', 28, 44).replace(/\0.*$/, ''));
    return undefined;
  });
  const map = (name: string, type: 'array' | 'hash' | 'percpu_hash', valueBytes: number): ObjectMetadata['maps'][number] => ({ name, type, keyBytes: type === 'array' ? 4 : 8, valueBytes, maxEntries: type === 'array' ? 1 : 3, flags: 0 });
  const arrays = ['records', 'report', 'sums'].map((name) => ({ name, kind: 'array', storage: { kind: 'hash', map: name } })) as unknown as ObjectMetadata['globals'];
  const metadata = { arch: 'x86_64', maps: [map('globals', 'array', 4096), map('records', 'hash', 8), map('report', 'hash', 8), map('sums', 'percpu_hash', 24)], globals: arrays, ringBuffer: undefined } as unknown as TestObject['metadata'];
  const loaded = loadObject(kernel, buildObject({ programs: [{ ...RAW, code: [{ dst: 1, map: 'records' }, ...count(0)] }], ...(metadata === undefined ? {} : { metadata }) }));
  expect(made).toEqual(['globals', 'records']);
  const [report, sums] = [loaded.maps.get('report'), loaded.maps.get('sums')];
  const key = (index: number): Uint8Array => Uint8Array.of(index, 0, 0, 0, 0, 0, 0, 0);
  expect([0, 1, 2, 3].map((index) => report?.update(key(index), key(index), 'any'))).toEqual(['ok', 'ok', 'ok', 'full']);
  // As the kernel gives them: a value for each processor.
  sums?.update(key(0), new Uint8Array(24 * loaded.possibleCpus).fill(7), 'any');
  expect(sums?.lookup(key(0))).toEqual(new Uint8Array(24 * loaded.possibleCpus).fill(7));
  loaded.close();
});

test.each<[number | undefined, number]>([[undefined, 4096 * 64], [4096, 4096], [4097, 8192], [3 << 20, 4 << 20]])('a ring buffer of %p bytes has %i', (ringBytes, size) => {
  const sizes: number[] = [];
  const kernel = fakeKernel((command, attributes) => {
    if (command === uapi.BPF_MAP_CREATE && attributes.u32(0) === uapi.BPF_MAP_TYPE_RINGBUF) sizes.push(attributes.u32(12));
    return undefined;
  });
  loadObject(kernel, buildObject({ programs: [RAW], metadata: { arch: 'x86_64' } }), ringBytes === undefined ? {} : { ringBytes }).close();
  expect(sizes).toEqual([size]);
});

test('when a later plan cannot attach, earlier ones are taken off', () => {
  const kernel = fakeKernel((command) => (command === uapi.BPF_RAW_TRACEPOINT_OPEN ? -2 : undefined), { files: UPROBES });
  const loaded = loadObject(kernel, buildObject({ programs: [UPROBE, { ...RAW, symbol: 'late' }], metadata: { arch: 'x86_64' } }));
  kernel.closed.length = 0;
  const before = kernel.opened.length;
  expect(() => loaded.attach({})).toThrow(/^cannot attach late: /);
  expect(kernel.closed).toEqual(kernel.opened.slice(before));
  loaded.close();
});
