import { expect, test } from '@jest/globals';
import { Btf } from '@stapkit/debuginfo';
import { BtfWriter } from '@stapkit/object';
import { FakeKernel } from '../sys/fake-kernel.js';
import { describeWithBpf } from '../sys/host.test-support.js';
import { BtfLoadError, loadBtf } from './load-btf.js';
import { sanitizeBtf } from './sanitize-btf.js';

const KIND_DECL_TAG = 17, KIND_TYPE_TAG = 18, KIND_ENUM64 = 19;

/** A BTF with every kind that came after 5.10. The writer does not make them all, so some are patched in. */
function newBtf(): Uint8Array {
  const btf = new BtfWriter();
  const int = btf.int('int', 4, true); // 1
  btf.float('double', 8); // 2
  const tagged = btf.typedef('tagged', int); // 3, becomes a type tag
  btf.pointer(tagged); // 4
  btf.composite('struct', 'big', 8, [{ name: 'a', type: int, offsetBits: 0 }, { name: 'b', type: int, offsetBits: 32 }]); // 5, becomes an ENUM64
  btf.variable('v', int); // 6, becomes a declaration tag
  btf.func('f', btf.functionPrototype(int, [{ name: 'x', type: int }]), 'global'); // 7, 8
  const bytes = btf.bytes();
  const view = new DataView(bytes.buffer);
  const starts = startsOf(bytes);
  const setKind = (id: number, kind: number): void => {
    const at = starts[id]! + 4;
    view.setUint32(at, (view.getUint32(at, true) & 0xffff) | (kind << 24), true);
  };
  setKind(3, KIND_TYPE_TAG);
  setKind(5, KIND_ENUM64);
  setKind(6, KIND_DECL_TAG);
  view.setInt32(starts[6]! + 12, -1, true);
  return bytes;
}

function startsOf(bytes: Uint8Array): readonly number[] {
  const btf = Btf.parse(bytes);
  return [0, ...Array.from(btf.raw.starts, (word) => 24 + word * 4)];
}

test('newer kinds become older ones, and no id moves', () => {
  const before = newBtf();
  const copy = before.slice();
  const clean = Btf.parse(sanitizeBtf(before));
  expect(before).toEqual(copy);
  const kinds = Array.from({ length: clean.typeCount - 1 }, (_, index) => clean.kind(index + 1));
  expect(kinds).toEqual(['int', 'struct', 'const', 'ptr', 'union', 'int', 'func_proto', 'func']);
  expect(clean.sizeOf(2)).toBe(8);
  expect(clean.type(5)).toMatchObject({ size: 8, members: [{ name: 'a', typeId: 1 }, { name: 'b', typeId: 1 }] });
  expect(clean.function('f')).toMatchObject({ linkage: 'global' });
});

test.each([0, 5, 24, 30, 60])('bytes cut at %i are left to the kernel', (length) => {
  const cut = newBtf().subarray(0, length);
  expect(sanitizeBtf(cut)).toHaveLength(length);
});

test('types that the kernel refuses are told with its words', () => {
  const kernel = new FakeKernel({ bpf: (_command, attributes) => {
    if (attributes.u32(24) === 1) attributes.pointed(8).set(Buffer.from('[1] INT int size=4\n\tInvalid name\n\0'));
    return -22;
  } });
  expect(() => loadBtf(kernel, newBtf())).toThrow(BtfLoadError);
  expect(() => loadBtf(kernel, newBtf())).toThrow('EINVAL (invalid argument): \tInvalid name; this is a stapkit bug');
});

test('an older kernel gets the older kinds', () => {
  const seen: string[][] = [];
  const kernel = new FakeKernel({ bpf: (_command, attributes) => {
    const btf = Btf.parse(attributes.pointed(0).slice());
    seen.push(['2', '5'].map((id) => btf.kind(Number(id))));
    return seen.length === 1 ? -22 : 11;
  } });
  expect(loadBtf(kernel, newBtf())).toBe(11);
  expect(seen).toEqual([['float', 'enum64'], ['struct', 'union']]);
});

describeWithBpf('the running kernel', (kernel) => {
  test('takes what was made for an older one', () => {
    const fd = loadBtf(kernel, sanitizeBtf(newBtf()));
    expect(fd).toBeGreaterThan(0);
    kernel.close(fd);
  });
});
