/**
 * Texts that only the host can make, where a kernel handler keeps them: as keys, as values, in globals. There a text is
 * packed: which intrinsic makes it, and of what numbers. Whoever reads it in the host makes the text.
 *
 * A packed text has no NUL, so that it is a text like others: a mark of 6 bytes, a byte for the intrinsic and one for the
 * number of arguments (top bit set), then 16 bytes an argument: its 64 bits without the top bit of each byte, and these top bits.
 */
export const PACKABLE: readonly string[] = ['stack_text', 'stack_lines', 'stack_callers', 'address_text'];
export type PackedArguments = 1 | 2 | 3;

const MARK = '\x01\x02stk';
const MARK_BYTES = 6;
const HEADER_BYTES = 8;
const ARGUMENT_BYTES = 16;
export const LOW_BITS = 0x7f7f_7f7f_7f7f_7f7fn;
export const HIGH_BITS = 0x0101_0101_0101_0101n;
export const SET_BITS = 0x8080_8080_8080_8080n;

export interface PackedText {
  readonly intrinsic: string;
  readonly args: readonly bigint[];
}

export function packedBytes(args: number): number {
  return HEADER_BYTES + ARGUMENT_BYTES * args;
}

/** The first 8 bytes, as a little-endian word. */
export function packedHeader(intrinsic: string, args: number): bigint {
  const code = PACKABLE.indexOf(intrinsic);
  if (code < 0) throw new RangeError(`a text of ${intrinsic} cannot be packed`);
  const bytes = Buffer.from(`${MARK}\x03`, 'latin1');
  return bytes.reduce((word, byte, index) => word | (BigInt(byte) << BigInt(8 * index)), 0n) | (BigInt(0x80 | code) << 48n) | (BigInt(0x80 | args) << 56n);
}

/** The two words of an argument. */
export function packedWords(value: bigint): readonly [bigint, bigint] {
  const bits = BigInt.asUintN(64, value);
  return [(bits & LOW_BITS) | SET_BITS, ((bits >> 7n) & HIGH_BITS) | SET_BITS];
}

export function packText({ intrinsic, args }: PackedText): string {
  const bytes = Buffer.alloc(packedBytes(args.length));
  bytes.writeBigUInt64LE(packedHeader(intrinsic, args.length), 0);
  args.forEach((value, index) => {
    const [low, high] = packedWords(value);
    bytes.writeBigUInt64LE(low, HEADER_BYTES + ARGUMENT_BYTES * index);
    bytes.writeBigUInt64LE(high, HEADER_BYTES + ARGUMENT_BYTES * index + 8);
  });
  return bytes.toString('latin1');
}

/** What stands for a packed text that was cut at the end of a text that was too long. */
const CUT = '...';

/** A text of several, some of them packed. undefined: a text like any other. */
export function unpackParts(text: string): readonly (string | PackedText)[] | undefined {
  let at = text.indexOf(MARK);
  if (at < 0) return undefined;
  const parts: (string | PackedText)[] = [];
  let done = 0;
  for (; at >= 0; at = text.indexOf(MARK, done)) {
    if (at > done) parts.push(text.slice(done, at));
    const bytes = packedBytes(text.charCodeAt(at + HEADER_BYTES - 1) & 0x7f);
    const isCut = !(at + bytes <= text.length);
    parts.push(isCut ? CUT : (unpackText(text.slice(at, at + bytes)) ?? text.slice(at, at + bytes)));
    done = isCut ? text.length : at + bytes;
  }
  if (done < text.length) parts.push(text.slice(done));
  return parts;
}

/** undefined: a text like any other. */
export function unpackText(text: string): PackedText | undefined {
  if (!text.startsWith(MARK) || text.length < HEADER_BYTES) return undefined;
  const intrinsic = PACKABLE[text.charCodeAt(MARK_BYTES) & 0x7f];
  const count = text.charCodeAt(MARK_BYTES + 1) & 0x7f;
  if (intrinsic === undefined || text.length !== packedBytes(count)) return undefined;
  const bytes = Buffer.from(text, 'latin1');
  const args = Array.from({ length: count }, (_, index) => {
    const at = HEADER_BYTES + ARGUMENT_BYTES * index;
    const low = bytes.readBigUInt64LE(at) & LOW_BITS;
    const high = (bytes.readBigUInt64LE(at + 8) & HIGH_BITS) << 7n;
    return BigInt.asIntN(64, low | high);
  });
  return { intrinsic, args };
}
