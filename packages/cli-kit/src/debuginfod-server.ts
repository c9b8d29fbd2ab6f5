/** Which debuginfod server a distribution runs (sourceware.org/elfutils/Debuginfod.html lists them). */

const SERVERS: Readonly<Record<string, string>> = {
  debian: 'https://debuginfod.debian.net', ubuntu: 'https://debuginfod.ubuntu.com', fedora: 'https://debuginfod.fedoraproject.org', centos: 'https://debuginfod.centos.org',
  opensuse: 'https://debuginfod.opensuse.org', suse: 'https://debuginfod.opensuse.org', arch: 'https://debuginfod.archlinux.org', void: 'https://debuginfod.s.voidlinux.org', altlinux: 'https://debuginfod.altlinux.org', guix: 'https://debuginfod.guix.gnu.org',
};
/** elfutils' own asks those of many distributions. */
const ANY_SERVER = 'https://debuginfod.elfutils.org';

/** @param names ID and ID_LIKE of os-release(5), itself first */
export const debuginfodServerOf = (names: readonly string[]): string => names.map((name) => SERVERS[name]).find((one) => one !== undefined) ?? ANY_SERVER;
