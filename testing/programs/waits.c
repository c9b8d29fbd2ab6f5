/*
 * waits: reads a byte from standard input; then sleeps, reads a slow pipe and waits for a lock, each in a function of that name, and
 * prints how many microseconds each took.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int slow[2], held[2];

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

__attribute__((noinline)) void sleeps(void)
{
	struct timespec t = { 0, 300000000 };
	nanosleep(&t, NULL);
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void reads(void)
{
	char c;
	for (int i = 0; i < 4; i++)
		if (read(slow[0], &c, 1) != 1)
			_exit(1);
}

__attribute__((noinline)) void locks(void)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	__asm__ volatile("" : : : "memory");
}

static void *holds(void *unused)
{
	pthread_mutex_lock(&lock);
	if (write(held[1], "x", 1) == 1)
		usleep(300000);
	pthread_mutex_unlock(&lock);
	return unused;
}

/* Writes its four bytes a while after it is asked to. */
static void *writes(void *unused)
{
	for (int i = 0; i < 4; i++) {
		usleep(80000);
		if (write(slow[1], "x", 1) != 1)
			_exit(1);
	}
	return unused;
}

static long timed(void (*wait_for)(void))
{
	long start = now();
	wait_for();
	return now() - start;
}

int main(void)
{
	char c;
	pthread_t thread;
	if (pipe(slow) != 0 || pipe(held) != 0 || read(0, &c, 1) != 1)
		return 1;
	long slept = timed(sleeps);
	pthread_create(&thread, NULL, writes, NULL);
	long waited = timed(reads);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, holds, NULL);
	if (read(held[0], &c, 1) != 1)
		return 1;
	long locked = timed(locks);
	pthread_join(thread, NULL);
	printf("sleeps %ld\nreads %ld\nlocks %ld\n", slept, waited, locked);
	return 0;
}
