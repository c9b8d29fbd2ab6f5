/** Where the kernel's DWARF is: vmlinux and modules of the distributions' debug packages, or of a kernel that was built here. */
import { DebugFileLookup } from './debug-files.js';
import type { DebugFileResult, DebugFileStore } from './debug-files.js';
import { kernelDebugAdvice } from './kernel-debug-package.js';
import type { DistributedKernel } from './kernel-debug-package.js';

export interface KernelQuery extends DistributedKernel {
  /** Build-id of the running kernel (/sys/kernel/notes) or module (/sys/module/NAME/notes); absent for another kernel. */
  readonly buildId?: string;
}

/** Every place where vmlinux with DWARF may be, most likely first. */
export function vmlinuxPaths(release: string, roots: readonly string[]): string[] {
  return [
    ...roots.flatMap((root) => [
      `${root}/boot/vmlinux-${release}`, // Debian, Ubuntu
      `${root}/lib/modules/${release}/vmlinux`, // Fedora, RHEL; Debian links here
      `${root}/usr/lib/modules/${release}/vmlinux`,
      `${root}/boot/vmlinux-${release}.debug`, // SUSE
    ]),
    `/lib/modules/${release}/build/vmlinux`, // built here
    `/lib/modules/${release}/vmlinux`,
    `/boot/vmlinux-${release}`,
  ];
}

export function findKernelDebugFile(store: DebugFileStore, query: KernelQuery): DebugFileResult {
  const { release, buildId } = query;
  const lookup = new DebugFileLookup(store);
  const found = lookup.first(vmlinuxPaths(release, lookup.searchPath.roots), (path) => lookup.accept(path, buildId, 'of this release')) ?? lookup.acceptByBuildId(buildId);
  if (found !== undefined) return found;
  const fetched = buildId === undefined ? undefined : lookup.fetch(buildId, `vmlinux of ${release}`);
  return fetched ?? lookup.missing(`no DWARF of kernel ${release}`, kernelDebugAdvice(query));
}

/** @param modulePath of the module below /lib/modules/RELEASE, as modules.dep has it: "kernel/net/tls/tls.ko.xz" */
export function findModuleDebugFile(store: DebugFileStore, module: string, modulePath: string | undefined, query: KernelQuery): DebugFileResult {
  const { release, buildId } = query;
  const lookup = new DebugFileLookup(store);
  if (modulePath !== undefined) {
    const plain = modulePath.replace(/\.(?:xz|zst|gz)$/, '');
    const roots = [...lookup.searchPath.roots.flatMap((root) => [`${root}/lib/modules/${release}`, `${root}/usr/lib/modules/${release}`]), `/lib/modules/${release}/build`, `/lib/modules/${release}`];
    const places = roots.flatMap((root) => [`${root}/${plain}`, `${root}/${plain}.debug`, ...(root.endsWith('/build') ? [`${root}/${plain.replace(/^kernel\//, '')}`] : [])]);
    const found = lookup.first(places, (path) => lookup.accept(path, buildId, 'of this release'));
    if (found !== undefined) return found;
  }
  const found = buildId === undefined ? undefined : (lookup.acceptByBuildId(buildId) ?? lookup.fetch(buildId, `module ${module}`));
  return found ?? lookup.missing(`no DWARF of module ${module} of kernel ${release}`, kernelDebugAdvice(query));
}
