/*
 * file-work DIR [ALONE]: calls on files, memory, sockets and processes, the same in every run; a child does some too, unless a second
 * argument says that there is none. Prints what it did:
 * opens, failed opens, bytes read and written and the number of those calls, of parent and child.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct { int opens, missing, reads, writes; long read_bytes, written_bytes; } did;
static char buffer[4096];

static int opened(const char *path, int flags) {
  int fd = open(path, flags, 0640);
  if (fd < 0) did.missing++;
  else did.opens++;
  return fd;
}

static void writes(int fd, int times, int size) {
  for (int i = 0; i < times; i++, did.writes++) did.written_bytes += write(fd, buffer, size);
}

static void reads(int fd, int times, int size) {
  for (int i = 0; i < times; i++, did.reads++) did.read_bytes += read(fd, buffer, size);
}

static void tell(const char *who) {
  char line[200];
  int length = snprintf(line, sizeof line, "%s opens %d missing %d reads %d read_bytes %ld writes %d written_bytes %ld\n", who, did.opens, did.missing, did.reads, did.read_bytes, did.writes, did.written_bytes);
  if (write(1, line, length) != length) _exit(9);
}

static void on_memory(void) {
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  madvise(page, 4096, MADV_DONTNEED);
  mprotect(page, 4096, PROT_READ);
  munmap(page, 8192);
}

static void on_sockets(void) {
  int pair[2], fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in closed = { .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = { htonl(INADDR_LOOPBACK) } };
  struct sockaddr_un nobody = { .sun_family = AF_UNIX, .sun_path = "/no/such.sock" };
  if (connect(fd, (void *)&closed, sizeof closed) == 0) abort();
  shutdown(fd, SHUT_RDWR);
  close(fd);
  fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (connect(fd, (void *)&nobody, sizeof nobody) == 0) abort();
  close(fd);
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  if (send(pair[0], "\"tab\t\1992", 9, MSG_NOSIGNAL) != 9 || recv(pair[1], buffer, 9, MSG_DONTWAIT) != 9) abort();
  close(pair[0]);
  close(pair[1]);
}

static void with_structures(void) {
  struct stat about;
  struct utsname names;
  struct rlimit limit;
  struct timespec moment = { 0, 1000 };
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data = { .u64 = 0x1234567890 } };
  if (stat("work", &about) != 0 || stat("/dev/null", &about) != 0) abort();
  if (nanosleep(&moment, NULL) != 0 || uname(&names) != 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) abort();
  int epoll = epoll_create1(EPOLL_CLOEXEC), fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (getsockname(fd, (void *)&address, &length) != 0) abort();
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0 || epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) != 0) abort();
  close(epoll);
  close(fd);
}

int main(int argc, char **argv) {
  int pipes[2];
  if (argc < 2 || chdir(argv[1]) != 0) return 2;
  memset(buffer, 'w', sizeof buffer);
  mkdir("work", 0750);
  int fd = opened("work/first", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  writes(fd, 10, 100);
  writes(fd, 2, 4096);
  fsync(fd);
  close(fd);
  fd = opened("work/first", O_RDONLY);
  reads(fd, 3, 4000);
  lseek(fd, 100, SEEK_SET);
  if (pread(fd, buffer, 8, 0) != 8) abort();
  did.reads++, did.read_bytes += 8;
  close(fd);
  opened("work/caf\303\251 \"no\"", O_RDWR);
  if (access("work/first", R_OK | W_OK) != 0) abort();
  rename("work/first", "work/second");
  if (pipe2(pipes, O_CLOEXEC) == 0) dup2(pipes[0], 77);
  fcntl(77, F_SETFD, FD_CLOEXEC);
  on_memory();
  on_sockets();
  with_structures();
  signal(SIGUSR1, SIG_IGN);
  kill(getpid(), SIGUSR1);
  fflush(stdout);
  pid_t pid = argc > 2 ? -1 : fork();
  if (pid == 0) {
    memset(&did, 0, sizeof did);
    fd = opened("work/second", O_WRONLY | O_APPEND);
    writes(fd, 3, 10);
    opened("work/missing", O_RDONLY);
    fd = opened("work/second", O_RDONLY);
    reads(fd, 3, 4096);
    tell("child");
    _exit(3);
  }
  int status = 3 << 8;
  if (pid > 0) waitpid(pid, &status, 0);
  unlink("work/second");
  rmdir("work");
  tell("parent");
  _exit(WEXITSTATUS(status));
}
