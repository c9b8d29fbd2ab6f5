/** Packages of files, and of their debug information: dpkg and apt, rpm, apk, pacman. They are asked, nothing is installed. */
import { spawnSync } from 'node:child_process';
import { archiveCommand, type Distribution } from './distribution.js';

/** Output of a command; undefined: it is not there. A failure gives what it printed all the same. */
export type RunCommand = (command: string, args: readonly string[]) => string | undefined;

const MOST_BYTES = 64 * 1024 * 1024;

export const runCommand: RunCommand = (command, args) => {
  const { error, stdout } = spawnSync(command, [...args], { encoding: 'utf8', maxBuffer: MOST_BYTES, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, LC_ALL: 'C' } });
  return error === undefined ? stdout : undefined;
};

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly source?: string;
}

/** How the debug information of a package is installed. */
export interface Installation {
  /** What to do before, once: an archive that is not known here. */
  readonly before?: string;
  /** "apt-get install", to which packages are added; or a whole command. */
  readonly command: string;
  readonly package?: string;
  /** What is not sure of it. */
  readonly note?: string;
}

export interface PackageManager {
  /** Packages of files, by path; files of no package are missing. */
  owners: (paths: readonly string[]) => ReadonlyMap<string, Package>;
  /** Files of an installed package; undefined: there is none of that name. */
  files: (name: string) => readonly string[] | undefined;
  /** By the package's name. @param buildIds of the files that lack debug information, by package */
  installations: (packages: readonly Package[], buildIds: ReadonlyMap<string, readonly string[]>) => ReadonlyMap<string, Installation>;
  /** Turns "linux-image-…-dbg" into a command. */
  install: (name: string) => string;
}

/** A file as packages name it: on systems where /lib is a link to /usr/lib, old packages say /lib. */
const spellings = (path: string): readonly string[] => [path, ...(path.startsWith('/usr/') ? [path.slice('/usr'.length)] : /^\/(?:lib\w*|s?bin)\//.test(path) ? [`/usr${path}`] : [])];

/** Of Debian's packages, which bring theirs as -dbg instead of -dbgsym. */
const candidatesOf = ({ name, source }: Package): readonly string[] => {
  const plain = name.replace(/:.*$/, '');
  return [...new Set([`${plain}-dbgsym`, `${plain}-dbg`, ...(source === undefined ? [] : [`${source}-dbg`])])];
};

interface Available {
  readonly name: string;
  readonly version: string;
  readonly archive: string;
}

class Dpkg implements PackageManager {
  readonly #run: RunCommand;
  readonly #distribution: Distribution;

  constructor(run: RunCommand, distribution: Distribution) {
    this.#run = run;
    this.#distribution = distribution;
  }

  owners(paths: readonly string[]): ReadonlyMap<string, Package> {
    const bySpelling = new Map(paths.flatMap((path) => spellings(path).map((one) => [one, path] as const)));
    const found = new Map<string, string>();
    for (const line of (this.#run('dpkg-query', ['--search', ...bySpelling.keys()]) ?? '').split('\n')) {
      const [, names = '', file = ''] = /^([^\s,]+)(?:, [^:/]+)*: (\/.*)$/.exec(line) ?? [];
      const path = bySpelling.get(file);
      if (path !== undefined && !line.startsWith('diversion ')) found.set(path, names);
    }
    const packages = this.#describe([...new Set(found.values())]);
    return new Map([...found].flatMap(([path, name]) => { const one = packages.get(name); return one === undefined ? [] : [[path, one] as const]; }));
  }

  #describe(names: readonly string[]): ReadonlyMap<string, Package> {
    if (names.length === 0) return new Map();
    const text = this.#run('dpkg-query', ['--show', '--showformat=${binary:Package}\\t${Version}\\t${source:Package}\\n', ...names]) ?? '';
    return new Map(text.split('\n').filter((line) => line !== '').flatMap((line) => {
      const [full = '', version = '', source = ''] = line.split('\t');
      const described = { name: full.replace(/:.*$/, ''), version, source };
      return [[full, described] as const, [described.name, described] as const];
    }));
  }

  files(name: string): readonly string[] | undefined {
    const lines = (this.#run('dpkg-query', ['--listfiles', name]) ?? '').split('\n').filter((line) => line.startsWith('/'));
    return lines.length === 0 ? undefined : lines;
  }

  installations(packages: readonly Package[], buildIds: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, Installation> {
    if (packages.length === 0) return new Map();
    // Each question of apt's reads all its lists: one for all packages, and one for what is there.
    const available = this.#available([...packages.map(({ name }) => name), ...packages.flatMap(candidatesOf)]);
    const chosen = new Map(packages.map((one) => [one.name, candidatesOf(one).find((name) => available.some((other) => other.name === name && other.version === one.version))] as const));
    const ids = this.#buildIds(packages.flatMap(({ name, version }) => { const debug = chosen.get(name); return debug === undefined ? [] : [`${debug}=${version}`]; }));
    return new Map(packages.map((one) => [one.name, this.#installation(one, chosen.get(one.name), available, (id, debug) => ids.get(debug)?.includes(id) ?? true, buildIds.get(one.name) ?? [])]));
  }

  /** What apt's lists have of these: `NAME | VERSION | ARCHIVE`. */
  #available(names: readonly string[]): readonly Available[] {
    return (this.#run('apt-cache', ['madison', ...new Set(names)]) ?? '').split('\n').map((line) => line.split('|').map((part) => part.trim()))
      .flatMap(([name = '', version = '', archive = '']) => (name === '' || version === '' || / Sources$/.test(archive) ? [] : [{ name, version, archive }]));
  }

  /** Of packages that say so, by name. */
  #buildIds(packages: readonly string[]): ReadonlyMap<string, readonly string[]> {
    if (packages.length === 0) return new Map();
    return new Map((this.#run('apt-cache', ['show', ...packages]) ?? '').split('\n\n').flatMap((entry) => {
      const [name, ids] = [/^Package: (.*)$/m.exec(entry)?.[1], /^Build-Ids: (.*)$/m.exec(entry)?.[1]];
      return name === undefined || ids === undefined ? [] : [[name, ids.split(' ')] as const];
    }));
  }

  #installation(one: Package, chosen: string | undefined, available: readonly Available[], hasBuild: (id: string, debug: string) => boolean, wanted: readonly string[]): Installation {
    const command = 'apt-get install';
    const versions = (name: string): readonly Available[] => available.filter((other) => other.name === name);
    if (chosen !== undefined) {
      const missing = wanted.filter((id) => !hasBuild(id, chosen));
      return { command, package: `${chosen}=${one.version}`, ...(missing.length === 0 ? {} : { note: `it has no build-id ${missing.join(', ')}` }) };
    }
    const other = candidatesOf(one).find((name) => versions(name).length > 0);
    if (other !== undefined) return { command, package: other, note: `apt's lists have ${versions(other).map(({ version }) => version).join(', ')}, installed is ${one.version}: apt-get update && apt-get install ${one.name} ${other} brings both of one version` };
    // Did the installed version come from the archive of security updates alone?
    const archives = versions(one.name).filter(({ version }) => version === one.version);
    const before = archiveCommand(this.#distribution, archives.length > 0 && archives.every(({ archive }) => /-security[/ ]/.test(archive)));
    return { command, package: `${one.name}-dbgsym=${one.version}`, ...(before === undefined ? { note: "its archive of debug packages is not among apt's" } : { before }) };
  }

  install(name: string): string {
    return `apt-get install ${name}`;
  }
}

/** Fedora, RHEL and SUSE: zypper names the packages, dnf finds them by what they belong to. */
class Rpm implements PackageManager {
  readonly #run: RunCommand;
  readonly #isSuse: boolean;

  constructor(run: RunCommand, { names }: Distribution) {
    this.#run = run;
    this.#isSuse = names.some((name) => /^(?:open)?suse|^sles/.test(name));
  }

  owners(paths: readonly string[]): ReadonlyMap<string, Package> {
    // One after another: for a file of no package there is a line on standard error alone.
    return new Map(paths.flatMap((path) => {
      for (const spelling of spellings(path)) {
        const [name = '', version = ''] = (this.#run('rpm', ['-qf', '--qf', '%{NAME}\\t%{VERSION}-%{RELEASE}.%{ARCH}\\n', spelling]) ?? '').split('\n')[0]?.split('\t') ?? [];
        if (version !== '') return [[path, { name, version }] as const];
      }
      return [];
    }));
  }

  files(name: string): readonly string[] | undefined {
    const lines = (this.#run('rpm', ['-ql', name]) ?? '').split('\n').filter((line) => line.startsWith('/'));
    return lines.length === 0 ? undefined : lines;
  }

  installations(packages: readonly Package[]): ReadonlyMap<string, Installation> {
    return new Map(packages.map(({ name, version }) => [name, this.#isSuse ? { command: 'zypper install', package: `${name}-debuginfo` } : { command: 'dnf debuginfo-install', package: `${name}-${version}` }]));
  }

  install(name: string): string {
    return `${this.#isSuse ? 'zypper' : 'dnf'} install ${name}`;
  }
}

/** Asks for one file after the other. @param answer of the command: it has a package's name and version */
function askOwners(paths: readonly string[], ask: (path: string) => string | undefined, answer: RegExp): ReadonlyMap<string, Package> {
  return new Map(paths.flatMap((path) => {
    const [, name, version] = answer.exec(ask(path) ?? '') ?? [];
    return name === undefined || version === undefined ? [] : [[path, { name, version }] as const];
  }));
}

/** Alpine: -dbg packages, for those packages that have one. */
class Apk implements PackageManager {
  readonly #run: RunCommand;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  owners(paths: readonly string[]): ReadonlyMap<string, Package> {
    return askOwners(paths, (path) => this.#run('apk', ['info', '--who-owns', path]), / is owned by (\S+)-(\d\S*-r\d+)$/m);
  }

  files(name: string): readonly string[] | undefined {
    const lines = (this.#run('apk', ['info', '--contents', '--quiet', name]) ?? '').split('\n').filter((line) => line !== '').map((line) => `/${line.replace(/^\//, '')}`);
    return lines.length === 0 ? undefined : lines;
  }

  installations(packages: readonly Package[]): ReadonlyMap<string, Installation> {
    return new Map(packages.map(({ name }) => [name, { command: 'apk add', package: `${name}-dbg` }]));
  }

  install(name: string): string {
    return `apk add ${name}`;
  }
}

/** Arch: no debug packages in its repositories, but a debuginfod server. */
class Pacman implements PackageManager {
  readonly #run: RunCommand;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  owners(paths: readonly string[]): ReadonlyMap<string, Package> {
    return askOwners(paths, (path) => this.#run('pacman', ['-Qo', path]), / is owned by (\S+) (\S+)$/m);
  }

  files(name: string): readonly string[] | undefined {
    const lines = (this.#run('pacman', ['-Qlq', name]) ?? '').split('\n').filter((line) => line.startsWith('/') && !line.endsWith('/'));
    return lines.length === 0 ? undefined : lines;
  }

  installations(): ReadonlyMap<string, Installation> {
    return new Map();
  }

  install(name: string): string {
    return `pacman -S ${name}`;
  }
}

/** That of this system; undefined: none of those known. */
export function packageManager(distribution: Distribution, run: RunCommand = runCommand): PackageManager | undefined {
  const makers: readonly (readonly [command: string, make: () => PackageManager])[] = [
    ['dpkg-query', () => new Dpkg(run, distribution)], ['rpm', () => new Rpm(run, distribution)], ['apk', () => new Apk(run)], ['pacman', () => new Pacman(run)],
  ];
  return makers.find(([command]) => run(command, ['--version']) !== undefined)?.[1]();
}
