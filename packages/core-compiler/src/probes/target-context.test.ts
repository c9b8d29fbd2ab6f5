import { describe, expect, test } from '@jest/globals';
import { expand, resolve, resolver, runningKernel, shown } from './fixture.test-support.js';
import { inventedKernel } from './fixture-btf.test-support.js';

const by = resolver({ btf: inventedKernel() });
const READ = 'kernel.function("vfs_read")';
const SWITCH = 'kernel.trace("sched_switch")';

describe('reads', () => {
  test.each([
    [READ, '$count', 'arg2:u64'],
    [READ, '$file', 'arg0:u64'],
    [READ, '$file->f_inode->i_ino', 'u64[u64[arg0:u64 + struct file.f_inode] + struct inode.i_ino]'],
    [READ, '&$file->f_inode->i_ino', '(u64[arg0:u64 + struct file.f_inode] + struct inode.i_ino)'],
    // One field for members of embedded structures: the last pointer's structure is the root.
    [READ, '$file->f_path->dentry->d_name->name', 'u64[u64[arg0:u64 + struct file.f_path.dentry] + struct dentry.d_name.name]'],
    [READ, '&$file->f_path', '(arg0:u64 + struct file.f_path)'],
    // Through an anonymous union.
    [READ, '$file->f_pos', 's64[arg0:u64 + struct file.f_pos]'],
    [READ, '$file->f_inodes[2]->i_ino', 'u64[u64[arg0:u64 + struct file.f_inodes.2] + struct inode.i_ino]'],
    [READ, '$file->f_inodes[i]->i_mode', 'u16[u64[((arg0:u64 + struct file.f_inodes) add (i mul 8))] + struct inode.i_mode]'],
    [READ, '$file->f_inodes', '(arg0:u64 + struct file.f_inodes)'],
    // A structure without a name cannot be relocated: its offset is a plain number.
    [READ, '$file->f_hidden->inner', 's32[(u64[arg0:u64 + struct file.f_hidden] add 4)]'],
    [READ, '$buf[0]', 's8[arg1:u64]'],
    [READ, '$buf[3]', 's8[(arg1:u64 add 3)]'],
    [READ, '$pos[0]', 's64[arg3:u64]'],
    [SWITCH, '$prev->comm', '(arg1:u64 + struct task_struct.comm)'],
    [SWITCH, '$prev->comm[15]', 's8[arg1:u64 + struct task_struct.comm.15]'],
    [SWITCH, '$arg3->pid', 's32[arg2:u64 + struct task_struct.pid]'],
    [SWITCH, '$preempt', 'arg0:u8'],
    [SWITCH, '$$name', '"sched_switch"'],
    // Structures by value take two slots.
    ['kernel.function("take_pair")', '$after', 'arg2:s32'],
    ['kernel.function("narrow")', '$small', 'arg0:u8'],
    ['kernel.function("narrow")', '$task->real_cred->uid->val', 'u32[u64[arg3:u64 + struct task_struct.real_cred] + struct cred.uid.val]'],
  ])('%s %s', (point, target, want) => {
    expect(shown(resolve(point, target, by))).toBe(want);
  });
});

describe('casts', () => {
  test.each([
    ['@cast($sk, "struct tcp_sock", "kernel")->syn_fastopen', 'u8:2:1[arg0:u64 + struct tcp_sock.syn_fastopen]'],
    ['@cast($sk, "tcp_sock")->sk->__sk_common->skc_daddr', 'u32[arg0:u64 + struct tcp_sock.sk.__sk_common.skc_daddr]'],
    ['@cast($sk, "tcp_sock", "kernel<linux/tcp.h>")->repair', 'u8:3:5[arg0:u64 + struct tcp_sock.repair]'],
    ['@cast($sk, "char*")[2]', 's8[(arg0:u64 add 2)]'],
    ['@cast($sk, "int")[1]', 's32[(arg0:u64 add 4)]'],
    ['&@cast(0, "struct tcp_sock")[1]', '80'],
    ['&@cast(0, "uintptr_t")[1]', '8'],
    ['&@cast($sk, "struct tcp_sock")', 'arg0:u64'],
    ['@cast(4096, "struct task_struct")->pid', 's32[4096 + struct task_struct.pid]'],
    ['@cast($sk, "struct tcp_sokc")->x', "!@cast: this kernel's BTF has no 'struct tcp_sokc'"],
    ['@cast($sk, "struct x", "/bin/true")->x', "!@cast: there is no program or library '/bin/true'"],
  ])('%s', (target, want) => {
    expect(shown(resolve('kernel.trace("inet_sock_set_state")', target, by))).toBe(want);
  });

  test('a cast works where there are no variables', () => {
    expect(shown(resolve('begin', '@cast(4096, "struct task_struct")->pid', by))).toBe('s32[4096 + struct task_struct.pid]');
    expect(by.functionContext?.variables()).toEqual([]);
  });
});

describe('return probes', () => {
  test.each([
    ['$return', 'ret:s64'],
    ['$count', 'arg2:u64'],
    ['$file->f_inode->i_ino', 'entry(u64[u64[arg0:u64 + struct file.f_inode] + struct inode.i_ino])'],
    // An address alone needs no memory: the parameter itself is kept.
    ['&$file->f_path', '(arg0:u64 + struct file.f_path)'],
    ['&$file->f_path->dentry->d_name', 'entry((u64[arg0:u64 + struct file.f_path.dentry] + struct dentry.d_name))'],
    ['$pos[0]', 'entry(s64[arg3:u64])'],
    ['$$return', 'sprintf("return=%#x", ret:s64)'],
    ['$pos[i]', "!'$pos[…]' is read at the function's entry, where the index is not known yet: it must be a constant"],
    // What is cast is a number of the return's own moment.
    ['@cast($file, "struct file")->f_pos', 's64[arg0:u64 + struct file.f_pos]'],
  ])('%s', (target, want) => {
    expect(shown(resolve('kernel.function("vfs_read").return', target, by))).toBe(want);
  });
});

describe('texts', () => {
  test.each([
    [READ, '$$vars', 'sprintf("file=%#x buf=%#x count=%#x pos=%#x", arg0:u64, arg1:u64, arg2:u64, arg3:u64)'],
    [READ, '$$parms', 'sprintf("file=%#x buf=%#x count=%#x pos=%#x", arg0:u64, arg1:u64, arg2:u64, arg3:u64)'],
    [READ, '$$locals', '""'],
    ['kernel.function("take_pair")', '$$vars', 'sprintf("p=? after=%#x", arg2:s32)'],
    [SWITCH, '$prev->real_cred$', '"{.uid={...}, .gid={...}, .euid={...}, .egid={...}}"'],
    [SWITCH, '$prev->thread_info$', 'sprintf("{.cpu=%u}", u32[arg1:u64 + struct task_struct.thread_info.cpu])'],
    [SWITCH, '$prev->comm$', 'sprintf("%s", __quote(__read_kernel_text_or((arg1:u64 + struct task_struct.comm), 16, "")))'],
    [READ, '$file->f_path$$', 'sprintf("{.mnt=%p, .dentry=%p}", u64[arg0:u64 + struct file.f_path.mnt], u64[arg0:u64 + struct file.f_path.dentry])'],
  ])('%s %s', (point, target, want) => {
    expect(shown(resolve(point, target, by))).toBe(want);
  });
});

describe('system calls', () => {
  test.each([
    ['kernel.syscall("openat")', '$filename', 'arg1:u64'],
    ['kernel.syscall("openat")', '$filename[0]', 'user s8[arg1:u64]'],
    ['kernel.syscall("openat2")', '$how->mode', 'user u64[arg2:u64 + struct open_how.mode]'],
    ['kernel.syscall("execve")', '$argv[1]', 'user u64[(arg1:u64 add 8)]'],
    ['kernel.syscall("execve")', '$argv[1][0]', 'user s8[user u64[(arg1:u64 add 8)]]'],
    ['kernel.syscall("openat").return', '$return', 'ret:s64'],
    ['kernel.syscall("openat").return', '$filename', 'arg1:u64'],
    // The registers of a successful execve are the new program's.
    ['kernel.syscall("execve").return', '$filename', 'entry(arg0:u64)'],
    ['kernel.syscall("execve").return', '$argv[1]', 'entry(user u64[(arg1:u64 add 8)])'],
    ['kernel.syscall("openat")', '$$name', '"openat"'],
  ])('%s %s', (point, target, want) => {
    expect(shown(resolve(point, target, by))).toBe(want);
  });
});

describe('mistakes', () => {
  test.each([
    [READ, '$cuont', `${READ} has no variable '$cuont'`, ['$count']],
    [READ, '$zzz', `${READ} has no variable '$zzz'`, ['$file', '$buf', '$count', '$pos']],
    [READ, '$file->f_indoe', "'struct file' has no member 'f_indoe'", ['f_inode', 'f_inodes']],
    [READ, '$file->f_path', "'$file->f_path' is a structure ('struct path'), and needs a member", []],
    [READ, '$count->x', "'$count' is 'long unsigned int', not a structure, and has no member 'x'", []],
    [READ, '$count[0]', "'$count' is 'long unsigned int', which is no array or pointer and cannot be indexed", []],
    [READ, '&$count', "cannot take the address of '$count': it is in a register", []],
    [READ, '$file->f_path->mnt->x', "'$file->f_path->mnt' is 'void*', and has no members", []],
    [READ, '$file->f_path->mnt[1]', "cannot index '$file->f_path->mnt': '$file->f_path->mnt' is 'void*'", []],
    [READ, '$file->f_wide', "cannot read '$file->f_wide': '__int128' is wider than 64 bits", []],
    [READ, '$file->f_inodes[4]', "index 4 is outside of '$file->f_inodes', which has 4 elements", []],
    [READ, '$file->f_inodes[-1]', "index -1 is outside of '$file->f_inodes', which has 4 elements", []],
    [READ, '$file->f_inodes->i_ino', "'$file->f_inodes' is an array ('struct inode*[]'), and needs an index before '->i_ino'", []],
    [READ, '$return', `'$return' is not available in ${READ}`, []],
    ['kernel.function("do_exit").return', '$return', 'kernel.function("do_exit").return returns nothing (void): there is no \'$return\'', []],
    ['kernel.function("take_pair")', '$p', "cannot read '$p': it is 'struct pair', passed by value", []],
    ['kernel.trace("inet_sock_set_state")', '&@cast($sk, "tcp_sock")->repair', 'cannot take the address of bit-field \'@cast(…, "tcp_sock")->repair\'', []],
    ['begin', '$x', "'begin' has no variable '$x'", []],
    [READ, '$$nmae', `${READ} has no '$$nmae'`, ['$$vars', '$$parms', '$$locals']],
  ])('%s %s', (point, target, message, similar) => {
    expect(resolve(point, target, by)).toMatchObject({ ok: false, message, similar });
  });
});

describe('fields', () => {
  test('name the last pointer\'s structure, its id and the CO-RE path', () => {
    const resolution = resolve(READ, '$file->f_path->dentry', by);
    const btf = inventedKernel();
    expect(resolution).toMatchObject({
      ok: true,
      expression: { kind: 'read', field: { root: 'struct file', path: ['f_path', 'dentry'], offset: 24, access: '0:0:1', rootTypeId: btf.findByName('file', 'struct')?.id, scalar: { bytes: 8, signed: false } } },
    });
  });

  test('an anonymous member is in the CO-RE path and not among the names', () => {
    expect(resolve(READ, '$file->f_pos', by)).toMatchObject({ expression: { field: { path: ['f_pos'], access: '0:2:0', offset: 40 } } });
  });
});

describe('variables', () => {
  test.each([
    [READ, ['$file:struct file*', '$buf:char*', '$count:long unsigned int', '$pos:long int*']],
    ['kernel.function("vfs_read").return', ['$return:long int', '$file:struct file*', '$buf:char*', '$count:long unsigned int', '$pos:long int*']],
    ['kernel.function("do_exit").return', ['$code:long int']],
    [SWITCH, ['$preempt:_Bool', '$prev:struct task_struct*', '$next:struct task_struct*']],
    ['kernel.syscall("open")', ['$filename:char*', '$flags:int', '$mode:umode_t']],
    ['begin', []],
  ])('%s', (point, want) => {
    const [only] = expand(point, by).points;
    expect(only?.context.variables().map(({ name, type }) => `${name}:${type}`)).toEqual(want);
  });
});

const here = runningKernel();
(here === undefined ? describe.skip : describe)('the running kernel', () => {
  const real = resolver(here === undefined ? {} : { btf: here });

  test.each([
    ['kernel.function("vfs_read")', '$count', 'arg2:u64'],
    ['kernel.function("vfs_read").return', '$return', 'ret:s64'],
    ['kernel.function("vfs_read")', '$file->f_inode->i_ino', 'u64[u64[arg0:u64 + struct file.f_inode] + struct inode.i_ino]'],
    ['kernel.trace("sched_switch")', '$prev->comm', '(arg1:u64 + struct task_struct.comm)'],
    ['kernel.function("tcp_try_fastopen").return', '$foc->len', 'entry(s8[arg3:u64 + struct tcp_fastopen_cookie.len])'],
    ['kernel.trace("inet_sock_set_state")', '@cast($sk, "sock")->__sk_common->skc_family', 'u16[arg0:u64 + struct sock.__sk_common.skc_family]'],
  ])('%s %s', (point, target, want) => {
    expect(shown(resolve(point, target, real))).toBe(want);
  });

  test('a bit-field has its place in the unit that is loaded', () => {
    expect(resolve('kernel.trace("inet_sock_set_state")', '@cast($sk, "tcp_sock")->syn_data_acked', real)).toMatchObject({ expression: { scalar: { bytes: 1, bitSize: 1 } } });
  });

  test('an unknown function has similar names', () => {
    const { problems, hints } = expand('kernel.function("vfs_raed")', real);
    expect(problems[0]).toContain("E0426 no function 'vfs_raed'");
    expect(hints[0]).toContain("'vfs_read'");
  });
});
