/** Assembles call frame tables for tests. */
import type { FrameSection } from '../cfi/entries.js';
import { SectionBuilder } from './section-builder.test-support.js';

export interface CieSpec {
  readonly version?: number;
  readonly augmentation?: string;
  /** Behind the length of the augmentation data. */
  readonly augmentationData?: readonly number[];
  readonly codeAlignment?: number;
  /** As one byte of LEB128. -8: 0x78. */
  readonly dataAlignment?: number;
  readonly returnAddressRegister?: number;
  readonly instructions?: Uint8Array;
}

export interface FdeSpec {
  readonly low: number | bigint;
  readonly size: number;
  readonly instructions?: Uint8Array;
}

export const op = (...bytes: readonly number[]): SectionBuilder => new SectionBuilder().u8(...bytes);

/** rsp + 8, the return address at CFA - 8: how every x86-64 function starts. */
export const X86_CIE: CieSpec = { dataAlignment: 0x78, returnAddressRegister: 16, instructions: op(0x0c, 7, 8, 0x90, 1).build() };

/** One CIE and its FDEs. In .eh_frame addresses are pcrel sdata4 (0x1b) when the augmentation has an R with that encoding, else absolute. */
export function buildFrames(name: FrameSection['name'], cie: CieSpec, fdes: readonly FdeSpec[], address = 0x40_0000): FrameSection {
  const section = new SectionBuilder();
  const isEh = name === '.eh_frame';
  const entry = (id: number, body: SectionBuilder): void => {
    body.align(4);
    section.u32(body.length + 4, id).bytes(body.build());
  };
  const augmentation = cie.augmentation ?? '';
  const head = new SectionBuilder().u8(cie.version ?? (isEh ? 1 : 4)).text(augmentation).u8(0);
  if (!isEh && (cie.version ?? 4) >= 4) head.u8(8, 0);
  head.u8(cie.codeAlignment ?? 1, cie.dataAlignment ?? 0x78, cie.returnAddressRegister ?? 16);
  const data = cie.augmentationData ?? [];
  if (augmentation.startsWith('z')) head.u8(data.length, ...data);
  entry(isEh ? 0 : 0xffff_ffff, head.bytes(cie.instructions ?? new Uint8Array()));
  const isRelative = isEh && augmentation.includes('R') && data.includes(0x1b);
  for (const { low, size, instructions } of fdes) {
    const body = new SectionBuilder();
    const at = section.length + 8;
    if (isRelative) body.u32(Number(BigInt.asUintN(32, BigInt(low) - BigInt(address + at))), size);
    else body.u64(low, size);
    if (augmentation.startsWith('z')) body.u8(0);
    entry(isEh ? section.length + 4 : 0, body.bytes(instructions ?? new Uint8Array()));
  }
  return { name, bytes: section.build(), addressSize: 8, bases: { section: isEh ? address : 0 } };
}
