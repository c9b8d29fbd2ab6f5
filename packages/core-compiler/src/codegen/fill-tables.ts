/** Runs of a fill character that wide fields of sprintf() in kernel probes are filled from: in the globals map, as long as any text. */
import type { FormatPiece, IrProgram, Limits } from '@stapkit/object';
import { textSlotBytes } from './text-layout.js';

export interface Fills {
  /** Offsets in the globals map; undefined: no field needs them. */
  readonly space: number;
  readonly zero: number;
  readonly bytes: number;
}

/** Fields of at most so many bytes are filled without a table. */
export const NARROW_FIELD = 64;

/** A width or precision that is not known, or large; memory is always laid out so. */
export function isWide(piece: FormatPiece): boolean {
  if ('conversion' in piece && (piece.conversion === 'm' || piece.conversion === 'M')) return piece.width !== undefined;
  return 'conversion' in piece && [piece.width, piece.precision].some((size) => size === '*' || (size ?? 0) > NARROW_FIELD);
}

/** Takes room behind the script's globals, if some kernel probe needs it. */
export function placeFills(program: IrProgram, area: { bytes: number }, limits: Limits): Fills {
  const wanted = program.probes.some(({ where, body, entry }) => where === 'kernel' && [...body.blocks, ...(entry?.body.blocks ?? [])].some(({ instructions }) =>
    instructions.some((one) => one.op === 'format' && program.sites[one.site]?.pieces.some(isWide) === true)));
  const bytes = wanted ? textSlotBytes(limits.MAXSTRINGLEN) : 0;
  const space = area.bytes;
  area.bytes += 2 * bytes;
  return { space, zero: space + bytes, bytes };
}

/** Into the initial contents of the globals map. */
export function writeFills(contents: Uint8Array, { space, zero, bytes }: Fills): void {
  contents.fill(0x20, space, space + bytes);
  contents.fill(0x30, zero, zero + bytes);
}
