/* read-loop N: N one-byte reads of /dev/zero; prints ns per read. Under QEMU's -icount shift=0 a nanosecond is an instruction. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 200000;
	char byte;
	int fd = open("/dev/zero", O_RDONLY);
	struct timespec a, b;
	for (int i = 0; i < 2000; i++)
		if (read(fd, &byte, 1) != 1) return 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		if (read(fd, &byte, 1) != 1) return 1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f\n", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / n);
	return 0;
}
