/** What a distribution calls its debug packages, where they are, and which debuginfod server it runs. */
import { debuginfodServerOf, distributionOf as namesOf, osReleaseValue, readOsRelease } from '@stapkit/cli-kit';

export interface Distribution {
  /** ID and ID_LIKE of os-release(5), itself first. */
  readonly names: readonly string[];
  /** VERSION_CODENAME. */
  readonly codename: string | undefined;
}

/** @param text of /etc/os-release */
export const distributionOf = (text: string): Distribution => ({ names: namesOf(text), codename: osReleaseValue(text, 'VERSION_CODENAME') });

export const thisDistribution = (): Distribution => distributionOf(readOsRelease());

/** The debuginfod server to ask. */
export const serverOf = ({ names }: Distribution): string => debuginfodServerOf(names);

/** The command that adds the archive of debug packages to apt's; undefined where it is not known. @param security the package came from the security archive */
export function archiveCommand({ names, codename }: Distribution, security: boolean): string | undefined {
  if (codename === undefined) return undefined;
  const add = (line: string): string => `echo '${line}' >> /etc/apt/sources.list.d/debug.list && apt-get update`;
  // Ubuntu is like Debian: its own name counts first.
  if (names.includes('ubuntu')) return `apt-get install ubuntu-dbgsym-keyring && ${add(`deb http://ddebs.ubuntu.com ${codename} main restricted universe multiverse`)}`;
  if (!names.includes('debian')) return undefined;
  return add(security ? `deb http://deb.debian.org/debian-security-debug ${codename}-security-debug main` : `deb http://deb.debian.org/debian-debug ${codename}-debug main`);
}
