/** The package with a kernel's debug information, by the release's form and the distribution. */
import { expect, test } from '@jest/globals';
import { distributionOf, kernelDebugAdvice } from './kernel-debug-package.js';

test.each<[string, string[], string]>([
  ['6.1.0-56-amd64', ['debian'], 'install linux-image-6.1.0-56-amd64-dbg'],
  ['6.1.0-56-cloud-arm64', [], 'install linux-image-6.1.0-56-cloud-arm64-dbg'],
  ['6.12.48+deb13-rt-amd64', ['debian'], 'install linux-image-6.12.48+deb13-rt-amd64-dbg'],
  ['5.10.0-30-686-pae', ['debian'], 'install linux-image-5.10.0-30-686-pae-dbg'],
  ['6.8.0-45-generic', ['ubuntu', 'debian'], 'install linux-image-6.8.0-45-generic-dbgsym (of ddebs.ubuntu.com)'],
  ['6.8.0-1016-aws', ['debian'], 'install linux-image-6.8.0-1016-aws-dbgsym (of ddebs.ubuntu.com)'],
  ['6.8.0-1016-odd', ['linuxmint', 'ubuntu', 'debian'], 'install linux-image-6.8.0-1016-odd-dbgsym (of ddebs.ubuntu.com)'],
  ['6.5.6-300.fc39.x86_64', ['fedora'], 'install kernel-debuginfo-6.5.6-300.fc39.x86_64 (debuginfo-install kernel-6.5.6-300.fc39.x86_64)'],
  ['5.14.0-362.8.1.el9_3.aarch64', ['rocky', 'rhel', 'centos', 'fedora'], 'install kernel-debuginfo-5.14.0-362.8.1.el9_3.aarch64 (debuginfo-install kernel-5.14.0-362.8.1.el9_3.aarch64)'],
  ['6.4.0-150600.21-default', ['opensuse-leap', 'suse', 'opensuse'], 'install kernel-default-debuginfo of 6.4.0-150600.21-default'],
  ['6.8.12-1-pve', ['debian'], 'install the debug information of kernel 6.8.12-1-pve'],
  ['6.18.44-custom', ['debian'], 'install the debug information of kernel 6.18.44-custom'],
  ['6.18.5', ['ubuntu', 'debian'], 'install the debug information of kernel 6.18.5'],
  ['6.11.5-arch1-1', ['arch'], 'install the debug information of kernel 6.11.5-arch1-1'],
])('%s of %j', (release, distribution, advice) => {
  expect(kernelDebugAdvice({ release, distribution })).toBe(advice);
});

test('os-release says what a distribution is and what it is like', () => {
  expect(distributionOf('NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n')).toEqual(['linuxmint', 'ubuntu', 'debian']);
  expect(distributionOf("ID='fedora'\n")).toEqual(['fedora']);
  expect(distributionOf('')).toEqual([]);
});
