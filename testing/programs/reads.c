/* reads: a known mix of read(2) calls on /dev/zero and on a closed descriptor; prints calls, bytes and failures. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[65536];

int main(int argc, char **argv)
{
	int repeat = argc > 1 ? atoi(argv[1]) : 1;
	int fd = open("/dev/zero", O_RDONLY);
	int write_only = open("/dev/null", O_WRONLY);
	long calls = 0, bytes = 0, failed = 0;
	for (int round = 0; round < repeat; round++) {
		for (int i = 0; i < 100; i++, calls++) bytes += read(fd, buffer, 1);
		for (int i = 0; i < 20; i++, calls++) bytes += read(fd, buffer, 512);
		for (int i = 0; i < 5; i++, calls++) bytes += read(fd, buffer, 65536);
		for (int i = 0; i < 7; i++, calls++) failed += read(write_only, buffer, 8) < 0;
	}
	printf("calls %ld bytes %ld failed %ld\n", calls, bytes, failed);
	return 0;
}
