import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AttachPoint, IrGlobal, IrInstruction, IrRegister, IrSite } from '@stapkit/object';
import { BpfFileSystem, whyNoVerifier } from './bpftool.test-support.js';
import type { GenerateParts } from './ir-fixtures.test-support.js';
import { OLD_FEATURES, POINTS, at, block, body, branch, generate, jump, long, n, probe, r, ret, straight, t, text } from './ir-fixtures.test-support.js';

const reason = whyNoVerifier();
if (reason !== undefined) process.stderr.write(`verifier tests are skipped: ${reason}\n`);
const describeVerifier = reason === undefined ? describe : describe.skip;

const counter: IrGlobal = { kind: 'long', name: 'n', initial: 0n };
const site = (...pieces: IrSite['pieces']): IrSite => ({ kind: 'script', pieces, location: at(3) });
const number: IrSite = site({ conversion: 'd' }, { literal: '\n' });
const value = (register: number) => ({ kind: 'value', value: r(register) }) as const;
const pid = { op: 'intrinsic', name: 'pid', dst: 0, args: [] } as const;
const stat = (...functions: ('count' | 'sum' | 'min' | 'max' | 'avg' | 'variance')[]) => ({ functions });
const arrayOf = (keys: readonly ('long' | number)[], more: Partial<Extract<IrGlobal, { kind: 'array' }>> = {}): IrGlobal => ({
  kind: 'array', name: 'a', keys: keys.map((key) => (key === 'long' ? { type: 'long' } : { type: 'string', capacity: key })), value: 'long', wrap: false, ordered: false, ...more,
});

const CASES: [string, Omit<GenerateParts, 'probes'> & { body: GenerateParts['probes'][number]['body'] }][] = [
  ['n++', { globals: [counter], body: straight([], { op: 'add-global', global: 0, value: n(1), location: at(2) }) }],
  ['n <<< 1, count', { globals: [{ kind: 'stat', name: 's', stat: stat('count') }], body: straight([], { op: 'stat-add', global: 0, value: n(1) }) }],
  ['s <<< pid(), count and sum, beside others', {
    globals: [counter, { kind: 'stat', name: 'first', stat: stat('avg') }, { kind: 'stat', name: 's', stat: stat('count', 'sum') }, ...[1, 2, 3].map((id): IrGlobal => ({ kind: 'stat', name: `more${id}`, stat: stat('avg') }))],
    body: straight([long], pid, { op: 'stat-add', global: 2, value: r(0) }, { op: 'add-global', global: 0, value: n(1) }, { op: 'stat-add', global: 5, value: r(0) }),
  }],
  ['all of a statistic', {
    globals: [{ kind: 'stat', name: 's', stat: { ...stat('count', 'sum', 'min', 'max', 'avg', 'variance'), histogram: { kind: 'log' } } }],
    body: straight([long], pid, { op: 'stat-add', global: 0, value: r(0) }),
  }],
  ['linear histogram', {
    globals: [{ kind: 'stat', name: 's', stat: { functions: [], histogram: { kind: 'linear', low: 0, high: 1000, interval: 50 } } }],
    body: straight([long], pid, { op: 'stat-add', global: 0, value: r(0) }),
  }],
  ['a[tid()]++', { globals: [arrayOf(['long'])], body: straight([long], { op: 'intrinsic', name: 'tid', dst: 0, args: [] }, { op: 'array-add', global: 0, keys: [r(0)], value: n(1) }) }],
  ['ordered a[execname(), pid()]++', {
    globals: [arrayOf([16, 'long'], { ordered: true, maxEntries: 100 })],
    body: straight([long, text(16)], pid, { op: 'intrinsic', name: 'execname', dst: 1, args: [] }, { op: 'array-add', global: 0, keys: [r(1), r(0)], value: n(1), dst: 0, result: 'new' }, { op: 'store-global', global: 1, src: r(0) }),
  }],
  ['array of statistics', {
    globals: [arrayOf([16], { value: 'stat', stat: stat('count', 'avg', 'max') })],
    body: straight([text(16)], { op: 'intrinsic', name: 'execname', dst: 0, args: [] }, { op: 'stat-add', global: 0, keys: [r(0)], value: n(7) }),
  }],
  ['a = b[k] in, delete, set', {
    globals: [arrayOf(['long']), counter],
    body: body([long, long, long],
      block([pid, { op: 'array-has', dst: 1, global: 0, keys: [r(0)] }], branch(r(1), 1, 2)),
      block([{ op: 'array-get', dst: 2, global: 0, keys: [r(0)] }, { op: 'array-delete', global: 0, keys: [r(0)] }], jump(3)),
      block([{ op: 'array-set', global: 0, keys: [r(0)], src: n(5) }], jump(3)),
      block([{ op: 'add-global', global: 1, value: r(2) }])),
  }],
  ['text array, set and get, long keys', {
    globals: [arrayOf(['long', 512], { value: 'string' }), { kind: 'string', name: 's', initial: 'x' }],
    body: straight([long, text(), text(), text()], pid, { op: 'load-global', dst: 1, global: 1 }, { op: 'array-set', global: 0, keys: [r(0), r(1)], src: t('hello') },
      { op: 'array-get', dst: 2, global: 0, keys: [r(0), r(1)] }, { op: 'store-global', global: 1, src: r(2) }),
  }],
  ['delete of a whole array', { globals: [arrayOf(['long'])], body: straight([], { op: 'array-clear', global: 0 }) }],
  ['reading a shared statistic', {
    globals: [{ kind: 'stat', name: 's', stat: stat('count', 'sum', 'min', 'avg', 'variance') }, counter],
    body: straight([long, long], pid, { op: 'stat-add', global: 0, value: r(0) }, { op: 'stat-get', fn: 'avg', dst: 1, global: 0 }, { op: 'store-global', global: 1, src: r(1) },
      { op: 'stat-get', fn: 'variance', dst: 1, global: 0 }, { op: 'add-global', global: 1, value: r(1) }, { op: 'stat-get', fn: 'count', dst: 1, global: 0 }, { op: 'add-global', global: 1, value: r(1) }, { op: 'clear-global', global: 0 }),
  }],
  ['histogram bucket', {
    globals: [{ kind: 'stat', name: 's', stat: { functions: [], histogram: { kind: 'log' } } }, counter],
    body: straight([long, long], pid, { op: 'stat-add', global: 0, value: r(0) }, { op: 'histogram-get', dst: 1, global: 0, index: r(0) }, { op: 'store-global', global: 1, src: r(1) }),
  }],
  ['arithmetic', {
    globals: [counter],
    body: straight([long, long, long, long, long, long, long], pid, { op: 'load-global', dst: 1, global: 0 },
      { op: 'binary', fn: 'div', dst: 2, a: r(0), b: r(1) }, { op: 'binary', fn: 'mod', dst: 3, a: r(0), b: n(-7) }, { op: 'binary', fn: 'shl', dst: 4, a: r(2), b: r(3) },
      { op: 'binary', fn: 'shr', dst: 5, a: r(4), b: n(3) }, { op: 'binary', fn: 'ushr', dst: 6, a: n(0x123456789abcn), b: r(5) }, { op: 'unary', fn: 'not', dst: 6, src: r(6) }, { op: 'unary', fn: 'lnot', dst: 5, src: r(5) },
      { op: 'binary', fn: 'sub', dst: 6, a: n(100), b: r(6) }, { op: 'binary', fn: 'lt', dst: 0, a: n(3), b: r(6) }, { op: 'binary', fn: 'mul', dst: 6, a: r(6), b: r(0) },
      { op: 'binary', fn: 'xor', dst: 6, a: r(6), b: r(2) }, { op: 'binary', fn: 'or', dst: 6, a: r(6), b: r(4) }, { op: 'binary', fn: 'add', dst: 6, a: r(6), b: r(5) }, { op: 'binary', fn: 'and', dst: 6, a: r(6), b: r(1) },
      { op: 'store-global', global: 0, src: r(6) }),
  }],
  ['print of three fields on the stack', {
    sites: [site({ literal: 'x ' }, { conversion: 'd' }, { conversion: 'd' }, { conversion: 's' })],
    body: straight([long, long, text(16)], pid, { op: 'intrinsic', name: 'cpu', dst: 1, args: [] }, { op: 'intrinsic', name: 'execname', dst: 2, args: [] }, { op: 'print', site: 0, args: [value(0), value(1), value(2)] }),
  }],
  ['print of long texts in the context', {
    sites: [site({ conversion: 's' }, { conversion: 'd' }, { conversion: 's' })], globals: [{ kind: 'string', name: 's', initial: '' }],
    body: straight([long, text(), text()], { op: 'intrinsic', name: 'task_current', dst: 0, args: [] }, { op: 'read-text', dst: 1, address: r(0), space: 'user', fallback: t('?') }, { op: 'load-global', dst: 2, global: 0 },
      { op: 'print', site: 0, args: [value(1), value(0), value(2)] }, { op: 'print', site: 0, args: [value(2), value(0), value(1)] }),
  }],
  ['prints in branches, exit()', {
    sites: [number, { kind: 'warn', pieces: [{ literal: 'w' }] }], globals: [counter],
    body: body([long, long],
      block([pid, { op: 'binary', fn: 'gt', dst: 1, a: r(0), b: n(100) }], branch(r(1), 1, 2)),
      block([{ op: 'print', site: 0, args: [value(0)] }], jump(3)),
      block([{ op: 'print', site: 1, args: [] }, { op: 'intrinsic', name: 'exit', args: [] }], jump(3)),
      block([{ op: 'add-global', global: 0, value: n(1) }])),
  }],
  ['print after a merge', {
    sites: [number], globals: [counter],
    body: body([long], block([pid], branch(r(0), 1, 2)), block([{ op: 'print', site: 0, args: [value(0)] }], jump(2)), block([{ op: 'print', site: 0, args: [value(0)] }])),
  }],
  ['try, catch with the message', {
    sites: [site({ conversion: 's' })], globals: [counter],
    body: body([long, long, text()],
      block([pid, { op: 'binary', fn: 'div', dst: 1, a: n(5), b: r(0), location: at(2) }, { op: 'read-memory', dst: 1, address: r(0), type: { bytes: 4, signed: true }, space: 'kernel' }], jump(1), 2),
      block([{ op: 'store-global', global: 0, src: r(1) }]),
      block([{ op: 'caught', dst: 2 }, { op: 'print', site: 0, args: [value(2)] }])),
  }],
  ['error() with a text, without catch', {
    body: body([text(), long], block([{ op: 'intrinsic', name: 'task_current', dst: 1, args: [] }, { op: 'read-text', dst: 0, address: r(1), space: 'kernel' }], { kind: 'throw', message: r(0), location: at(2) })),
  }],
  ['error() caught', {
    sites: [site({ conversion: 's' })],
    body: body([text(16), text()], block([{ op: 'intrinsic', name: 'execname', dst: 0, args: [] }], { kind: 'throw', message: r(0) }, 1), block([{ op: 'caught', dst: 1 }, { op: 'print', site: 0, args: [value(1)] }])),
  }],
  ['texts: concat, compare, substr, strlen', {
    globals: [counter, { kind: 'string', name: 's', initial: '' }], sites: [number],
    body: body([long, text(16), text(), text(64), long, long],
      block([pid, { op: 'intrinsic', name: 'execname', dst: 1, args: [] }, { op: 'concat', dst: 2, parts: [t('name='), r(1), t('!'), r(1)] },
        { op: 'intrinsic', name: 'substr', dst: 3, args: [r(2), n(2), r(0)] }, { op: 'intrinsic', name: 'strlen', dst: 4, args: [r(2)] },
        { op: 'compare-text', fn: 'eq', dst: 5, a: r(1), b: t('bash') }], branch(r(5), 1, 2)),
      block([{ op: 'compare-text', fn: 'lt', dst: 5, a: r(2), b: r(3) }, { op: 'add-global', global: 0, value: r(5) }, { op: 'store-global', global: 1, src: r(2) }], jump(2)),
      block([{ op: 'move', dst: 2, src: r(3) }, { op: 'compare-text', fn: 'ge', dst: 5, a: t('m'), b: r(2) }, { op: 'print', site: 0, args: [value(5)] }])),
  }],
  ['sprintf', {
    globals: [{ kind: 'string', name: 's', initial: '' }],
    sites: [{ kind: 'text', pieces: [{ literal: 'a=' }, { conversion: 'd', width: 8 }, { literal: ' ' }, { conversion: 'x', flag: '#' }, { conversion: 'd', flag: '0', width: 12 }, { conversion: 's', width: 20, flag: '-' }, { conversion: 'c' }, { conversion: 'd', flag: '+', precision: 3 }] }],
    body: straight([long, text(16), text()], pid, { op: 'intrinsic', name: 'execname', dst: 1, args: [] },
      { op: 'format', dst: 2, site: 0, args: [value(0), value(0), value(0), value(1), value(0), value(0)] }, { op: 'store-global', global: 0, src: r(2) }),
  }],
  ['ids and clocks', {
    globals: [counter],
    body: straight([long], ...['pid', 'tid', 'ppid', 'uid', 'euid', 'gid', 'egid', 'cpu', 'monotonic_ns', 'realtime_ns', 'target', 'task_current'].flatMap((name) =>
      [{ op: 'intrinsic', name, dst: 0, args: [] }, { op: 'add-global', global: 0, value: r(0) }] as const)),
  }],
  ['a field of the kernel', {
    globals: [counter], fields: [{ root: 'task_struct', path: ['pid'], offset: 0, access: '0:0', rootTypeId: 0, scalar: { bytes: 4, signed: true } }],
    body: straight([long, long], { op: 'intrinsic', name: 'task_current', dst: 0, args: [] }, { op: 'read-memory', dst: 1, address: r(0), field: 0, type: { bytes: 4, signed: true }, space: 'kernel' },
      { op: 'field-address', dst: 0, base: r(0), field: 0 }, { op: 'add-global', global: 0, value: r(1) }, { op: 'add-global', global: 0, value: r(0) }),
  }],
  ['many live values', {
    globals: [counter],
    body: straight(Array.from({ length: 12 }, () => long), ...Array.from({ length: 12 }, (_, index) => ({ op: 'intrinsic', name: 'pid', dst: index, args: [] }) as const),
      ...Array.from({ length: 12 }, (_, index) => ({ op: 'add-global', global: 0, value: r(index) }) as const)),
  }],
];

/** A loop over the array that prints its keys. */
const walk = (global: IrGlobal, how: Partial<Extract<IrInstruction, { op: 'iterate' }>>, key: IrRegister = long): (typeof CASES)[number][1] => ({
  globals: [global], sites: [{ kind: 'script', pieces: [{ conversion: key.type === 'long' ? 'd' : 's' }, { literal: '\n' }] }],
  body: {
    ...body([long, key, global.kind === 'array' && global.value === 'string' ? text(global.capacity) : long, long],
      block([{ ...pid, dst: 3 }, { op: 'iterate', iterator: 0, global: 0, ...how }], jump(1)),
      block([{ op: 'advance', iterator: 0, more: 0, keys: [1], ...(global.kind === 'array' && global.value === 'stat' ? {} : { value: 2 }) }], branch(r(0), 2, 3)),
      block([{ op: 'print', site: 0, args: [value(1)] }], jump(1)),
      block([])),
    loops: [{ header: 1, blocks: [1, 2] }],
  },
});
const up = { by: 'value', key: 0, descending: false } as const;
const ordered = { ordered: true } as const;

const WALKS: typeof CASES = [
  ['foreach (k in a)', walk(arrayOf(['long'], ordered), {})],
  ['foreach (k in a+ limit n)', walk(arrayOf(['long'], ordered), { sort: up, limit: r(3) })],
  ['foreach (k- in a[n]) over a large array of texts', walk(arrayOf([512], { ...ordered, maxEntries: 100_000 }), { sort: { by: 'key', key: 0, descending: true } }, text())],
  ['foreach (k in a) over long text values, sorted', walk(arrayOf(['long'], { ...ordered, value: 'string', capacity: 512 }), { sort: up })],
  ['foreach (k in a[x])', walk(arrayOf(['long'], ordered), { slice: [r(3)] })],
  ['foreach (k in a[*])', walk(arrayOf(['long'], ordered), { slice: [undefined], limit: n(1) })],
  ['foreach (k in a @avg -)', walk(arrayOf(['long'], { ...ordered, value: 'stat', stat: stat('avg') }), { sort: { ...up, stat: 'avg', descending: true } })],
  ['foreach (k in a) of an array that wraps', walk(arrayOf([16], { ...ordered, wrap: true, maxEntries: 10 }), { sort: up }, text(16))],
  ['print(@hist_log(a[k]))', {
    globals: [arrayOf(['long'], { value: 'stat', stat: { functions: [], histogram: { kind: 'log' } } })], sites: [site({ conversion: 's' })],
    body: straight([long], pid, { op: 'stat-add', global: 0, keys: [r(0)], value: n(5) }, { op: 'print', site: 0, args: [{ kind: 'histogram', global: 0, keys: [r(0)] }] }),
  }],
];

const LOOPS: typeof CASES = [
  ['while (i < pid()) i++', {
    globals: [counter],
    body: {
      ...body([long, long, long],
        block([pid, { op: 'move', dst: 1, src: n(0) }], jump(1)),
        block([{ op: 'binary', fn: 'lt', dst: 2, a: r(1), b: r(0), location: at(2) }], branch(r(2), 2, 3)),
        block([{ op: 'binary', fn: 'add', dst: 1, a: r(1), b: n(1) }], jump(1)),
        block([{ op: 'store-global', global: 0, src: r(1) }])),
      loops: [{ header: 1, blocks: [1, 2] }],
    },
  }],
  ['a loop at the very start, with a constant bound', {
    globals: [counter],
    body: {
      ...body([long, long], block([{ op: 'binary', fn: 'add', dst: 0, a: r(0), b: n(1) }, { op: 'binary', fn: 'lt', dst: 1, a: r(0), b: n(100_000) }], branch(r(1), 0, 1)), block([{ op: 'store-global', global: 0, src: r(0) }])),
      loops: [{ header: 0, blocks: [0] }],
    },
  }],
  ['nested loops with prints, errors, break, return and texts', {
    globals: [counter, arrayOf(['long'])], sites: [number, site({ conversion: 's' }, { conversion: 'd' })],
    body: {
      ...body([long, long, long, long, text(16), long],
        block([pid, { op: 'intrinsic', name: 'execname', dst: 4, args: [] }, { op: 'move', dst: 1, src: n(0) }], jump(1)),
        block([{ op: 'binary', fn: 'lt', dst: 3, a: r(1), b: r(0) }], branch(r(3), 2, 7)),
        block([{ op: 'move', dst: 2, src: n(0) }, { op: 'print', site: 0, args: [value(1)] }], jump(3)),
        block([{ op: 'binary', fn: 'lt', dst: 3, a: r(2), b: r(1) }], branch(r(3), 4, 6)),
        block([{ op: 'binary', fn: 'mod', dst: 3, a: r(0), b: r(2) }, { op: 'array-add', global: 1, keys: [r(3)], value: n(1) }, { op: 'read-argument', dst: 5, index: 1, type: { bytes: 8, signed: false } }], branch(r(3), 5, 8)),
        block([{ op: 'binary', fn: 'add', dst: 2, a: r(2), b: n(1) }, { op: 'print', site: 1, args: [value(4), value(2)] }], branch(r(5), 3, 7)),
        block([{ op: 'binary', fn: 'add', dst: 1, a: r(1), b: n(1) }], jump(1)),
        block([{ op: 'store-global', global: 0, src: r(1) }]),
        block([], ret)),
      loops: [{ header: 1, blocks: [1, 2, 3, 4, 5, 6] }, { header: 3, blocks: [3, 4, 5] }],
    },
  }],
  ['a loop in a try', {
    globals: [counter], sites: [site({ conversion: 's' })],
    body: {
      ...body([long, long, long, text()],
        block([pid], jump(1), 4),
        block([{ op: 'binary', fn: 'div', dst: 1, a: r(0), b: r(2) }], branch(r(1), 2, 3), 4),
        block([{ op: 'binary', fn: 'sub', dst: 2, a: r(2), b: r(1) }], jump(1), 4),
        block([{ op: 'store-global', global: 0, src: r(2) }]),
        block([{ op: 'caught', dst: 3 }, { op: 'print', site: 0, args: [value(3)] }])),
      loops: [{ header: 1, blocks: [1, 2] }],
    },
  }],
];

const POINTS_TO_TRY: [string, AttachPoint][] = [['tracepoint', POINTS.tracepoint], ['kprobe', POINTS.function], ['uprobe', POINTS.user], ['perf_event', POINTS.profile], ['syscall', POINTS.openat]];

let files: BpfFileSystem;

describeVerifier('the verifier takes', () => {
  beforeAll(() => {
    files = new BpfFileSystem();
  });
  afterAll(() => {
    files.close();
  });

  test.each(CASES)('%s', (_name, { body: handler, ...parts }) => {
    const globals = [...(parts.globals ?? []), counter];
    expect(files.load(generate({ ...parts, globals, probes: [probe(POINTS.tracepoint, handler)] }).bytes)).toBeUndefined();
  });

  test.each(CASES.filter(([name]) => name !== 'delete of a whole array'))('%s, without the features of newer kernels', (_name, { body: handler, ...parts }) => {
    const globals = [...(parts.globals ?? []), counter];
    expect(files.load(generate({ ...parts, globals, features: OLD_FEATURES, probes: [probe(POINTS.tracepoint, handler)] }).bytes)).toBeUndefined();
  });

  test.each(WALKS)('%s', (_name, { body: handler, ...parts }) => {
    expect(files.load(generate({ ...parts, probes: [probe(POINTS.tracepoint, handler)] }).bytes)).toBeUndefined();
  });

  test.each(LOOPS)('%s', (_name, { body: handler, ...parts }) => {
    expect(files.load(generate({ ...parts, probes: [probe(POINTS.tracepoint, handler)] }).bytes)).toBeUndefined();
  });

  test.each(LOOPS)('%s, without bpf_loop', (_name, { body: handler, ...parts }) => {
    expect(files.load(generate({ ...parts, features: OLD_FEATURES, probes: [probe(POINTS.tracepoint, handler)] }).bytes)).toBeUndefined();
  });

  const entryBody = straight([long, text(64)], { op: 'read-argument', dst: 0, index: 1, type: { bytes: 8, signed: false } }, { op: 'read-text', dst: 1, address: r(0), space: 'user', fallback: t('') },
    { op: 'save-entry', slot: 0, value: r(0) }, { op: 'save-entry', slot: 1, value: r(1) });
  const withEntry = straight([long, long, text(64), long], { op: 'read-argument', dst: 0, index: 2, type: { bytes: 4, signed: true } }, { op: 'read-return', dst: 1, type: { bytes: 8, signed: true } },
    { op: 'read-entry', dst: 2, slot: 1 }, { op: 'read-entry', dst: 3, slot: 0 }, { op: 'print', site: 0, args: [value(0), value(1), value(2), value(3)] });

  test.each([['kretprobe', POINTS.functionReturn], ['uretprobe', POINTS.userReturn]])('entry values at a %s', (_name, point) => {
    const sites = [site({ conversion: 'd' }, { conversion: 'd' }, { conversion: 's' }, { conversion: 'd' })];
    expect(files.load(generate({ sites, features: { trampolines: false }, probes: [probe(point, withEntry, { body: entryBody, slots: ['long', 'string'] })] }).bytes)).toBeUndefined();
  });

  test.each([['entry', POINTS.openat], ['return', { ...POINTS.openat, return: true }]])('several system calls, two handlers of one, at their %s', (_name, point) => {
    const handler = straight([long, text(128), long], { op: 'read-argument', dst: 0, index: 1, type: { bytes: 8, signed: false } }, { op: 'read-text', dst: 1, address: r(0), space: 'user', fallback: t('') },
      { op: 'read-argument', dst: 2, index: 0, type: { bytes: 4, signed: true } }, ...(point.return ? [{ op: 'read-return', dst: 0, type: { bytes: 8, signed: true } } as const] : []),
      { op: 'print', site: 0, args: [value(1), value(2), value(0)] });
    const sites = [site({ conversion: 's' }, { conversion: 'd' }, { conversion: 'd' })];
    const object = generate({ sites, globals: [counter], probes: [probe(point, handler), probe({ ...point, nr: 2, name: 'open' }, handler), probe(point, straight([], { op: 'add-global', global: 0, value: n(1) }))] });
    expect(object.metadata.plans).toHaveLength(1);
    expect(object.metadata.plans[0]?.ways.map(({ programs }) => programs.map((index) => object.metadata.programs[index]?.probes))).toEqual([[[0, 1], [2]], [[0, 1], [2]]]);
    expect(files.load(object.bytes)).toBeUndefined();
  });

  test.each([['entry', false], ['return', true]])('the test for 32-bit tasks before Linux 5.11, at the %s', (_name, isReturn) => {
    const handler = straight([], { op: 'add-global', global: 0, value: n(1) });
    const object = generate({ globals: [counter], features: { atomicFetch: false }, probes: [probe({ ...POINTS.openat, return: isReturn }, handler)] });
    expect(object.metadata.programs.map(({ kind }) => kind)).toEqual(['tp_btf', 'raw_tp']);
    expect(object.listing()).toMatch(/u16 \*\)\(r2 \+ 136\)/);
    expect(files.load(object.bytes)).toBeUndefined();
  });

  test.each(POINTS_TO_TRY.filter(([name]) => name !== 'tracepoint'))('saved registers at a %s', (_name, point) => {
    const registers = [0, 7, 16, 49, 51, 1000].map((register, dst): IrInstruction => ({ op: 'read-register', dst, register, of: 'probe' }));
    const handler = straight(Array.from({ length: 6 }, () => long), ...registers, ...registers.map((_, register): IrInstruction => ({ op: 'add-global', global: 0, value: r(register) })));
    const object = generate({ globals: [counter], probes: [probe(point, handler)] });
    expect(object.metadata.programs.map(({ kind }) => kind)).not.toContain('fentry');
    expect(files.load(object.bytes)).toBeUndefined();
  });

  test.each(POINTS_TO_TRY.flatMap(([name, point]) => [true, false].map((taskRegisters): [string, boolean, AttachPoint] => [name, taskRegisters, point])))('registers of user mode at a %s, with bpf_task_pt_regs %s', (_name, taskRegisters, point) => {
    const handler = straight([long], { op: 'read-register', dst: 0, register: 16, of: 'user' }, { op: 'add-global', global: 0, value: r(0) });
    expect(files.load(generate({ globals: [counter], features: { taskRegisters, trampolines: point.kind !== 'function' }, probes: [probe(point, handler)] }).bytes)).toBeUndefined();
  });

  test.each(POINTS_TO_TRY)('stacks at a %s', (_name, point) => {
    const handler = straight([long, long, text(32), long, text(64)],
      { op: 'intrinsic', name: 'kernel_stack', dst: 0, args: [] }, { op: 'intrinsic', name: 'user_stack', dst: 1, args: [] },
      { op: 'intrinsic', name: 'pack_text1', dst: 2, args: [n(0), r(0)] }, { op: 'intrinsic', name: 'probe_address', dst: 3, args: [] },
      { op: 'intrinsic', name: 'pack_text3', dst: 4, args: [n(3), r(3), n(0), n(0)] },
      { op: 'array-add', global: 0, keys: [r(2), r(1)], value: n(1) }, { op: 'array-add', global: 1, keys: [r(4)], value: r(3) });
    const globals = [arrayOf([32, 'long']), { ...arrayOf([64]), name: 'b' }];
    const object = generate({ globals, limits: { MAXBACKTRACE: 127 }, probes: [probe(point, handler)] });
    expect(object.metadata.maps.find(({ name }) => name === 'stacks')?.valueBytes).toBe(16 + 8 * 127);
    for (const features of [{}, OLD_FEATURES]) expect(files.load(generate({ globals, features: { ...features, trampolines: false }, probes: [probe(point, handler)] }).bytes)).toBeUndefined();
  });

  test.each(POINTS_TO_TRY)('n++ at a %s', (_name, point) => {
    const handler = straight([], { op: 'add-global', global: 0, value: n(1) });
    expect(files.load(generate({ globals: [counter], features: { trampolines: false }, probes: [probe(point, handler)] }).bytes)).toBeUndefined();
  });
});
