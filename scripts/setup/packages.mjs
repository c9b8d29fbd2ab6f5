/** Debian packages that the tests need; installed when this is Debian and we are root. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NEEDED = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-system-aarch64': 'qemu-system-arm',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu',
  busybox: 'busybox-static',
  bpftool: 'bpftool',
  gcc: 'gcc',
  gdb: 'gdb',
  'g++': 'g++',
  clang: 'clang',
  rustc: 'rustc',
  go: 'golang-go',
  strace: 'strace',
  visudo: 'sudo',
  useradd: 'passwd',
  cpio: 'cpio',
  xz: 'xz-utils',
  'llvm-objdump': 'llvm',
  readelf: 'binutils',
  zstd: 'zstd',
  dwz: 'dwz',
  'eu-strip': 'elfutils',
  debuginfod: 'debuginfod',
  unshare: 'util-linux',
  javac: 'default-jdk-headless',
  losetup: 'mount',
  chromium: 'chromium',
  groff: 'groff-base',
  zsh: 'zsh',
  fish: 'fish',
  varnishd: 'varnish',
  nginx: 'nginx',
  tmux: 'tmux',
  script: 'bsdutils',
  sshd: 'openssh-server',
  ssh: 'openssh-client',
};

function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Packages without a command: a file that shows that they are there. systemtap-doc's example scripts are parsed as a corpus. */
const NEEDED_FILES = { '/usr/include/stdio.h': 'libc6-dev', '/usr/aarch64-linux-gnu/include/stdio.h': 'libc6-dev-arm64-cross', '/usr/share/systemtap/examples': 'systemtap-doc', '/usr/bin/python3': 'python3' };
/** Likewise, where Debian puts them into a folder of the architecture. */
const NEEDED_HEADERS = { 'sys/sdt.h': 'systemtap-sdt-dev' };
const headerFolders = () => ['/usr/include', ...readdirSync('/usr/include').filter((name) => name.includes('-linux-')).map((name) => join('/usr/include', name))];

const missingPackages = () => [
  ...Object.entries(NEEDED).filter(([command]) => !onPath(command)).map(([, name]) => name),
  ...Object.entries(NEEDED_FILES).filter(([path]) => !existsSync(path)).map(([, name]) => name),
  ...Object.entries(NEEDED_HEADERS).filter(([path]) => !headerFolders().some((folder) => existsSync(join(folder, path)))).map(([, name]) => name),
];

/** @returns {string[]} packages that are still missing */
export function installTestPackages() {
  const wanted = missingPackages();
  if (wanted.length === 0) return [];
  if (process.getuid() !== 0 || !existsSync('/etc/debian_version')) return wanted;
  const apt = (words) => spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status;
  process.stdout.write(`installing ${wanted.join(' ')}\n`);
  apt(['-q', 'update']);
  apt(['-q', 'install', '-y', '--no-install-recommends', ...wanted]);
  return missingPackages();
}
