/** What this machine may not allow: kernel functions by fentry and by kprobe; with this machine's debug information of the guest's kernel, places inside of them. */
import { writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stapkit } from '../checkout.js';
import { buildPrograms } from '../programs.js';
import { WITHOUT_DEBUGINFO, guestKernel, kernelDebuginfo } from './guest.js';
import type { MakePart } from './parts.js';

/** reads.c prints its own counts; the probe must print the same. */
const READS = 'global calls, bytes, failed; probe kernel.function("vfs_read").return { if (pid() == target() && @entry($count) != 832) { calls++; if ($return < 0) failed++; else bytes += $return } } probe end { printf("calls %d bytes %d failed %d\\n", calls, bytes, failed) }';

/** Statements, inlined bodies and calls of the kernel: the machine that compiles has the debug information, the guest has none. */
const STATEMENTS = `global statements, calls, inlined, callees, labels, exported, called
probe kernel.statement("vfs_read@fs/read_write.c+1").nearest { if (pid() == target() && kernel_string($file->f_path->dentry->d_name->name) == "zero") statements[$count > 0] <<< $count }
probe kernel.function("vfs_read").callee("rw_verify_area").return { if (pid() == target() && !$return) came_back++ } global came_back
probe kernel.function("rw_verify_area*@fs/read_write.c").call { if (pid() == target()) calls++ }
probe kernel.function("vfs_read").callee("rw_verify_area") { if (pid() == target()) callees++ }
probe kernel.function("vfs_read").callee("rw_verify_area").call { if (pid() == target()) called_by++ } global called_by
probe kernel.statement("vfs_read@fs/read_write.c:*") { if (pid() == target() && execname() == "reads" && shown++ < 4) println("locals ", $$locals) } global shown
probe end { printf("callee %d %d\\n", called_by, came_back) }
probe kernel.function("add_rchar").inline { if (pid() == target()) inlined++ }
probe kernel.function("alloc_fd").label("out") { if (pid() == target() && execname() == "reads") labels++ }
probe kernel.function("vfs_read").exported { if (pid() == target() && $count < 1 << 20) exported++ }
probe kernel.function("ksys_read").callees(1) { if (pid() == target() && ppfunc() == "vfs_read" && execname() == "reads") called++ }
probe end { printf("labels %d exported %d called %d\\n", labels, exported, called) }
probe end { printf("statements %d calls %d callees %d inlined %d\\n", @count(statements[1]), calls >= callees, callees, inlined > 100) }`;
/** A module's function, with members of its types and values of its entry: each read of 1000 bytes of a file on 9p. */
const MODULE = 'probe module("9pnet").function("p9_client_read").return { if (pid() == target() && @entry($to->count) == 1000) printf("%d %d %s\\n", @entry($offset), $return, $$return) }';
/** The same inside of it. */
const MODULE_STATEMENT = 'probe module("9pnet").statement("p9_client_read@net/9p/client.c+5").nearest { if (pid() == target() && $to->count == 1000) printf("at %d %d\\n", $offset, $fid->clnt->msize > 4096) }';
/** What it calls, what is inlined in the module, and a label. */
const MODULE_PLACES = `global callee, call, back, depth, lines, inlined, labels, opened
probe module("9pnet").function("p9_client_read").callee("p9_client_read_once") { if (pid() == target()) callee++ }
probe module("9pnet").function("p9_client_read").callee("p9_client_read_once").call { if (pid() == target()) call++ }
probe module("9pnet").function("p9_client_read").callee("p9_client_read_once").return { if (pid() == target()) back++ }
probe module("9pnet").function("p9_client_read").callees(1) { if (pid() == target() && ppfunc() == "p9_client_read_once") depth++ }
probe module("9pnet").function("p9_req_put").inline { if (pid() == target()) inlined++ }
probe module("9pnet").function("p9_client_open").label("free_*") { if (pid() == target()) labels++ }
probe module("9pnet").function("p9_client_open").return { if (pid() == target() && !$return) opened++ }
probe module("9pnet").statement("p9_client_read@net/9p/client.c+8") { if (pid() == target()) lines++ }
probe end { printf("callees %d %d %d %d %d inlined %d labels %d\\n", callee, call, back, depth, lines, inlined > 0, opened > 0 && labels == opened) }`;
/** What is opened, before it is. */
const WALK = 'global walks; probe kernel.function("complete_walk") { if (pid() == target() && d_path($nd) == "/dev/zero" && !walks++) printf("walked %s %d\\n", fullpath_struct_nameidata($nd), stack_used() > 200 && stack_used() + stack_unused() == stack_size()) }';
const READ_BY_1000 = 'dd if=/mnt/guest-out/3500 of=/dev/null bs=1000';
export const kernelFunctionsPart: MakePart = (guest, kernel) => {
  let missing = '';
  let unplaced = '';
  let packageName = '';

  async function prepare(): Promise<void> {
    buildPrograms(['reads', 'calls', 'opens'], `${guest.folder}/programs`);
    const { release, btf } = await guestKernel(kernel);
    const compiled = await stapkit('stapkit', ['-p4', '-m', 'reads', '-r', release, '--btf', btf, '-e', READS], { cwd: guest.folder });
    expect(compiled.stderr).toBe('');
    expect(compiled.status).toBe(0);
    const unknown = await stapkit('stapkit', ['-p2', '-r', release, '--btf', btf, '-e', STATEMENTS], { env: WITHOUT_DEBUGINFO });
    missing = unknown.stderr;
    const { env, ...debuginfo } = await kernelDebuginfo(kernel);
    packageName = debuginfo.packageName;
    const statements = await stapkit('stapkit', ['-p4', '-m', 'statements', '-r', release, '--btf', btf, '-e', STATEMENTS], { cwd: guest.folder, env, timeoutMs: 120_000 });
    const module = await stapkit('stapkit', ['-p4', '-m', 'module', '-r', release, '--btf', btf, '-e', `${MODULE} ${MODULE_STATEMENT} ${MODULE_PLACES}`], { cwd: guest.folder, env, timeoutMs: 120_000 });
    const data = await stapkit('stapkit', ['-p2', '-r', release, '--btf', btf, '-e', 'probe module("9pnet").function("p9_client_read") { println(&@var("v9fs_trans_list@net/9p/mod.c")) }'], { env, timeoutMs: 120_000 });
    unplaced = data.stderr;
    expect([module.stderr, module.status]).toEqual(['', 0]);
    writeFileSync(`${guest.folder}/3500`, Buffer.alloc(3500));
    expect([statements.stderr, statements.status]).toEqual(['', 0]);
    guest.check('statements', "stapkit-run -c '/mnt/guest-out/programs/reads 2' $OUT/statements.o");
    guest.check('module-dwarf', `stapkit-run -c '${READ_BY_1000}' $OUT/module.o`);
    guest.check('module-btf', `stapkit -v -e '${MODULE}' -c '${READ_BY_1000}'`);
    guest.check('reads', `stapkit -e '${READS}' -c '/mnt/guest-out/programs/reads 2'`);
    guest.check('reads-kprobe', `STAPKIT_ATTACH=kprobe stapkit -v -e '${READS}' -c '/mnt/guest-out/programs/reads 2'`);
    guest.check('object', "stapkit-run -c '/mnt/guest-out/programs/reads 2' $OUT/reads.o");
    guest.check('members', `stapkit -e 'probe kernel.function("vfs_read") { if (pid() == target()) { printf("%d %s\\n", $file->f_path->dentry->d_inode->i_ino > 0, kernel_string($file->f_path->dentry->d_name->name)); exit() } } ${WALK}' -c '/mnt/guest-out/programs/reads 1'`);
    guest.check('no-such', `stapkit -e 'probe kernel.function("vfs_raed") { }'`);
  }

  function declareTests(): void {
    test('the guest did all checks', () => {
      for (const name of ['statements', 'module-dwarf', 'module-btf', 'reads', 'reads-kprobe', 'object', 'members', 'no-such']) expect([name, guest.result(name).status]).toEqual([name, name === 'no-such' ? 1 : 0]);
    });

    test.each(['reads', 'reads-kprobe', 'object'])('vfs_read counted by its return probe agrees with the program: %s', (name) => {
      const { stdout, stderr } = guest.result(name);
      const [program, probe] = stdout.trim().split('\n');
      expect([program, stderr.includes('ERROR')]).toEqual(['calls 264 bytes 676040 failed 14', false]);
      expect(probe).toBe(program);
    });

    test('the kprobe run went by kprobe', () => {
      expect(guest.result('reads-kprobe').stderr).toMatch(/kretprobe/);
    });

    test('structure members by BTF', () => {
      expect(guest.result('members').stdout).toMatch(/^1 zero$/m);
    });

    test('d_path(), stack_used()', () => {
      expect(guest.result('members').stdout).toMatch(/^walked \/dev\/zero 1$/m);
    });

    test('statements, inlined bodies and calls by the kernel\'s debug information, on a kernel that has none', () => {
      // 14 of the 264 reads are of a file that is open for writing only: they are refused before the check of the range.
      expect(guest.result('statements').stdout).toMatch(/^statements 250 calls 1 callees 250 inlined 1$/m);
    });

    test('labels, external functions, and what a function calls', () => {
      // Two files are opened; 264 reads.
      expect(guest.result('statements').stdout).toMatch(/^labels 2 exported 264 called 264$/m);
    });

    test.each(['module-dwarf', 'module-btf'])('variables of a function of a module: %s', (name) => {
      const { stdout, stderr } = guest.result(name);
      expect(stderr).not.toMatch(/ERROR/);
      expect(stdout.split('\n').filter((line) => /^\d+ \d+ return/.test(line))).toEqual(['0 1000 return=0x3e8', '1000 1000 return=0x3e8', '2000 1000 return=0x3e8', '3000 500 return=0x1f4', '3500 0 return=0x0']);
    });

    test('a statement of a module, with its variables', () => {
      expect(guest.result('module-dwarf').stdout.split('\n').filter((line) => line.startsWith('at '))).toEqual(['at 0 1', 'at 1000 1', 'at 2000 1', 'at 3000 1', 'at 3500 1']);
    });

    test('what a function calls, by its calls and returns; all lines of a function with their locals', () => {
      const { stdout } = guest.result('statements');
      expect(stdout).toMatch(/^callee 250 250$/m);
      expect(stdout.match(/^locals .*$/gm)).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^locals ret=(?:0x[0-9a-f]+|\?)/)));
    });

    test('what a function of a module calls, inlined bodies and labels of a module', () => {
      // Five reads of the file, and what is read to start dd.
      const [, ...counts] = /^callees (\d+) (\d+) (\d+) (\d+) (\d+) inlined 1 labels 1$/m.exec(guest.result('module-dwarf').stdout) ?? [];
      expect([new Set(counts).size, Number(counts[0]) >= 6]).toEqual([1, true]);
    });

    test('where data of a module is, only the running kernel knows', () => {
      expect(unplaced).toMatch(/E0410: '\$v9fs_trans_list' .*section \.data/);
    });

    test('without the debug information the message names its package', () => {
      expect(missing).toContain(`install ${packageName}`);
    });
  }
  return { name: 'kernel functions', prepare, declareTests };
};
