/*
 * Makes every system call that can be made harmlessly, once or more, by subject; where a call that succeeds would change the
 * machine, with arguments that the kernel refuses. Addresses are those of static data, so that two runs have the same ones.
 * What is between write(-1, "begin", 5) and write(-1, "end", 3) is compared.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define C(name, ...) syscall(SYS_##name, ##__VA_ARGS__)

static char buffer[4096], other[4096], text[] = "some text\nwith \"quotes\" and \\";
static struct iovec vector[2] = { { text, 4 }, { other, 8 } };
static struct timespec nothing, now, times_of[2] = { { 1000000, 5 }, { 2000000, 6 } };
static struct timeval now_us, no_time, utimes_of[2] = { { 1000000, 5 }, { 2000000, 6 } };
static int pair[2], number;
static long long offset;
static sigset_t set, old_set;
static struct sigaction action, old_action;
static struct sockaddr_in address;
static struct sockaddr_un local;
static socklen_t length;
static struct rlimit limit;
static struct epoll_event event;
static struct pollfd polled;
static fd_set ready;
static struct itimerspec timer;
static struct itimerval interval;
static struct { unsigned long long flags, mode, resolve; } how = { O_RDONLY, 0, 0 };
static char page[8192] __attribute__((aligned(4096)));

static void files(void) {
  int fd = C(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  C(write, fd, text, sizeof text - 1);
  C(pwrite64, fd, text, 4, 2L);
  C(pread64, fd, buffer, 8, 0L);
  C(lseek, fd, 3L, SEEK_SET);
  C(lseek, fd, 0L, SEEK_END);
  C(lseek, fd, 0L, SEEK_CUR);
  C(read, fd, buffer, 16);
  C(writev, fd, vector, 1);
  C(readv, fd, vector, 2);
  C(pwritev, fd, vector, 1, 0L, 0L);
  C(preadv, fd, vector, 2, 0L, 0L);
  C(pwritev2, fd, vector, 1, 0L, 0L, 0);
  C(preadv2, fd, vector, 2, 0L, 0L, 0);
  C(fstat, fd, buffer);
  C(newfstatat, AT_FDCWD, "file", buffer, AT_SYMLINK_NOFOLLOW);
  C(statx, AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW, 0x7ff, buffer);
  C(ftruncate, fd, 100L);
  C(truncate, "file", 50L);
  C(fallocate, fd, 0, 0L, 64L);
  C(fallocate, fd, 3, 0L, 16L);
  C(fsync, fd);
  C(fdatasync, fd);
  C(sync_file_range, fd, 0L, 10L, 2);
  C(readahead, fd, 0L, 100L);
  C(fadvise64, fd, 0L, 0L, 3);
  C(flock, fd, 2 | 4);
  C(flock, fd, 8);
  C(fcntl, fd, F_GETFL);
  C(fcntl, fd, F_SETFD, FD_CLOEXEC);
  C(fcntl, fd, F_GETFD);
  C(fcntl, fd, F_SETFL, O_APPEND);
  C(fcntl, fd, F_DUPFD, 20);
  C(close, 20);
  C(dup, fd);
  C(dup3, fd, 30, O_CLOEXEC);
  C(close_range, 25, 40, 0);
  C(ioctl, fd, FIONREAD, &number);
  C(ioctl, fd, TCGETS, buffer);
  C(fstatfs, fd, buffer);
  C(statfs, ".", buffer);
  C(syncfs, fd);
  C(copy_file_range, fd, &offset, -1, 0, 10L, 0);
  C(sendfile, -1, fd, &offset, 10L);
  C(pipe2, pair, O_CLOEXEC);
  C(splice, fd, 0, pair[1], 0, 10L, 1);
  C(tee, pair[0], -1, 10L, 2);
  C(vmsplice, pair[1], vector, 1, 0);
  C(getdents64, fd, buffer, 100);
  C(openat2, AT_FDCWD, "file", &how, sizeof how);
  C(close, 7);
  C(name_to_handle_at, AT_FDCWD, "missing", buffer, &number, 0);
  C(open_by_handle_at, -1, buffer, O_RDONLY);
  C(memfd_create, "memory", 1);
  C(close_range, 3, 60, 0);
  C(close, -1);
  C(sync);
}

static void paths(void) {
  C(mkdirat, AT_FDCWD, "folder", 0750);
  C(mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0);
  C(linkat, AT_FDCWD, "file", AT_FDCWD, "link", 0);
  C(symlinkat, "file", AT_FDCWD, "symbolic");
  C(readlinkat, AT_FDCWD, "symbolic", buffer, 100);
  C(faccessat, AT_FDCWD, "file", R_OK | W_OK);
  C(faccessat2, AT_FDCWD, "missing", F_OK, AT_EACCESS);
  C(fchmodat, AT_FDCWD, "file", 0600);
  C(fchownat, AT_FDCWD, "file", -1, -1, AT_SYMLINK_NOFOLLOW);
  C(utimensat, AT_FDCWD, "file", times_of, 0);
  C(renameat, AT_FDCWD, "link", AT_FDCWD, "moved");
  C(renameat2, AT_FDCWD, "moved", AT_FDCWD, "again", 1);
  C(unlinkat, AT_FDCWD, "again", 0);
  C(unlinkat, AT_FDCWD, "folder", AT_REMOVEDIR);
  C(setxattr, "file", "user.name", "value", 5, 1);
  C(lsetxattr, "file", "user.name", "value", 5, 2);
  C(fsetxattr, -1, "user.name", "value", 5, 0);
  C(getxattr, "file", "user.name", buffer, 100);
  C(lgetxattr, "file", "user.name", buffer, 100);
  C(fgetxattr, -1, "user.name", buffer, 100);
  C(listxattr, "file", buffer, 100);
  C(llistxattr, "file", buffer, 100);
  C(flistxattr, -1, buffer, 100);
  C(removexattr, "file", "user.none");
  C(lremovexattr, "file", "user.none");
  C(fremovexattr, -1, "user.none");
  C(fchmod, -1, 0644);
  C(fchown, -1, 0, 0);
  C(fchdir, -1);
  C(chdir, "missing");
  C(chroot, "missing");
  C(getcwd, buffer, 4);
  C(umask, 022);
  C(pivot_root, "missing", "missing");
  C(mount, "missing", "missing", "none", 1 | 2, "data");
  C(umount2, "missing", 2);
  C(swapon, "missing", 0);
  C(swapoff, "missing");
  C(acct, "missing/file");
  C(quotactl, 0x80000700, "missing", 0, buffer);
  C(inotify_add_watch, -1, "file", IN_MODIFY | IN_CREATE);
  C(open_tree, AT_FDCWD, "missing", 0);
  C(move_mount, AT_FDCWD, "missing", AT_FDCWD, "missing", 0);
  C(fsopen, "missing", 0);
  C(fspick, AT_FDCWD, "missing", 0);
  C(fsmount, -1, 0, 0);
  C(fsconfig, -1, 0, "key", "value", 0);
  C(mount_setattr, AT_FDCWD, "missing", 0, buffer, 32);
  C(unlinkat, AT_FDCWD, "fifo", 0);
  C(unlinkat, AT_FDCWD, "symbolic", 0);
}

static void memory(void) {
  C(mmap, 0x20000000L, 8192L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
  C(mprotect, 0x20000000L, 4096L, PROT_READ);
  C(madvise, 0x20000000L, 4096L, MADV_DONTNEED);
  C(mremap, 0x20000000L, 8192L, 4096L, MREMAP_MAYMOVE, 0L);
  C(msync, 0x20000000L, 4096L, MS_ASYNC);
  C(mincore, 0x20000000L, 4096L, buffer);
  C(mlock, 0x20000000L, 4096L);
  C(mlock2, 0x20000000L, 4096L, 1);
  C(munlock, 0x20000000L, 4096L);
  C(mlockall, 0);
  C(munlockall);
  C(munmap, 0x20000000L, 4096L);
  C(mbind, 0x20000000L, 4096L, 0, 0L, 0L, 0);
  C(get_mempolicy, &number, 0L, 0L, 0L, 0);
  C(set_mempolicy, 0, 0L, 0L);
  C(migrate_pages, -5, 0L, 0L, 0L);
  C(move_pages, -5, 0L, 0L, 0L, 0L, 0);
  C(pkey_alloc, 0, 8);
  C(pkey_free, 77);
  C(pkey_mprotect, 0x20000000L, 4096L, PROT_READ, 77);
  C(remap_file_pages, 0L, 0L, 1, 0L, 0);
  C(membarrier, 0, 0, 0);
  C(process_madvise, -1, vector, 1, 4, 0);
  C(process_vm_readv, -5, vector, 1, vector, 1, 0);
  C(process_vm_writev, -5, vector, 1, vector, 1, 0);
}

static void processes(void) {
  C(getpid); C(gettid); C(getppid); C(getuid); C(geteuid); C(getgid); C(getegid);
  C(getpgid, 0); C(getsid, 0);
  C(setpgid, -5, 0);
  C(getresuid, buffer, buffer + 4, buffer + 8);
  C(getresgid, buffer, buffer + 4, buffer + 8);
  C(setresuid, -1, -1, -1); C(setresgid, -1, -1, -1);
  C(setreuid, -1, -1); C(setregid, -1, -1);
  C(setfsuid, -1); C(setfsgid, -1);
  C(getgroups, 0, buffer);
  C(setgroups, 70000, buffer);
  C(capget, 0, 0);
  C(getpriority, PRIO_PROCESS, 0);
  C(setpriority, PRIO_PROCESS, 0, 0);
  C(prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
  C(getrlimit, RLIMIT_STACK, &limit);
  C(setrlimit, RLIMIT_CORE, 0);
  C(getrusage, RUSAGE_SELF, buffer);
  C(prctl, PR_SET_NAME, "calling", 0, 0, 0);
  C(prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
  C(set_tid_address, &number);
  C(sched_yield);
  C(sched_getaffinity, 0, 128, buffer);
  C(sched_getscheduler, 0);
  C(sched_getparam, 0, buffer);
  C(sched_setparam, 0, 0);
  C(sched_setscheduler, 0, 77, 0);
  C(sched_get_priority_max, SCHED_FIFO);
  C(sched_get_priority_min, SCHED_RR);
  C(sched_rr_get_interval, 0, &now);
  C(sched_getattr, 0, buffer, 48, 0);
  C(sched_setattr, 0, 0, 0);
  C(unshare, 0);
  C(setns, -1, CLONE_NEWNET);
  C(kcmp, 0, 0, 0, 0, 0);
  C(pidfd_open, -5, 0);
  C(pidfd_send_signal, -1, 0, 0, 0);
  C(pidfd_getfd, -1, 0, 0);
  C(ptrace, 0x4200, -5, 0, 0);
  C(personality, 0xffffffff);
  C(execve, "missing", 0, 0);
  C(execveat, AT_FDCWD, "missing", 0, 0, AT_EMPTY_PATH);
  C(wait4, -1, &number, WNOHANG, 0);
  C(waitid, P_ALL, 0, buffer, WNOHANG | WEXITED, 0);
  C(clone3, 0, 0);
  C(seccomp, 2, 0, &number);
  C(get_robust_list, 0, buffer, buffer + 8);
  C(set_robust_list, 0, 1);
  C(futex, &number, FUTEX_WAKE, 1, 0, 0, 0);
  C(futex, &number, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 5, 0, 0, 0);
  C(futex_waitv, 0, 0, 0, 0, 0);
  C(landlock_create_ruleset, 0, 0, 1);
  C(landlock_add_rule, -1, 1, 0, 0);
  C(landlock_restrict_self, -1, 0);
  C(rseq, 0, 1, 0, 0);
  C(io_cancel, 0, 0, 0);
  C(process_mrelease, -1, 0);
  C(bpf, 0, 0, 0);
  C(perf_event_open, 0, 0, -1, -1, 0);
  C(add_key, "missing", "d", 0, 0, 0);
  C(request_key, "missing", "d", 0, 0);
  C(keyctl, 0, 0, 0, 0, 0);
  C(ioprio_get, 1, 0);
  C(ioprio_set, 77, 0, 0);
}

static void signals(void) {
  action.sa_handler = SIG_IGN;
  C(rt_sigaction, SIGUSR1, &action, &old_action, 8);
  C(rt_sigaction, SIGUSR2, 0, &old_action, 8);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGHUP);
  C(rt_sigprocmask, SIG_BLOCK, &set, &old_set, 8);
  C(rt_sigprocmask, SIG_SETMASK, &old_set, 0, 8);
  C(rt_sigpending, &old_set, 8);
  C(rt_sigtimedwait, &set, 0, &nothing, 8);
  C(rt_sigqueueinfo, -5, SIGUSR1, buffer);
  C(rt_tgsigqueueinfo, -5, -5, SIGUSR1, buffer);
  C(sigaltstack, 0, buffer);
  C(kill, -5555555, SIGTERM);
  C(tkill, -5, SIGTERM);
  C(tgkill, -5, -5, SIGTERM);
  C(signalfd4, -1, &set, 8, 02000000);
  C(close, 3);
}

static void clocks(void) {
  C(nanosleep, &nothing, 0);
  C(clock_gettime, CLOCK_MONOTONIC, &now);
  C(clock_getres, CLOCK_REALTIME, &now);
  C(clock_settime, 77, &nothing);
  C(clock_nanosleep, CLOCK_MONOTONIC, 0, &nothing, 0);
  C(clock_adjtime, 77, buffer);
  C(gettimeofday, &now_us, 0);
  C(settimeofday, 0, 0);
  C(times, buffer);
  C(getitimer, ITIMER_REAL, &interval);
  C(setitimer, ITIMER_VIRTUAL, &interval, 0);
  C(timer_create, CLOCK_MONOTONIC, 0, 0);
  C(timer_settime, 77, 0, &timer, 0);
  C(timer_gettime, 77, &timer);
  C(timer_getoverrun, 77);
  C(timer_delete, 77);
  C(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  C(timerfd_settime, 3, TFD_TIMER_ABSTIME, &timer, 0);
  C(timerfd_gettime, 3, &timer);
  C(close, 3);
}

static void network(void) {
  C(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  C(bind, 3, &address, sizeof address);
  C(listen, 3, 5);
  length = sizeof address;
  C(getsockname, 3, &address, &length);
  C(getpeername, 3, &address, &length);
  C(setsockopt, 3, SOL_SOCKET, SO_REUSEADDR, &length, 4);
  C(setsockopt, 3, IPPROTO_TCP, TCP_NODELAY, &length, 4);
  length = 4;
  C(getsockopt, 3, SOL_SOCKET, SO_TYPE, &number, &length);
  C(accept, -1, 0, 0);
  C(accept4, -1, 0, 0, SOCK_NONBLOCK);
  C(shutdown, 3, SHUT_RDWR);
  C(close, 3);
  C(socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
  C(sendto, 3, text, 9, MSG_DONTWAIT, 0, 0);
  C(recvfrom, 4, buffer, 100, MSG_DONTWAIT, 0, 0);
  C(sendmsg, -1, buffer, 0);
  C(recvmsg, -1, buffer, MSG_PEEK);
  C(sendmmsg, -1, buffer, 1, 0);
  C(recvmmsg, -1, buffer, 1, 0, 0);
  C(close, 3);
  C(close, 4);
  local.sun_family = AF_UNIX;
  strcpy(local.sun_path, "/nonexistent/socket");
  C(socket, AF_UNIX, SOCK_STREAM, 0);
  C(connect, 3, &local, sizeof local);
  C(close, 3);
  C(sethostname, 0, -1);
  C(setdomainname, 0, -1);
}

static void ipc(void) {
  C(shmget, 0x12345, 4096, 0600);
  C(shmat, -1, 0, 0);
  C(shmdt, 1);
  C(shmctl, -1, 0, buffer);
  C(semget, 0x12345, 1, 0600);
  C(semop, -1, buffer, 1);
  C(semtimedop, -1, buffer, 1, 0);
  C(semctl, -1, 0, 0, 0);
  C(msgget, 0x12345, 0600);
  C(msgsnd, -1, buffer, 4, 04000);
  C(msgrcv, -1, buffer, 4, 0L, 04000);
  C(msgctl, -1, 0, buffer);
  C(mq_open, "missing", O_RDONLY, 0, 0);
  C(mq_unlink, "missing");
  C(mq_timedsend, -1, text, 4, 1, 0);
  C(mq_timedreceive, -1, buffer, 4, 0, 0);
  C(mq_notify, -1, 0);
  C(mq_getsetattr, -1, 0, buffer);
}

static void events(void) {
  C(epoll_create1, EPOLL_CLOEXEC);
  C(eventfd2, 3, EFD_NONBLOCK);
  event.events = EPOLLIN | EPOLLET;
  C(epoll_ctl, 3, EPOLL_CTL_ADD, 4, &event);
  C(epoll_pwait, 3, buffer, 4, 0, 0, 8);
  C(epoll_pwait2, 3, buffer, 4, &nothing, 0, 8);
  polled.fd = 4;
  polled.events = POLLIN;
  C(ppoll, &polled, 1, &nothing, 0, 8);
  C(pselect6, 0, 0, 0, 0, &nothing, 0);
  C(close, 4);
  C(close, 3);
  C(inotify_init1, IN_CLOEXEC);
  C(inotify_rm_watch, 3, 77);
  C(close, 3);
  C(fanotify_init, 0xffff0000, 0);
  C(fanotify_mark, -1, 1, 0L, AT_FDCWD, "file");
  C(io_setup, 0, 0);
  C(io_destroy, 0L);
  C(io_submit, 0L, 1L, 0);
  C(io_getevents, 0L, 1L, 1L, 0, 0);
  C(io_uring_setup, 0, 0);
  C(io_uring_enter, -1, 1, 0, 0, 0, 0);
  C(io_uring_register, -1, 0, 0, 0);
  C(userfaultfd, 77);
}

static void machine(void) {
  C(uname, buffer);
  C(sysinfo, buffer);
  C(syslog, 10, 0, 0);
  C(getrandom, buffer, 16, 1);
  C(getcpu, &number, 0, 0);
  C(reboot, 1, 2, 3, 0);
  C(init_module, 0, 0, "");
  C(finit_module, -1, "", 0);
  C(delete_module, "missing", O_NONBLOCK);
}

#ifdef __x86_64__
static void legacy(void) {
  C(open, "file", O_RDONLY, 0);
  C(stat, "file", buffer);
  C(lstat, "file", buffer);
  C(access, "file", X_OK);
  C(dup2, 3, 9);
  C(close, 9);
  C(getdents, 3, buffer, 100);
  C(close, 3);
  C(creat, "new", 0600);
  C(close, 3);
  C(chmod, "new", 0644);
  C(chown, "new", -1, -1);
  C(lchown, "new", -1, -1);
  C(rename, "new", "newer");
  C(link, "newer", "linked");
  C(symlink, "newer", "symbolic");
  C(readlink, "symbolic", buffer, 100);
  C(utime, "newer", times_of);
  C(utimes, "newer", utimes_of);
  C(futimesat, AT_FDCWD, "newer", utimes_of);
  C(mkdir, "folder", 0700);
  C(rmdir, "folder");
  C(mknod, "node", S_IFIFO | 0600, 0);
  C(unlink, "node");
  C(unlink, "linked");
  C(unlink, "symbolic");
  C(unlink, "newer");
  C(pipe, pair);
  C(close, 3);
  C(close, 4);
  C(poll, &polled, 0, 0);
  C(select, 0, 0, &ready, 0, &no_time);
  C(epoll_create, 5);
  C(epoll_wait, 3, buffer, 1, 0);
  C(close, 3);
  C(eventfd, 0);
  C(close, 3);
  C(signalfd, -1, &set, 8);
  C(close, 3);
  C(inotify_init);
  C(close, 3);
  C(alarm, 0);
  C(time, 0);
  C(getpgrp);
  C(arch_prctl, 0x1003, buffer);
  C(iopl, 77);
  C(ioperm, 0L, 0L, 77);
  C(modify_ldt, 77, 0, 0L);
  C(ustat, 0, 0);
  C(sysfs, 3, 0, 0);
  C(uselib, "missing");
}
#else
static void legacy(void) {}
#endif

int main(void) {
  C(write, -1, "begin", 5);
  files(); paths(); memory(); processes(); signals(); clocks(); network(); ipc(); events(); machine(); legacy();
  unlink("file");
  C(write, -1, "end", 3);
  return 0;
}
