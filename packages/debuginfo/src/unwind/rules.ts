/**
 * How one frame of an x86-64 stack leads to its caller, in 32 bits: what a table of 8 bytes a row holds, in this process and
 * in the kernel. Of all registers only rip, rsp and rbp are followed; that is enough for what compilers make.
 *
 *   bits 0-3 kind   bits 4-5 rbp's rule   bits 6-15 rbp's offset   bits 16-31 the CFA's offset (both signed, in words of 8 bytes)
 *
 * The return address is at CFA - 8 and the caller's rsp is the CFA, except in signal frames.
 */

/** Where the canonical frame address is: rsp in the caller, before it called. N is the CFA's offset. */
export const FRAME = {
  /** Nothing is known of the place. Code without tables mostly keeps frame pointers. */
  none: 0,
  /** rsp + N */
  stackPointer: 1,
  /** rbp + N */
  framePointer: 2,
  /** The linker's stubs (.plt): rsp + 8, and 8 more behind the push, which ends N (no words here) bytes into each 16. */
  plt: 3,
  /** The kernel's signal frame: rsp, rip and rbp were saved at rsp + N, 8 behind it, and 40 before it. */
  signal: 4,
  /** The word at rsp + N, and 8: hand-written assembly that aligns its stack. */
  savedStackPointer: 5,
  /** The word at rbp + N: functions that align their stack. */
  savedAtFrame: 6,
  /** There is no caller: _start, clone. */
  outermost: 7,
  /** The tables tell something that this form cannot hold. */
  unsupported: 8,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export const SAVED_FP = {
  /** rbp has the caller's value still. */
  same: 0,
  /** At CFA + offset. */
  atCfa: 1,
  /** At rbp + offset. */
  atFrame: 2,
} as const;
export type SavedFp = (typeof SAVED_FP)[keyof typeof SAVED_FP];

export interface FrameRule {
  readonly kind: FrameKind;
  /** Bytes; of `plt` as its meaning says. */
  readonly offset: number;
  readonly saved: SavedFp;
  /** Bytes. */
  readonly savedOffset: number;
}

/** Shifts and widths of a packed rule's fields, for the code that reads them in the kernel. */
export const RULE_BITS = { kindMask: 0xf, savedShift: 4, savedMask: 0x3, savedOffsetShift: 6, savedOffsetBits: 10, offsetShift: 16, offsetBits: 16 } as const;

const WORD = 8;
const isWordOf = (bytes: number, bits: number): boolean => bytes % WORD === 0 && bytes / WORD >= -(2 ** (bits - 1)) && bytes / WORD < 2 ** (bits - 1);

/** A rule that does not fit its fields becomes `unsupported`. */
export function packRule({ kind, offset, saved, savedOffset }: FrameRule): number {
  const isPlain = kind === FRAME.plt;
  if ((!isPlain && !isWordOf(offset, RULE_BITS.offsetBits)) || (isPlain && (offset < 0 || offset > 16)) || !isWordOf(savedOffset, RULE_BITS.savedOffsetBits)) return FRAME.unsupported;
  const words = isPlain ? offset : offset / WORD;
  return (kind | (saved << RULE_BITS.savedShift) | (((savedOffset / WORD) & 0x3ff) << RULE_BITS.savedOffsetShift) | (words << RULE_BITS.offsetShift)) >>> 0;
}

export function unpackRule(packed: number): FrameRule {
  const kind = (packed & RULE_BITS.kindMask) as FrameKind;
  const words = packed >> RULE_BITS.offsetShift;
  return {
    kind,
    offset: kind === FRAME.plt ? words : words * WORD,
    saved: ((packed >>> RULE_BITS.savedShift) & RULE_BITS.savedMask) as SavedFp,
    savedOffset: ((packed << 16) >> 22) * WORD,
  };
}
