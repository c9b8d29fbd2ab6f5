/**
 * What has the DWARF of a kernel, by the form of its release (uname -r) and, where that leaves it open, by the distribution. Sources:
 * Debian's kernel handbook, Ubuntu's "Debug symbol packages", the manual pages of dnf's debuginfo-install and of SUSE's kernel packages.
 */

/** `6.1.0-56-amd64`, `6.12.48+deb13-cloud-arm64`, `6.1.0-56-686-pae`. */
const DEBIAN = /^\d+\.\d[\w.+~]*(?:-\d+)?(?:-(?:cloud|rt|powerpc64le|marvell|rpi))*-(?:amd64|arm64|686(?:-pae)?|armmp(?:-lpae)?|powerpc64le|s390x|riscv64|loong64|[45]kc-malta|octeon|loongson-3)$/;
/** `6.8.0-45-generic`, `6.8.0-1016-aws`. */
const UBUNTU = /^\d+\.\d+\.\d+-\d+-(?:generic|generic-64k|lowlatency|realtime|aws|azure|gcp|gke|oracle|ibm|kvm|raspi|nvidia|oem|laptop)[\w-]*$/;
/** `6.5.6-300.fc39.x86_64`, `5.14.0-362.8.1.el9_3.x86_64`. */
const RED_HAT = /^\d+\.\d[\w.~]*-[\w.~]+\.(?:fc|el|amzn|azl|cm)\d\w*(?:\.\d+)*\.(?:x86_64|aarch64|ppc64le|s390x)(?:\+\w+)?$/;
/** `6.4.0-150600.21-default`, `6.11.2-1-default`. */
const SUSE = /^\d+\.\d[\w.]*-[\d.]+-(default|azure|rt|64kb|pae|longterm)$/;

export interface DistributedKernel {
  /** uname -r. */
  readonly release: string;
  /** ID and ID_LIKE of /etc/os-release (os-release(5)) of the machine that the advice is for. */
  readonly distribution: readonly string[];
}

/** What to do to have it, for messages: "install …". */
export function kernelDebugAdvice({ release, distribution }: DistributedKernel): string {
  const is = (...names: readonly string[]): boolean => names.some((name) => distribution.includes(name));
  if (RED_HAT.test(release)) return `install kernel-debuginfo-${release} (debuginfo-install kernel-${release})`;
  const flavour = SUSE.exec(release)?.[1];
  if (flavour !== undefined && (is('suse', 'opensuse', 'sles') || flavour === 'default')) return `install kernel-${flavour}-debuginfo of ${release}`;
  if (DEBIAN.test(release) && !is('ubuntu')) return `install linux-image-${release}-dbg`;
  if (UBUNTU.test(release) || (is('ubuntu') && /^\d+\.\d+\.\d+-\d+-\w/.test(release))) return `install linux-image-${release}-dbgsym (of ddebs.ubuntu.com)`;
  return `install the debug information of kernel ${release}`;
}

/** A value of an os-release file (os-release(5)). */
export function osReleaseValue(osRelease: string, key: string): string | undefined {
  const [, double, single, plain] = new RegExp(`^${key}=(?:"([^"]*)"|'([^']*)'|(\\S*))`, 'm').exec(osRelease) ?? [];
  return double ?? single ?? plain;
}

/** ID and ID_LIKE of an os-release file, itself first. */
export function distributionOf(osRelease: string): string[] {
  return ['ID', 'ID_LIKE'].flatMap((key) => (osReleaseValue(osRelease, key) ?? '').split(/\s+/)).filter((name) => name !== '');
}
