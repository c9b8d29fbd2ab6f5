import { describe, expect, test } from '@jest/globals';
import { WALK } from '@stapkit/debuginfo';
import type { WalkedStack } from '@stapkit/debuginfo';
import { STACK_COPY, STACK_COPY_CPU_BITS, STACK_COPY_PAGE } from '@stapkit/object';
import type { Mapping } from '../stacks/process-maps.js';
import { StackCopies } from './stack-copies.js';
import type { StackCopy } from './stack-copies.js';
import type { UnwindFiles } from './unwind-files.js';

const SP = 0x7ffd_0000_1100;
const CODE: Mapping = { start: 0x40_0000n, end: 0x50_0000n, offset: 0n, identity: '00:00:0', name: '', isExecutable: true };
/** All code keeps frame pointers. */
const files = { codeAt: () => 'frame-pointers' } as unknown as UnwindFiles;

/** A stack of frames that keep frame pointers, 16 bytes each, and the record of it. */
function record(token: bigint, callers: readonly number[], { pages = 1, top = 0 } = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(STACK_COPY.stack + pages * STACK_COPY_PAGE));
  const word = (at: number, value: number | bigint): void => { view.setBigUint64(at, BigInt(value), true); };
  word(STACK_COPY.token, token);
  view.setUint32(STACK_COPY.process, 77, true);
  view.setUint32(STACK_COPY.pages, pages, true);
  for (const [at, value] of [[STACK_COPY.image, 5], [STACK_COPY.pc, 0x40_0010], [STACK_COPY.sp, SP], [STACK_COPY.fp, SP], [STACK_COPY.limit, 10], [STACK_COPY.status, WALK.unknownProcess], [STACK_COPY.top, top]] as const) word(at, value);
  callers.forEach((caller, index) => {
    const at = STACK_COPY.stack + SP % STACK_COPY_PAGE + 16 * index;
    word(at, index + 1 < callers.length ? SP + 16 * (index + 1) : 0);
    word(at + 8, caller);
  });
  return new Uint8Array(view.buffer);
}

function copiesOf(...records: Uint8Array[]): { readonly copies: StackCopies; readonly told: [StackCopy, WalkedStack][] } {
  const told: [StackCopy, WalkedStack][] = [];
  const source = { drain: (handle: (bytes: Uint8Array, start: number, end: number) => void): number => { for (const one of records.splice(0)) handle(one, 0, one.length); return 0; } };
  return { told, copies: new StackCopies({ source, files, mappingsOf: () => [CODE], onWalk: (copy, walked) => { told.push([copy, walked]); } }) };
}

describe('copied stacks', () => {
  test('are walked when their turn comes, and their addresses given once', () => {
    const { copies, told } = copiesOf(record(9n << BigInt(STACK_COPY_CPU_BITS), [0x40_0100, 0x40_0200]));
    const taken = copies.take();
    expect(taken.map(({ time }) => time)).toEqual([9n]);
    expect(copies.addresses(9n << 10n)).toBeUndefined();
    taken[0]!.happened();
    expect(told[0]).toMatchObject([{ pid: 77, image: 5n, status: WALK.unknownProcess }, { status: WALK.noCaller }]);
    expect(copies.addresses(9n << 10n)).toEqual([0x40_0010n, 0x40_0100n, 0x40_0200n]);
    expect(copies.addresses(9n << 10n)).toBeUndefined();
    expect([...copies.ends]).toEqual([[WALK.noCaller, 1]]);
  });

  test.each([
    ['where the main thread\'s stack begins', record(1n, [0x40_0100], { top: SP + 16 }), WALK.complete],
    ['behind an address that is in no code', record(1n, [0x60_0100, 0x40_0200]), WALK.noMapping],
    ['at the most frames that are wanted', record(1n, Array.from({ length: 20 }, () => 0x40_0100)), WALK.truncated],
    ['where the copy ends', record(1n, Array.from({ length: 9 }, () => 0x40_0100)).slice(0, STACK_COPY.stack + SP % STACK_COPY_PAGE + 32), WALK.unreadable],
  ])('end %s', (_where, bytes, status) => {
    const { copies, told } = copiesOf(bytes);
    for (const one of copies.take()) one.happened();
    expect(told[0]![1].status).toBe(status);
  });
});
