/** The tapset's probe aliases: all compile for every kernel of the guests, and those by tracepoints fire here, with what they should tell. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadCompiler, localTarget } from '@stapkit/cli-kit';
import { CHECKOUT, stapkit } from './checkout.js';
import { guestKernel } from './guests/guest.js';
import { buildPrograms } from './programs.js';
import { ABSENT, firstHits, printingProbe, tapsetAliases } from './tapset-aliases.js';

const programs = buildPrograms(['alias-work']);
// A file system that is on a disk, which memory's is not.
const folder = mkdtempSync(join(CHECKOUT, 'testing/dist/alias-work-'));
afterAll(() => {
  programs.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('compile', () => {
  test.each(['5.10', '6.1', '6.12', '7.2'] as const)('every alias, with all its variables, for Linux %s; those that it has not are the known ones', async (kernel) => {
    const { compileScript } = await loadCompiler();
    const { release, btf } = await guestKernel(kernel);
    const target = localTarget({ btfFile: btf, release });
    const elaborate = (text: string): readonly string[] => compileScript({ scripts: [{ file: 'aliases.stp', text }], args: [], target, name: 'aliases', until: 'elaborate' }).diagnostics.map(({ code, message }) => `${code} ${message}`);
    const aliases = tapsetAliases();
    const absent = new Set(ABSENT.filter(({ kernels }) => kernels.includes(kernel)).map(({ name }) => name));
    expect(elaborate(aliases.filter(({ name }) => !absent.has(name)).map(printingProbe).join(''))).toEqual([]);
    for (const name of absent) expect([name, ...elaborate(`probe ${name} {}`)]).toEqual([name, expect.stringMatching(/^E04/)]);
  });
});

/** Aliases that fire here: when their first event is the program's, what is printed, and what it must be. */
const HERE: readonly (readonly [alias: string, condition: string, printed: string, expected: RegExp])[] = [
  ['scheduler.process_fork', 'parent_pid == target()', 'name, " ", parent_pid == parent_tid, " ", child = child_pid', /^process_fork 1 CHILD$/],
  ['kprocess.create', 'pid() == target()', 'new_pid, " ", new_tid, " ", task_tid(task)', /^CHILD CHILD CHILD$/],
  ['scheduler.wakeup_new', 'task_pid == child && child', 'task_tid, " ", task_priority, " ", task_cpu, " ", task_state', /^CHILD 1[0-3]\d \d+ \d+$/],
  ['scheduler.wakeup', 'task_pid == child && child', 'task_tid, " ", task_priority, " ", name', /^CHILD 1[0-3]\d wakeup$/],
  ['scheduler.ctxswitch', 'next_pid == child && child', 'next_task_name, " ", next_priority, " ", next_tid, " ", prev_pid != next_pid', /^alias-work 1[0-3]\d CHILD 1$/],
  ['scheduler.cpu_off', 'pid() == target()', 'idle, " ", task_pid(task_prev) == pid(), " ", task_prev != task_next', /^0 1 1$/],
  ['scheduler.migrate', 'task_pid(task) == target()', 'pid == target(), " ", cpu_from != cpu_to, " ", priority', /^1 1 \d+$/],
  ['scheduler.wait_task', 'pid() == target()', 'task_pid, " ", task_priority', /^CHILD \d+$/],
  ['scheduler.process_wait', 'pid() == target()', 'pid, " ", name', /^CHILD process_wait$/],
  ['scheduler.process_exit', 'pid == child && child', 'priority, " ", name', /^1[0-3]\d process_exit$/],
  ['scheduler.process_free', 'pid == child && child', 'priority, " ", name', /^1[0-3]\d process_free$/],
  ['scheduler.signal_send', 'pid == target() && signal_number == 10', 'signal_number, " ", name', /^10 signal_send$/],
  ['kprocess.exec', 'pid() == child && child', 'filename, " ", argstr', /^"\/bin\/sh" "\/bin\/sh",? .*exit 3/],
  ['kprocess.exec_complete', 'pid() == child && child', 'success, " ", errno', /^1 0$/],
  ['kprocess.exit', 'pid() == child && child', 'code', /^768$/],
  ['signal.send', 'pid() == target() && sig == 10', 'sig_name, " ", sig_pid == target(), " ", pid_name, " ", si_code, " ", shared, " ", task == task_current()', /^SIGUSR1 1 alias-work SI_USER 1 1$/],
  ['signal.handle', 'pid() == target() && sig == 10', 'sig_name, " ", sig_code, " ", ka_addr != 0, " ", sinfo != 0', /^SIGUSR1 0 1 1$/],
  ['signal.pending', 'pid() == target()', 'sigset_add != 0, " ", sigset_size', /^1 8$/],
  ['signal.pending.return', 'pid() == target()', 'retstr', /^0$/],
  ['signal.syskill', 'pid() == target()', 'sig_name, " ", sig_pid == target()', /^SIGUSR1 1$/],
  ['signal.sys_tkill', 'pid() == target()', 'sig_name, " ", sig_pid == target()', /^SIGUSR1 1$/],
  ['signal.sys_tgkill', 'pid() == target() && sig == 10', 'sig_name, " ", sig_pid == tgid', /^SIGUSR1 1$/],
  ['vm.kmalloc', 'pid() == target()', 'bytes_req > 0, " ", bytes_alloc >= bytes_req, " ", ptr != 0, " ", call_site != 0, " ", gfp_flag_name', /^1 1 1 1 \S*GFP\S*$/],
  ['vm.kmem_cache_alloc', 'pid() == target()', 'bytes_req > 0, " ", bytes_alloc >= bytes_req, " ", ptr != 0', /^1 1 1$/],
  ['vm.kfree', 'pid() == target() && ptr', 'call_site != 0, " ", caller_function', /^1 [a-z_]\w*$/],
  ['vm.kmem_cache_free', 'pid() == target()', 'ptr != 0, " ", call_site != 0', /^1 1$/],
  ['ioblock.request', 'pid() == target() && rw == 1', 'devname, " ", size > 0, " ", bio_rw_str(opf), " ", vcnt > 0, " ", bdev != 0', /^[a-z]+\d* 1 W 1 1$/],
  ['ioblock_trace.request', 'pid() == target() && rw == 0', 'devname, " ", ino != 0, " ", bdev == bdev_contains || p_start_sect', /^[a-z]+\d* 1 1$/],
  ['softirq.entry', '1', 'vec_nr < 10', /^1$/],
  ['softirq.exit', '1', 'vec_nr < 10', /^1$/],
  ['irq_handler.entry', '1', 'irq > 0, " ", kernel_string(dev_name) != "", " ", handler != 0', /^1 1 1$/],
  ['irq_handler.exit', 'ret', 'irq > 0, " ", ret', /^1 [12]$/],
  ['workqueue.insert', '1', 'work != 0, " ", work_func != 0', /^1 1$/],
  ['workqueue.execute', 'wq_thread', 'task_pid(wq_thread) == pid(), " ", work_func != 0', /^1 1$/],
];

test('those by tracepoints fire on this machine, and tell what happened', async () => {
  const { status, stdout, stderr } = await stapkit('stapkit', ['-e', `global child\n${firstHits(HERE)}`, '-c', `${programs.path('alias-work')} ${folder}/file`]);
  expect([stderr, status]).toEqual(['', 0]);
  const [, child = ''] = /^\d+ (\d+)$/m.exec(stdout) ?? [];
  const told = new Map(stdout.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const));
  const wrong = HERE.filter(([alias, , , expected]) => !new RegExp(expected.source.replaceAll('CHILD', child)).test(told.get(alias) ?? '')).map(([alias, , , expected]) => `${alias}: ${told.get(alias) ?? 'nothing'}, not ${expected.source}`);
  expect(wrong).toEqual([]);
});
