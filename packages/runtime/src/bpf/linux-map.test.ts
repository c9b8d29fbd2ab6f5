import { expect, test } from '@jest/globals';
import type { MapMetadata } from '@stapkit/object';
import { FakeKernel, type FakeAnswers } from '../sys/fake-kernel.js';
import { describeWithBpf } from '../sys/host.test-support.js';
import * as uapi from '../sys/uapi.js';
import { createMap } from './create-map.js';

const HASH: MapMetadata = { name: 'counts of script', type: 'hash', keyBytes: 8, valueBytes: 8, maxEntries: 100, flags: 0 };
const key = (n: number): Uint8Array => new Uint8Array(new BigInt64Array([BigInt(n)]).buffer);
const number = (bytes: Uint8Array | undefined): number | undefined => (bytes === undefined ? undefined : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)));

/** A kernel whose calls after the creation are answered by `answer`. */
function kernelWith(answer: NonNullable<FakeAnswers['bpf']>, rest: Omit<FakeAnswers, 'bpf'> = {}): FakeKernel {
  return new FakeKernel({ ...rest, bpf: (command, attributes) => (command === uapi.BPF_MAP_CREATE ? 9 : answer(command, attributes)) });
}

test('the map is made as the object says, with a name that the kernel takes', () => {
  let seen: Buffer | undefined;
  const kernel = new FakeKernel({ bpf: (command, { bytes }) => { seen = Buffer.from(bytes); return command === uapi.BPF_MAP_CREATE ? 9 : -1; } });
  expect(createMap(kernel, HASH, 2).fd).toBe(9);
  expect([0, 4, 8, 12, 16].map((offset) => seen!.readUInt32LE(offset))).toEqual([uapi.BPF_MAP_TYPE_HASH, 8, 8, 100, 0]);
  expect(seen!.toString('latin1', 28, 44)).toBe('counts_of_scrip\0');
});

test('what cannot be mapped closes the descriptor', () => {
  const kernel = kernelWith(() => 0, { map: () => -12 });
  expect(() => createMap(kernel, { ...HASH, type: 'array', keyBytes: 4, flags: uapi.BPF_F_MMAPABLE }, 2)).toThrow('mmap failed with ENOMEM');
  expect(kernel.closed).toEqual([9]);
});

test('a full memlock limit is raised once and the map made', () => {
  let limit = 0;
  const kernel = new FakeKernel({ bpf: () => (limit === 0 ? -1 : 9), raiseMemlockLimit: () => { limit++; return 0; } });
  expect(createMap(kernel, HASH, 2).fd).toBe(9);
  expect(limit).toBe(1);
});

test.each([
  [528, 'its keys have 528 bytes, this kernel takes 512: lower MAXSTRINGLEN'], [8, 'the map is too large for this kernel'],
])('E2BIG with keys of %i bytes', (keyBytes, says) => {
  expect(() => createMap(new FakeKernel({ bpf: () => -7 }), { ...HASH, keyBytes }, 2)).toThrow(says);
});

test('a limit that may not be raised gives the first error, quietly', () => {
  const kernel = new FakeKernel({ bpf: () => -1, raiseMemlockLimit: () => -1, effectiveUserId: 5, files: { '/proc/self/status': '' } });
  expect(() => createMap(kernel, HASH, 2)).toThrow('creating map counts of script (hash, 100 × 8 bytes): bpf(BPF_MAP_CREATE) failed with EPERM (operation not permitted); run as root');
});

test.each([
  [-17, 'exists'], [-2, 'absent'], [-7, 'full'], [-12, 'full'], [0, 'ok'],
])('update that gives %i is %s', (result, outcome) => {
  expect(createMap(kernelWith(() => result), HASH, 2).update(key(1), key(2), 'any')).toBe(outcome);
});

test.each([
  ['lookup', -14, 'BPF_MAP_LOOKUP_ELEM'], ['delete', -9, 'BPF_MAP_DELETE_ELEM'], ['update', -22, 'BPF_MAP_UPDATE_ELEM'], ['entries', -14, 'BPF_MAP_LOOKUP_BATCH'],
] as const)('%s that gives %i throws', (method, result, call) => {
  const map = createMap(kernelWith(() => result), HASH, 2);
  expect(() => (method === 'entries' ? map.entries() : method === 'update' ? map.update(key(1), key(1), 'any') : map[method](key(1)))).toThrow(`map counts of script: bpf(${call}) failed with`);
});

test('a key or value of the wrong size is our bug', () => {
  const map = createMap(kernelWith(() => 0), HASH, 2);
  expect(() => map.lookup(new Uint8Array(4))).toThrow('a key has 8 bytes, not 4');
  expect(() => map.update(key(1), new Uint8Array(4), 'any')).toThrow('a value has 8 bytes, not 4');
});

test('a batch that does not hold a bucket is asked for again, larger', () => {
  const sizes: number[] = [];
  const map = createMap(kernelWith((_command, attributes) => {
    sizes.push(attributes.u32(32));
    if (attributes.u32(32) < 400) return -28;
    attributes.pointed(16).set(key(7));
    attributes.pointed(24).set(key(70));
    attributes.setU32(32, 1);
    return -2;
  }), HASH, 2);
  expect(map.entries().map((entry) => [number(entry.key), number(entry.value)])).toEqual([[7, 70]]);
  expect(sizes).toEqual([100, 200, 400]);
});

test('without batches entries are read one by one, each once, even when the kernel starts again', () => {
  const order = [1, 2, 1, 2, 3];
  const map = createMap(kernelWith((command, attributes) => {
    if (command === uapi.BPF_MAP_LOOKUP_BATCH) return -22;
    if (command === uapi.BPF_MAP_LOOKUP_ELEM) {
      if (attributes.pointed(8)[0] === 2) return -2;
      attributes.pointed(16).set(key(attributes.pointed(8)[0]! * 10));
      return 0;
    }
    const next = order.shift();
    if (next === undefined) return -2;
    attributes.pointed(16).set(key(next));
    return 0;
  }), HASH, 2);
  expect(map.entries().map((entry) => [number(entry.key), number(entry.value)])).toEqual([[1, 10], [3, 30]]);
});

describeWithBpf('maps of the running kernel', (kernel) => {
  test.each(['hash', 'lru_hash'] as const)('%s: look up, update, delete, all entries', (type) => {
    const map = createMap(kernel, { ...HASH, type, maxEntries: 10_000 }, 2);
    try {
      expect(map.lookup(key(1))).toBeUndefined();
      expect(map.update(key(1), key(10), 'existing')).toBe('absent');
      for (let n = 0; n < 5000; n++) expect(map.update(key(n), key(n * 2), 'create')).toBe('ok');
      expect(map.update(key(1), key(3), 'create')).toBe('exists');
      expect(map.update(key(1), key(3), 'any')).toBe('ok');
      expect(number(map.lookup(key(1)))).toBe(3);
      expect([map.delete(key(2)), map.delete(key(2))]).toEqual([true, false]);
      const entries = new Map(map.entries().map((entry) => [number(entry.key), number(entry.value)]));
      expect(entries.size).toBe(4999);
      expect([entries.get(1), entries.get(2), entries.get(4999)]).toEqual([3, undefined, 9998]);
    } finally {
      map.close();
    }
  });

  test('a full hash says so', () => {
    const map = createMap(kernel, { ...HASH, maxEntries: 2 }, 2);
    const outcomes = Array.from({ length: 10 }, (_, n) => map.update(key(n), key(n), 'any'));
    map.close();
    expect(outcomes.filter((one) => one === 'ok')).toHaveLength(2);
    expect(outcomes.at(-1)).toBe('full');
  });

  test.each(['percpu_hash', 'percpu_array'] as const)('%s: values of all possible CPUs', (type) => {
    const keyBytes = type === 'percpu_array' ? 4 : 8;
    const map = createMap(kernel, { ...HASH, type, keyBytes, valueBytes: 12, maxEntries: 3 }, 2);
    try {
      const value = Uint8Array.from({ length: 32 }, (_, index) => (index % 16 < 12 ? index : 0));
      expect(map.update(new Uint8Array(keyBytes), value, 'any')).toBe('ok');
      expect(map.lookup(new Uint8Array(keyBytes))).toEqual(value);
      expect(map.entries()).toHaveLength(type === 'percpu_array' ? 3 : 1);
      expect(map.entries()[0]!.value).toEqual(value);
    } finally {
      map.close();
    }
  });

  test('an array\'s memory is the kernel\'s, and zeros after close', () => {
    const map = createMap(kernel, { ...HASH, type: 'array', keyBytes: 4, valueBytes: 24, maxEntries: 2, flags: uapi.BPF_F_MMAPABLE }, 2);
    const words = new BigInt64Array(map.memory!);
    map.update(Uint8Array.of(1, 0, 0, 0), new Uint8Array(new BigInt64Array([1n, 2n, 3n]).buffer), 'any');
    expect(words.slice(3, 6)).toEqual(new BigInt64Array([1n, 2n, 3n]));
    words[0] = 99n;
    expect(number(map.lookup(new Uint8Array(4)))).toBe(99);
    expect(map.delete.bind(map, new Uint8Array(4))).toThrow('BPF_MAP_DELETE_ELEM');
    map.close();
    map.close();
    expect(words[0]).toBe(0n);
    expect(() => map.lookup(new Uint8Array(4))).toThrow('is closed');
  });
});
