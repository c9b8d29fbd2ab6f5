/**
 * Fetches Debian's kernel package of another suite once, into a cache. A private apt state is
 * used so that the machine's own package lists are left alone; the mirror's address is the one
 * that this machine's apt is already configured with.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KERNELS } from './kernels.mjs';

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], ...options });

/** The addresses of Debian's main and security archives as this machine knows them. */
function archives() {
  const rows = run('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']).split('\n');
  const sites = [...new Set(rows.map((row) => row.split(' ')[0]).filter((site) => site !== undefined && /debian/.test(site)))];
  const main = sites.find((site) => !site.includes('security'));
  if (main === undefined) throw new Error("this machine's apt knows no Debian archive: the guests' kernels cannot be fetched");
  return { main, security: sites.find((site) => site.includes('security')) };
}

/** Makes a private apt state for one suite; returns the options that select it. */
function aptState(folder, suite) {
  const { main, security } = archives();
  for (const name of ['lists/partial', 'cache/archives/partial', 'sources']) mkdirSync(join(folder, name), { recursive: true });
  const key = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  const lines = [`deb ${key} ${main} ${suite} main`];
  if (security !== undefined && suite !== 'sid') lines.push(`deb ${key} ${security} ${suite}-security main`);
  writeFileSync(join(folder, 'sources.list'), `${lines.join('\n')}\n`);
  const options = {
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    // A mirror may lag behind the date that a suite's index promises; the signature is still checked.
    'Acquire::Check-Valid-Until': 'false',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Names of the packages that make up the suite's kernel: image, or (newer) binary and modules. */
function packageNames(apt) {
  const depends = (name) =>
    run('apt-cache', [...apt, 'depends', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances', name])
      .split('\n')
      .map((line) => /^\s*\|?Depends: (linux-[a-z]+-\d\S*)$/.exec(line)?.[1])
      .filter((found) => found !== undefined);
  const names = new Set(depends('linux-image-amd64'));
  for (const name of [...names]) for (const more of depends(name)) if (/^linux-(image|binary|modules)-/.test(more)) names.add(more);
  if (names.size === 0) throw new Error('linux-image-amd64 of this suite names no kernel');
  return [...names];
}

/**
 * @param {string} version a key of KERNELS
 * @param {string} cache folder that survives between runs
 * @returns {{release: string, image: string, modules: string, folder: string}} paths of the unpacked kernel
 */
export function fetchKernel(version, cache) {
  const entry = KERNELS[version];
  if (entry === undefined) throw new Error(`unknown guest kernel '${version}': choose one of ${Object.keys(KERNELS).join(', ')}`);
  const folder = join(cache, 'kernels', version);
  const root = join(folder, 'root');
  if (!existsSync(root)) {
    process.stderr.write(`guest: fetching Debian's kernel of ${entry.suite} (once)\n`);
    const apt = aptState(join(folder, 'apt'), entry.suite);
    run('apt-get', [...apt, '-q', 'update']);
    const names = packageNames(apt);
    const downloads = join(folder, 'debs');
    rmSync(downloads, { recursive: true, force: true });
    mkdirSync(downloads, { recursive: true });
    run('apt-get', [...apt, '-q', 'download', ...names], { cwd: downloads });
    const unpacked = `${root}.tmp`;
    rmSync(unpacked, { recursive: true, force: true });
    for (const deb of readdirSync(downloads)) run('dpkg', ['-x', join(downloads, deb), unpacked]);
    renameSync(unpacked, root);
    rmSync(join(folder, 'apt'), { recursive: true, force: true });
    rmSync(downloads, { recursive: true, force: true });
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
