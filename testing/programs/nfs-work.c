/*
 * What the tapset's aliases of NFS and RPC tell, made once each: an NFS server of this kernel on loopback, with its exports told
 * by hand as rpc.mountd tells them, and clients of version 3 and 4. nfs-work FOLDER, as root, in a guest; prints what failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nfs_mount.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "must.h"

#define PORT 2049
#define LOCKD_PORT 4045
#define FOREVER "2147483647"
/* Any port, no check of what is above a file, the number of the file system is said here, and mounts in it are seen. */
#define EXPORT_FLAGS (0x2 | 0x400 | 0x2000 | 0x4000 | 0x200)

/* In rpcbind's place, for the server and lockd: each call succeeds with the value 1. */
static pid_t portmapper(void) {
  struct sockaddr_un here = {.sun_family = AF_UNIX, .sun_path = "/var/run/rpcbind.sock"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink(here.sun_path);
  must(bind(listener, (struct sockaddr *)&here, sizeof here) == 0 && listen(listener, 8) == 0, "rpcbind.sock");
  pid_t made = fork();
  if (made != 0) return made;
  signal(SIGCHLD, SIG_IGN);
  for (int served; (served = accept(listener, NULL, NULL)) >= 0; close(served)) {
    unsigned call[256];
    if (fork() != 0) continue;
    while (recv(served, call, 4, MSG_WAITALL) == 4) {
      unsigned length = ntohl(call[0]) & 0x7fffffff;
      if (length > sizeof call || recv(served, call, length, MSG_WAITALL) != length) break;
      unsigned answer[] = {htonl(0x80000000u | 28), call[0], htonl(1), 0, 0, 0, 0, htonl(1)};
      if (send(served, answer, sizeof answer, 0) != sizeof answer) break;
    }
    _exit(0);
  }
  _exit(0);
}

static void start_server(const char *folder, const char *inner) {
  char line[1024];
  /* Where kernels up to 6.12 keep who their clients are. */
  mkdir("/var/lib/nfs", 0755);
  mkdir("/var/lib/nfs/v4recovery", 0755);
  must(mount("nfsd", "/proc/fs/nfsd", "nfsd", 0, NULL) == 0 || errno == EBUSY, "mount nfsd");
  tell("/proc/net/rpc/auth.unix.ip/channel", "nfsd 127.0.0.1 " FOREVER " here\n");
  for (int number = 0; number < 2; number++) {
    snprintf(line, sizeof line, "here %s " FOREVER " %d 0 0 %d\n", number ? inner : folder, EXPORT_FLAGS, number);
    tell("/proc/net/rpc/nfsd.export/channel", line);
    /* A file handle's file system by its number, little endian. */
    snprintf(line, sizeof line, "here 1 \\x0%d000000 " FOREVER " %s\n", number, number ? inner : folder);
    tell("/proc/net/rpc/nfsd.fh/channel", line);
  }
  /* Until then none may open a file of version 4. Kernels that ask a daemon for their clients refuse to end it. */
  tell("/proc/fs/nfsd/nfsv4leasetime", "10\n");
  tell("/proc/fs/nfsd/nfsv4gracetime", "10\n");
  tell("/proc/fs/nfsd/versions", "+3 +4\n");
  snprintf(line, sizeof line, "tcp %d\n", PORT);
  tell("/proc/fs/nfsd/portlist", line);
  tell("/proc/fs/nfsd/threads", "2\n");
  int grace = open("/proc/fs/nfsd/v4_end_grace", O_WRONLY);
  must(write(grace, "Y\n", 2) == 2 || errno == EBUSY, "v4_end_grace");
  close(grace);
}

/* As mount.nfs did before options were texts: the handle comes from the server's file instead of from mountd. */
static void mount_version3(const char *folder, const char *target) {
  struct nfs_mount_data data = {.version = 6, .flags = NFS_MOUNT_VER3 | NFS_MOUNT_TCP | NFS_MOUNT_NONLM, .hostname = "here", .namlen = 255, .rsize = 4096, .wsize = 4096, .timeo = 600, .retrans = 2};
  char line[1024];
  snprintf(line, sizeof line, "here %s 64\n", folder);
  int handles = open("/proc/fs/nfsd/filehandle", O_RDWR);
  must(handles >= 0 && write(handles, line, strlen(line)) > 0, "filehandle");
  ssize_t length = read(handles, line, sizeof line - 1);
  close(handles);
  must(length > 4, "filehandle");
  for (char *at = line + 2; at + 1 < line + length && *at != '\n' && data.root.size < 64; at += 2) {
    unsigned byte = 0;
    sscanf(at, "%2x", &byte);
    data.root.data[data.root.size++] = byte;
  }
  data.addr.sin_family = AF_INET;
  data.addr.sin_port = htons(PORT);
  data.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(mount("here:/", target, "nfs", 0, &data) == 0, "mount version 3");
}

/* Locks of version 3 are its own here; those of version 4 would wait for the end of lockd's grace period. */
static void use(const char *where, int locks) {
  char first[512], second[512];
  /* More than one write of the client, which commits those together. */
  static char page[8192];
  struct flock lock = {.l_type = F_WRLCK, .l_start = 3, .l_len = 4};
  snprintf(first, sizeof first, "%s/first", where);
  snprintf(second, sizeof second, "%s/second", where);
  int file = open(first, O_RDWR | O_CREAT | O_TRUNC, 0600);
  must(file >= 0, first);
  /* Pages that are written but not committed are let go. */
  must(write(file, page, sizeof page) == sizeof page && sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER) == 0, "write");
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  must(fsync(file) == 0, "fsync");
  must(lseek(file, 17, SEEK_SET) == 17 && fcntl(file, F_SETFL, O_APPEND) == 0, "lseek");
  must(!locks || fcntl(file, F_SETLK, &lock) == 0, "lock");
  /* One page alone, by a fault that reads nothing ahead. */
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  volatile char *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
  must(mapped != MAP_FAILED && madvise((void *)mapped, 4096, MADV_RANDOM) == 0 && mapped[1] == 0 && munmap((void *)mapped, 4096) == 0, "mmap");
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  must(pread(file, page, sizeof page, 0) == sizeof page, "read");
  close(file);
  must(rename(first, second) == 0 && unlink(second) == 0, "rename");
  must(mkdir(first, 0700) == 0 && rmdir(first) == 0, "mkdir");
}

/* A file that another has a lease of: the server asks to come again, and the client's call is delayed, for 5 seconds. */
static void delayed(const char *local, const char *remote) {
  int served = open(local, O_RDWR | O_CREAT, 0600);
  must(served >= 0 && write(served, "leased", 6) == 6 && fcntl(served, F_SETLEASE, F_WRLCK) == 0, "lease");
  pid_t reader = fork();
  if (reader == 0) {
    char byte;
    int file = open(remote, O_RDONLY);
    must(file >= 0 && read(file, &byte, 1) == 1, "read");
    _exit(0);
  }
  usleep(300000);
  kill(reader, SIGKILL);
  waitpid(reader, NULL, 0);
  close(served);
}

/* An answer where calls are expected: the server drops it. */
static void dropped(void) {
  struct sockaddr_in lockd = {.sin_family = AF_INET, .sin_port = htons(LOCKD_PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  unsigned answer[] = {htonl(77), htonl(1), 0, 0, 0, 0};
  int sender = socket(AF_INET, SOCK_DGRAM, 0);
  must(sendto(sender, answer, sizeof answer, 0, (struct sockaddr *)&lockd, sizeof lockd) == sizeof answer, "datagram");
  usleep(100000);
  close(sender);
}

int main(int argc, char **argv) {
  char folder[256], inner[512], version3[256], version4[256], below[512], local[512];
  setvbuf(stdout, NULL, _IOLBF, 0);
  must(argc == 2, "usage: nfs-work FOLDER");
  snprintf(folder, sizeof folder, "%s/export", argv[1]);
  snprintf(inner, sizeof inner, "%s/inner", folder);
  snprintf(version3, sizeof version3, "%s/version3", argv[1]);
  snprintf(version4, sizeof version4, "%s/version4", argv[1]);
  must(mkdir(argv[1], 0700) == 0 && mkdir(folder, 0700) == 0 && mkdir(version3, 0700) == 0 && mkdir(version4, 0700) == 0, "mkdir");
  must(mount("none", folder, "tmpfs", 0, NULL) == 0 && mkdir(inner, 0700) == 0 && mount("none", inner, "tmpfs", 0, NULL) == 0, "mount tmpfs");
  pid_t mapper = portmapper();
  start_server(folder, inner);
  mount_version3(folder, version3);
  use(version3, 1);
  snprintf(local, sizeof local, "%s/leased", folder);
  snprintf(below, sizeof below, "%s/leased", version3);
  signal(SIGIO, SIG_IGN);
  delayed(local, below);
  must(umount2(version3, MNT_FORCE | MNT_DETACH) == 0, "umount version 3");
  must(mount("127.0.0.1:/", version4, "nfs4", 0, "vers=4.0,rsize=4096,wsize=4096,addr=127.0.0.1,clientaddr=127.0.0.1,proto=tcp,port=2049,sec=sys") == 0, "mount version 4");
  use(version4, 0);
  snprintf(below, sizeof below, "%s/inner/file", version4);
  close(open(below, O_RDWR | O_CREAT, 0600));
  must(umount2(version4, MNT_DETACH) == 0, "umount version 4");
  dropped();
  tell("/proc/fs/nfsd/threads", "0\n");
  kill(mapper, SIGKILL);
  waitpid(mapper, NULL, 0);
  printf("done\n");
  return 0;
}
