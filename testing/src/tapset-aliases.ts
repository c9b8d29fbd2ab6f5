/** The probe aliases of the tapset's files, as their texts say them: names, and the variables that a handler may use. */
import { loadTapset } from '@stapkit/tapset';

export interface TapsetAlias {
  /** File of the tapset without its ending. */
  readonly subject: string;
  readonly name: string;
  readonly variables: readonly string[];
}

/** Generated from tables, and tested with those; marks of programs, tested with these (program-marks.e2e). */
const TESTED_ELSEWHERE = /^(syscalls_|(java|node|python)\.stp$)/;

/** Aliases in the order of their files. Those of system calls and of programs' marks are left out. */
export function tapsetAliases(): readonly TapsetAlias[] {
  return loadTapset().files.filter(({ path }) => path.endsWith('.stp') && !TESTED_ELSEWHERE.test(path)).flatMap(({ path, text }) =>
    [...text.matchAll(/^probe ([\w.*]+) = [^{]*?(?:\{\}|\{\n((?:(?!^\}).*\n)*)\})/gm)].map(([, name = '', body = '']) => ({
      subject: path.slice(0, -'.stp'.length),
      name,
      variables: [...new Set([...body.matchAll(/^ {2}(?:else )?(?:if \(.*\) )?(\w+) = /gm)].map(([, variable = '']) => variable))].filter((variable) => !variable.startsWith('_')),
    })).filter(({ name }) => !name.startsWith('_')));
}

/** A probe that prints all variables of an alias behind its name, where the condition holds. */
export const printingProbe = ({ name, variables }: TapsetAlias, condition = '1'): string =>
  `probe ${name} { if (${condition}) { print("${name}") ${variables.map((variable) => `print(" ${variable}=") print(${variable})`).join('; ')}; println() } }\n`;

/** A script that prints "ALIAS:…" once for each alias, at its first event for which the condition holds. */
export function firstHits(hits: readonly Hit[]): string {
  return 'global child\n' + hits.map(([alias, condition, printed], index) =>
    `global seen_${index}\nprobe ${alias} { if (!seen_${index} && (${condition})) { seen_${index} = 1; println("${alias}:", ${printed}) } }\n`).join('');
}

/** What a kernel has no place for: the function is inlined there, or what it did is gone. */
const ABSENT: readonly { readonly name: string; readonly kernels: readonly string[] }[] = [
  { name: 'ioblock_trace.bounce', kernels: ['7.2'] },
  { name: 'netdev.change_rx_flag', kernels: ['5.10', '6.1', '6.12', '7.2'] },
  { name: 'signal.send_sig_queue.return', kernels: ['7.2'] },
  // Merged into their callers, or with arguments that the type information does not tell.
  { name: 'sunrpc.clnt.call_sync', kernels: ['6.12', '7.2'] },
  { name: 'sunrpc.svc.drop', kernels: ['6.12', '7.2'] },
  { name: 'nfs.aop.writepage', kernels: ['6.12', '7.2'] },
  { name: 'vm.write_shared_copy', kernels: ['6.12', '7.2'] },
];

/** Aliases by modules' functions: Debian's Linux 5.10 has no type information of modules. */
export const IN_MODULES = /^(netfilter\.(arp\.forward$|bridge\.)|(nfs|nfsd|scsi|sunrpc)\.)/;

/** Names of the aliases that a kernel has no place for. */
export const absentIn = (kernel: string, aliases: readonly TapsetAlias[]): ReadonlySet<string> => new Set([
  ...ABSENT.filter(({ kernels }) => kernels.includes(kernel)).map(({ name }) => name),
  ...(kernel === '5.10' ? aliases.map(({ name }) => name).filter((name) => IN_MODULES.test(name)) : []),
]);

/** Of an alias: when its event is that of alias-work.c, what is printed of the first, and what that must be. CHILD is its child's pid. */
export type Hit = readonly [alias: string, condition: string, printed: string, expected: RegExp];

/** Aliases by tracepoints, which every machine has. */
export const BY_TRACEPOINTS: readonly Hit[] = [
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
  ['netdev.transmit', 'pid() == target()', 'dev_name, " ", length > 40, " ", protocol, " ", truesize > length', /^lo 1 2048 1$/],
  ['netdev.hard_transmit', 'pid() == target()', 'dev_name, " ", length > 40, " ", protocol', /^lo 1 2048$/],
  ['netdev.rx', 'pid() == target()', 'dev_name, " ", protocol', /^lo 2048$/],
  ['netdev.receive', 'pid() == target() && dev_name == "lo"', 'length > 20, " ", protocol', /^1 2048$/],
  ['syscall_any', 'pid() == target() && name == "sendto"', 'syscall_nr == 44 || syscall_nr == 206', /^1$/],
  ['syscall_any.return', 'pid() == target() && name == "sendto"', 'retval', /^5$/],
  ['tcpmib.ActiveOpens', 'pid() == target()', 'op, " ", tcpmib_remote_addr(sk) == 0x7f000001, " ", key', /^1 1 1$/],
  ['tcpmib.PassiveOpens', 'pid() == target()', 'op, " ", PassiveOpens[1] > 0', /^1 1$/],
  ['tcpmib.CurrEstab', 'pid() == target() && op == 1', 'tcpmib_local_port(sk) > 0', /^1$/],
  ['ioscheduler_trace.elv_issue_request', 'pid() == target()', 'disk_major > 0, " ", elevator_name, " ", rq != 0', /^1 [a-z-]+ 1$/],
  ['ioscheduler.elv_completed_request', 'disk_major > 0', 'name, " ", elevator_name', /^elv_completed_request [a-z-]+$/],
  ['ioscheduler_trace.plug', 'pid() == target()', 'name, " ", rq_queue >= 0', /^plug [01]$/],
  ...['cpu_clock', 'task_clock'].map((name): Hit => [`perf.sw.${name}`, '1', 'cpu() >= 0', /^1$/]),
  ...['page_faults', 'page_faults_min', 'page_faults_maj', 'context_switches'].map((name): Hit => [`perf.sw.${name}.sample(1)`, 'pid() == target() && execname() == "alias-work"', 'tid() == target()', /^1$/]),
  ['perf.sw.cpu_migrations.sample(1)', '1', 'pid() >= 0', /^1$/],
];

/** Aliases by functions, and by hooks of which this machine may have none. */
export const BY_FUNCTIONS: readonly Hit[] = [
  ['vfs.read', 'pid() == target() && bytes_to_read == 65536', 'filename, " ", ino > 0, " ", dev > 0, " ", pos != 0, " ", buf != 0', /^alias-file 1 1 1 1$/],
  ['vfs.read.return', 'pid() == target() && bytes_to_read == 5', 'bytes_read, " ", error, " ", devname, " ", retstr', /^5 0 N\/A 5$/],
  ['vfs.write', 'pid() == target() && bytes_to_write == 65536', 'filename, " ", name', /^alias-file vfs.write$/],
  ['vfs.write.return', 'pid() == target() && bytes_to_write == 65536', 'bytes_written, " ", error, " ", filename', /^65536 0 alias-file$/],
  ['vfs.open', 'pid() == target() && filename == "alias-file"', 'pathname, " ", ino > 0', /^\/\S*\/alias-file 1$/],
  ['vfs.open.return', 'pid() == target() && filename == "alias-file"', 'pathname, " ", error', /^\/\S*\/alias-file 0$/],
  ['vm.pagefault', 'pid() == target()', 'address > 0, " ", write_access', /^1 [01]$/],
  ['vm.pagefault.return', 'pid() == target()', 'fault_type', /^[23]$/],
  ['vm.munmap', 'pid() == child && child', 'length > 0', /^1$/],
  ['signal.do_action', 'pid() == target() && sig == 10', 'sig_name, " ", sa_handler != 0', /^SIGUSR1 1$/],
  ['signal.do_action.return', 'pid() == target()', 'retstr', /^0$/],
  ['signal.checkperm', 'pid() == target() && sig == 10', 'sig_name, " ", sig_pid == target(), " ", pid_name', /^SIGUSR1 1 alias-work$/],
  ['signal.check_ignored', 'pid() == target() && sig == 10', 'sig_name, " ", sig_pid == target()', /^SIGUSR1 1$/],
  ['signal.handle.return', 'pid() == target()', 'retstr', /^0$/],
  ['kprocess.start', 'pid() == child && child', 'execname()', /^alias-work$/],
  ['kprocess.release', 'released_pid == child && child', 'released_tid', /^CHILD$/],
  ['tcp.sendmsg', 'pid() == target()', 'size, " ", family, " ", sock != 0', /^5 2 1$/],
  ['tcp.sendmsg.return', 'pid() == target()', 'size', /^5$/],
  ['tcp.recvmsg', 'pid() == target()', 'saddr, " ", daddr, " ", sport > 0, " ", dport > 0, " ", size', /^127.0.0.1 127.0.0.1 1 1 5$/],
  ['tcp.recvmsg.return', 'pid() == target()', 'size, " ", family, " ", saddr', /^5 2 127.0.0.1$/],
  ['tcp.setsockopt', 'pid() == target()', 'optstr, " ", level, " ", optlen', /^TCP_NODELAY 6 4$/],
  ['tcp.setsockopt.return', 'pid() == target()', 'ret', /^0$/],
  ['tcp.receive', 'pid() == target() && syn && !ack', 'saddr, " ", daddr, " ", dport > 0, " ", fin, " ", rst, " ", protocol, " ", family', /^127.0.0.1 127.0.0.1 1 0 0 6 2$/],
  ['udp.sendmsg', 'pid() == target()', 'size, " ", family, " ", sport', /^8 2 \d+$/],
  ['udp.sendmsg.return', 'pid() == target()', 'size', /^8$/],
  ['udp.recvmsg', 'pid() == target()', 'size, " ", sport > 0, " ", saddr', /^5 1 127.0.0.1$/],
  ['udp.recvmsg.return', 'pid() == target()', 'size > 0', /^1$/],
  ['socket.create', 'pid() == target()', 'family, " ", type, " ", requester', /^2 1 0$/],
  ['socket.create.return', 'pid() == target()', 'success, " ", err, " ", protocol', /^1 0 0$/],
  ['socket.sendmsg', 'pid() == target() && protocol == 6', 'size, " ", family, " ", type', /^5 2 1$/],
  ['socket.sendmsg.return', 'pid() == target() && protocol == 6', 'size, " ", success, " ", family', /^5 1 2$/],
  ['socket.receive', 'pid() == target() && protocol == 6', 'size, " ", success, " ", type', /^5 1 1$/],
  ['socket.write_iter', 'pid() == target()', 'size, " ", family', /^5 2$/],
  ['socket.read_iter.return', 'pid() == target()', 'size, " ", success', /^5 1$/],
  ['socket.close', 'pid() == target()', 'family, " ", type', /^2 1$/],
  ['tcpmib.AttemptFails', 'pid() == target()', 'op', /^1$/],
  ['tcpmib.InSegs', 'pid() == target()', 'tcpmib_remote_addr(sk) == 0x7f000001 || tcpmib_get_state(sk) == 10', /^1$/],
  ['tcpmib.OutSegs', 'pid() == target()', 'op', /^1$/],
  ['ipmib.InReceives', 'pid() == target()', 'op, " ", ipmib_get_proto(skb)', /^1 6$/],
  ['ipmib.OutRequests', 'pid() == target()', 'ipmib_tcp_remote_port(skb, 1) > 0', /^1$/],
  ['netfilter.ip.pre_routing', 'pid() == target()', 'saddr, " ", daddr, " ", sport > 0, " ", syn, " ", protocol, " ", pf, " ", indev_name', /^127.0.0.1 127.0.0.1 1 1 6 ipv4 lo$/],
  ['netfilter.ipv4.local_out', 'pid() == target()', 'saddr, " ", dport > 0, " ", ack, " ", length, " ", nf_accept', /^127.0.0.1 1 0 60 1$/],
  ['netfilter.ip.local_in', 'pid() == target()', 'daddr, " ", substr(data_hex, 0, 2)', /^127.0.0.1 45$/],
  ['netfilter.ip.post_routing', 'pid() == target()', 'daddr, " ", outdev_name', /^127.0.0.1 lo$/],
  ['ioblock.end', 'rw == 1 && size', 'devname, " ", error, " ", bytes_done > 0', /^[a-z]+\d* 0 1$/],
];


/** What of the hits is missing or wrong in what a session printed. `child`: alias-work prints it, behind its own pid. */
export function wrongHits(stdout: string, hits: readonly Hit[]): readonly string[] {
  const [, child = ''] = /^\d+ (\d+)$/m.exec(stdout) ?? [];
  const told = new Map(stdout.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const));
  return hits.filter(([alias, , , expected]) => !new RegExp(expected.source.replaceAll('CHILD', child)).test(told.get(alias) ?? '')).map(([alias, , , expected]) => `${alias}: ${told.get(alias) ?? 'nothing'}, not ${expected.source}`);
}
