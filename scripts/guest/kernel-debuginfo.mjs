/**
 * Fetches the debug information of a guest's kernel once, from Debian's -dbg package: the vmlinux alone, or with the modules
 * whose paths match. The package is taken apart as it is unpacked: whole, it would need 6 GB.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptState, run } from './debian-archive.mjs';
import { fetchKernel } from './kernel-package.mjs';
import { KERNELS } from './kernels.mjs';

/**
 * @param {string} version a key of KERNELS
 * @param {string} cache folder that survives between runs
 * @param {string[]} modules tar patterns of more files of the package, such as the .ko of a module
 * @returns {{release: string, vmlinux: string, package: string, folder: string}} `folder` stands for /usr/lib/debug
 */
export function fetchKernelDebuginfo(version, cache, modules = []) {
  const entry = KERNELS[version];
  if (entry === undefined) throw new Error(`unknown guest kernel '${version}': choose one of ${Object.keys(KERNELS).join(', ')}`);
  const folder = join(cache, 'kernels', version, modules.length === 0 ? 'debug' : 'debug-modules');
  if (!existsSync(folder)) {
    process.stderr.write(`guest: fetching the debug information of ${entry.suite}'s kernel (once, about 1 GB)\n`);
    const apt = aptState(join(cache, 'kernels', version, 'apt-debug'), entry.suite, 'amd64');
    run('apt-get', [...apt, '-q', 'update']);
    // Of the kernel that boots: linux-image-amd64-dbg may name a newer one, as images are signed after they are built.
    const name = `linux-image-${fetchKernel(version, cache).release}-dbg`;
    const work = `${folder}.tmp`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(join(work, 'deb'), { recursive: true });
    run('apt-get', [...apt, '-q', 'download', name], { cwd: join(work, 'deb') });
    const deb = readdirSync(join(work, 'deb'))[0];
    const wanted = ['./usr/lib/debug/boot/vmlinux*', './usr/lib/debug/lib/modules/*/vmlinux', './usr/lib/debug/usr/lib/modules/*/vmlinux', ...modules];
    const shell = `dpkg-deb --fsys-tarfile "$0" | tar -x -C "$1" --wildcards ${wanted.map((one) => `'${one}'`).join(' ')}`;
    // tar's status tells of patterns that match nothing; what is there is looked at below.
    spawnSync('sh', ['-c', shell, join(work, 'deb', deb), work], { stdio: ['ignore', 'ignore', 'ignore'] });
    rmSync(join(work, 'deb'), { recursive: true, force: true });
    rmSync(join(cache, 'kernels', version, 'apt-debug'), { recursive: true, force: true });
    execFileSync('sh', ['-c', 'echo "$1" > "$0/package"', work, name]);
    renameSync(work, folder);
  }
  const found = run('find', [folder, '-type', 'f', '-name', 'vmlinux*']).split('\n').filter((path) => path !== '')[0];
  if (found === undefined) throw new Error(`the debug package of ${version} has no vmlinux`);
  const name = run('cat', [join(folder, 'package')]).trim();
  const release = /^linux-image-(.*)-dbg$/.exec(name)?.[1] ?? '';
  return { release, vmlinux: found, package: name, folder: join(folder, 'usr/lib/debug') };
}
