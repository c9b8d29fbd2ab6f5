import { describe, expect, test } from '@jest/globals';
import { FakeKernel } from '../sys/fake-kernel.js';
import { RingBuffer } from './ring-buffer.js';

const PAGE = 4096;
const SIZE = 4096;
const BUSY = 0x80000000;
const DISCARD = 0x40000000;

/** A ring in the test's own memory; the double mapping is kept by writing each byte twice. */
class FakeRing {
  readonly consumer = new ArrayBuffer(PAGE);
  readonly data = new ArrayBuffer(PAGE + 2 * SIZE);
  readonly kernel = new FakeKernel({ map: (_fd, _length, writable) => (writable ? this.consumer : this.data) });
  position: bigint;
  readonly ring: RingBuffer;

  constructor(start = 0n) {
    this.position = start;
    this.consumed = start;
    new BigUint64Array(this.data)[0] = start;
    this.ring = RingBuffer.open(this.kernel, 5, SIZE);
  }

  get consumed(): bigint {
    return new BigUint64Array(this.consumer)[0]!;
  }

  set consumed(value: bigint) {
    new BigUint64Array(this.consumer)[0] = value;
  }

  /** Gives where its header lies. */
  put(text: string, flags = 0): number {
    const at = Number(this.position % BigInt(SIZE));
    const view = new DataView(new ArrayBuffer(8 + Math.ceil(text.length / 8) * 8));
    view.setUint32(0, (text.length | flags) >>> 0, true);
    new Uint8Array(view.buffer).set(Buffer.from(text), 8);
    const bytes = new Uint8Array(this.data);
    new Uint8Array(view.buffer).forEach((byte, index) => {
      const place = (at + index) % SIZE;
      bytes[PAGE + place] = byte;
      bytes[PAGE + SIZE + place] = byte;
    });
    this.position += BigInt(view.byteLength);
    new BigUint64Array(this.data)[0] = this.position;
    return at;
  }

  /** The kernel submits a record that was busy. */
  submit(at: number, length: number): void {
    for (const copy of [0, SIZE]) new DataView(this.data).setUint32(PAGE + copy + at, length, true);
  }

  drain(limit = Infinity): string[] {
    const texts: string[] = [];
    const count = this.ring.drain((bytes, start, end) => { texts.push(Buffer.from(bytes.subarray(start, end)).toString()); }, limit);
    expect(count).toBe(texts.length);
    return texts;
  }
}

test('records come in order, and their space is given back', () => {
  const ring = new FakeRing();
  expect(ring.drain()).toEqual([]);
  for (const text of ['one', 'twotwotwo', '']) ring.put(text);
  expect(ring.ring.pendingBytes).toBe(48);
  expect(ring.drain()).toEqual(['one', 'twotwotwo', '']);
  expect(ring.consumed).toBe(48n);
  expect(ring.ring.pendingBytes).toBe(0);
  expect(ring.drain()).toEqual([]);
});

test('a busy record stops the reader, and is read once it is submitted', () => {
  const ring = new FakeRing();
  ring.put('first');
  const busy = ring.put('second', BUSY);
  ring.put('third');
  expect(ring.drain()).toEqual(['first']);
  expect(ring.drain()).toEqual([]);
  ring.submit(busy, 6);
  expect(ring.drain()).toEqual(['second', 'third']);
});

test('a discarded record is passed over and its space given back', () => {
  const ring = new FakeRing();
  ring.put('first');
  ring.put('never', DISCARD);
  ring.put('third');
  expect(ring.drain()).toEqual(['first', 'third']);
  expect(ring.consumed).toBe(ring.position);
});

test('no more than the limit is read', () => {
  const ring = new FakeRing();
  for (const text of ['a', 'b', 'c']) ring.put(text);
  expect(ring.drain(2)).toEqual(['a', 'b']);
  expect(ring.consumed).toBe(32n);
  expect(ring.drain(2)).toEqual(['c']);
});

describe('positions', () => {
  test('a record that wraps around the end lies in one piece', () => {
    const ring = new FakeRing();
    const seen: string[] = [];
    for (let n = 0; n < 1000; n++) {
      ring.put(`record number ${n} ${'x'.repeat(n % 37)}`);
      if (n % 7 === 6) seen.push(...ring.drain());
    }
    seen.push(...ring.drain());
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, n) => `record number ${n} ${'x'.repeat(n % 37)}`));
  });

  test.each([0xffff_fff0n, 0xffff_ffff_fff0n, (1n << 31n) - 16n])('the low word may overflow (from 0x%s)', (start) => {
    const ring = new FakeRing(start);
    for (let n = 0; n < 5; n++) ring.put(`n${n}`);
    expect(ring.drain()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    expect(ring.consumed).toBe(start + 80n);
  });
});

test('a handler that throws has read its record', () => {
  const ring = new FakeRing();
  ring.put('bad');
  ring.put('good');
  expect(() => ring.ring.drain(() => { throw new Error('mine'); }, 10)).toThrow('mine');
  expect(ring.drain()).toEqual(['good']);
});

test('after close it is empty, and both mappings are given back once', () => {
  const ring = new FakeRing();
  ring.put('late');
  ring.ring.close();
  ring.ring.close();
  expect(ring.kernel.unmapped).toEqual([ring.consumer, ring.data]);
  expect(ring.drain()).toEqual([]);
});

test('what cannot be mapped is told, and the first mapping given back', () => {
  const consumer = new ArrayBuffer(PAGE);
  const kernel = new FakeKernel({ map: (_fd, _length, writable) => (writable ? consumer : -12) });
  expect(() => RingBuffer.open(kernel, 5, SIZE)).toThrow('mapping the ring buffer: mmap failed with ENOMEM (out of memory)');
  expect(kernel.unmapped).toEqual([consumer]);
});
