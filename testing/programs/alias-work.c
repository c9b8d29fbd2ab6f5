/* What the probe aliases of the tapset tell, made once each: alias-work FILE, on a file system of a disk. Prints "pid child". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int signal_number) { (void)signal_number; }

static void move_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

static void signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  sigaction(SIGUSR1, &action, NULL);
  sigset_t pending;
  sigpending(&pending);
  kill(getpid(), SIGUSR1);
  syscall(SYS_tkill, getpid(), SIGUSR1);
  syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
}

/* Written to the disk and read from it. */
static int disk(const char *path) {
  static char page[65536];
  memset(page, 'x', sizeof page);
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || write(file, page, sizeof page) != sizeof page || fsync(file) != 0) return -1;
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  volatile char *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED || mapped[0] != 'x' || munmap((void *)mapped, 4096) != 0) return -1;
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  return pread(file, page, sizeof page, 0) == sizeof page ? close(file) : -1;
}

/* A child that is traced, then becomes another program. */
static pid_t child(void) {
  int go[2];
  if (pipe(go) != 0) return -1;
  pid_t made = fork();
  if (made == 0) {
    char byte;
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (read(go[0], &byte, 1) != 1) _exit(1);
    /* In memory, where probes can read it. */
    char path[] = "/bin/sh", *arguments[] = {strdup("sh"), strdup("-c"), strdup("exit 3"), NULL};
    execv(path, arguments);
    _exit(1);
  }
  int status;
  waitpid(made, &status, WUNTRACED);
  ptrace(PTRACE_PEEKUSER, made, NULL, NULL);
  ptrace(PTRACE_DETACH, made, NULL, NULL);
  if (write(go[1], "x", 1) != 1) return -1;
  waitpid(made, &status, 0);
  return made;
}

/* A connection over loopback, one that is refused, and a datagram. */
static int network(void) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof here;
  char text[5];
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0) return -1;
  getsockname(listener, (struct sockaddr *)&here, &length);
  if (connect(client, (struct sockaddr *)&here, sizeof here) != 0) return -1;
  int served = accept(listener, NULL, NULL);
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (send(client, "hello", 5, 0) != 5 || recv(served, text, 5, MSG_WAITALL) != 5) return -1;
  if (write(client, "again", 5) != 5 || read(served, text, 5) != 5) return -1;
  close(client);
  close(served);
  close(listener);
  client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr *)&here, sizeof here) == 0) return -1;
  close(client);
  int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
  here.sin_port = 0;
  if (bind(receiver, (struct sockaddr *)&here, sizeof here) != 0) return -1;
  getsockname(receiver, (struct sockaddr *)&here, &length);
  if (sendto(sender, "datagram", 8, 0, (struct sockaddr *)&here, sizeof here) != 8 || recv(receiver, text, 5, 0) != 5) return -1;
  close(sender);
  return close(receiver);
}

int main(int argc, char **argv) {
  if (argc != 2) return 1;
  move_to(0);
  move_to(1);
  signals();
  if (disk(argv[1]) != 0) return 2;
  if (network() != 0) return 4;
  pid_t made = child();
  printf("%d %d\n", getpid(), made);
  return made > 0 ? 0 : 3;
}
