import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DebugInfoError } from '../errors.js';
import { BtfBuilder } from '../testing/btf-builder.test-support.js';
import { Btf } from './btf.js';

function everyKind(): { bytes: Uint8Array; ids: Record<string, number> } {
  const b = new BtfBuilder();
  const int = b.int('int', 4, 'signed');
  const char = b.int('char', 1, 'char');
  const bool = b.int('_Bool', 1, 'bool');
  const pointer = b.ptr(char);
  const array = b.array(int, 3);
  const struct = b.struct('point', 8, [['x', int, 0], ['y', int, 32]]);
  const union = b.union('either', 4, [['i', int, 0], ['c', char, 0]]);
  const enumeration = b.enum('color', { RED: 0, BLUE: 7 });
  const signedEnum = b.enum('delta', { DOWN: -1, UP: 1 }, true);
  const enum64 = b.enum64('wide', { BIG: 0x1_0000_0001n });
  const signedEnum64 = b.enum64('wider', { LOW: -2n }, true);
  const fwd = b.fwd('opaque');
  const fwdUnion = b.fwd('opaque_union', 'union');
  const typedef = b.typedef('u64', b.int('long unsigned int', 8));
  const volatile = b.volatile(int);
  const constant = b.const(char);
  const restrict = b.restrict(pointer);
  const proto = b.funcProto(int, [['fmt', b.ptr(constant)], ['', 0]]);
  const func = b.func('printk', proto);
  const variable = b.variable('jiffies', typedef);
  const datasec = b.datasec('.data', 8, [[variable, 0, 8]]);
  const float = b.float('double', 8);
  const declTag = b.declTag('kfunc', func);
  const typeTag = b.typeTag('user', char);
  const ids = { int, char, bool, pointer, array, struct, union, enumeration, signedEnum, enum64, signedEnum64, fwd, fwdUnion, typedef, volatile, constant, restrict, proto, func, variable, datasec, float, declTag, typeTag };
  return { bytes: b.build(), ids };
}

describe('kinds', () => {
  const { bytes, ids } = everyKind();
  const btf = Btf.parse(bytes);

  test.each<[string, object]>([
    ['int', { kind: 'int', name: 'int', size: 4, signed: true, bits: 32 }],
    ['char', { kind: 'int', size: 1, isChar: true, signed: false }],
    ['bool', { kind: 'int', size: 1, isBool: true }],
    ['pointer', { kind: 'ptr', typeId: ids['char'] }],
    ['array', { kind: 'array', elementTypeId: ids['int'], length: 3, indexTypeId: 1 }],
    ['struct', { kind: 'struct', name: 'point', size: 8, members: [{ name: 'x', typeId: 1, index: 0, offsetBits: 0, bitSize: 0 }, { name: 'y', typeId: 1, index: 1, offsetBits: 32, bitSize: 0 }] }],
    ['union', { kind: 'union', name: 'either', size: 4 }],
    ['enumeration', { kind: 'enum', size: 4, signed: false, enumerators: [{ name: 'RED', value: 0n }, { name: 'BLUE', value: 7n }] }],
    ['signedEnum', { kind: 'enum', signed: true, enumerators: [{ name: 'DOWN', value: -1n }, { name: 'UP', value: 1n }] }],
    ['enum64', { kind: 'enum64', size: 8, enumerators: [{ name: 'BIG', value: 0x1_0000_0001n }] }],
    ['signedEnum64', { kind: 'enum64', enumerators: [{ name: 'LOW', value: -2n }] }],
    ['fwd', { kind: 'fwd', name: 'opaque', of: 'struct' }],
    ['fwdUnion', { kind: 'fwd', of: 'union' }],
    ['typedef', { kind: 'typedef', name: 'u64' }],
    ['volatile', { kind: 'volatile', typeId: ids['int'] }],
    ['constant', { kind: 'const', typeId: ids['char'] }],
    ['restrict', { kind: 'restrict', typeId: ids['pointer'] }],
    ['proto', { kind: 'func_proto', returnTypeId: ids['int'], variadic: true, parameters: [{ name: 'fmt', typeId: ids['proto']! - 1 }] }],
    ['func', { kind: 'func', name: 'printk', typeId: ids['proto'], linkage: 'global' }],
    ['variable', { kind: 'var', name: 'jiffies', typeId: ids['typedef'], linkage: 'global' }],
    ['datasec', { kind: 'datasec', name: '.data', size: 8, variables: [{ typeId: ids['variable'], offset: 0, size: 8 }] }],
    ['float', { kind: 'float', name: 'double', size: 8 }],
    ['declTag', { kind: 'decl_tag', name: 'kfunc', typeId: ids['func'], componentIndex: -1 }],
    ['typeTag', { kind: 'type_tag', name: 'user', typeId: ids['char'] }],
  ])('%s', (name, want) => {
    expect(btf.type(ids[name]!)).toMatchObject({ id: ids[name]!, ...want });
    expect(btf.kind(ids[name]!)).toBe((want as { kind: string }).kind);
  });

  test('0 is void and ids end', () => {
    expect(btf.type(0)).toEqual({ kind: 'void', id: 0, name: 'void' });
    expect(() => btf.type(btf.typeCount)).toThrow(`type ${btf.typeCount} does not exist: ids end at ${btf.typeCount - 1}`);
    expect(() => btf.type(-1)).toThrow(DebugInfoError);
    expect(() => btf.type(1.5)).toThrow(DebugInfoError);
  });

  test.each([['int', 4], ['pointer', 8], ['array', 12], ['struct', 8], ['enum64', 8], ['typedef', 8], ['variable', 8], ['float', 8], ['fwd', undefined], ['func', undefined], ['proto', undefined]])('sizeOf %s is %s', (name, want) => {
    expect(btf.sizeOf(ids[name]!)).toBe(want);
  });

  test.each([
    ['int', { bytes: 4, signed: true }], ['char', { bytes: 1, signed: false }], ['bool', { bytes: 1, signed: false }], ['pointer', { bytes: 8, signed: false }],
    ['typedef', { bytes: 8, signed: false }], ['signedEnum', { bytes: 4, signed: true }], ['enum64', { bytes: 8, signed: false }],
    ['struct', undefined], ['array', undefined], ['float', undefined],
  ])('scalar %s', (name, want) => {
    expect(btf.scalar(ids[name]!)).toEqual(want);
  });

  test('resolve strips all, skipModifiers keeps typedefs', () => {
    expect(btf.resolve(ids['typedef']!).name).toBe('long unsigned int');
    expect(btf.skipModifiers(ids['typedef']!).name).toBe('u64');
    expect(btf.skipModifiers(ids['typeTag']!).name).toBe('char');
  });

  test('finds by name and kind', () => {
    expect(btf.findByName('point', 'struct')?.members.length).toBe(2);
    expect(btf.findByName('point', 'union')).toBeUndefined();
    expect(btf.findByName('point')?.id).toBe(ids['struct']);
    expect(btf.findByName('poin')).toBeUndefined();
    expect(btf.findByName('oint')).toBeUndefined();
    expect(btf.findByName('')).toBeUndefined();
    expect(btf.function('printk')).toMatchObject({ name: 'printk', variadic: true, returnTypeId: ids['int'] });
    expect(btf.function('point')).toBeUndefined();
  });

  test.each([['RED', undefined, 0n], ['DOWN', undefined, -1n], ['BIG', undefined, 0x1_0000_0001n], ['LOW', 'wider', -2n], ['RED', 'color', 0n], ['RED', 'delta', undefined], ['GREEN', undefined, undefined], ['x', undefined, undefined]])('enumValue(%s, %s)', (constant, enumName, want) => {
    expect(btf.enumValue(constant, enumName)).toBe(want);
  });
});

test.each([0, 1, 2, 3])('bytes that start %i after a word boundary, in a Buffer, read the same', (shift) => {
  const { bytes, ids } = everyKind();
  const shifted = Buffer.alloc(bytes.length + 8).subarray(shift, shift + bytes.length);
  shifted.set(bytes);
  expect(Btf.parse(shifted).type(ids['struct'] ?? 0)).toEqual(Btf.parse(bytes).type(ids['struct'] ?? 0));
});

test('a name that is the tail of another one is found', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4);
  const bytes = (() => {
    b.struct('other_point', 4, [['x', int, 0]]);
    return b.build();
  })();
  // Let the struct's name start inside its own text, as string tables that share tails do.
  const view = new DataView(bytes.buffer);
  const record = 24 + 16;
  view.setUint32(record, view.getUint32(record, true) + 'other_'.length, true);
  expect(Btf.parse(bytes).findByName('point', 'struct')?.id).toBe(2);
});

test('all types of one name are found in order', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4);
  const first = b.struct('s', 4, [['a', int, 0]]);
  b.fwd('s');
  const second = b.struct('s', 4, [['b', int, 0]]);
  const btf = Btf.parse(b.build());
  expect(btf.findAllByName('s', 'struct').map(({ id }) => id)).toEqual([first, second]);
  expect(btf.findAllByName('s').length).toBe(3);
});

describe('split BTF', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, 'signed');
  b.struct('shared', 4, [['v', int, 0]]);
  const base = Btf.parse(b.build());
  const m = new BtfBuilder(base.typeCount, b.stringsLength);
  const own = m.struct('own', 8, [['s', 2, 0], ['n', int, 32]]);
  const proto = m.funcProto(0, [['o', own]]);
  m.func('module_fn', proto);
  const module = Btf.parse(m.build(), base);

  test('ids and strings go on where the base ends', () => {
    expect(own).toBe(3);
    expect(module.type(2)).toMatchObject({ name: 'shared' });
    expect(module.type(own)).toMatchObject({ name: 'own', members: [{ name: 's' }, { name: 'n' }] });
    expect(base.typeCount).toBe(3);
    expect(() => base.type(own)).toThrow(DebugInfoError);
  });

  test('names are found in both', () => {
    expect(module.findByName('shared', 'struct')?.id).toBe(2);
    expect(module.findByName('own', 'struct')?.id).toBe(own);
    expect(base.findByName('own')).toBeUndefined();
    expect(module.functions()).toEqual([{ id: 5, name: 'module_fn' }]);
    expect(module.member(own, 'n')?.offset).toBe(4);
    expect(module.locate(own, ['s', 'v'])?.access).toBe('0:0:0');
  });
});

describe('functions and tracepoints', () => {
  const b = new BtfBuilder();
  const int = b.int('int', 4, 'signed');
  const voidPointer = b.ptr(0);
  const proto = b.funcProto(int, [['fd', int]]);
  for (const name of ['vfs_read', 'vfs_write', 'do_read', 'vfs_read']) b.func(name, proto, 0);
  const unnamed = b.funcProto(0, [['', voidPointer], ['', int], ['', int]]);
  b.typedef('btf_trace_sched_switch', b.ptr(unnamed));
  b.func('__traceiter_sched_switch', b.funcProto(int, [['__data', voidPointer], ['prev', int], ['next', int]]));
  b.typedef('btf_trace_old', b.ptr(unnamed));
  b.typedef('btf_trace_odd', int);
  const btf = Btf.parse(b.build());

  test.each([['vfs_*', ['vfs_read', 'vfs_write', 'vfs_read']], ['*_read', ['vfs_read', 'do_read', 'vfs_read']], ['do_read', ['do_read']], ['x*', []], ['[dv]*_r*', ['vfs_read', 'do_read', 'vfs_read']]])('functions(%s)', (glob, want) => {
    expect(btf.functions(glob).map(({ name }) => name)).toEqual(want);
  });

  test('functions() lists all', () => {
    expect(btf.functions().length).toBe(5);
  });

  test('tracepoints have the names of their iterator, else none', () => {
    expect(btf.tracepoints()).toEqual(['sched_switch', 'old', 'odd']);
    expect(btf.tracepoints('sched_*')).toEqual(['sched_switch']);
    expect(btf.tracepoint('sched_switch')).toMatchObject({ name: 'sched_switch', parameters: [{ name: 'prev', typeId: int }, { name: 'next', typeId: int }] });
    expect(btf.tracepoint('old')?.parameters).toEqual([{ name: '', typeId: int }, { name: '', typeId: int }]);
    expect(btf.tracepoint('odd')).toBeUndefined();
    expect(btf.tracepoint('none')).toBeUndefined();
  });
});

describe('broken data', () => {
  const { bytes } = everyKind();
  const changed = (offset: number, ...values: readonly number[]): Uint8Array => {
    const copy = bytes.slice();
    copy.set(values, offset);
    return copy;
  };
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), '.BTF+0x0: 2 bytes wanted, 0 left'],
    ['magic', changed(0, 0), '.BTF+0x0: not BTF: magic 0xeb00, expected 0xeb9f'],
    ['big-endian', changed(0, 0xeb, 0x9f), 'big-endian BTF is not supported'],
    ['version', changed(2, 9), 'BTF version 9 is not supported'],
    ['short header', changed(4, 8), 'header of 8 bytes, at least 24 expected'],
    ['types too long', changed(12, 0xff, 0xff, 0xff), 'types end at'],
    ['odd types', changed(8, 1), 'types are not aligned to 4 bytes'],
    ['open string', changed(bytes.length - 1, 65), 'strings do not end with NUL'],
    ['unknown kind', changed(24 + 7, 31), '.BTF+0x18: type 1 has kind 31, which this reader does not know'],
  ])('%s', (_name, data, message) => {
    expect(() => Btf.parse(data)).toThrow(DebugInfoError);
    expect(() => Btf.parse(data)).toThrow(message);
  });

  test('a record that is cut says how much is missing', () => {
    const b = new BtfBuilder();
    b.record(4, 's', 8, 2, [1, 1, 0]);
    expect(() => Btf.parse(b.build())).toThrow('.BTF+0x18: 36 bytes wanted, 24 left');
  });

  test('a name outside the strings', () => {
    const b = new BtfBuilder();
    b.int('int', 4);
    const data = b.build();
    new DataView(data.buffer).setUint32(24, 1000, true);
    expect(() => Btf.parse(data).type(1)).toThrow('no text at string offset 1000');
  });

  test('cycles end with an error', () => {
    const b = new BtfBuilder();
    b.typedef('a', 2);
    b.const(1);
    b.array(3, 1);
    b.ptr(4);
    b.array(5, 0xffffffff);
    b.struct('loop', 4, [['', 6, 0]]);
    const btf = Btf.parse(b.build());
    for (const read of [() => btf.resolve(1), () => btf.sizeOf(1), () => btf.sizeOf(3), () => btf.typeName(3), () => btf.typeName(4), () => btf.sizeOf(5)]) expect(read).toThrow(DebugInfoError);
    expect(btf.member(6, 'x')).toBeUndefined();
    expect(btf.memberNames(6)).toEqual([]);
  });

  test('prototypes that multiply do not take endless memory', () => {
    const b = new BtfBuilder();
    b.int('int', 4);
    for (let level = 0; level < 60; level++) b.funcProto(level + 1, [['', level + 1], ['', level + 1]]);
    const started = process.cpuUsage();
    expect(() => Btf.parse(b.build()).typeName(61)).toThrow(DebugInfoError);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  });

  test('a kind from the future is stepped over when the header tells its size', () => {
    const b = new BtfBuilder();
    b.int('int', 4);
    b.record(20, 'future', 0, 2, [1, 2, 3]);
    b.struct('after', 4, [['x', 1, 0]]);
    expect(() => Btf.parse(b.build())).toThrow('kind 20');
    const layout = [...Array.from({ length: 20 }, () => [0, 0] as const), [4, 4] as const];
    const btf = Btf.parse(b.build(layout));
    expect(btf.type(2)).toEqual({ kind: 'unknown', kindNumber: 20, id: 2, name: 'future' });
    expect(btf.findByName('after', 'struct')?.id).toBe(3);
  });

  test('any changed bytes give a result or a DebugInfoError, in bounded time', () => {
    const mutation = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(mutation, fc.nat({ max: bytes.length }), fc.boolean(), (changes, cut, isCut) => {
      const data = bytes.slice(0, isCut ? cut : bytes.length);
      for (const [at, value] of changes) if (at < data.length) data[at] = value;
      const started = process.cpuUsage();
      tolerate(() => {
        exercise(Btf.parse(data));
      });
      expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
    }), { numRuns: 3000 });
  });
});

/** Runs it; an error of any other class fails the test. */
function tolerate(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DebugInfoError)) throw error;
  }
}

function exercise(btf: Btf): void {
  for (const name of ['point', 'int', 'printk', 'u64']) tolerate(() => { btf.findByName(name); btf.function(name); btf.idsByEssentialName(name); });
  tolerate(() => { btf.functions('*'); btf.tracepoints(); btf.enumValue('BLUE'); btf.enumValue('BLUE', 'color'); });
  for (let id = 0; id < btf.typeCount; id++) {
    for (const read of [() => btf.type(id), () => btf.resolve(id), () => btf.sizeOf(id), () => btf.typeName(id), () => btf.scalar(id), () => btf.member(id, 'y'), () => btf.memberNames(id), () => btf.locate(id, [1])]) tolerate(read);
  }
}
