/* calls N [MS]: calls an empty function N times, with its number as argument, MS milliseconds apart, and prints N. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) long probed(long number, const char *name)
{
	__asm__ volatile("" : : "r"(number), "r"(name) : "memory");
	return number * 2;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	for (long i = 0; i < count; i++) {
		if (argc > 2)
			usleep(1000 * atoi(argv[2]));
		probed(i, "caf\xc3\xa9");
	}
	printf("%ld\n", count);
	return 0;
}
