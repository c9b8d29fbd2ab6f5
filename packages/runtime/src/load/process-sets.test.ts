import { expect, test } from '@jest/globals';
import type { ObjectMetadata } from '@stapkit/object';
import type { BpfMap } from '../bpf/map.js';
import { FakeKernel } from '../sys/fake-kernel.js';
import { processesOf } from '../sys/processes.js';
import { fillProcessSets, identifyFiles } from './process-sets.js';

/** pid: [parent, program]; '' is a thread of the kernel. */
const PROCESSES: Readonly<Record<number, readonly [number, string]>> = { 1: [0, 'init'], 2: [0, ''], 10: [1, 'sh'], 11: [10, 'ls'], 12: [11, 'sh'], 20: [1, 'ls'] };
const files: Record<string, string> = { '/bin/ls': 'ls', '/bin/sh': 'sh', '/proc/uptime': '1' };
for (const [pid, [parent, program]] of Object.entries(PROCESSES)) {
  files[`/proc/${pid}/task/${pid}/status`] = `Name:\tx\nPPid:\t${parent}\n`;
  if (program !== '') files[`/proc/${pid}/exe`] = program;
}
const kernel = new FakeKernel({ files });

test.each([
  ['all', undefined, undefined, [1, 10, 11, 12, 20]],
  ['of a program', { kind: 'program', path: '/bin/ls' }, undefined, [11, 20]],
  ['one', { kind: 'pid', pid: 20 }, undefined, [20]],
  ['a thread of the kernel', { kind: 'pid', pid: 2 }, undefined, []],
  ['the target and what came of it', undefined, 10, [10, 11, 12]],
  ['of those, a program', { kind: 'program', path: '/bin/ls' }, 10, [11]],
] as const)('processes: %s', (_name, filter, target, pids) => {
  expect(processesOf(kernel, filter, target)).toEqual(pids);
});

function fakeMaps(names: readonly string[]): { readonly maps: Map<string, BpfMap>; readonly pids: (name: string) => number[]; readonly memory: ArrayBuffer } {
  const contents = new Map(names.map((name) => [name, new Set<number>()]));
  const memory = new ArrayBuffer(64);
  const key = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(0, true);
  const fake = (name: string): BpfMap => ({
    metadata: { name, type: 'hash', keyBytes: 4, valueBytes: 8, maxEntries: 9, flags: 0 }, fd: 1, memory,
    lookup: () => undefined, entries: () => [], close: () => undefined,
    update: (bytes) => { contents.get(name)?.add(key(bytes)); return 'ok'; },
    delete: (bytes) => contents.get(name)?.delete(key(bytes)) ?? false,
  });
  return { maps: new Map([...names, 'globals'].map((name) => [name, fake(name)])), pids: (name) => [...contents.get(name) ?? []], memory };
}
const METADATA = { globalsMap: 'globals', processSets: [{ map: 'a', program: { path: '/bin/ls', identityOffset: 16 } }, { map: 'target' }] } as unknown as ObjectMetadata;

test('sets start with the processes that are there', () => {
  const { maps, pids } = fakeMaps(['a', 'target']);
  fillProcessSets(kernel, METADATA, maps, 11);
  expect([pids('a'), pids('target')]).toEqual([[11, 20], [11, 12]]);
  const { maps: others, pids: without } = fakeMaps(['a', 'target']);
  fillProcessSets(kernel, METADATA, others, undefined);
  expect(without('target')).toEqual([]);
});

test('trackers are told the file; a file that is gone is an error', () => {
  const { maps, memory } = fakeMaps(['a', 'target']);
  identifyFiles(kernel, METADATA, maps);
  const { device, inode } = kernel.fileIdentity('/bin/ls') ?? {};
  expect([new DataView(memory).getBigUint64(16, true), new DataView(memory).getBigUint64(24, true)]).toEqual([device, inode]);
  expect(() => { identifyFiles(new FakeKernel({}), METADATA, maps); }).toThrow('cannot attach process("/bin/ls"): there is no file /bin/ls');
});
