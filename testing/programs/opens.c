/* opens: opens files by open, openat and openat2, some of which do not exist; prints how many of each. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct open_how how = { .flags = O_RDONLY };
	int ok = 0, failed = 0;
	for (int i = 0; i < 3; i++) {
		int fds[] = {
			syscall(SYS_open, "/etc/passwd", O_RDONLY, 0),
			syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY | O_CLOEXEC, 0),
			syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how),
			syscall(SYS_openat, AT_FDCWD, "/no/such \"file\"\n", O_RDWR, 0),
			syscall(SYS_open, "/dev/null", O_WRONLY | O_APPEND, 0),
		};
		for (unsigned k = 0; k < sizeof fds / sizeof *fds; k++) {
			if (fds[k] < 0) failed++;
			else { ok++; close(fds[k]); }
		}
	}
	printf("ok %d failed %d\n", ok, failed);
	return 0;
}
