/** The kernel's memory through a made-up /proc/kcore. */
import { expect, test } from '@jest/globals';
import { FakeKernel } from '../sys/fake-kernel.js';
import { KernelMemory, kernelLong, kernelText } from './kernel-memory.js';

const BASE = 0xffff888000000000n;
const CONTENT = Buffer.from('task\0rest\xff\xff\xff\xff', 'latin1');

function kcore(): Uint8Array {
  const file = Buffer.alloc(4096 + CONTENT.length);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(2, 56);
  file.writeUInt32LE(4, 64); // PT_NOTE
  const row = 64 + 56;
  file.writeUInt32LE(1, row);
  file.writeBigUInt64LE(4096n, row + 8);
  file.writeBigUInt64LE(BASE, row + 16);
  file.writeBigUInt64LE(BigInt(CONTENT.length), row + 40);
  CONTENT.copy(file, 4096);
  return file;
}

const memory = new KernelMemory(new FakeKernel({ files: { '/proc/kcore': kcore() } }));
const reader = { stringLimit: 127, kernelMemory: (address: bigint, length: number) => memory.read(address, length) };

test.each<[string, unknown, unknown]>([
  ['a text', kernelText(reader, BASE, -1n), 'task'],
  ['a text by a signed address', kernelText(reader, BigInt.asIntN(64, BASE), -1n), 'task'],
  ['at most so much of it', kernelText(reader, BASE, 2n), 'ta'],
  ['nothing of it', kernelText(reader, BASE, 0n), ''],
  ['a number', kernelLong(reader, BASE, 2, true), 0x6174n],
  ['a number below 0', kernelLong(reader, BASE + 9n, 4, true), -1n],
  ['the same without a sign', kernelLong(reader, BASE + 9n, 4, false), 0xffffffffn],
  ['a number that is cut', kernelLong(reader, BASE + 9n, 8, true), undefined],
  ['an address that is none', kernelText(reader, 16n, -1n), undefined],
  ['behind the end', kernelLong(reader, BASE + BigInt(CONTENT.length), 1, true), undefined],
])('%s', (_name, got, want) => {
  expect(got).toEqual(want);
});

test.each<Readonly<Record<string, Uint8Array>>>([{}, { '/proc/kcore': new Uint8Array(10) }])('no such file, or one that is cut', (files) => {
  expect(new KernelMemory(new FakeKernel({ files })).read(BASE, 1)).toBeUndefined();
});
