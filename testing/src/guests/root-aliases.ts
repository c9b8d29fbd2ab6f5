/** What aliases tell of the devices, terminals, packets, memory and disks that root-work.c uses in a guest. */
import type { Hit } from '../tapset-aliases.js';
import type { GuestKernel } from './guest.js';

const HERE = 'pid() == target()';

const TERMINALS: readonly Hit[] = [
  ['tty.open', HERE, 'name, " ", file_name, " ", inode_number > 0, " ", file_flags & 3', /^open \d+ 1 2$/],
  ['tty.release', HERE, 'name, " ", file_name, " ", inode_number > 0, " ", file_mode & 3', /^release \d+ 1 3$/],
  ['tty.read', HERE, 'file_name, " ", driver_name, " ", nr, " ", buffer != 0', /^\d+ pty_slave 8 1$/],
  ['tty.write', HERE, 'file_name, " ", driver_name, " ", nr, " ", buffer != 0', /^ptmx pty_master 6 1$/],
  ['tty.ioctl', `${HERE} && cmd == 0x5413`, 'name, " ", arg != 0', /^\d+ 1$/],
  ['tty.poll', `${HERE} && file_name != "ptmx"`, 'file_name, " ", wait_key & 1', /^\d+ 1$/],
  ['tty.resize', HERE, 'name, " ", old_row, " ", new_row, " ", new_col, " ", new_xpixel, " ", new_ypixel', /^ttyprintk 0 11 22 33 44$/],
  ['tty.init', `${HERE} && name != "ptm"`, 'driver_name, " ", name, " ", module', /^ttyprintk ttyprintk ttyprintk$/],
  ['tty.register', HERE, 'driver_name, " ", name, " ", index, " ", module', /^ttyprintk ttyprintk 0 ttyprintk$/],
  ['tty.unregister', HERE, 'driver_name, " ", name, " ", index, " ", module', /^ttyprintk ttyprintk 0 ttyprintk$/],
  ['tty.receive', 'count == 6', 'name, " ", driver_name, " ", index >= 0, " ", id >> 20, " ", cp != 0', /^pts pty_slave 1 136 1$/],
];

const DEVICES: readonly Hit[] = [
  ['netdev.get_stats', `${HERE} && dev_name == "lo"`, 'dev_name', /^lo$/],
  ['netdev.register', HERE, 'dev_name', /^stap0$/],
  ['netdev.unregister', HERE, 'dev_name', /^stap0$/],
  ['netdev.ioctl', `${HERE} && cmd == 0x8922`, 'arg', /^stap1$/],
  ['netdev.open', HERE, 'dev_name', /^stap0$/],
  ['netdev.close', HERE, 'dev_name', /^stap1$/],
  ['netdev.set_promiscuity', HERE, 'dev_name, " ", inc, " ", enable, " ", disable', /^stapp[01] 1 1 0$/],
  ['netdev.change_mtu', HERE, 'dev_name, " ", old_mtu, " ", new_mtu', /^stap1 1500 1280$/],
  ['netdev.change_mac', HERE, 'dev_name, " ", mac_len, " ", new_mac, " ", old_mac != new_mac', /^stapbr 6 02:00:00:00:00:10 1$/],
];

/** A stream over ::1. */
const STREAM = `${HERE} && family == 10 && protocol == 6`;
const ends = (name: string, condition: string, expected: RegExp): readonly Hit[] => [
  [`socket.${name}`, condition, 'size, " ", type, " ", state, " ", flags >= 0', expected],
  [`socket.${name}.return`, condition, 'size, " ", success, " ", type, " ", state', /^8 1 1 3$/],
];

const SOCKETS: readonly Hit[] = [
  ...ends('recvmsg', STREAM, /^8 1 3 1$/),
  ...['read_iter', 'aio_read', 'write_iter', 'aio_write'].flatMap((name) => ends(name, STREAM, /^8 1 3 1$/)),
  ['socket.send', STREAM, 'size, " ", success', /^8 1$/],
  ['socket.close.return', HERE, 'name', /^socket\.close$/],
  ['tcp.sendmsg', `${HERE} && family == 10`, 'size, " ", sock != 0', /^8 1$/],
  ['tcp.recvmsg', `${HERE} && family == 10`, 'saddr, " ", daddr, " ", sport > 0, " ", dport > 0, " ", size', /^::1 ::1 1 1 8$/],
  ['tcp.recvmsg.return', `${HERE} && family == 10`, 'saddr, " ", daddr, " ", size', /^::1 ::1 8$/],
  ['tcp.disconnect', HERE, 'saddr, " ", daddr, " ", sport > 0, " ", dport > 0, " ", family, " ", flags', /^127\.0\.0\.1 127\.0\.0\.1 1 1 2 \d+$/],
  ['tcp.disconnect.return', HERE, 'ret', /^0$/],
  ['tcp.ipv4.receive', `${HERE} && syn && !ack`, 'saddr, " ", daddr, " ", dport > 0, " ", family, " ", protocol', /^127\.0\.0\.1 127\.0\.0\.1 1 2 6$/],
  ['tcp.ipv6.receive', `${HERE} && syn && !ack`, 'saddr, " ", daddr, " ", sport > 0, " ", dport > 0, " ", family, " ", protocol, " ", fin, " ", rst', /^::1 ::1 1 1 10 6 0 0$/],
  ['udp.sendmsg', `${HERE} && family == 10`, 'saddr, " ", daddr, " ", sport, " ", dport, " ", size', /^::1 ::1 5777 5777 8$/],
  ['udp.sendmsg.return', `${HERE} && family == 10`, 'saddr, " ", dport, " ", size', /^::1 5777 8$/],
  ['udp.recvmsg', `${HERE} && family == 10`, 'saddr, " ", daddr, " ", sport, " ", dport, " ", size', /^::1 ::1 5777 5777 8$/],
  ['udp.recvmsg.return', `${HERE} && family == 10`, 'saddr, " ", dport, " ", size', /^::1 5777 8$/],
  ['udp.disconnect', HERE, 'saddr, " ", daddr, " ", sport, " ", dport, " ", family', /^::1 ::1 5777 5777 10$/],
  ['udp.disconnect.return', HERE, 'ret, " ", family', /^0 10$/],
];

/** 10.77.0.2 is the other end of stap0, 10.78.0.2 of stap1, 10.99.0.1 is nowhere. */
const COUNTERS: readonly Hit[] = [
  ['tcpmib.EstabResets', HERE, 'op, " ", tcpmib_remote_addr(sk) == 0x7f000001', /^1 1$/],
  ['tcpmib.OutRsts', `${HERE} && sk`, 'op, " ", tcpmib_remote_addr(sk) == 0x7f000001', /^1 1$/],
  ['tcpmib.RetransSegs', 'tcpmib_remote_addr(sk) == 0x0a4e0009', 'op, " ", tcpmib_remote_port(sk)', /^1 7$/],
  ['linuxmib.DelayedACKs', '1', 'op, " ", tcpmib_remote_addr(sk) == 0x7f000001', /^1 1$/],
  ['linuxmib.ListenOverflows', '1', 'op, " ", tcpmib_get_state(sk)', /^1 10$/],
  ['linuxmib.ListenDrops', '1', 'op, " ", key', /^1 1$/],
  ['linuxmib.TCPMemoryPressures', HERE, 'op, " ", tcpmib_remote_addr(sk) == 0x7f000001', /^1 1$/],
  ['ipmib.InAddrErrors', '1', 'op, " ", ipmib_local_addr(skb, 0) == 0x0a630001, " ", ipmib_remote_addr(skb, 0) == 0x0a4d0002', /^1 1 1$/],
  ['ipmib.InNoRoutes', '1', 'op, " ", ipmib_local_addr(skb, 0) == 0x0a630001, " ", ipmib_remote_addr(skb, 0) == 0x0a4d0002', /^1 1 1$/],
  ['ipmib.InDiscards', HERE, 'op, " ", key', /^1 1$/],
  ['ipmib.InUnknownProtos', '1', 'op, " ", ipmib_get_proto(skb)', /^1 253$/],
  ['ipmib.ForwDatagrams', '1', 'op, " ", ipmib_local_addr(skb, 0) == 0x0a4e0002, " ", ipmib_get_proto(skb)', /^1 1 17$/],
  ['ipmib.FragOKs', HERE, 'op, " ", key', /^1 1$/],
  ['ipmib.FragFails', HERE, 'op, " ", key', /^1 1$/],
  ['ipmib.ReasmReqds', HERE, 'op, " ", ipmib_remote_addr(skb, 0) == 0x0a4d0002', /^1 1$/],
  ['ipmib.ReasmTimeout', '1', 'op, " ", skb', /^1 0$/],
];

const HOOKS: readonly Hit[] = [
  ['netfilter.ipv4.pre_routing', 'indev_name == "stap0"', 'saddr, " ", daddr, " ", sport, " ", dport, " ", protocol, " ", length', /^10\.77\.0\.2 10\.99\.0\.1 1024 1280 17 40$/],
  ['netfilter.ipv4.local_in', 'indev_name == "stap0" && protocol == 253', 'saddr, " ", daddr', /^10\.77\.0\.2 10\.77\.0\.1$/],
  ['netfilter.ipv4.forward', '1', 'saddr, " ", daddr, " ", indev_name, " ", outdev_name', /^10\.77\.0\.2 10\.78\.0\.2 stap0 stap1$/],
  ['netfilter.ipv4.post_routing', 'daddr == "10.78.0.2"', 'saddr, " ", outdev_name, " ", protocol', /^10\.77\.0\.2 stap1 17$/],
  ['netfilter.ip.forward', '1', 'pf, " ", saddr, " ", daddr', /^ipv4 10\.77\.0\.2 10\.78\.0\.2$/],
  ['netfilter.ip.local_out', `${HERE} && protocol == 6 && pf == "ipv6"`, 'pf, " ", saddr, " ", daddr, " ", syn', /^ipv6 ::1 ::1 1$/],
  ['netfilter.ipv6.pre_routing', 'daddr == "fd78::2"', 'saddr, " ", sport, " ", dport, " ", protocol, " ", indev_name, " ", length', /^fd77::2 7 9 17 stap0 48$/],
  ['netfilter.ipv6.local_in', 'protocol == 17', 'saddr, " ", daddr, " ", sport, " ", dport, " ", indev_name', /^::1 ::1 5777 5777 lo$/],
  ['netfilter.ipv6.forward', '1', 'saddr, " ", daddr, " ", indev_name, " ", outdev_name', /^fd77::2 fd78::2 stap0 stap1$/],
  ['netfilter.ipv6.local_out', `${HERE} && protocol == 6`, 'saddr, " ", daddr, " ", syn, " ", ack', /^::1 ::1 1 0$/],
  ['netfilter.ipv6.post_routing', 'daddr == "fd78::2"', 'saddr, " ", outdev_name, " ", dport', /^fd77::2 stap1 9$/],
];

/** Who has 10.79.0.1? tell 10.79.0.2 */
const ASKS = 'indev_name, " ", outdev_name, " ", ar_hrd, " ", ar_pro, " ", ar_op, " ", ar_sha, " ", ar_sip, " ", ar_tip';
/** Hello of another bridge. */
const HELLO = 'br_type, " ", br_rid, " ", br_rmac, " ", br_cost, " ", br_bid, " ", br_mac, " ", br_poid, " ", br_msg, " ", br_max, " ", br_htime, " ", br_fd';
const SAYS = '0 32768 02:00:00:00:00:07 4 32769 02:00:00:00:00:08 32769 256 5120 512 3840';

const LINKS: readonly Hit[] = [
  ['netfilter.arp.in', 'ar_op == 1', ASKS, /^stapbr {2}1 2048 1 02:00:00:00:00:01 10\.79\.0\.2 10\.79\.0\.1$/],
  ['netfilter.arp.out', 'ar_op == 2', `${ASKS}, " ", ar_tha`, /^ stapbr 1 2048 2 02:00:00:00:00:10 10\.79\.0\.1 10\.79\.0\.2 02:00:00:00:00:01$/],
  ['netfilter.arp.forward', '1', ASKS, /^stapp0 stapp1 1 2048 1 02:00:00:00:00:01 10\.79\.0\.2 10\.79\.0\.1$/],
  ['netfilter.bridge.pre_routing', 'protocol == llcproto_stp', `indev_name, " ", ${HELLO}`, new RegExp(`^stapp0 ${SAYS}$`)],
  ['netfilter.bridge.local_in', 'protocol == 0x806', 'indev_name, " ", length', /^stapp0 28$/],
  ['netfilter.bridge.forward', 'protocol == llcproto_stp', `indev_name, " ", outdev_name, " ", ${HELLO}`, new RegExp(`^stapp0 stapp1 ${SAYS}$`)],
  ['netfilter.bridge.local_out', 'protocol == 0x800 && length == 50', 'outdev_name, " ", length', /^stapbr 50$/],
  ['netfilter.bridge.post_routing', 'protocol == llcproto_stp', `outdev_name, " ", ${HELLO}`, new RegExp(`^stapp1 ${SAYS}$`)],
];

const SIGNALS: readonly Hit[] = [
  ...['syskill', 'systkill', 'sys_tgkill'].map((name): Hit => [`signal.${name}.return`, HERE, 'retstr', /^0$/]),
  ['signal.wakeup', `${HERE} && sig_pid == pid()`, 'pid_name, " ", state_mask, " ", resume', /^root-work 0 0$/],
  ['signal.checkperm.return', HERE, 'name, " ", retstr', /^check_kill_permission 0$/],
  ['signal.flush', 'pid_name == "md0_raid1"', 'sig_pid == pid(), " ", task == task_current()', /^1 1$/],
  ['signal.force_segv', '1', 'sig_name, " ", sig_pid == pid(), " ", pid_name', /^SIGUSR1 1 root-work$/],
  ['signal.force_segv.return', '1', 'name', /^force_sigsegv$/],
  ['signal.procmask', `${HERE} && sigset == 2048`, 'how, " ", sigset, " ", oldsigset_addr', /^0 2048 \d+$/],
  ['signal.procmask.return', HERE, 'retstr', /^0$/],
  ['signal.send_sig_queue', 'sig == 12', 'sig_name, " ", sig_pid == target(), " ", pid_name, " ", sigqueue_addr != 0', /^SIGUSR2 1 root-work 1$/],
  ['signal.send_sig_queue.return', '1', 'retstr', /^0$/],
  ['signal.send.return', HERE, 'shared, " ", retstr', /^1 0$/],
  ['signal.check_ignored.return', HERE, 'retstr', /^0$/],
];

const MEMORY: readonly Hit[] = [
  ['vm.kmalloc_node', '1', 'name, " ", bytes_req > 0, " ", bytes_alloc >= bytes_req, " ", ptr != 0, " ", call_site != 0', /^kmalloc_node 1 1 1 1$/],
  ['vm.kmem_cache_alloc_node', '1', 'name, " ", bytes_req > 0, " ", bytes_alloc >= bytes_req, " ", ptr != 0', /^kmem_cache_alloc_node 1 1 1$/],
  ['vm.mmap', `${HERE} && length == 36864`, 'address', /^0$/],
  ['vm.brk', `${HERE} && length == 8192`, 'address > 0', /^1$/],
  ['vm.oom_kill', '1', 'task_execname(task), " ", task_pid(task) != target()', /^root-work 1$/],
  ['vm.write_shared', HERE, 'address > 0', /^1$/],
  ['vm.write_shared_copy', HERE, 'address > 0, " ", zero', /^1 [01]$/],
  ...['readv', 'writev'].flatMap((name): readonly Hit[] => [
    [`vfs.${name}`, `${HERE} && filename == "root-work"`, 'ino > 0, " ", devname, " ", argstr', /^1 N\/A -?\d+, 0x[0-9a-f]+, 2$/],
    [`vfs.${name}.return`, `${HERE} && filename == "root-work"`, `${name === 'readv' ? 'bytes_read' : 'bytes_written'}, " ", error, " ", retstr`, /^8 0 8$/],
  ]),
];

const TASKS: readonly Hit[] = [
  ['scheduler.cpu_on', HERE, 'task_prev != 0, " ", idle', /^1 0$/],
  ['scheduler.kthread_stop', '1', 'thread_pid > 0, " ", thread_priority', /^1 \d+$/],
  ['scheduler.kthread_stop.return', '1', 'name, " ", return_value', /^kthread_stop -?\d+$/],
  ['scheduler.tick', '!idle', 'name', /^tick$/],
  ['scheduler.balance', '1', 'name', /^balance$/],
  ['workqueue.create', 'wq_thread', 'task_execname(wq_thread), " ", cpu', /^kworker\S* (-1|\d+)$/],
  ['workqueue.destroy', '1', 'task_execname(wq_thread)', /^kworker/],
];

/** The disk of scsi_debug. */
const DISKS: readonly Hit[] = [
  ['ioblock.end', 'devname == "sda" && rw == 0 && bytes_done', 'error, " ", bytes_done % 512, " ", size == bytes_done', /^0 0 1$/],
  ['ioblock_trace.end', 'devname == "sda" && rw == 0 && bytes_done', 'q != 0, " ", bytes_done % 512, " ", size == bytes_done', /^1 0 1$/],
  ...['ioscheduler.elv_add_request.tp', 'ioscheduler.elv_add_request'].map((alias): Hit => [alias, 'disk_major == 8', 'name, " ", elevator_name, " ", disk_minor, " ", q != 0', /^elv_add_request mq-deadline 0 1$/]),
  ['ioscheduler_trace.elv_completed_request', 'disk_major == 8 && elevator_name != "none"', 'elevator_name, " ", disk_minor, " ", rq != 0', /^mq-deadline 0 1$/],
  ['ioscheduler_trace.elv_requeue_request', 'disk_major == 8', 'elevator_name, " ", disk_minor, " ", rq != 0', /^mq-deadline 0 1$/],
  ['ioscheduler.elv_next_request', 'elevator_name != "none"', 'name, " ", elevator_name', /^elv_next_request mq-deadline$/],
  ['ioscheduler.elv_next_request.return', 'disk_major == 8', 'name, " ", disk_minor, " ", rq != 0', /^elv_next_request 0 1$/],
  ['ioscheduler_trace.unplug_io', HERE, 'name, " ", rq_queue != 0', /^unplug_io 1$/],
];

export const BY_ROOT: readonly Hit[] = [...TERMINALS, ...DEVICES, ...SOCKETS, ...COUNTERS, ...HOOKS, ...LINKS, ...SIGNALS, ...MEMORY, ...TASKS, ...DISKS];

/** What a kernel does not tell here. */
const NOT_IN: Readonly<Record<string, readonly GuestKernel[]>> = {
  // Tells of domains of processors there, and the guest has one processor.
  'scheduler.balance': ['7.2'],
};

export const notIn = (kernel: GuestKernel, alias: string): boolean => NOT_IN[alias]?.includes(kernel) ?? false;
