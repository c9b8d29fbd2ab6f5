/** A small invented kernel: enough types and functions to try every way of reading, the same on every machine. */
import { Btf } from '@stapkit/debuginfo';
import { BtfWriter } from '@stapkit/object';

interface Field { readonly name: string; readonly type: number; readonly at: number; readonly bit?: number; readonly width?: number }

function build(): Btf {
  const to = new BtfWriter();
  const struct = (name: string, bytes: number, fields: readonly Field[], kind: 'struct' | 'union' = 'struct'): number =>
    to.composite(kind, name, bytes, fields.map(({ name: field, type, at, bit, width }) => ({ name: field, type, offsetBits: at * 8 + (bit ?? 0), ...(width === undefined ? {} : { sizeBits: width }) })));
  const int = to.int('int', 4, true);
  const u8 = to.typedef('u8', to.int('unsigned char', 1, false));
  const u16 = to.typedef('u16', to.int('unsigned short', 2, false));
  const u32 = to.typedef('u32', to.int('unsigned int', 4, false));
  const long = to.int('long int', 8, true);
  const ulong = to.int('long unsigned int', 8, false);
  const char = to.int('char', 1, true);
  const int128 = to.int('__int128', 16, true);
  const pointer = (type: number): number => to.pointer(type);
  const qstr = struct('qstr', 16, [{ name: 'hash', type: u32, at: 0 }, { name: 'name', type: pointer(u8), at: 8 }]);
  const dentry = struct('dentry', 32, [{ name: 'd_name', type: qstr, at: 8 }, { name: 'd_parent', type: pointer(0), at: 24 }]);
  const path = struct('path', 16, [{ name: 'mnt', type: pointer(0), at: 0 }, { name: 'dentry', type: pointer(dentry), at: 8 }]);
  const inode = struct('inode', 64, [{ name: 'i_mode', type: u16, at: 0 }, { name: 'i_ino', type: ulong, at: 8 }, { name: 'i_size', type: long, at: 16 }]);
  const anonymous = struct('', 8, [{ name: 'f_pos', type: long, at: 0 }, { name: 'f_raw', type: ulong, at: 0 }], 'union');
  const file = struct('file', 128, [
    { name: 'f_path', type: path, at: 16 }, { name: 'f_inode', type: pointer(inode), at: 32 }, { name: '', type: anonymous, at: 40 },
    { name: 'f_inodes', type: to.array(pointer(inode), 4), at: 48 }, { name: 'f_wide', type: int128, at: 96 }, { name: 'f_hidden', type: pointer(struct('', 8, [{ name: 'inner', type: int, at: 4 }])), at: 112 },
  ]);
  const val = struct('kuid_t', 4, [{ name: 'val', type: u32, at: 0 }]);
  const cred = struct('cred', 16, [{ name: 'uid', type: val, at: 0 }, { name: 'gid', type: val, at: 4 }, { name: 'euid', type: val, at: 8 }, { name: 'egid', type: val, at: 12 }]);
  const threadInfo = struct('thread_info', 8, [{ name: 'cpu', type: u32, at: 4 }]);
  const task = struct('task_struct', 128, [
    { name: 'thread_info', type: threadInfo, at: 0 }, { name: '__state', type: u32, at: 8 }, { name: 'prio', type: int, at: 12 }, { name: 'static_prio', type: int, at: 16 },
    { name: 'pid', type: int, at: 20 }, { name: 'tgid', type: int, at: 24 }, { name: 'real_parent', type: pointer(0), at: 32 }, { name: 'real_cred', type: pointer(cred), at: 40 }, { name: 'comm', type: to.array(char, 16), at: 48 },
  ]);
  const in6 = struct('in6_addr', 16, [{ name: 's6_addr', type: to.array(u8, 16), at: 0 }]);
  const common = struct('sock_common', 56, [
    { name: 'skc_daddr', type: u32, at: 0 }, { name: 'skc_rcv_saddr', type: u32, at: 4 }, { name: 'skc_dport', type: u16, at: 12 }, { name: 'skc_num', type: u16, at: 14 },
    { name: 'skc_family', type: u16, at: 16 }, { name: 'skc_state', type: u8, at: 18 }, { name: 'skc_v6_daddr', type: in6, at: 20 }, { name: 'skc_v6_rcv_saddr', type: in6, at: 36 },
  ]);
  const sock = struct('sock', 64, [{ name: '__sk_common', type: common, at: 0 }]);
  struct('tcp_sock', 80, [{ name: 'sk', type: sock, at: 0 }, { name: 'syn_fastopen', type: u8, at: 64, bit: 2, width: 1 }, { name: 'repair', type: u8, at: 64, bit: 3, width: 5 }]);
  struct('iphdr', 20, [{ name: 'protocol', type: u8, at: 9 }, { name: 'saddr', type: u32, at: 12 }, { name: 'daddr', type: u32, at: 16 }]);
  struct('tcphdr', 20, [{ name: 'source', type: u16, at: 0 }, { name: 'dest', type: u16, at: 2 }, ...['fin', 'syn', 'rst', 'psh', 'ack', 'urg'].map((name, bit) => ({ name, type: u16, at: 12, bit: 8 + bit, width: 1 }))]);
  struct('sk_buff', 32, [{ name: 'head', type: pointer(u8), at: 0 }, { name: 'network_header', type: u16, at: 8 }, { name: 'transport_header', type: u16, at: 10 }]);
  struct('open_how', 24, [{ name: 'flags', type: ulong, at: 0 }, { name: 'mode', type: ulong, at: 8 }]);
  const pair = struct('pair', 16, [{ name: 'a', type: long, at: 0 }, { name: 'b', type: long, at: 8 }]);
  const func = (name: string, result: number, params: readonly (readonly [string, number])[]): number =>
    to.func(name, to.functionPrototype(result, params.map(([param, type]) => ({ name: param, type }))), 'global');
  const userChar = pointer(char);
  func('vfs_read', long, [['file', pointer(file)], ['buf', userChar], ['count', ulong], ['pos', pointer(long)]]);
  func('vfs_readv', long, [['file', pointer(file)]]);
  func('vfs_write', long, [['file', pointer(file)], ['buf', userChar], ['count', ulong], ['pos', pointer(long)]]);
  func('do_exit', 0, [['code', long]]);
  func('take_pair', int, [['p', pair], ['after', int]]);
  func('narrow', to.int('_Bool', 1, false), [['small', u8], ['wide', int128], ['task', pointer(task)]]);
  const trace = (name: string, params: readonly (readonly [string, number])[]): void => {
    const all = [['__data', pointer(0)] as const, ...params];
    to.typedef(`btf_trace_${name}`, pointer(to.functionPrototype(0, all.map(([, type]) => ({ name: '', type })))));
    func(`__traceiter_${name}`, int, all);
  };
  trace('sched_switch', [['preempt', to.int('_Bool', 1, false)], ['prev', pointer(task)], ['next', pointer(task)]]);
  trace('sched_wakeup', [['p', pointer(task)]]);
  trace('inet_sock_set_state', [['sk', pointer(sock)], ['oldstate', int], ['newstate', int]]);
  return Btf.parse(to.bytes());
}

let built: Btf | undefined;

export function inventedKernel(): Btf {
  built ??= build();
  return built;
}
