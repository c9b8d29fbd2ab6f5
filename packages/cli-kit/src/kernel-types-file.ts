/** Kernel type information (BTF) in files: of /sys/kernel/btf, or the section of a vmlinux; and where another kernel's is found. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Btf, DebugInfoError, ElfFile, vmlinuxPaths } from '@stapkit/debuginfo';
import { openFileSource } from '@stapkit/runtime';
import { UsageError } from './exit-codes.js';

const ADVICE = 'on the other machine it is /sys/kernel/btf/vmlinux';
const ELF_MAGIC = 0x7f454c46;

/** The BTF section of an ELF file; a file of several 100 MB is read only there. undefined: it has none. */
function btfOfElf(path: string): Btf | undefined {
  const source = openFileSource(path);
  if (source === undefined) return undefined;
  const elf = ElfFile.parse(source);
  const section = elf.section('.BTF');
  return section === undefined || !elf.hasContents('.BTF') ? undefined : Btf.parse(elf.sectionBytes(section));
}

/** By its first bytes. @throws what opening and reading it throw */
function isElf(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const magic = Buffer.alloc(4);
    return readSync(fd, magic) === magic.length && magic.readUInt32BE(0) === ELF_MAGIC;
  } finally {
    closeSync(fd);
  }
}

/** The file that the user named with --btf: BTF, or a vmlinux that has it. @throws UsageError for what it is not */
export function readKernelTypes(file: string): Btf {
  let bytes: Buffer | undefined;
  try {
    bytes = isElf(file) ? undefined : readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read the BTF file '${file}': ${(error as NodeJS.ErrnoException).code ?? String(error)}`, ADVICE);
  }
  try {
    const btf = bytes === undefined ? btfOfElf(file) : Btf.parse(bytes);
    if (btf !== undefined) return btf;
  } catch (error) {
    if (!(error instanceof DebugInfoError)) throw error;
    throw new UsageError(`'${file}' is not a BTF file: ${error.message}`, ADVICE);
  }
  throw new UsageError(`'${file}' has no BTF: it is an ELF file without the section .BTF`, ADVICE);
}

export interface KernelTypes {
  readonly path: string;
  readonly btf: Btf;
}

/**
 * The types of a kernel that is not the running one: of its vmlinux, as its package, its debug package or a build leaves it.
 * @param roots folders of debug files, as /usr/lib/debug is one
 * @param tree the kernel's build tree, if -r names it
 */
export function findKernelTypes(release: string, roots: readonly string[], tree?: string): KernelTypes | { readonly tried: readonly string[] } {
  const tried = tree !== undefined ? [join(tree, 'vmlinux')] : [...new Set([
    `/lib/modules/${release}/build/vmlinux`, ...vmlinuxPaths(release, roots), `/usr/src/linux-headers-${release}/vmlinux`, `/usr/src/kernels/${release}/vmlinux`,
  ])];
  for (const path of tried) {
    try {
      const btf = btfOfElf(path);
      if (btf !== undefined) return { path, btf };
    } catch (error) {
      if (!(error instanceof DebugInfoError)) throw error;
      // It is cut short, or something else by this name: the next one.
    }
  }
  return { tried };
}

/** The release of a kernel's build tree. @throws UsageError when it is not built */
export function releaseOfTree(tree: string): string {
  try {
    return readFileSync(join(tree, 'include/config/kernel.release'), 'utf8').trim();
  } catch {
    throw new UsageError(`-r: '${tree}' is no folder in which a kernel was built: it has no include/config/kernel.release`, 'give the release of a kernel, as uname -r tells it', 1);
  }
}
