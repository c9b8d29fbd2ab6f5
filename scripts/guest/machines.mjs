/** The machines that QEMU makes for guests, by Debian's name of the architecture. */

/** Debian's name of this machine's architecture. */
export const HOST_ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64';

export const MACHINES = {
  // Not 'max': libc and V8 use AVX where there is AVX, and the emulator is slow at it (a quarter more of its processor time).
  amd64: { qemu: 'qemu-system-x86_64', package: 'qemu-system-x86', console: 'ttyS0', memory: 4096, options: ['-cpu', 'Nehalem'] },
  // Pointer authentication by the architecture's own cipher is most of the emulator's time; a guest cannot tell another one from it.
  arm64: { qemu: 'qemu-system-aarch64', package: 'qemu-system-arm', console: 'ttyAMA0', memory: 2048, options: ['-M', 'virt', '-cpu', 'max,pauth-impdef=on'] },
};

export function machineOf(arch) {
  const machine = MACHINES[arch];
  if (machine === undefined) throw new Error(`unknown guest architecture '${arch}': choose one of ${Object.keys(MACHINES).join(', ')}`);
  return machine;
}
