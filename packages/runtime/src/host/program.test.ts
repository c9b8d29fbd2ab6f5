import { describe, expect, test } from '@jest/globals';
import type { IrInstruction, LongBinary, ObjectMetadata } from '@stapkit/object';
import { INTRINSICS } from '@stapkit/object';
import { ScriptError } from '../format/script-error.js';
import { ownIdentity } from './identity.js';
import { HOST_INTRINSICS } from './intrinsics.js';
import { createMemoryMaps } from './memory-map.js';
import { HostProgram } from './program.js';
import { DONE, LONG, STRING, arg, arrayGlobal, at, begin, block, body, d, go, lit, longGlobal, metadataOf, n, r, s, site, statGlobal, t, textGlobal } from './program.fixture.js';
import type { Parts } from './program.fixture.js';

interface Outcome { printed: string; warned: string[]; exits: number; program: HostProgram }

function start(metadata: ObjectMetadata, active = false): Outcome {
  const outcome: Omit<Outcome, 'program'> = { printed: '', warned: [], exits: 0 };
  let clock = 1000n;
  const program = new HostProgram({
    metadata, maps: createMemoryMaps(metadata), possibleCpus: 1,
    services: {
      print: (text) => { outcome.printed += text; },
      warn: (text) => { outcome.warned.push(text); },
      exit: () => { outcome.exits += 1; }, message: () => undefined,
      monotonicNs: () => (clock += 1n), realtimeNs: () => 1_700_000_000_000_000_000n,
      kernelActive: () => active, identity: ownIdentity,
    },
  });
  return Object.assign(outcome, { program });
}

/** Runs every probe in order; gives what was printed. */
function run(parts: Parts, active = false): Outcome {
  const metadata = metadataOf(parts);
  const outcome = start(metadata, active);
  metadata.probes.forEach((_probe, index) => { outcome.program.runProbe(index); });
  return outcome;
}

/** Runs straight-line code over long registers 0.. and string registers 8.., then prints register 0 (or 8). */
function value(instructions: readonly IrInstruction[], parts: Parts = {}, text = false): string {
  const registers = Array.from({ length: 16 }, (_, index) => (index < 8 ? LONG : STRING));
  const print: IrInstruction = { op: 'print', site: 0, args: [arg(r(text ? 8 : 0))] };
  return run({ ...parts, sites: [site('script', text ? s : d), ...(parts.sites ?? [])], probes: [begin(body(registers, block([...instructions, print])))] }).printed;
}

const MIN = -(1n << 63n);
const MAX = (1n << 63n) - 1n;

test.each<[LongBinary, bigint, bigint, bigint]>([
  ['add', MAX, 1n, MIN], ['sub', MIN, 1n, MAX], ['mul', MAX, 2n, -2n], ['div', -7n, 2n, -3n], ['div', MIN, -1n, MIN], ['mod', -7n, 3n, -1n], ['mod', MIN, -1n, 0n],
  ['and', 12n, 10n, 8n], ['or', 12n, 10n, 14n], ['xor', 12n, 10n, 6n], ['shl', 1n, 63n, MIN], ['shl', 1n, 64n, 1n], ['shl', 1n, -1n, MIN], ['shr', -8n, 1n, -4n],
  ['ushr', -1n, 60n, 15n], ['ushr', -1n, 64n, -1n], ['eq', 1n, 1n, 1n], ['ne', 1n, 1n, 0n], ['lt', -1n, 0n, 1n], ['le', 1n, 0n, 0n], ['gt', 1n, 0n, 1n], ['ge', -1n, 0n, 0n],
])('%s(%s, %s)', (fn, a, b, want) => { expect(value([{ op: 'binary', fn, dst: 0, a: n(a), b: n(b) }])).toBe(want.toString()); });

test.each<[string, IrInstruction, string]>([
  ['-x', { op: 'unary', fn: 'neg', dst: 0, src: n(MIN) }, MIN.toString()],
  ['~x', { op: 'unary', fn: 'not', dst: 0, src: n(0) }, '-1'],
  ['!x', { op: 'unary', fn: 'lnot', dst: 0, src: n(5) }, '0'],
  ['strlen', { op: 'intrinsic', name: 'strlen', dst: 0, args: [t('abc')] }, '3'],
  ['find', { op: 'intrinsic', name: 'find', dst: 0, args: [t('abc'), t('bc'), n(0)] }, '1'],
  ['span', { op: 'intrinsic', name: 'span', dst: 0, args: [t('abc'), t('ab'), n(0), n(0)] }, '2'],
  ['pid', { op: 'intrinsic', name: 'pid', dst: 0, args: [] }, process.pid.toString()],
  ['a < b as bytes', { op: 'compare-text', fn: 'lt', dst: 0, a: t('a\xff'), b: t('b') }, '1'],
  ['unset', { op: 'move', dst: 1, src: n(3) }, '0'],
])('%s', (_name, instruction, want) => { expect(value([instruction])).toBe(want); });

test('strings are cut at MAXSTRINGLEN - 1, formats also at NUL', () => {
  const limits = { MAXSTRINGLEN: 8 };
  expect(value([{ op: 'concat', dst: 8, parts: [t('abcde'), t('fghij')] }], { limits }, true)).toBe('abcdefg');
  const sites = [site('text', s, { conversion: 'c' }, s)];
  expect(value([{ op: 'format', dst: 8, site: 1, args: [arg(t('ab')), arg(n(0)), arg(t('cd'))] }], { sites }, true)).toBe('ab');
  expect(value([{ op: 'format', dst: 8, site: 1, args: [arg(t('abcdef')), arg(n(65)), arg(t('cd'))] }], { sites, limits }, true)).toBe('abcdefA');
});

describe('globals', () => {
  test('add-global gives the value before or after and wraps', () => {
    const globals = [longGlobal('x')];
    const add = (result: 'old' | 'new'): string => value([{ op: 'store-global', global: 0, src: n(MAX) }, { op: 'add-global', global: 0, value: n(1), dst: 0, result }], { globals });
    expect(add('old')).toBe(MAX.toString());
    expect(add('new')).toBe(MIN.toString());
  });

  test('string slots hold one byte less than their size', () => {
    const globals = [textGlobal('x', '', 8)];
    expect(value([{ op: 'store-global', global: 0, src: t('0123456789') }, { op: 'load-global', dst: 8, global: 0 }], { globals }, true)).toBe('0123456');
    expect(value([{ op: 'store-global', global: 0, src: t('abc') }, { op: 'clear-global', global: 0 }, { op: 'load-global', dst: 8, global: 0 }], { globals }, true)).toBe('');
  });
});

/** foreach over global 0 with one key: prints "key=value " for each element. */
function loop(iterate: Partial<Extract<IrInstruction, { op: 'iterate' }>>, keyType = LONG): ReturnType<typeof body> {
  return body([LONG, keyType, LONG],
    block([{ op: 'iterate', iterator: 0, global: 0, ...iterate }], go(1)),
    block([{ op: 'advance', iterator: 0, more: 0, keys: [1], value: 2 }], { kind: 'branch', condition: r(0), then: 2, otherwise: 3 }),
    block([{ op: 'print', site: 0, args: [arg(r(1)), arg(r(2))] }], go(1)),
    block([]));
}
const set = (key: number, to: number): IrInstruction => ({ op: 'array-set', global: 0, keys: [n(key)], src: n(to) });
const pairSite = site('script', d, lit('='), d, lit(' '));

describe('arrays', () => {
  const fill = begin(body([], block([set(5, 50), set(1, 30), set(9, 30), set(3, 90), set(5, 10)])));
  const sort = { by: 'value', key: 0, descending: false } as const;
  const each = (iterate: Parameters<typeof loop>[0]): string =>
    run({ globals: [arrayGlobal('a', ['long'], 'long')], sites: [pairSite], probes: [fill, begin(loop(iterate))] }).printed;

  test.each<[string, Parameters<typeof loop>[0], string]>([
    ['in order of insertion', {}, '5=10 1=30 9=30 3=90 '],
    ['by value, ties in order', { sort }, '5=10 1=30 9=30 3=90 '],
    ['by value descending, ties in order', { sort: { ...sort, descending: true } }, '3=90 1=30 9=30 5=10 '],
    ['by key descending', { sort: { by: 'key', key: 0, descending: true } }, '9=30 5=10 3=90 1=30 '],
    ['limit', { sort: { by: 'key', key: 0, descending: false }, limit: n(2) }, '1=30 3=90 '],
    ['limit 0', { limit: n(0) }, ''],
    ['limit below 0', { limit: n(-1) }, ''],
    ['slice', { slice: [n(9)] }, '9=30 '],
    ['slice *', { slice: [undefined], limit: n(1) }, '5=10 '],
  ])('foreach %s', (_name, iterate, want) => { expect(each(iterate)).toBe(want); });

  test('get, in, +=, delete, clear', () => {
    const keys = [n(7), t('k')];
    const globals = [arrayGlobal('a', ['long', 'string'], 'long')];
    const add: IrInstruction = { op: 'array-add', global: 0, keys, value: n(5), dst: 0, result: 'old' };
    const has: IrInstruction = { op: 'array-has', dst: 0, global: 0, keys };
    const get: IrInstruction = { op: 'array-get', dst: 0, global: 0, keys };
    expect(value([get], { globals })).toBe('0');
    expect(value([get, has], { globals })).toBe('0'); // reading makes no element
    expect(value([add, add], { globals })).toBe('5');
    expect(value([add, add, get], { globals })).toBe('10');
    expect(value([add, has], { globals })).toBe('1');
    expect(value([add, { op: 'array-delete', global: 0, keys }, { op: 'array-delete', global: 0, keys }, has], { globals })).toBe('0');
    expect(value([add, { op: 'array-clear', global: 0 }, has], { globals })).toBe('0');
  });

  test('strings as values; "" is still an element', () => {
    const globals = [arrayGlobal('a', ['string'], 'string')];
    const put = (to: string): IrInstruction => ({ op: 'array-set', global: 0, keys: [t('k')], src: t(to) });
    expect(value([put('abc'), { op: 'array-get', dst: 8, global: 0, keys: [t('k')] }], { globals }, true)).toBe('abc');
    expect(value([put(''), { op: 'array-has', dst: 0, global: 0, keys: [t('k')] }], { globals })).toBe('1');
  });

  test.each([
    [{}, 'Array overflow, check MAXMAPENTRIES'],
    [{ maxEntries: 3 }, 'Array overflow, check size limit (3)'],
  ])('a full array: %j', (options, message) => {
    const handler = body([], block([set(1, 1), set(2, 2), set(3, 3), set(1, 9), { ...set(4, 4), location: at(4, 'a') }]));
    const metadata = metadataOf({ globals: [arrayGlobal('a', ['long'], 'long', options)], probes: [begin(handler)], limits: { MAXMAPENTRIES: 3 } });
    expect(() => { start(metadata).program.runProbe(0); }).toThrow(new ScriptError(message, at(4, 'a')));
  });

  test('a wrapping array drops the element inserted first', () => {
    const probes = [begin(body([], block([set(1, 1), set(2, 2), set(1, 9), set(3, 3), set(4, 4)]))), begin(loop({}))];
    expect(run({ globals: [arrayGlobal('a', ['long'], 'long', { maxEntries: 3, wrap: true })], sites: [pairSite], probes }).printed).toBe('2=2 3=3 4=4 ');
  });

  test('a loop over 100,000 elements is neither slow nor a runaway', () => {
    const fillMany = body([LONG, LONG],
      block([{ op: 'array-set', global: 0, keys: [r(0)], src: r(0) }, { op: 'binary', fn: 'add', dst: 0, a: r(0), b: n(1) }, { op: 'binary', fn: 'lt', dst: 1, a: r(0), b: n(100_000) }],
        { kind: 'branch', condition: r(1), then: 0, otherwise: 1 }),
      block([]));
    const parts = { globals: [arrayGlobal('a', ['long'], 'long', { maxEntries: 100_000 })], sites: [pairSite], probes: [begin(fillMany)], limits: { MAXACTION: 100_000 } };
    const metadata = metadataOf(parts);
    const outcome = start({ ...metadata, probes: [...metadata.probes, begin(loop({ sort: { by: 'value', key: 0, descending: true } }))] });
    outcome.program.runProbe(0);
    outcome.program.runProbe(1);
    expect(outcome.printed.split(' ')).toHaveLength(100_001);
    expect(outcome.printed.startsWith('99999=99999 99998=99998 ')).toBe(true);
  });
});

describe('statistics', () => {
  const sample = (of: number): IrInstruction => ({ op: 'stat-add', global: 0, value: n(of) });
  const samples = [1, 2, 3, 4, -5].map(sample);
  const get = (fn: 'count' | 'sum' | 'min' | 'max' | 'avg' | 'variance'): IrInstruction => ({ op: 'stat-get', fn, dst: 0, global: 0 });
  const globals = [statGlobal('x')];

  test.each([['count', '5'], ['sum', '5'], ['min', '-5'], ['max', '4'], ['avg', '1']] as const)('@%s', (fn, want) => { expect(value([...samples, get(fn)], { globals })).toBe(want); });

  test('@variance grows exact with its shift', () => {
    const spread = [100, 200, 300, 400, 500].map(sample);
    expect(value([...spread, get('variance')], { globals: [statGlobal('x', 10)] })).toBe('25000');
    expect(value([sample(7), get('variance')], { globals })).toBe('0');
  });

  test.each(['count', 'sum'] as const)('@%s of nothing is 0', (fn) => { expect(value([get(fn)], { globals })).toBe('0'); });
  test.each(['min', 'max', 'avg', 'variance'] as const)('@%s of nothing', (fn) => { expect(() => value([get(fn)], { globals })).toThrow('empty aggregate'); });
  test('delete empties', () => { expect(value([...samples, { op: 'clear-global', global: 0 }, get('count')], { globals })).toBe('0'); });

  test('histogram buckets', () => {
    const bucket = (index: number): IrInstruction => ({ op: 'histogram-get', dst: 0, global: 0, index: n(index) });
    expect(value([...samples, bucket(66)], { globals })).toBe('2');
    expect(() => value([...samples, bucket(128)], { globals })).toThrow('histogram index out of range');
    expect(() => value([bucket(64)], { globals })).toThrow('empty aggregate');
  });

  test('printing a histogram', () => {
    const handler = body([], block([...samples, { op: 'print', site: 0, args: [{ kind: 'histogram', global: 0, keys: [] }] }]));
    expect(run({ globals, sites: [site('script', s)], probes: [begin(handler)] }).printed).toContain('    2 |@@                                                 2\n');
  });

  test('samples added while the kernel runs are kept beside the map and read with it', () => {
    const handler = body([LONG], block([...samples, get('count'), { op: 'print', site: 0, args: [arg(r(0))] }]));
    const metadata = metadataOf({ globals, sites: [site('script', d)], probes: [begin(handler)] });
    const outcome = start(metadata, true);
    outcome.program.runProbe(0);
    outcome.program.runProbe(0);
    expect(outcome.printed).toBe('510');
  });

  const counting = { kind: 'stat', name: 'x', stat: { functions: ['count', 'sum'] } } as const;
  const stripes = { kind: 'striped', offset: 192, stripes: 64, stride: 64, layout: { bytes: 16, count: 0, sum: 8 } } as const;

  test.each([['count', '5'], ['sum', '5']] as const)('striped @%s', (fn, want) => {
    const globals: ObjectMetadata['globals'] = [{ ...counting, storage: stripes }];
    expect(value([...samples, get(fn)], { globals })).toBe(want);
    expect(value([...samples, get('count'), { op: 'clear-global', global: 0 }, get(fn)], { globals })).toBe('0');
    expect(value([...samples, { op: 'clear-global', global: 0 }, ...samples, get(fn)], { globals })).toBe(want);
  });

  test('delete while the kernel counts in stripes takes away what the handler saw, and no more', () => {
    const show = [get('count'), { op: 'print', site: 0, args: [arg(r(0))] }, get('sum'), { op: 'print', site: 0, args: [arg(r(0))] }] as const;
    const probes = [begin(body([LONG], block([...show, { op: 'clear-global', global: 0 }])))];
    const metadata = metadataOf({ globals: [{ ...counting, storage: stripes }], sites: [site('script', d, lit(' '))], probes });
    const maps = createMemoryMaps(metadata);
    const words = new BigInt64Array(maps.get('globals')?.memory ?? new ArrayBuffer(0));
    const arrive = (cpu: number, sum: bigint): void => {
      const first = (stripes.offset + cpu * stripes.stride) / 8;
      Atomics.add(words, first, 1n);
      Atomics.add(words, first + 1, sum);
    };
    let printed = '';
    const program = new HostProgram({
      metadata, maps, possibleCpus: 1,
      services: {
        print: (text) => { printed += text; arrive(63, -10n); },
        warn: () => undefined, message: () => undefined, exit: () => undefined, monotonicNs: () => 1n, realtimeNs: () => 1n, kernelActive: () => true, identity: ownIdentity,
      },
    });
    arrive(0, 100n);
    arrive(5, 1n);
    for (let round = 0; round < 3; round += 1) program.runProbe(0);
    expect(printed).toBe('2 101 2 -20 2 -20 ');
  });

  test('delete while the kernel runs takes away what the handler saw, and no more', () => {
    const counted: ObjectMetadata['globals'] = [{ ...statGlobal('x'), kind: 'stat', stat: { functions: ['count', 'sum'] } }];
    const show = [get('count'), { op: 'print', site: 0, args: [arg(r(0))] }, get('sum'), { op: 'print', site: 0, args: [arg(r(0))] }] as const;
    const probes = [begin(body([LONG], block([...show, { op: 'clear-global', global: 0 }])))];
    const metadata = metadataOf({ globals: counted, sites: [site('script', d, lit(' '))], probes });
    const maps = createMemoryMaps(metadata);
    const map = maps.get('stats');
    const arrive = (count: bigint, sum: bigint): void => {
      const value = map?.lookup(new Uint8Array(4)) ?? new Uint8Array();
      const words = new BigInt64Array(value.buffer);
      words[1] = (words[1] ?? 0n) + count; // the statistic starts at 8: count, then sum
      words[2] = (words[2] ?? 0n) + sum;
      map?.update(new Uint8Array(4), value, 'any');
    };
    let printed = '';
    const program = new HostProgram({
      metadata, maps, possibleCpus: 1,
      services: {
        // A kernel handler counts in the middle of every handler here.
        print: (text) => { printed += text; arrive(1n, 10n); },
        warn: () => undefined, exit: () => undefined, message: () => undefined, monotonicNs: () => 1n, realtimeNs: () => 1n, kernelActive: () => true, identity: ownIdentity,
      },
    });
    arrive(5n, 100n);
    for (let round = 0; round < 3; round += 1) program.runProbe(0);
    expect(printed).toBe('5 100 2 20 2 20 ');
  });

  test('arrays of statistics, sorted by an operator', () => {
    const add = (key: number, of: number): IrInstruction => ({ op: 'stat-add', global: 0, keys: [n(key)], value: n(of) });
    const fill = begin(body([], block([add(1, 5), add(2, 9), add(2, 1), add(3, 7)])));
    const show = (iterate: Parameters<typeof loop>[0]) => {
      const handler = loop(iterate);
      handler.blocks[2] = block([
        { op: 'stat-get', fn: 'sum', dst: 2, global: 0, keys: [r(1)] }, { op: 'print', site: 0, args: [arg(r(1)), arg(r(2))] },
      ], go(1));
      return begin(handler);
    };
    const probes = [fill, show({ sort: { by: 'value', key: 0, descending: true } }), show({ sort: { by: 'value', key: 0, stat: 'max', descending: false } })];
    for (const active of [false, true]) {
      expect(run({ globals: [arrayGlobal('a', ['long'], 'stat')], sites: [pairSite], probes }, active).printed).toBe('2=10 1=5 3=7 1=5 3=7 2=10 ');
    }
  });
});

describe('errors', () => {
  const divide: IrInstruction = { op: 'binary', fn: 'div', dst: 0, a: n(1), b: n(0), location: at(3, '/') };

  test('leave the handler with their place', () => {
    expect(() => value([divide])).toThrow(new ScriptError('division by 0', at(3, '/')));
    try {
      value([divide]);
    } catch (error) {
      expect((error as ScriptError).location).toEqual(at(3, '/'));
    }
  });

  test('are caught with their message', () => {
    const handler = body([LONG, STRING], block([divide], DONE, 1), block([{ op: 'caught', dst: 1 }, { op: 'print', site: 0, args: [arg(r(1))] }]));
    expect(run({ sites: [site('script', s)], probes: [begin(handler)] }).printed).toBe('division by 0');
  });

  test('error() from a function reaches the caller\'s catch', () => {
    const functions = [{ name: 'f', params: [0], result: 'long' as const, pure: false, body: body([STRING], block([], { kind: 'throw', message: r(0), location: at(9, 'error') })) }];
    const handler = body([LONG, STRING], block([{ op: 'call', dst: 0, function: 0, args: [t('boom')] }], DONE, 1), block([{ op: 'caught', dst: 1 }, { op: 'print', site: 0, args: [arg(r(1))] }]));
    expect(run({ functions, sites: [site('script', s)], probes: [begin(handler)] }).printed).toBe('boom');
  });

  test('an endless loop ends with MAXACTION exceeded, even inside try', () => {
    const endless = body([], block([], go(0), 1), block([], go(0)));
    expect(() => run({ probes: [begin(endless)] })).toThrow('MAXACTION exceeded');
  });

  test('recursion is bounded by MAXNESTING', () => {
    const functions = [{
      name: 'f', params: [0], result: 'long' as const, pure: false,
      body: body([LONG, LONG], block([], { kind: 'branch', condition: r(0), then: 1, otherwise: 2 }),
        block([{ op: 'binary', fn: 'sub', dst: 1, a: r(0), b: n(1) }, { op: 'call', dst: 1, function: 0, args: [r(1)], location: at(2, 'f') }, { op: 'binary', fn: 'add', dst: 1, a: r(1), b: r(0) }], { kind: 'return', value: r(1) }),
        block([], { kind: 'return', value: n(0) })),
    }];
    const call = (depth: number): IrInstruction => ({ op: 'call', dst: 0, function: 0, args: [n(depth)] });
    expect(value([call(9)], { functions })).toBe('45');
    expect(() => value([call(10)], { functions })).toThrow(new ScriptError('MAXNESTING exceeded', at(2, 'f')));
  });

  test('reading memory faults, or takes its fallback', () => {
    expect(() => value([{ op: 'read-memory', dst: 0, address: n(16), type: { bytes: 8, signed: false }, space: 'kernel' }])).toThrow('kernel read fault at 0x0000000000000010');
    expect(value([{ op: 'read-text', dst: 8, address: n(16), space: 'user', fallback: t('?') }], {}, true)).toBe('?');
    expect(() => value([{ op: 'read-text', dst: 8, address: n(16), space: 'user' }])).toThrow('user string copy fault at 0x0000000000000010');
  });
});

test('print arguments: pure functions, intrinsics and nested formats', () => {
  const functions = [{ name: 'twice', params: [0], result: 'long' as const, pure: true, body: body([LONG], block([{ op: 'binary', fn: 'mul', dst: 0, a: r(0), b: n(2) }], { kind: 'return', value: r(0) })) }];
  const sites = [site('script', d, lit(' '), s, lit(' '), s, lit('\n')), site('text', lit('<'), s, lit('>'))];
  const handler = body([LONG], block([
    { op: 'move', dst: 0, src: n(21) },
    { op: 'print', site: 0, args: [
      { kind: 'call', function: 0, args: [arg(r(0))] }, { kind: 'intrinsic', name: 'errno_name', args: [arg(n(2))] },
      { kind: 'format', site: 1, args: [{ kind: 'intrinsic', name: 'quote', args: [arg(t('a\n'))] }] },
    ] },
  ]));
  expect(run({ functions, sites, probes: [begin(handler)] }).printed).toBe('42 ENOENT <"a\\n">\n');
});

test('every intrinsic that may run here does', () => {
  const names = Object.entries(INTRINSICS).filter(([, intrinsic]) => intrinsic.where !== 'kernel').map(([name]) => name);
  expect(names.filter((name) => HOST_INTRINSICS[name] === undefined)).toEqual([]);
});

test('warn sites and exit()', () => {
  const handler = body([], block([{ op: 'intrinsic', name: 'exit', args: [] }, { op: 'print', site: 0, args: [] }]));
  const outcome = run({ sites: [site('warn', lit('look out'))], probes: [begin(handler)] });
  expect(outcome.warned).toEqual(['look out']); // the handler goes on after exit()
  expect(outcome.exits).toBe(1);
});
