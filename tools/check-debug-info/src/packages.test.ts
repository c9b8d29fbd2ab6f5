/** Package managers that are not on this machine, by what they print; dpkg's own is asked in testing/. */
import { expect, test } from '@jest/globals';
import { packageManager, type RunCommand } from './packages.js';

const DEBIAN = { names: ['debian'], codename: 'bookworm' };
const ID = 'fcd0e9d8b616f989ebc121cdb03f2db87eb5e3de';

/** Answers by the words of a command line; commands without an answer are not there. */
function saying(answers: Readonly<Record<string, string>>): RunCommand {
  return (command, args) => {
    const line = [command, ...args].join(' ');
    const found = Object.entries(answers).find(([start]) => line.startsWith(start));
    return found?.[1] ?? (Object.keys(answers).some((start) => start.startsWith(`${command} `)) ? '' : undefined);
  };
}

const DPKG = {
  'dpkg-query --version': 'Debian',
  'dpkg-query --search': 'varnish: /usr/sbin/varnishd\nlibc6:amd64: /lib/x86_64-linux-gnu/libc.so.6\ndiversion by dash from: /bin/sh\n',
  'dpkg-query --show': 'varnish\t7.1.1-2\tvarnish\nlibc6:amd64\t2.36-9\tglibc\n',
};
const MADISON = 'libc6-dbg | 2.36-9 | http://deb.debian.org/debian bookworm/main amd64 Packages\n';

test('dpkg: the owner of a file, also below /lib; its debug package in apt or in an archive to add', () => {
  const dpkg = packageManager(DEBIAN, saying({ ...DPKG, 'apt-cache madison': MADISON }));
  const owners = dpkg?.owners(['/usr/sbin/varnishd', '/usr/lib/x86_64-linux-gnu/libc.so.6', '/opt/own']);
  expect([...owners ?? []]).toEqual([['/usr/sbin/varnishd', { name: 'varnish', version: '7.1.1-2', source: 'varnish' }], ['/usr/lib/x86_64-linux-gnu/libc.so.6', { name: 'libc6', version: '2.36-9', source: 'glibc' }]]);
  expect([...dpkg?.installations([...owners?.values() ?? []], new Map()) ?? []]).toEqual([
    ['varnish', { command: 'apt-get install', package: 'varnish-dbgsym=7.1.1-2', before: expect.stringContaining('bookworm-debug main') }],
    ['libc6', { command: 'apt-get install', package: 'libc6-dbg=2.36-9' }],
  ]);
});

test.each([
  ['the same version', 'varnish-dbgsym | 7.1.1-2 | x Packages\n', `Package: varnish-dbgsym\nBuild-Ids: 00 ${ID}\n`, { package: 'varnish-dbgsym=7.1.1-2' }],
  ['without this build', 'varnish-dbgsym | 7.1.1-2 | x Packages\n', 'Package: varnish-dbgsym\nBuild-Ids: 00\n', { package: 'varnish-dbgsym=7.1.1-2', note: `it has no build-id ${ID}` }],
  ['another version', 'varnish-dbgsym | 7.1.1-3 | x Packages\n', '', { package: 'varnish-dbgsym', note: expect.stringContaining("apt's lists have 7.1.1-3, installed is 7.1.1-2") }],
  ['from the security archive', 'varnish | 7.1.1-2 | http://x bookworm-security/main amd64 Packages\n', '', { package: 'varnish-dbgsym=7.1.1-2', before: expect.stringContaining('debian-security-debug') }],
])('apt: %s', (_what, madison, show, wanted) => {
  const dpkg = packageManager(DEBIAN, saying({ ...DPKG, 'apt-cache madison': madison, 'apt-cache show': show }));
  expect(dpkg?.installations([{ name: 'varnish', version: '7.1.1-2' }], new Map([['varnish', [ID]]])).get('varnish')).toEqual({ command: 'apt-get install', ...wanted });
});

test.each([
  ['dnf', 'rpm', 'fedora', { 'rpm --version': 'RPM', 'rpm -qf': 'bash\t5.2.26-3.fc40.x86_64\n' }, { command: 'dnf debuginfo-install', package: 'bash-5.2.26-3.fc40.x86_64' }],
  ['zypper', 'rpm', 'opensuse-leap', { 'rpm --version': 'RPM', 'rpm -qf': 'bash\t5.2-1.x86_64\n' }, { command: 'zypper install', package: 'bash-debuginfo' }],
  ['apk', 'apk', 'alpine', { 'apk --version': 'apk', 'apk info --who-owns': '/bin/bash is owned by bash-5.2.26-r0\n' }, { command: 'apk add', package: 'bash-dbg' }],
  ['pacman', 'pacman', 'arch', { 'pacman --version': 'Pacman', 'pacman -Qo': '/bin/bash is owned by bash 5.2.026-2\n' }, undefined],
])('%s', (_name, _command, distribution, answers, wanted) => {
  const manager = packageManager({ names: [distribution], codename: undefined }, saying(answers));
  const owner = manager?.owners(['/bin/bash']).get('/bin/bash');
  expect(owner?.name).toBe('bash');
  expect(manager?.installations(owner === undefined ? [] : [owner], new Map()).get('bash')).toEqual(wanted);
});

test('none of them', () => {
  expect(packageManager(DEBIAN, () => undefined)).toBeUndefined();
});
