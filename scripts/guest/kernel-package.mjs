/** Fetches Debian's kernel package of another suite or architecture once, into a cache. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, unpackPackages } from './debian-archive.mjs';
import { KERNELS } from './kernels.mjs';

/** Names of the packages that make up the suite's kernel: image, or (newer) binary and modules. */
function packageNames(apt, arch) {
  const depends = (name) =>
    run('apt-cache', [...apt, 'depends', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances', name])
      .split('\n')
      .map((line) => /^\s*\|?Depends: (linux-[a-z]+-\d\S*)$/.exec(line)?.[1])
      .filter((found) => found !== undefined);
  const names = new Set(depends(`linux-image-${arch}`));
  for (const name of [...names]) for (const more of depends(name)) if (/^linux-(image|binary|modules)-/.test(more)) names.add(more);
  if (names.size === 0) throw new Error(`linux-image-${arch} of this suite names no kernel`);
  return [...names];
}

/**
 * @param {string} version a key of KERNELS
 * @param {string} cache folder that survives between runs
 * @param {string} arch Debian's name of the architecture
 * @returns {{release: string, image: string, modules: string, folder: string}} paths of the unpacked kernel
 */
export function fetchKernel(version, cache, arch = 'amd64') {
  const entry = KERNELS[version];
  if (entry === undefined) throw new Error(`unknown guest kernel '${version}': choose one of ${Object.keys(KERNELS).join(', ')}`);
  const folder = join(cache, 'kernels', arch === 'amd64' ? version : `${version}-${arch}`);
  const root = join(folder, 'root');
  if (!existsSync(root)) {
    process.stderr.write(`guest: fetching Debian's ${arch} kernel of ${entry.suite} (once)\n`);
    unpackPackages(root, { suite: entry.suite, arch }, (apt, downloads) => { run('apt-get', [...apt, '-q', 'download', ...packageNames(apt, arch)], { cwd: downloads }); });
  }
  const boot = [join(root, 'boot'), join(root, 'usr/lib/modules')].find((path) => existsSync(path)) ?? root;
  const modulesRoot = [join(root, 'lib/modules'), join(root, 'usr/lib/modules')].find((path) => existsSync(path));
  if (modulesRoot === undefined) throw new Error(`the kernel package of ${version} has no modules folder`);
  const release = readdirSync(modulesRoot)[0];
  if (release === undefined) throw new Error(`the kernel package of ${version} has no modules`);
  const image = [join(boot, `vmlinuz-${release}`), join(modulesRoot, release, 'vmlinuz')].find((path) => existsSync(path));
  if (image === undefined) throw new Error(`the kernel package of ${version} has no vmlinuz`);
  return { release, image, modules: join(modulesRoot, release), folder };
}
