/*
 * What the tapset's aliases tell of devices, terminals, packets, memory and disks, made once each: root-work, as root, in a guest
 * that has the modules tun, bridge, br_netfilter, ttyprintk, raid1 and a disk /dev/sda of scsi_debug. Prints what failed, or "done".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <linux/major.h>
#include <linux/raid/md_p.h>
#include <linux/raid/md_u.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "must.h"

static int control;

static struct ifreq named(const char *device) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  return request;
}

static void flags(const char *device, short wanted) {
  struct ifreq request = named(device);
  request.ifr_flags = wanted;
  must(ioctl(control, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
}

static void address(const char *device, const char *text) {
  struct ifreq request = named(device);
  struct sockaddr_in *at = (struct sockaddr_in *)&request.ifr_addr;
  at->sin_family = AF_INET;
  inet_pton(AF_INET, text, &at->sin_addr);
  must(ioctl(control, SIOCSIFADDR, &request) == 0, "SIOCSIFADDR");
  inet_pton(AF_INET, "255.255.255.0", &at->sin_addr);
  must(ioctl(control, SIOCSIFNETMASK, &request) == 0, "SIOCSIFNETMASK");
  flags(device, IFF_UP);
}

static void address6(const char *device, const char *text) {
  struct { struct in6_addr address; unsigned prefix; int device; } request = {.prefix = 64, .device = (int)if_nametoindex(device)};
  int opened = socket(AF_INET6, SOCK_DGRAM, 0);
  inet_pton(AF_INET6, text, &request.address);
  must(ioctl(opened, SIOCSIFADDR, &request) == 0, "SIOCSIFADDR of IPv6");
  close(opened);
}

/* A device whose packets this program sends and gets. */
static int device(const char *name, short kind) {
  struct ifreq request = named(name);
  int opened = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  request.ifr_flags = kind | IFF_NO_PI;
  must(opened >= 0 && ioctl(opened, TUNSETIFF, &request) == 0, "/dev/net/tun");
  return opened;
}

static unsigned short checksum(const unsigned char *bytes, int length) {
  unsigned sum = 0;
  for (int at = 0; at < length; at += 2) sum += bytes[at] << 8 | bytes[at + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons(~sum & 0xffff);
}

/* An IPv4 packet to `to`, of so many bytes. `fragment`: flags and offset. */
static void packet(int device, const char *to, int protocol, int length, int fragment, int broken) {
  static unsigned char bytes[1500];
  memset(bytes, 0, sizeof bytes);
  unsigned char head[] = {0x45, 0, length >> 8, length & 255, 0, 77, fragment >> 8, fragment & 255, 64, protocol, 0, 0, 10, 77, 0, 2};
  memcpy(bytes, head, sizeof head);
  inet_pton(AF_INET, to, bytes + 16);
  unsigned short sum = checksum(bytes, 20) ^ (broken ? 0x0101 : 0);
  memcpy(bytes + 10, &sum, 2);
  bytes[20] = 4, bytes[22] = 5, bytes[25] = length - 20;
  must(write(device, bytes, length) == length, "packet");
}

static void packet6(int device, const char *to) {
  unsigned char bytes[48] = {0x60, 0, 0, 0, 0, 8, 17, 64};
  inet_pton(AF_INET6, "fd77::2", bytes + 8);
  inet_pton(AF_INET6, to, bytes + 24);
  bytes[41] = 7, bytes[43] = 9, bytes[45] = 8, bytes[47] = 1;
  must(write(device, bytes, sizeof bytes) == sizeof bytes, "packet of IPv6");
}

/* Packets that are forwarded, cut, put together, refused. */
static void routed(void) {
  int in = device("stap0", IFF_TUN), out = device("stap1", IFF_TUN);
  struct ifreq mtu = named("stap1");
  address("stap0", "10.77.0.1");
  address("stap1", "10.78.0.1");
  mtu.ifr_mtu = 1280;
  must(ioctl(control, SIOCSIFMTU, &mtu) == 0, "SIOCSIFMTU");
  address6("stap0", "fd77::1");
  address6("stap1", "fd78::1");
  tell("/proc/sys/net/ipv4/ip_forward", "0");
  packet(in, "10.99.0.1", 17, 40, 0, 0);
  tell("/proc/sys/net/ipv4/ip_forward", "1");
  tell("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  tell("/proc/sys/net/ipv4/ipfrag_time", "1");
  packet(in, "10.77.0.1", 17, 40, 0x2000, 0);
  packet(in, "10.99.0.1", 17, 40, 0, 0);
  packet(in, "10.78.0.2", 17, 40, 0, 0);
  packet(in, "10.78.0.2", 17, 1400, 0, 0);
  packet(in, "10.78.0.2", 17, 1400, 0x4000, 0);
  packet(in, "10.77.0.1", 253, 40, 0, 0);
  packet(in, "10.77.0.1", 17, 40, 0, 1);
  packet6(in, "fd78::2");
  /* Nobody answers: asked again a second later. */
  struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(7)};
  inet_pton(AF_INET, "10.78.0.9", &nobody.sin_addr);
  int caller = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  must(connect(caller, (struct sockaddr *)&nobody, sizeof nobody) != 0 && errno == EINPROGRESS, "connect");
  usleep(1500000);
  close(caller);
  flags("stap1", 0);
  close(in);
  close(out);
}

/* A bridge of two ports: what comes in at one goes out at the other, or is for this machine. */
static void bridged(void) {
  int in = device("stapp0", IFF_TAP), out = device("stapp1", IFF_TAP);
  struct ifreq request = named("stapbr");
  must(ioctl(control, SIOCBRADDBR, "stapbr") == 0, "SIOCBRADDBR");
  for (int port = 0; port < 2; port++) {
    request.ifr_ifindex = (int)if_nametoindex(port ? "stapp1" : "stapp0");
    must(ioctl(control, SIOCBRADDIF, &request) == 0, "SIOCBRADDIF");
  }
  request = named("stapbr");
  request.ifr_hwaddr.sa_family = 1;
  memcpy(request.ifr_hwaddr.sa_data, "\2\0\0\0\0\20", 6);
  must(ioctl(control, SIOCSIFHWADDR, &request) == 0, "SIOCSIFHWADDR");
  flags("stapp0", IFF_UP);
  flags("stapp1", IFF_UP);
  address("stapbr", "10.79.0.1");
  usleep(100000);
  unsigned char who_has[42] = "\377\377\377\377\377\377\2\0\0\0\0\1\10\6\0\1\10\0\6\4\0\1\2\0\0\0\0\1\12\117\0\2\0\0\0\0\0\0\12\117\0\1";
  must(write(in, who_has, sizeof who_has) == sizeof who_has, "ARP");
  /* Hello of another bridge: root 32768 of 2:0:0:0:0:7, cost 4, port 0x8001, ages 1, 20, 2 and 15 seconds. */
  unsigned char hello[60] = "\1\200\302\0\0\0\2\0\0\0\0\1\0\46\102\102\3\0\0\0\0\0\200\0\2\0\0\0\0\7\0\0\0\4\200\1\2\0\0\0\0\10\200\1\1\0\24\0\2\0\17\0";
  must(write(in, hello, sizeof hello) == sizeof hello, "hello");
  struct sockaddr_in neighbour = {.sin_family = AF_INET, .sin_port = htons(9)};
  inet_pton(AF_INET, "10.79.0.2", &neighbour.sin_addr);
  must(sendto(control, "datagram", 8, 0, (struct sockaddr *)&neighbour, sizeof neighbour) == 8, "to the bridge");
  flags("stapbr", 0);
  must(ioctl(control, SIOCBRDELBR, "stapbr") == 0, "SIOCBRDELBR");
  close(in);
  close(out);
}

/* Connected over loopback: of listener[0], with so much room; [1] and [2] are the two ends. */
static void connection(int family, int backlog, int ends[3]) {
  struct sockaddr_storage here = {.ss_family = family};
  socklen_t length = sizeof here;
  if (family == AF_INET) ((struct sockaddr_in *)&here)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  else ((struct sockaddr_in6 *)&here)->sin6_addr = in6addr_loopback;
  ends[0] = socket(family, SOCK_STREAM, 0);
  must(bind(ends[0], (struct sockaddr *)&here, sizeof here) == 0 && listen(ends[0], backlog) == 0, "listen");
  getsockname(ends[0], (struct sockaddr *)&here, &length);
  ends[1] = socket(family, SOCK_STREAM, 0);
  must(connect(ends[1], (struct sockaddr *)&here, sizeof here) == 0, "connect");
  if (backlog == 0) {
    /* The queue has one that nobody takes. */
    int late = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(late, (struct sockaddr *)&here, sizeof here);
    close(late);
  }
  ends[2] = accept(ends[0], NULL, NULL);
}

static void hang_up(int ends[3]) {
  for (int end = 0; end < 3; end++) close(ends[end]);
}

static void tcp(void) {
  int ends[3], zero = 0, wait = 100;
  char text[8];
  struct linger at_once = {1, 0};
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  connection(AF_INET6, 1, ends);
  struct iovec parts[] = {{text, 2}, {text + 2, 6}};
  must(send(ends[1], "datagram", 8, 0) == 8 && recv(ends[2], text, 8, MSG_WAITALL) == 8, "IPv6");
  must(writev(ends[1], parts, 2) == 8 && readv(ends[2], parts, 2) == 8, "writev");
  hang_up(ends);
  /* Broken off. */
  connection(AF_INET, 1, ends);
  setsockopt(ends[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hang_up(ends);
  /* Data for an end that is closed is answered by a reset; the end is a socket still. */
  connection(AF_INET, 1, ends);
  setsockopt(ends[1], IPPROTO_TCP, TCP_LINGER2, &wait, sizeof wait);
  close(ends[1]);
  must(send(ends[2], "late", 4, MSG_NOSIGNAL) == 4, "late");
  ends[1] = -1;
  hang_up(ends);
  connection(AF_INET, 0, ends);
  must(connect(ends[1], &nowhere, sizeof nowhere) == 0, "disconnect");
  hang_up(ends);
  /* An acknowledgement that waits for data to go with. */
  connection(AF_INET, 1, ends);
  setsockopt(ends[2], IPPROTO_TCP, TCP_QUICKACK, &zero, sizeof zero);
  must(send(ends[1], "wait", 4, 0) == 4, "wait");
  usleep(300000);
  tell("/proc/sys/net/ipv4/tcp_mem", "1 1 100000");
  static char much[3 << 20];
  int room = 4 << 20;
  setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  must(send(ends[1], much, sizeof much, MSG_DONTWAIT) > 0, "much");
  tell("/proc/sys/net/ipv4/tcp_mem", "20000 30000 40000");
  hang_up(ends);
}

static void udp(void) {
  struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons(5777), .sin6_addr = in6addr_loopback};
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  char text[8];
  int end = socket(AF_INET6, SOCK_DGRAM, 0);
  must(bind(end, (struct sockaddr *)&here, sizeof here) == 0 && connect(end, (struct sockaddr *)&here, sizeof here) == 0, "bind");
  must(send(end, "datagram", 8, 0) == 8 && recv(end, text, 8, 0) == 8, "datagram");
  must(connect(end, &nowhere, sizeof nowhere) == 0, "disconnect");
  close(end);
}

/* A pair of a terminal, and one that prints to the kernel's log, which comes and goes with its module. */
static void terminals(void) {
  char name[64], text[8];
  struct winsize size = {.ws_row = 11, .ws_col = 22, .ws_xpixel = 33, .ws_ypixel = 44};
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  must(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, sizeof name) == 0, "posix_openpt");
  int slave = open(name, O_RDWR | O_NOCTTY);
  must(slave >= 0 && write(master, "hello\n", 6) == 6 && read(slave, text, sizeof text) == 6 && write(slave, "again", 5) == 5, name);
  struct pollfd wanted = {.fd = slave, .events = POLLIN};
  poll(&wanted, 1, 0);
  must(ioctl(slave, TIOCGWINSZ, &size) == 0, "TIOCGWINSZ");
  close(slave);
  close(master);
  int module = open("/mnt/guest-out/modules/ttyprintk.ko", O_RDONLY);
  must(module >= 0 && syscall(SYS_finit_module, module, "", 0) == 0, "ttyprintk");
  close(module);
  int printing = open("/dev/ttyprintk", O_RDWR | O_NOCTTY);
  size.ws_row = 11, size.ws_col = 22, size.ws_xpixel = 33, size.ws_ypixel = 44;
  must(printing >= 0 && ioctl(printing, TIOCSWINSZ, &size) == 0, "/dev/ttyprintk");
  close(printing);
  must(syscall(SYS_delete_module, "ttyprintk", O_NONBLOCK) == 0, "ttyprintk's end");
}

static void handler(int signal_number) { (void)signal_number; }

static void signals(void) {
  sigset_t set;
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
  struct itimerspec soon = {.it_value = {0, 1000000}};
  signal(SIGUSR1, handler);
  signal(SIGUSR2, handler);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, NULL);
  must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &soon, NULL) == 0, "timer");
  int got;
  sigwait(&set, &got);
  timer_delete(timer);
  kill(getpid(), SIGUSR1);
  syscall(SYS_tkill, getpid(), SIGUSR1);
  syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
  pid_t waits = fork();
  if (waits == 0) {
    pause();
    /* A handler that has no stack to run on. */
    stack_t stack = {.ss_sp = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .ss_size = 65536};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    _exit(0);
  }
  usleep(50000);
  kill(waits, SIGUSR1);
  waitpid(waits, &got, 0);
  must(WIFSIGNALED(got) && WTERMSIG(got) == SIGSEGV, "a handler without a stack");
}

static void memory(void) {
  static volatile char shared[1];
  static char file[] = "/tmp/root-work";
  char text[8] = "";
  struct iovec parts[] = {{text, 3}, {text + 3, 5}};
  void *made = mmap(NULL, 36864, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(made != MAP_FAILED && munmap(made, 36864) == 0 && sbrk(8192) != (void *)-1, "mmap");
  /* A map of BPF, in memory of node 0. Before Linux 5.11 it counts as locked memory, of which the session has most. */
  must(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) == 0, "setrlimit");
  union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1, .map_flags = BPF_F_NUMA_NODE};
  must(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map) >= 0, "BPF_MAP_CREATE");
  pid_t writes = fork();
  if (writes == 0) shared[0]++, _exit(0);
  waitpid(writes, NULL, 0);
  shared[0]++;
  int opened = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
  must(opened >= 0 && pwritev(opened, parts, 2, 0) == 8 && preadv(opened, parts, 2, 0) == 8, file);
  close(opened);
  /* Memory is said to be short: the kernel ends whom it likes least. */
  pid_t victim = fork();
  if (victim == 0) {
    tell("/proc/self/oom_score_adj", "1000");
    tell("/proc/sysrq-trigger", "f");
    for (;;) pause();
  }
  must(waitpid(victim, NULL, 0) == victim, "victim");
}

/* Threads of the kernel that are made and ended. */
static void workers(void) {
  tell("/sys/devices/virtual/workqueue/writeback/nice", "7");
  tell("/sys/devices/virtual/workqueue/writeback/nice", "0");
}

/* Reads with the scheduler between, and one that the disk is too busy for. */
static void disk(void) {
  static char page[1 << 20] __attribute__((aligned(4096)));
  tell("/sys/block/sda/queue/scheduler", "mq-deadline");
  int opened = open("/dev/sda", O_RDWR);
  must(opened >= 0 && read(opened, page, sizeof page) == sizeof page, "/dev/sda");
  /* HOST_BUSY, each time but for the last. */
  tell("/sys/bus/pseudo/drivers/scsi_debug/every_nth", "2");
  tell("/sys/bus/pseudo/drivers/scsi_debug/opts", "0x8000");
  must(pread(opened, page, sizeof page, 4 << 20) == sizeof page && write(opened, page, 4096) == 4096 && fsync(opened) == 0, "busy");
  tell("/sys/bus/pseudo/drivers/scsi_debug/opts", "0");
  tell("/sys/bus/pseudo/drivers/scsi_debug/every_nth", "0");
  close(opened);
}

/* The thread of a mirror throws away the signals that it gets. */
static void mirror(void) {
  mdu_array_info_t array = {.major_version = 0, .minor_version = 90, .level = 1, .size = 4096, .nr_disks = 1, .raid_disks = 1, .not_persistent = 1, .state = 1, .active_disks = 1, .working_disks = 1};
  mdu_disk_info_t part = {.major = 8, .raid_disk = 0, .state = 1 << MD_DISK_ACTIVE | 1 << MD_DISK_SYNC};
  mknod("/dev/md0", S_IFBLK | 0600, makedev(9, 0));
  int opened = open("/dev/md0", O_RDWR);
  must(opened >= 0 && ioctl(opened, SET_ARRAY_INFO, &array) == 0 && ioctl(opened, ADD_NEW_DISK, &part) == 0 && ioctl(opened, RUN_ARRAY, NULL) == 0, "mirror");
  for (int pid = 2; pid < 32768; pid++) {
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    int comm = open(path, O_RDONLY);
    if (comm < 0) continue;
    if (read(comm, name, sizeof name - 1) > 0 && strcmp(name, "md0_raid1\n") == 0) kill(pid, SIGKILL);
    close(comm);
  }
  usleep(100000);
  must(ioctl(opened, STOP_ARRAY, NULL) == 0, "the mirror's end");
  close(opened);
}

int main(void) {
  static void (*const works[])(void) = {terminals, signals, memory, tcp, udp, routed, bridged, workers, disk, mirror};
  setvbuf(stdout, NULL, _IOLBF, 0);
  control = socket(AF_INET, SOCK_DGRAM, 0);
  for (unsigned at = 0; at < sizeof works / sizeof *works; at++) works[at]();
  int statistics = open("/proc/net/dev", O_RDONLY);
  char text[4096];
  must(read(statistics, text, sizeof text) > 0, "/proc/net/dev");
  /* With the disk its error handler, a thread, ends. */
  must(syscall(SYS_delete_module, "scsi_debug", O_NONBLOCK) == 0, "scsi_debug's end");
  printf("done\n");
  return 0;
}
