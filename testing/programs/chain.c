/*
 * chain [SECONDS]: outer calls middle, which calls inner: a known stack, each with its frame pointer. Without SECONDS inner
 * calls the empty function probed once; with SECONDS it computes for so much of a processor's time.
 */
#include <stdlib.h>
#include <time.h>

__attribute__((noinline)) void probed(void)
{
	__asm__ volatile("" : : : "memory");
}

static volatile unsigned long sink;

__attribute__((noinline)) void inner(double seconds)
{
	struct timespec start, now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	do {
		for (int i = 0; i < 100000; i++)
			sink += i;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while (now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9 < seconds);
	probed();
	sink++;
}

__attribute__((noinline)) void middle(double seconds)
{
	inner(seconds);
	sink++;
}

__attribute__((noinline)) void outer(double seconds)
{
	middle(seconds);
	sink++;
}

int main(int argc, char **argv)
{
	outer(argc > 1 ? atof(argv[1]) : 0);
	return 0;
}
