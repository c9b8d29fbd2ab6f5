/* calls N: calls an empty function N times, with its number as argument, and prints N. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) long probed(long number, const char *name)
{
	__asm__ volatile("" : : "r"(number), "r"(name) : "memory");
	return number * 2;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1;
	for (long i = 0; i < count; i++)
		probed(i, "caf\xc3\xa9");
	printf("%ld\n", count);
	return 0;
}
