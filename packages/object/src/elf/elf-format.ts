/** Constants of the ELF64 format (elf(5)) and of the BPF ABI (Documentation/bpf/llvm_reloc.rst). */
export const EM_BPF = 247;
export const ET_REL = 1;

export const SHT = { null: 0, progbits: 1, symtab: 2, strtab: 3, rela: 4, nobits: 8, rel: 9 } as const;
export const SHF = { write: 1, alloc: 2, execinstr: 4, infoLink: 0x40 } as const;
export const STB = { local: 0, global: 1 } as const;
export const STT = { notype: 0, object: 1, func: 2, section: 3 } as const;

/** Of a 64-bit address in `ld_imm64`; of a call's 32-bit offset. */
export const R_BPF_64_64 = 1;
export const R_BPF_64_32 = 10;

export const EHDR_BYTES = 64;
export const SHDR_BYTES = 64;
export const SYM_BYTES = 24;
export const REL_BYTES = 16;
/** Bytes of one BPF instruction slot. */
export const INSN_BYTES = 8;

/** The file is not an ELF object that we can read: what was found, and where. */
export class ElfError extends Error {
  override name = 'ElfError';
}
