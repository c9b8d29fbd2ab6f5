/* hammer N: two threads, each on a CPU of its own if there are two, call an empty function N times in all. Prints N. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static long calls;
static pthread_barrier_t ready;

__attribute__((noinline)) void hammered(void)
{
	__asm__ volatile("" : : : "memory");
}

static void *strike(void *argument)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET((long)argument, &one);
	sched_setaffinity(0, sizeof one, &one);
	pthread_barrier_wait(&ready);
	for (long i = 0; i < calls; i++)
		hammered();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	calls = (argc > 1 ? atol(argv[1]) : 2) / 2;
	pthread_barrier_init(&ready, NULL, 2);
	for (long i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, strike, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("%ld\n", 2 * calls);
	return 0;
}
