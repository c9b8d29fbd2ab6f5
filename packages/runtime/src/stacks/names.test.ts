import { expect, test } from '@jest/globals';
import { FakeKernel } from '../sys/fake-kernel.js';
import { JitTable, parseJitdump, parsePerfMap } from './jit-names.js';
import { mappingAt, parseMaps } from './process-maps.js';
import { SystemNames } from './system-names.js';
import { UserNames } from './user-names.js';

const MAPS = `00400000-00401000 r--p 00000000 fd:01 42                                 /bin/a b (deleted)
00401000-00403000 r-xp 00001000 fd:01 42                                 /bin/a b (deleted)
7f0000000000-7f0000001000 rwxp 00000000 00:00 0 
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
`;

test.each<[bigint, string | undefined, boolean | undefined]>([
  [0x3fffffn, undefined, undefined], [0x400000n, '/bin/a b', false], [0x402fffn, '/bin/a b', true], [0x403000n, undefined, undefined], [0x7f0000000010n, '', true], [0x7ffd00001fffn, '[vdso]', true],
])('what is mapped at %p: %p', (address, name, isExecutable) => {
  const found = mappingAt(parseMaps(MAPS), address);
  expect([found?.name, found?.isExecutable]).toEqual([name, isExecutable]);
  if (name === '/bin/a b') expect(found?.identity).toBe('fd:01:42');
});

test('perf maps: the name may have blanks; of a place that was used twice the last counts', () => {
  const table = new JitTable(parsePerfMap('1000 20 JS:*f a.js:1\n0x1020 0x10 g\nnot a line\n1000 10 again\n'));
  expect([0xfffn, 0x100fn, 0x1010n, 0x102fn, 0x1030n].map((address) => table.at(address)?.name)).toEqual([undefined, 'again', undefined, 'g', undefined]);
});

/** A jitdump record: its fields behind the header as 64-bit words, then text. */
function record(id: number, words: readonly bigint[], text: string): Buffer {
  const bytes = Buffer.alloc(16 + 8 * words.length + text.length);
  bytes.writeUInt32LE(id, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  words.forEach((word, index) => { bytes.writeBigUInt64LE(word, 16 + 8 * index); });
  bytes.write(text, 16 + 8 * words.length, 'latin1');
  return bytes;
}

test('jitdump: functions that are loaded and moved, up to a record that is not whole', () => {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(0x4a695444, 0);
  header.writeUInt32LE(40, 8);
  const load = (name: string, address: bigint, index: bigint): Buffer => record(0, [0n, address, address, 0x10n, index], `${name}\0code`);
  const whole = Buffer.concat([header, load('first', 0x1000n, 1n), record(2, [], 'debug'), load('second', 0x2000n, 2n), record(1, [0n, 0x3000n, 0x1000n, 0x3000n, 0x10n, 1n], '')]);
  const functions = parseJitdump(Buffer.concat([whole, load('third', 0x4000n, 3n).subarray(0, 30)]));
  expect(functions.map(({ name, start, size }) => [name, start, size])).toEqual([['first', 0x1000n, 0x10], ['second', 0x2000n, 0x10], ['first', 0x3000n, 0x10]]);
  expect([parseJitdump(Buffer.alloc(100)), parseJitdump(Buffer.alloc(3))]).toEqual([[], []]);
});

test('an address without a name has a reason, which is counted', () => {
  const names = new UserNames();
  expect(names.at(process.pid, 0x10n).nameless).toBe('not mapped');
  expect(names.at(0x7fff_ffff, 0x1000n).nameless).toBe('ended');
  expect([...names.nameless]).toEqual([['not mapped', 1], ['ended', 1]]);
});

test('following processes: what fails is told, and what is forgotten is counted', () => {
  const refused = new SystemNames(new FakeKernel({ perfEventOpen: () => -13 }), true);
  expect(refused.followingProblem).toMatchObject({ call: 'perf_event_open', errno: 'EACCES' });
  expect([refused.follows, refused.forgottenProcesses]).toEqual([true, 0]);
  const names = new UserNames();
  for (let pid = 0x4000_0000; names.forgotten === 0 && pid < 0x4000_0000 + 30_000; pid += 1) names.sight(pid);
  expect(names.forgotten).toBe(1);
});
