import { describe, expect, test } from '@jest/globals';
import { BtfBuilder } from '../testing/btf-builder.test-support.js';
import { Btf } from './btf.js';
import { bitFieldUnit } from './scalars.js';

const b = new BtfBuilder();
const u8 = b.int('unsigned char', 1);
const u32 = b.int('unsigned int', 4);
const s32 = b.int('int', 4, 'signed');
const u64 = b.int('long unsigned int', 8);
const addresses = b.struct('', 8, [['daddr', u32, 0], ['rcv_saddr', u32, 32]]);
const either = b.union('', 8, [['pair', u64, 0], ['', addresses, 0]]);
const common = b.struct('common', 16, [['', either, 0], ['state', u8, 64], ['hash', u32, 96]]);
const tail = b.array(u32, 0);
const matrix = b.array(b.array(u8, 4), 2);
const sock = b.struct('sock', 40, [['c', b.const(common), 0], ['m', matrix, 128], ['p', b.ptr(common), 192], ['t', tail, 256]]);
const flags = b.struct('flags', 12, [['a', u32, 0, 3], ['b', s32, 3, 5], ['c', u8, 8, 1], ['wide', u64, 60, 8], ['plain', u32, 32, 0]]);
const oldInt = b.int('unsigned int', 4, 'unsigned', 5, 2);
const legacy = b.struct('legacy', 4, [['x', oldInt, 8]]);
const alias = b.typedef('sock_t', sock);
const outer = b.struct('outer', 40, [['', alias, 0]]);
const btf = Btf.parse(b.build());

describe('locate', () => {
  test.each<[string, number, (string | number)[], object | undefined]>([
    ['a member', common, ['state'], { offset: 8, access: '0:1', scalar: { bytes: 1, signed: false } }],
    ['through anonymous members', common, ['rcv_saddr'], { offset: 4, access: '0:0:1:1', indexes: [0, 1, 1] }],
    ['through const', sock, ['c', 'hash'], { offset: 12, access: '0:0:2' }],
    ['through a typedef', alias, ['c', 'daddr'], { offset: 0, access: '0:0:0:1:0' }],
    ['an anonymous member that is a typedef', outer, ['p'], { offset: 24, access: '0:0:2' }],
    ['array elements', sock, ['m', 1, 2], { offset: 22, access: '0:1:1:2', scalar: { bytes: 1, signed: false } }],
    ['an element that is an array', sock, ['m', 1], { offset: 20, scalar: undefined }],
    ['a flexible array', sock, ['t', 5], { offset: 52, access: '0:3:5' }],
    ['a pointer', sock, ['p'], { offset: 24, scalar: { bytes: 8, signed: false } }],
    ['a struct', sock, ['c'], { offset: 0, typeId: common + 0, scalar: undefined }],
    ['nothing', sock, [], { offset: 0, access: '0', indexes: [] }],
    ['an index past the end', sock, ['m', 2], undefined],
    ['a negative index', sock, ['m', -1], undefined],
    ['behind a pointer', sock, ['p', 'hash'], undefined],
    ['an unknown member', sock, ['nope'], undefined],
    ['a member of a scalar', common, ['state', 'x'], undefined],
    ['an index into a struct', common, [0], undefined],
    ['the empty name', common, [''], undefined],
  ])('%s', (name, root, path, want) => {
    const have = btf.locate(root, path);
    if (want === undefined) expect(have).toBeUndefined();
    else if (name === 'a struct') expect(have).toMatchObject({ offset: 0, scalar: undefined });
    else expect(have).toMatchObject(want);
  });

  test('member names include those of anonymous members', () => {
    expect(btf.memberNames(common)).toEqual(['pair', 'daddr', 'rcv_saddr', 'state', 'hash']);
    expect(btf.memberNames(u32)).toEqual([]);
  });
});

describe('bit-fields', () => {
  test.each<[string, object]>([
    ['a', { offsetBits: 0, bitSize: 3, offset: 0, scalar: { bytes: 4, signed: false, bitOffset: 0, bitSize: 3 } }],
    ['b', { offsetBits: 3, offset: 0, scalar: { bytes: 4, signed: true, bitOffset: 3, bitSize: 5 } }],
    ['c', { offset: 1, scalar: { bytes: 1, signed: false, bitOffset: 0, bitSize: 1 } }],
    ['plain', { offset: 4, bitSize: 0, scalar: { bytes: 4, signed: false } }],
  ])('%s', (name, want) => {
    expect(btf.member(flags, name)).toMatchObject(want);
  });

  test('one that crosses 8 bytes cannot be loaded at once', () => {
    expect(btf.member(flags, 'wide')).toMatchObject({ offsetBits: 60, bitSize: 8, scalar: undefined });
  });

  test('BTF without kind_flag keeps the bits in the int', () => {
    expect(btf.member(legacy, 'x')).toMatchObject({ offsetBits: 10, bitSize: 5, offset: 0, scalar: { bytes: 4, signed: false, bitOffset: 10, bitSize: 5 } });
  });

  test.each([
    [0, 1, 1, { offset: 0, bytes: 1, bitOffset: 0 }],
    [37, 3, 4, { offset: 4, bytes: 4, bitOffset: 5 }],
    [30, 4, 4, { offset: 0, bytes: 8, bitOffset: 30 }],
    [15334, 1, 1, { offset: 1916, bytes: 1, bitOffset: 6 }],
    [0, 64, 8, { offset: 0, bytes: 8, bitOffset: 0 }],
    [62, 4, 8, undefined],
    [0, 0, 4, undefined],
    [0, 3, 16, undefined],
  ])('unit of bits %d + %d in a type of %d bytes', (offsetBits, bitSize, declared, want) => {
    expect(bitFieldUnit(offsetBits, bitSize, declared)).toEqual(want);
  });
});
