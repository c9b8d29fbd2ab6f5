/**
 * The procedure linkage table: the stubs by which a program calls functions of other files. Which function a stub is for
 * is read from its code: it jumps through a slot of the GOT, and a relocation names the function whose address goes
 * there. So it does not matter which linker made which kind of table (.plt, .plt.sec with -fcf-protection, .plt.got
 * without lazy binding). Sources: System V ABI supplements for x86-64 and AArch64 (procedure linkage table).
 */
import { ByteReader } from '../reader.js';
import type { ElfFile } from './elf-file.js';
import type { ElfSection } from './header.js';

export interface PltStub {
  /** The function that it calls, without `@VERSION`. */
  readonly name: string;
  /** Virtual address. */
  readonly address: bigint;
}

const SHT_RELA = 4;
const RELA_BYTES = 24;
/** R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT; R_AARCH64_GLOB_DAT, R_AARCH64_JUMP_SLOT. */
const SLOT_RELOCATIONS: Readonly<Record<string, readonly number[]>> = { x86_64: [6, 7], aarch64: [1025, 1026] };

/** All stubs in the order of addresses, one a function: of two that jump through one slot the later, which is the one that is called (.plt.sec). */
export function pltStubs(elf: ElfFile): readonly PltStub[] {
  const names = slotNames(elf);
  const stubs = new Map<bigint, PltStub>();
  for (const name of ['.plt', '.plt.got', '.plt.bnd', '.plt.sec']) {
    const section = elf.section(name);
    if (section === undefined) continue;
    for (const { address, slot } of elf.machine === 'aarch64' ? armStubs(elf, section) : intelStubs(elf, section)) {
      const function_ = names.get(slot);
      if (function_ !== undefined) stubs.set(slot, { name: function_, address });
    }
  }
  return [...stubs.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Function names by the address of the GOT slot. */
function slotNames(elf: ElfFile): ReadonlyMap<bigint, string> {
  const kinds = SLOT_RELOCATIONS[elf.machine] ?? [];
  const names = new Map<bigint, string>();
  const { dynsym } = elf;
  if (dynsym === undefined) return names;
  for (const section of elf.sections) {
    if (section.type !== SHT_RELA || (section.name !== '.rela.plt' && section.name !== '.rela.dyn')) continue;
    const reader = new ByteReader(elf.sectionBytes(section), section.name);
    while (reader.remaining >= RELA_BYTES) {
      const slot = reader.u64();
      const kind = reader.u32();
      const symbol = reader.u32();
      reader.skip(8); // r_addend
      if (kinds.includes(kind) && symbol !== 0) names.set(slot, dynsym.symbol(symbol).name);
    }
  }
  return names;
}

interface Stub { readonly address: bigint; readonly slot: bigint }

/** A stub is 8 or 16 bytes long and may start with endbr64 (f3 0f 1e fa); its jump is `ff 25 disp32`, with a bnd prefix (f2) at times. */
function intelStubs(elf: ElfFile, section: ElfSection): Stub[] {
  const bytes = elf.sectionBytes(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stride = section.name === '.plt.got' || section.name === '.plt.bnd' ? (section.entrySize === 16 ? 16 : 8) : 16;
  const stubs: Stub[] = [];
  for (let start = 0; start + 6 <= bytes.length; start += stride) {
    let at = start;
    if (at + 4 <= bytes.length && view.getUint32(at) === 0xf30f1efa) at += 4;
    if (bytes[at] === 0xf2) at += 1;
    if (at + 6 > Math.min(start + stride, bytes.length) || bytes[at] !== 0xff || bytes[at + 1] !== 0x25) continue;
    const slot = BigInt.asUintN(64, section.address + BigInt(at + 6) + BigInt(view.getInt32(at + 2, true)));
    stubs.push({ address: section.address + BigInt(start), slot });
  }
  return stubs;
}

/** `adrp x16, page; ldr x17, [x16, #offset]; add x16, …; br x17`, with `bti c` before it at times. */
function armStubs(elf: ElfFile, section: ElfSection): Stub[] {
  const bytes = elf.sectionBytes(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stubs: Stub[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 4) {
    const adrp = view.getUint32(at, true);
    const load = view.getUint32(at + 4, true);
    if (((adrp & 0x9f00001f) >>> 0) !== 0x90000010 || ((load & 0xffc003ff) >>> 0) !== 0xf9400211) continue;
    const pages = BigInt.asIntN(21, BigInt(((adrp >>> 5) & 0x7ffff) << 2 | ((adrp >>> 29) & 3)));
    const address = section.address + BigInt(at);
    const slot = (address & ~0xfffn) + (pages << 12n) + BigInt(((load >>> 10) & 0xfff) * 8);
    const hasBti = at >= 4 && view.getUint32(at - 4, true) === 0xd503245f;
    stubs.push({ address: hasBti ? address - 4n : address, slot });
  }
  return stubs;
}
