/**
 * Debian packages of another suite or architecture, unpacked into a folder. A private apt state is used so that the
 * machine's own package lists are left alone; the mirror's address is the one that this machine's apt is already
 * configured with.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], ...options });

/** The addresses of Debian's main and security archives as this machine knows them. */
function archives() {
  const rows = run('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']).split('\n');
  const sites = [...new Set(rows.map((row) => row.split(' ')[0]).filter((site) => site !== undefined && /debian/.test(site)))];
  const main = sites.find((site) => !site.includes('security'));
  if (main === undefined) throw new Error("this machine's apt knows no Debian archive: the guests' packages cannot be fetched");
  return { main, security: sites.find((site) => site.includes('security')) };
}

/** Makes a private apt state for one suite, in which nothing is installed; returns the options that select it. */
export function aptState(folder, suite, arch) {
  const { main, security } = archives();
  for (const name of ['lists/partial', 'cache/archives/partial', 'sources']) mkdirSync(join(folder, name), { recursive: true });
  const key = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
  const lines = [`deb ${key} ${main} ${suite} main`];
  if (security !== undefined && suite !== 'sid') lines.push(`deb ${key} ${security} ${suite}-security main`);
  writeFileSync(join(folder, 'sources.list'), `${lines.join('\n')}\n`);
  const options = {
    'APT::Architecture': arch,
    'APT::Architectures': arch,
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    // A mirror may lag behind the date that a suite's index promises; the signature is still checked.
    'Acquire::Check-Valid-Until': 'false',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Downloads and unpacks packages once.
 * @param {string} target folder that they are unpacked to; when it is there, nothing is done
 * @param {{suite: string, arch: string}} from
 * @param {(apt: string[], downloads: string) => void} download given apt's options, puts .deb files into the folder
 */
export function unpackPackages(target, { suite, arch }, download) {
  if (existsSync(target)) return;
  const work = `${target}.work`;
  rmSync(work, { recursive: true, force: true });
  const downloads = join(work, 'debs');
  const unpacked = join(work, 'root');
  for (const folder of [downloads, unpacked]) mkdirSync(folder, { recursive: true });
  const apt = aptState(join(work, 'apt'), suite, arch);
  run('apt-get', [...apt, '-q', 'update']);
  download(apt, downloads);
  for (const deb of readdirSync(downloads).filter((name) => name.endsWith('.deb'))) run('dpkg', ['-x', join(downloads, deb), unpacked]);
  renameSync(unpacked, target);
  rmSync(work, { recursive: true, force: true });
}

/** Downloads packages with all that they depend on. */
export function downloadWithDependencies(apt, names, downloads) {
  run('apt-get', [...apt, '-o', `Dir::Cache::archives=${downloads}`, '-q', '-y', '--no-install-recommends', '--download-only', 'install', ...names]);
}
