/**
 * A small initramfs: busybox, the virtio and 9p modules, and an init that mounts the host's root
 * read-only over 9p, lays a tmpfs over it and runs the guest's script there. A guest of another
 * architecture gets a root of its own (/out/userland names it) with the host's checkout in it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** In the order of loading; what a kernel has built in is simply not there. */
const MODULES = ['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'netfs', 'fscache', '9pnet', '9pnet_virtio', '9p', 'overlay', 'loop'];

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /host /out /cover /root
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in $(/bin/busybox cat /modules/order); do /bin/busybox insmod /modules/$module || echo "guest: cannot load $module"; done
options=trans=virtio,version=9p2000.L,msize=524288
# The host's files do not change meanwhile: what was read once stays in the page cache.
/bin/busybox mount -t 9p -o ro,cache=loose,$options host /host || echo "guest: cannot mount the host's files"
/bin/busybox mount -t 9p -o rw,$options out /out || echo "guest: cannot mount the result folder"
/bin/busybox mount -t tmpfs tmpfs /cover
/bin/busybox mkdir -p /cover/upper /cover/work
lower=/host$(/bin/busybox cat /out/userland 2>/dev/null)
/bin/busybox mount -t overlay -o lowerdir=$lower,upperdir=/cover/upper,workdir=/cover/work overlay /root || echo "guest: cannot lay the overlay"
if [ -e /out/checkout ]; then
  checkout=$(/bin/busybox cat /out/checkout)
  /bin/busybox mkdir -p /root$checkout
  /bin/busybox mount --bind /host$checkout /root$checkout || echo "guest: cannot bind the checkout"
fi
/bin/busybox mkdir -p /root/proc /root/sys /root/dev /root/tmp /root/run /root/mnt/guest-out
/bin/busybox mount -t proc proc /root/proc
/bin/busybox mount -t sysfs sysfs /root/sys
/bin/busybox mount -t devtmpfs dev /root/dev
/bin/busybox mkdir -p /root/dev/pts /root/dev/shm
/bin/busybox mount -t devpts devpts /root/dev/pts
/bin/busybox mount -t tmpfs tmpfs /root/dev/shm
/bin/busybox mount -t tmpfs tmpfs /root/run
/bin/busybox ln -sf /proc/self/fd /root/dev/fd
/bin/busybox ln -sf /proc/self/fd/0 /root/dev/stdin
/bin/busybox ln -sf /proc/self/fd/1 /root/dev/stdout
/bin/busybox ln -sf /proc/self/fd/2 /root/dev/stderr
/bin/busybox mount -t debugfs debugfs /root/sys/kernel/debug 2>/dev/null
/bin/busybox mount -t tracefs tracefs /root/sys/kernel/tracing 2>/dev/null
/bin/busybox mount -t bpf bpf /root/sys/fs/bpf 2>/dev/null
/bin/busybox mount --bind /out /root/mnt/guest-out
/bin/busybox ifconfig lo 127.0.0.1 up
/bin/busybox chroot /root /bin/sh /mnt/guest-out/run.sh > /out/output 2>&1 < /dev/null
echo $? > /out/status.tmp
/bin/busybox mv /out/status.tmp /out/status
/bin/busybox sync
/bin/busybox poweroff -f
`;

function moduleFiles(modules) {
  const found = new Map();
  for (const entry of readdirSync(join(modules, 'kernel'), { recursive: true })) {
    const match = /^(.*)\.ko(\.xz|\.zst)?$/.exec(basename(entry));
    if (match?.[1] !== undefined) found.set(match[1].replaceAll('-', '_'), join(modules, 'kernel', entry));
  }
  return MODULES.map((name) => [name, found.get(name)]).filter(([, path]) => path !== undefined);
}

/** This machine's, or with a userland of another architecture the one there. */
function findBusybox(userland = '') {
  const busybox = ['/usr/bin/busybox', '/bin/busybox'].map((path) => userland + path).find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('busybox is missing: apt-get install busybox-static');
  return busybox;
}

/**
 * @param {{modules: string, folder: string}} kernel from fetchKernel
 * @param {string | undefined} userland from fetchUserland
 * @returns {string} path of the initramfs, made anew when this file is newer
 */
export function makeInitramfs(kernel, userland) {
  const target = join(kernel.folder, 'initramfs.cpio');
  if (existsSync(target) && statSync(target).mtimeMs > statSync(new URL(import.meta.url)).mtimeMs) return target;
  const tree = join(kernel.folder, 'initramfs');
  rmSync(tree, { recursive: true, force: true });
  for (const name of ['bin', 'modules']) mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(findBusybox(userland), join(tree, 'bin/busybox'));
  chmodSync(join(tree, 'bin/busybox'), 0o755);
  const order = [];
  for (const [name, path] of moduleFiles(kernel.modules)) {
    const file = join(tree, 'modules', `${name}.ko`);
    if (path.endsWith('.xz')) writeFileSync(file, execFileSync('xz', ['-dc', path], { maxBuffer: 1 << 26 }));
    else if (path.endsWith('.zst')) writeFileSync(file, execFileSync('zstd', ['-dc', path], { maxBuffer: 1 << 26 }));
    else copyFileSync(path, file);
    order.push(`${name}.ko`);
  }
  writeFileSync(join(tree, 'modules/order'), `${order.join('\n')}\n`);
  writeFileSync(join(tree, 'init'), INIT, { mode: 0o755 });
  const list = execFileSync('find', ['.', '-print0'], { cwd: tree });
  writeFileSync(`${target}.tmp`, execFileSync('cpio', ['--null', '--create', '--format=newc', '--quiet'], { cwd: tree, input: list, maxBuffer: 1 << 28 }));
  execFileSync('mv', [`${target}.tmp`, target]);
  return target;
}
