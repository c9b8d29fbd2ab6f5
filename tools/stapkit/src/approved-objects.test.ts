import { release } from 'node:os';
import { expect, test } from '@jest/globals';
import { callingUser, changeableBy, readApproved, requireAllowed, requireOwnKernel } from './approved-objects.js';
import { sudoersText } from './doctor/sudoers.js';

const stats = (other: Readonly<Record<string, { uid: number; mode: number }>>) => (path: string): { uid: number; mode: number } => other[path] ?? { uid: 0, mode: 0o100755 };

test.each<[string, Readonly<Record<string, { uid: number; mode: number }>>, string | undefined]>([
  ["root's alone", {}, undefined],
  ['a file of a user', { '/usr/lib/x.o': { uid: 1000, mode: 0o100644 } }, '/usr/lib/x.o belongs to user 1000'],
  ['a file that all can write', { '/usr/lib/x.o': { uid: 0, mode: 0o100646 } }, '/usr/lib/x.o can be written by others (mode 646)'],
  ['a folder that a group can write', { '/usr': { uid: 0, mode: 0o040775 } }, '/usr can be written by others (mode 775)'],
  ['a folder where all can make files', { '/': { uid: 0, mode: 0o041777 } }, '/ can be written by others (mode 1777)'],
])('who else may change an object: %s', (_what, other, said) => {
  expect(changeableBy('/usr/lib/x.o', stats(other))).toBe(said);
});

test('objects that are nowhere approved', () => {
  expect(() => readApproved('no-such-object-at-all')).toThrow(/there is no approved object/);
  expect(() => readApproved('/etc/hostname')).toThrow(/members of stapusr may run only objects in \/lib\/modules\/\S+\/systemtap or \/usr\/lib\/stapkit\/objects/);
});

test("a kernel's own folder has objects for that kernel", () => {
  const path = `/lib/modules/${release()}/systemtap/x.o`;
  expect(() => { requireOwnKernel(path, { kernelRelease: '4.0.0' }); }).toThrow(/compiled for kernel 4\.0\.0; this is/);
  expect(() => { requireOwnKernel(`/usr${path}`, { kernelRelease: '4.0.0' }); }).toThrow(/compiled for kernel/);
  requireOwnKernel(path, { kernelRelease: release() });
  requireOwnKernel('/usr/lib/stapkit/objects/x.o', { kernelRelease: '4.0.0' });
});

test('commands run as who called sudo', () => {
  expect(callingUser({ SUDO_UID: '1000', SUDO_GID: '100' })).toEqual({ uid: 1000, gid: 100 });
  expect([callingUser({}), callingUser({ SUDO_UID: '0', SUDO_GID: '0' })]).toEqual([undefined, undefined]);
  expect(() => callingUser({ SUDO_UID: '1000' })).toThrow(/SUDO_GID/);
});

test('flags that would do something else as root', () => {
  requireAllowed(['stapusr', 'c', 'x', 'verbose']);
  expect(() => { requireAllowed(['stapusr', 'o', 'S']); }).toThrow(/--stapusr does not go with -o, -S/);
  for (const flag of ['A', 'd', 'L', 'D']) expect(() => { requireAllowed(['stapusr', flag]); }).toThrow(`does not go with -${flag}`);
});

test('names with blanks and commas in the rule', () => {
  expect(sudoersText({ command: '/opt/my tools,1/stapkit-run', nodeFolder: '/usr/bin' })).toContain('Cmnd_Alias STAPKIT_RUN = /opt/my\\ tools\\,1/stapkit-run --stapusr *\n');
});
