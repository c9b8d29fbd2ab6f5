/** What a program asks of the dynamic linker (.dynamic). Source: elf(5), ld.so(8). */
import { ByteReader } from '../reader.js';
import type { ElfFile } from './elf-file.js';

const SHT_DYNAMIC = 6;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_SONAME = 14n;
const DT_RPATH = 15n;
const DT_RUNPATH = 29n;

export interface DynamicNeeds {
  /** Sonames of the libraries, in the order in which they are searched for symbols. */
  readonly needed: readonly string[];
  /** The file's own name as others need it. */
  readonly soname: string | undefined;
  /** Folders to look into first, as written: `$ORIGIN` stands for the file's own folder. DT_RUNPATH, else DT_RPATH. */
  readonly searchPath: readonly string[];
}

/** Static programs need nothing. */
export function dynamicNeeds(elf: ElfFile): DynamicNeeds {
  const section = elf.sections.find(({ type }) => type === SHT_DYNAMIC);
  const stringSection = section === undefined ? undefined : elf.sections[section.link];
  if (section === undefined || stringSection === undefined) return { needed: [], soname: undefined, searchPath: [] };
  const strings = elf.sectionBytes(stringSection);
  const reader = new ByteReader(elf.sectionBytes(section), section.name);
  const found = new Map<bigint, string[]>();
  while (reader.remaining >= 16) {
    const tag = reader.u64();
    if (tag === DT_NULL) break;
    if (tag !== DT_NEEDED && tag !== DT_SONAME && tag !== DT_RPATH && tag !== DT_RUNPATH) reader.skip(8);
    else found.set(tag, [...(found.get(tag) ?? []), new ByteReader(strings, stringSection.name, reader.size()).cString()]);
  }
  const search = found.get(DT_RUNPATH) ?? found.get(DT_RPATH) ?? [];
  return { needed: found.get(DT_NEEDED) ?? [], soname: found.get(DT_SONAME)?.[0], searchPath: search.flatMap((list) => list.split(':')).filter((folder) => folder !== '') };
}
