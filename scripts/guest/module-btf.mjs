/** Type information (BTF) of a guest kernel's modules, in a folder as /sys/kernel/btf is one: for compiling with --btf FOLDER/vmlinux. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const MODULE = /\.ko(\.xz)?$/;

/**
 * @param {{ folder: string }} kernel as fetchKernel gives it
 * @param {string} vmlinux file of the kernel's own BTF
 * @param {readonly string[]} names of modules; one that the kernel has not, or that has no BTF, is left out
 * @param {string} folder where to put them, and `vmlinux`
 */
export function writeModuleTypes(kernel, vmlinux, names, folder) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(vmlinux, join(folder, 'vmlinux'));
  for (const root of ['lib/modules', 'usr/lib/modules'].map((path) => join(kernel.folder, 'root', path)).filter(existsSync))
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const name = basename(path).replace(MODULE, '').replaceAll('-', '_');
      if (!MODULE.test(path) || !names.includes(name)) continue;
      const file = join(root, path);
      const plain = join(folder, `${name}.ko`);
      if (path.endsWith('.xz')) writeFileSync(plain, execFileSync('xz', ['-dc', file], { maxBuffer: 1 << 28 }));
      else copyFileSync(file, plain);
      execFileSync('objcopy', ['-O', 'binary', '--only-section=.BTF', '--set-section-flags', '.BTF=alloc', plain, join(folder, name)]);
      rmSync(plain);
    }
}

/** Modules that aliases of the tapset stand in. */
const OF_THE_TAPSET = ['br_netfilter', 'bridge', 'nfs', 'nfsd', 'nfsv3', 'nfsv4', 'scsi_mod', 'sunrpc'];

/**
 * Writes the types of the tapset's modules once, beside the kernel.
 * @param {{ folder: string, release: string }} kernel as fetchKernel gives it
 * @param {string} vmlinux file of the kernel's own BTF
 * @returns {string} the file to compile with
 */
export function tapsetTypes(kernel, vmlinux) {
  const folder = join(kernel.folder, `types-${kernel.release}-${OF_THE_TAPSET.join('-')}`);
  if (!existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    writeModuleTypes(kernel, vmlinux, OF_THE_TAPSET, unfinished);
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      // Another process was quicker.
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  return join(folder, 'vmlinux');
}
