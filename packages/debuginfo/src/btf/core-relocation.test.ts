import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DebugInfoError } from '../errors.js';
import { BtfBuilder } from '../testing/btf-builder.test-support.js';
import { Btf } from './btf.js';
import { CORE_KINDS, relocateCore } from './core-relocation.js';
import type { CoreKind } from './core-relocation.js';
import { essentialName } from './core-spec.js';

/** The object's own types: what a program of an older kernel was compiled against. */
function localTypes(): { btf: Btf; bytes: Uint8Array; ids: Record<string, number> } {
  const b = new BtfBuilder();
  const u32 = b.int('unsigned int', 4);
  const s32 = b.int('int', 4, 'signed');
  const u64 = b.int('unsigned long long', 8);
  const charPointer = b.ptr(b.int('char', 1, 'char'));
  const array = b.array(u32, 8);
  const inner = b.struct('inner', 8, [['deep', u32, 0], ['name', charPointer, 64]]);
  const task = b.struct('task___old', 64, [['pid', u32, 0], ['state', s32, 32, 0], ['flag', u32, 64, 3], ['in', inner, 128], ['list', array, 256], ['gone', u64, 0], ['changed', inner, 0], ['signedFlag', s32, 67, 5]], true);
  const absent = b.struct('absent', 4, [['x', u32, 0]]);
  const twice = b.struct('twice', 8, [['x', u32, 0], ['same', u32, 32]]);
  const color = b.enum('color', { RED: 0, BLUE___old: 1, GREEN: 2 });
  const callback = b.typedef('callback', b.ptr(b.funcProto(0, [['', s32]])));
  const small = b.struct('small', 8, [['a', u32, 0]]);
  const opaque = b.fwd('opaque');
  return { bytes: b.build(), btf: Btf.parse(b.build()), ids: { u32, task, absent, twice, color, callback, small, opaque } };
}

/** The running kernel's: members moved, changed width, went into anonymous structs. */
function kernelTypes(): { btf: Btf; bytes: Uint8Array; ids: Record<string, number> } {
  const b = new BtfBuilder();
  b.float('pad', 4);
  const u32 = b.int('unsigned int', 4);
  const s64 = b.int('long', 8, 'signed');
  const u64 = b.int('unsigned long', 8);
  const u8 = b.int('unsigned char', 1);
  const s8 = b.int('signed char', 1, 'signed');
  const inner = b.struct('inner', 24, [['extra', u64, 0], ['deep', u32, 64], ['name', b.ptr(u8), 128]]);
  const anonymous = b.struct('', 16, [['flag', u8, 9, 2], ['signedFlag', s8, 16, 4], ['state', s64, 64, 0]], true);
  const task = b.struct('task', 128, [['', anonymous, 64], ['pid', u64, 256], ['in', inner, 320], ['list', b.array(u64, 4), 512], ['changed', u32, 0]]);
  b.fwd('task');
  b.struct('twice', 8, [['x', u32, 0], ['same', u32, 32]]);
  b.struct('twice', 8, [['x', u32, 32], ['same', u32, 32]]);
  const color = b.enum('color', { PURPLE: 0, RED: 4, BLUE: 9 });
  const callback = b.typedef('callback', b.ptr(b.funcProto(0, [['', u32]])));
  const small = b.struct('small', 16, [['b', u32, 0], ['a', u32, 32]]);
  const opaque = b.fwd('opaque');
  return { bytes: b.build(), btf: Btf.parse(b.build()), ids: { task, color, callback, small, opaque } };
}

const local = localTypes();
const kernel = kernelTypes();
const relocate = (kind: CoreKind, type: string, access: string, targets = [kernel.btf]) => relocateCore(local.btf, { kind: CORE_KINDS.indexOf(kind), typeId: local.ids[type]!, access }, targets);

test.each([['task', 'task'], ['task___old', 'task'], ['a___b___c', 'a___b'], ['___x', '___x'], ['x____y', 'x____y'], ['x___', 'x___'], ['', '']])('essential name of %j is %j', (name, want) => {
  expect(essentialName(name)).toBe(want);
});

describe('fields', () => {
  test.each<[string, CoreKind, string, bigint, bigint]>([
    ['pid moved', 'field_byte_offset', '0:0', 32n, 0n],
    ['pid is wider', 'field_byte_size', '0:0', 8n, 4n],
    ['pid exists', 'field_exists', '0:0', 1n, 1n],
    ['pid is unsigned', 'field_signed', '0:0', 0n, 0n],
    ['state went into an anonymous struct', 'field_byte_offset', '0:1', 16n, 4n],
    ['state is signed', 'field_signed', '0:1', 1n, 1n],
    ['nested member', 'field_byte_offset', '0:3:0', 48n, 16n],
    ['nested pointer', 'field_byte_offset', '0:3:1', 56n, 24n],
    ['array element', 'field_byte_offset', '0:4:3', 88n, 44n],
    ['array element size', 'field_byte_size', '0:4:3', 8n, 4n],
    ['array element index 5 is behind the array', 'field_exists', '0:4:5', 0n, 1n],
    ['gone', 'field_exists', '0:5', 0n, 1n],
    ['struct that became an int', 'field_exists', '0:6', 0n, 1n],
    ['second of an array of structs', 'field_byte_offset', '1:0', 160n, 64n],
    ['bit-field: load unit', 'field_byte_offset', '0:2', 9n, 8n],
    ['bit-field: unit size', 'field_byte_size', '0:2', 1n, 4n],
    ['bit-field: left shift', 'field_lshift_u64', '0:2', 61n, 61n],
    ['bit-field: right shift', 'field_rshift_u64', '0:2', 62n, 61n],
    ['signed bit-field', 'field_signed', '0:7', 1n, 1n],
    ['signed bit-field: left shift', 'field_lshift_u64', '0:7', 60n, 56n],
    ['scalar: left shift', 'field_lshift_u64', '0:0', 0n, 32n],
    ['scalar: right shift', 'field_rshift_u64', '0:0', 0n, 32n],
  ])('%s', (_name, kind, access, value, localValue) => {
    expect(relocate(kind, 'task', access)).toMatchObject({ ok: true, value, localValue });
  });

  test('the shifts extract a bit-field', () => {
    const unit = 0b110n; // bits 1 and 2 of the byte at offset 9
    const left = relocate('field_lshift_u64', 'task', '0:2');
    const right = relocate('field_rshift_u64', 'task', '0:2');
    if (!left.ok || !right.ok) throw new Error('not found');
    expect(BigInt.asUintN(64, unit << left.value) >> right.value).toBe(0b11n);
  });

  test('loads say their widths', () => {
    expect(relocate('field_byte_offset', 'task', '0:0')).toMatchObject({ loadBytes: 8, localLoadBytes: 4, widthMayChange: true });
    expect(relocate('field_byte_offset', 'task', '0:1')).toMatchObject({ loadBytes: 8, localLoadBytes: 4, widthMayChange: false });
    expect(relocate('field_byte_offset', 'task', '0:3')).toMatchObject({ loadBytes: undefined });
  });

  test.each<[string, string, string, string, string]>([
    ['a member that is gone', 'task', '0:5', 'missing', "struct task___old: gone: none of the kernel's 1 types of that name has it"],
    ['an array element', 'task', '0:4:6', 'missing', "struct task___old: list[6]: none of the kernel's 1 types of that name has it"],
    ['a struct that is not there', 'absent', '0:0', 'missing', 'struct absent: x: the kernel has no such type'],
    ['two structs that disagree', 'twice', '0:0', 'ambiguous', 'disagree: 0 in type'],
  ])('%s', (_name, type, access, reason, message) => {
    expect(relocate('field_byte_offset', type, access)).toMatchObject({ ok: false, reason, message: expect.stringContaining(message) });
  });

  test('two structs that agree are no problem', () => {
    expect(relocate('field_byte_offset', 'twice', '0:1')).toMatchObject({ ok: true, value: 4n });
  });
});

describe('types and enums', () => {
  test.each<[CoreKind, string, string, bigint]>([
    ['type_id_local', 'task', '0', BigInt(local.ids['task']!)],
    ['type_id_target', 'task', '0', BigInt(kernel.ids['task']!)],
    ['type_exists', 'task', '0', 1n],
    ['type_exists', 'absent', '0', 0n],
    ['type_exists', 'callback', '0', 1n],
    ['type_size', 'task', '0', 128n],
    ['type_matches', 'small', '0', 1n],
    ['type_matches', 'task', '0', 0n],
    ['type_matches', 'callback', '0', 0n],
    ['type_matches', 'absent', '0', 0n],
    ['type_matches', 'opaque', '0', 1n],
    ['enumval_exists', 'color', '0', 1n],
    ['enumval_value', 'color', '0', 4n],
    ['enumval_value', 'color', '1', 9n],
    ['enumval_exists', 'color', '2', 0n],
  ])('%s of %s %s is %s', (kind, type, access, value) => {
    expect(relocate(kind, type, access)).toMatchObject({ ok: true, value });
  });

  test('a value that is gone must be poisoned', () => {
    expect(relocate('enumval_value', 'color', '2')).toMatchObject({ ok: false, reason: 'missing', message: expect.stringContaining('GREEN') });
    expect(relocate('type_size', 'absent', '0')).toMatchObject({ ok: false, reason: 'missing' });
  });
});

test('modules are searched when the kernel has no such type', () => {
  const m = new BtfBuilder(kernel.btf.typeCount, kernel.btf.raw.strings.length);
  m.struct('absent', 16, [['y', 2, 0], ['x', 2, 96]]);
  m.struct('task', 8, [['pid', 2, 0]]);
  const module = Btf.parse(m.build(), kernel.btf);
  expect(relocate('field_byte_offset', 'absent', '0:0', [kernel.btf, module])).toMatchObject({ ok: true, value: 12n, target: { typeId: kernel.btf.typeCount } });
  expect(relocate('field_byte_offset', 'task', '0:0', [kernel.btf, module])).toMatchObject({ ok: true, value: 32n });
});

test.each<[string, number, string, string]>([
  ['an unknown kind', 13, '0', 'CO-RE relocation of kind 13'],
  ['a bad access string', 0, '0:x', '"0:x" is no access string'],
  ['an empty access string', 0, '', 'no access string'],
  ['a member that the object has not', 0, '0:99', 'no member 99'],
  ['a step into a scalar', 0, '0:0:0', 'step into unsigned int'],
  ['an index behind its array', 0, '0:4:8', 'index 8 of an array of 8'],
  ['a chain that is too long', 0, Array(70).fill('0').join(':'), 'access string of 70 steps'],
])('%s is an error of the object', (_name, kind, access, message) => {
  const run = (): unknown => relocateCore(local.btf, { kind, typeId: local.ids['task']!, access }, [kernel.btf]);
  expect(run).toThrow(DebugInfoError);
  expect(run).toThrow(message);
});

test('an unchanged kernel gives the local values back', () => {
  for (const access of ['0:0', '0:1', '0:2', '0:3:0', '0:3:1', '0:4:7', '0:5', '0:6']) {
    for (const kind of ['field_byte_offset', 'field_byte_size', 'field_signed', 'field_lshift_u64', 'field_rshift_u64'] as const) {
      const result = relocate(kind, 'task', access, [local.btf]);
      expect(result.ok && result.value === result.localValue).toBe(true);
    }
  }
});

test('any changed bytes give a result or a DebugInfoError, in bounded time', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: 4000 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 });
  const access = fc.constantFrom('0', '0:0', '0:2', '0:3:1', '0:4:3', '1:7');
  fc.assert(fc.property(changes, changes, fc.nat({ max: 12 }), fc.nat({ max: 30 }), access, (localChanges, kernelChanges, kind, typeId, path) => {
    const mutate = (bytes: Uint8Array, list: readonly (readonly [number, number])[]): Uint8Array => {
      const copy = bytes.slice();
      for (const [at, value] of list) copy[24 + (at % (copy.length - 24))] = value;
      return copy;
    };
    const started = process.cpuUsage();
    try {
      relocateCore(Btf.parse(mutate(local.bytes, localChanges)), { kind, typeId, access: path }, [Btf.parse(mutate(kernel.bytes, kernelChanges))]);
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
    }
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  }), { numRuns: 5000 });
});
