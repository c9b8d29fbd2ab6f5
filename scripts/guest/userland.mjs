/**
 * A root folder for guests of another architecture than this machine's: Debian's node, shell and tools with their
 * libraries, and koffi's native library where the checkout's koffi looks for it last.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { downloadWithDependencies, unpackPackages } from './debian-archive.mjs';

/** The oldest suite whose node is new enough (package.json, engines). */
const SUITE = 'trixie';
const PACKAGES = ['nodejs', 'busybox-static', 'dash', 'coreutils', 'sed', 'grep', 'procps'];

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');

/** The native library of the koffi that package-lock.json names, for another architecture. npm checks the lock's hash of it no less than of its own. */
function installKoffi(userland, arch) {
  const name = `@koromix/koffi-linux-${arch}`;
  const { version, integrity } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`] ?? {};
  if (version === undefined) throw new Error(`package-lock.json does not name ${name}`);
  // node looks for packages in the node_modules of every folder above: the root's is where the checkout's own has none for this machine.
  const folder = join(userland, 'node_modules', name);
  if (existsSync(folder) && JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version === version) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', userland, `${name}@${version}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  const archive = readdirSync(userland).find((file) => file.endsWith('.tgz'));
  if (packed?.integrity !== integrity || archive === undefined) throw new Error(`${name}@${version} is not what package-lock.json names`);
  execFileSync('tar', ['-xzf', join(userland, archive), '-C', folder, '--strip-components=1']);
  rmSync(join(userland, archive));
}

/**
 * @param {string} arch Debian's name of the architecture
 * @param {string} cache folder that survives between runs
 * @returns {string} path of the root folder
 */
export function fetchUserland(arch, cache) {
  const folder = join(cache, 'userland', `${SUITE}-${arch}`);
  if (!existsSync(folder)) {
    process.stderr.write(`guest: fetching Debian's node for ${arch} (once)\n`);
    mkdirSync(join(cache, 'userland'), { recursive: true });
    unpackPackages(folder, { suite: SUITE, arch }, (apt, downloads) => { downloadWithDependencies(apt, PACKAGES, downloads); });
  }
  for (const name of ['bin', 'sbin', 'lib']) if (!existsSync(join(folder, name))) symlinkSync(`usr/${name}`, join(folder, name));
  if (!existsSync(join(folder, 'bin/sh'))) symlinkSync('dash', join(folder, 'bin/sh'));
  installKoffi(folder, arch);
  return folder;
}
