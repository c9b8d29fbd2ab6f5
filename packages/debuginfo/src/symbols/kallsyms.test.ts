import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DebugInfoError } from '../errors.js';
import { Kallsyms } from './kallsyms.js';

const text = `0000000000000000 A fixed_percpu_data
ffffffff81000000 T _text
ffffffff81000000 T startup_64
ffffffff81000100 t helper
ffffffff81000200 t local_name
ffffffff81000200 T vfs_read
ffffffff81000300 T vfs_read_more
ffffffff81000400 t helper
ffffffff82000000 D T
ffffffffc0001000 t init\t[sock_diag]
ffffffffc0000800 t helper\t[nf_tables]
ffffffffc0003000 t bpf_prog_1234\t[bpf]`;

describe('find', () => {
  const kallsyms = new Kallsyms(text);
  test.each([
    ['vfs_read', { name: 'vfs_read', address: 0xffffffff81000200n, type: 'T', module: undefined }],
    ['_text', { name: '_text', address: 0xffffffff81000000n, type: 'T', module: undefined }],
    ['init', { name: 'init', address: 0xffffffffc0001000n, type: 't', module: 'sock_diag' }],
    ['bpf_prog_1234', { name: 'bpf_prog_1234', address: 0xffffffffc0003000n, type: 't', module: 'bpf' }],
    ['T', { name: 'T', address: 0xffffffff82000000n, type: 'D', module: undefined }],
    ['vfs_', undefined],
    ['fs_read', undefined],
    ['sock_diag', undefined],
    ['[sock_diag]', undefined],
    ['', undefined],
    ['a b', undefined],
  ])('%j', (name, want) => {
    expect(kallsyms.find(name)).toEqual(want);
  });

  test('by module, and all of one name', () => {
    expect(kallsyms.find('helper', 'nf_tables')?.address).toBe(0xffffffffc0000800n);
    expect(kallsyms.find('helper', 'none')).toBeUndefined();
    expect(kallsyms.findAll('helper').map(({ address }) => address & 0xffffn)).toEqual([0x100n, 0x400n, 0x800n]);
  });
});

test('what the compiler made of a function', () => {
  const kallsyms = new Kallsyms('ffffffff81000000 t name.isra.0\nffffffff81000010 t name.constprop.0.cold\nffffffff81000020 t name_other\nffffffff81000030 t rename.isra.0\n');
  expect(kallsyms.variants('name').map(({ name }) => name)).toEqual(['name.isra.0', 'name.constprop.0.cold']);
  expect(kallsyms.variants('other')).toEqual([]);
});

describe('symbolize', () => {
  const kallsyms = new Kallsyms(Buffer.from(text));
  test.each([
    [0xffffffff81000000n, '_text', 0],
    [0xffffffff81000150n, 'helper', 0x50],
    [0xffffffff81000205n, 'vfs_read', 5],
    [0xffffffffc0000900n, 'helper', 0x100],
    [0xffffffffc0001001n, 'init', 1],
    [0xffffffffffffffffn, 'bpf_prog_1234', 0x3fffcfff],
  ])('%s is in %s', (address, name, offset) => {
    expect(kallsyms.symbolize(address)).toMatchObject({ symbol: { name }, offset });
  });

  test('nothing below the first symbol', () => {
    expect(kallsyms.symbolize(0x1000n)).toBeUndefined();
  });
});

test('hidden addresses are told', () => {
  const hidden = new Kallsyms('0000000000000000 T _text\n0000000000000000 T vfs_read\n');
  expect(hidden.addressesHidden).toBe(true);
  expect(hidden.symbolize(0xffffffff81000000n)).toBeUndefined();
  expect(new Kallsyms(text).addressesHidden).toBe(false);
  expect(new Kallsyms('').addressesHidden).toBe(false);
});

test('a line that is none is an error with its place', () => {
  expect(() => new Kallsyms('ffffffff81000000 T _text\nnonsense\n').symbolize(1n)).toThrow('kallsyms+0x19: expected "ADDRESS TYPE NAME"');
});

test('any text gives a result or a DebugInfoError', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('f', '0', ' ', 'T', 'a', '\n', '\t', '[', ']', 'é') }), fc.string(), (input, name) => {
    const kallsyms = new Kallsyms(input);
    for (const read of [() => kallsyms.find(name), () => kallsyms.find('a'), () => kallsyms.symbolize(5n), () => kallsyms.addressesHidden]) {
      try {
        read();
      } catch (error) {
        if (!(error instanceof DebugInfoError)) throw error;
      }
    }
  }), { numRuns: 2000 });
});
