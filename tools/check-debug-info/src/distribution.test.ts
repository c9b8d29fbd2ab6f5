import { expect, test } from '@jest/globals';
import { archiveCommand, distributionOf, serverOf } from './distribution.js';

const DEBIAN = distributionOf('ID=debian\nVERSION_CODENAME=bookworm\n');
const UBUNTU = distributionOf('VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n');
const ROCKY = distributionOf('ID="rocky"\nID_LIKE="rhel centos fedora"\n');

test.each([
  [DEBIAN, 'https://debuginfod.debian.net'], [UBUNTU, 'https://debuginfod.ubuntu.com'], [ROCKY, 'https://debuginfod.centos.org'],
  [distributionOf("ID='opensuse-leap'\nID_LIKE='suse opensuse'\n"), 'https://debuginfod.opensuse.org'], [distributionOf('ID=arch\n'), 'https://debuginfod.archlinux.org'], [distributionOf(''), 'https://debuginfod.elfutils.org'],
])('%j asks %s', (distribution, server) => {
  expect(serverOf(distribution)).toBe(server);
});

test.each([
  [DEBIAN, false, /^echo 'deb http:\/\/deb\.debian\.org\/debian-debug bookworm-debug main' >> \S+ && apt-get update$/],
  [DEBIAN, true, /'deb http:\/\/deb\.debian\.org\/debian-security-debug bookworm-security-debug main'/],
  [UBUNTU, false, /^apt-get install ubuntu-dbgsym-keyring && echo 'deb http:\/\/ddebs\.ubuntu\.com noble main restricted universe multiverse'/],
])('%j: apt gets the archive of debug packages', (distribution, security, command) => {
  expect(archiveCommand(distribution, security)).toMatch(command);
});

test('an archive that is not known is not made up', () => {
  expect([archiveCommand(ROCKY, false), archiveCommand(distributionOf('ID=debian\n'), false)]).toEqual([undefined, undefined]);
});
