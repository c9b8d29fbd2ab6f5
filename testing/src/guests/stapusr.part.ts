/** Compiled here for the guest's kernel, run there by a member of stapusr through the sudoers rule; and who and what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { guestKernel } from './guest.js';
import type { MakePart } from './parts.js';

const SCRIPT = 'global n; probe kernel.function("vfs_read") { if (pid() == target()) n++ } probe begin { system("id -un") } probe end { println(n > 0 ? "it was hit" : "no hit") }';
const BOUND = `%( kernel_v >= "6.0" %? ${SCRIPT} %)`;
const FOLDER = '/usr/lib/stapkit/objects';

/** The rule, a member, somebody else, and objects: whole, changed, for others to write, for another kernel. */
const SETUP = `exec 2>&1; hostname guest; echo '127.0.0.1 guest' >> /etc/hosts
groupadd --system stapusr; useradd -M -G stapusr member; useradd -M other
install -D -m 0644 $OUT/member_reads.o $OUT/changed.o $OUT/member_bound.o -t ${FOLDER}; install -m 0666 $OUT/member_reads.o ${FOLDER}/open.o
cd /tmp; stapkit doctor --install-sudoers > stapkit.sudoers && visudo -c -f stapkit.sudoers && install -m 0440 stapkit.sudoers /etc/sudoers.d/stapkit && cat stapkit.sudoers`;
const as = (user: string, command: string): string => `setpriv --reuid=${user} --regid=${user} --init-groups sh -c '${command}'`;
const RUN = 'sudo -n /usr/local/bin/stapkit-run';

/** Each with what is said. */
const REFUSED: Readonly<Record<string, readonly [command: string, said: RegExp]>> = {
  'another user': [as('other', `${RUN} --stapusr member_reads`), /^sudo: a password is required$/m],
  'a member without the flag': [as('member', `${RUN} ${FOLDER}/member_reads.o`), /^sudo: a password is required$/m],
  'a member without sudo': [as('member', `stapkit-run ${FOLDER}/member_reads.o`), /needs root, or the capabilities CAP_BPF and CAP_PERFMON/],
  'an object that others can write': [as('member', `${RUN} --stapusr open`), /the object is not approved: \/usr\/lib\/stapkit\/objects\/open\.o can be written by others \(mode 666\)/],
  'an object of another folder': [as('member', `${RUN} --stapusr /mnt/guest-out/member_reads.o`), /members of stapusr may run only objects in/],
  'a changed byte': [as('member', `${RUN} --stapusr changed`), /this object is not what stapkit wrote/],
  'another kernel': [as('member', `${RUN} --stapusr member_bound`), /were made for kernel 6\.0\.0-9-amd64; this is 6\.1\.\S+; compile the script again/],
};
const checkName = (what: string): string => `stapusr-${what.replaceAll(' ', '-')}`;

export const stapusrPart: MakePart = (guest, kernel) => {
  async function prepare(): Promise<void> {
    const { release, btf } = await guestKernel(kernel);
    for (const [name, script, of] of [['member_reads', SCRIPT, release], ['member_bound', BOUND, '6.0.0-9-amd64']] as const) {
      const made = await stapkit('stapkit', ['-p4', '-m', name, '-r', of, '--btf', btf, '-e', script], { cwd: guest.folder });
      expect([made.stderr, made.status]).toEqual(['', 0]);
    }
    const bytes = readFileSync(join(guest.folder, 'member_reads.o'));
    // In a name of the metadata: it would be read as well as the right one.
    const at = bytes.indexOf('it was hit');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(join(guest.folder, 'changed.o'), bytes);
    guest.check('stapusr-setup', SETUP);
    guest.check('stapusr-member', as('member', `${RUN} --stapusr member_reads -c "cat /proc/self/loginuid /proc/self/status"`));
    for (const [what, [command]] of Object.entries(REFUSED)) guest.check(checkName(what), command);
  }

  function declareTests(): void {
    test('the rule is one that visudo takes', () => {
      const { stdout, status } = guest.result('stapusr-setup');
      expect([status, stdout]).toEqual([0, expect.stringMatching(/stapkit\.sudoers: parsed OK\n[^]*^%stapusr ALL = \(root\) NOPASSWD: STAPKIT_RUN$/m)]);
    });

    test('a member of stapusr runs what was compiled elsewhere; commands run as that user', () => {
      const { stdout, stderr, status } = guest.result('stapusr-member');
      expect([stderr, status]).toEqual(['', 0]);
      expect(stdout).toMatch(/^it was hit$/m);
      expect(stdout).toMatch(/^member$/m);
      const [, ...ids] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$/m.exec(stdout) ?? [];
      expect(ids).toHaveLength(4);
      expect([new Set(ids).size, ids[0] === '0', /^CapEff:\t0+$/m.test(stdout), /^Groups:\t\s*$/m.test(stdout)]).toEqual([1, false, true, true]);
    });

    test.each(Object.entries(REFUSED))('refused: %s', (what, [, said]) => {
      const { stdout, stderr, status } = guest.result(checkName(what));
      expect(stderr).toMatch(said);
      expect([stdout, status]).toEqual(['', 1]);
    });
  }
  return { name: 'stapusr', prepare, declareTests };
};
