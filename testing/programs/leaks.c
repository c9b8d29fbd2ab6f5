/*
 * leaks [wait]: allocates in ways that it tells of, for tools that look for leaks. With "wait" it begins when a byte comes on its
 * standard input. At its end it says, for each function that has memory that nobody freed:
 *   held FUNCTION BYTES BLOCKS
 *   mapped FUNCTION BYTES BLOCKS
 * It has no frame pointers, and writes without stdio, which would have a buffer of its own.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FUNCTION __attribute__((noipa))

static void *volatile kept[64];
static int keeps;

FUNCTION void *keep(void *block)
{
	kept[__atomic_fetch_add(&keeps, 1, __ATOMIC_RELAXED)] = block;
	return block;
}

FUNCTION void hold_malloc(int n) { keep(malloc(100 + n)); }
FUNCTION void hold_calloc(int n) { keep(calloc(n, 24)); }

/* Grows far enough to move; what it was before is gone. */
FUNCTION void hold_realloc(void)
{
	char *block = malloc(64);
	__asm__ volatile("" : "+r"(block) : : "memory");
	block = realloc(block, 70000);
	__asm__ volatile("" : "+r"(block) : : "memory");
	keep(realloc(block, 80000));
}

FUNCTION void hold_aligned(void)
{
	void *block = NULL;
	if (posix_memalign(&block, 256, 1000) == 0)
		keep(block);
	keep(aligned_alloc(64, 640));
}

FUNCTION void hold_copy(void) { keep(strdup("nine bytes")); }

FUNCTION void free_again(int n)
{
	void *block = keep(malloc(n));
	keeps--;
	free(block);
	block = keep(calloc(1, n));
	keeps--;
	block = realloc(block, 2 * n);
	__asm__ volatile("" : "+r"(block) : : "memory");
	free(block);
}

static void *passed;
FUNCTION void hold_thread(void) { keep(malloc(333)); }
static void *thread(void *unused)
{
	hold_thread();
	/* Another thread's. */
	free(passed);
	return unused;
}

FUNCTION void hold_old(void) { keep(malloc(5555)); }

FUNCTION void hold_map(int n)
{
	keep(mmap(NULL, n * 4096L, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

FUNCTION void unmap_again(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	__asm__ volatile("" : "+r"(map) : : "memory");
	munmap(map, 4096);
}

/* Something on the stack that frame pointers could not pass. */
FUNCTION void work(int rounds)
{
	pthread_t started;
	for (int n = 0; n < rounds; n++) {
		hold_malloc(n);
		free_again(200 + n);
	}
	for (int n = 1; n <= 3; n++)
		hold_calloc(n);
	hold_realloc();
	hold_aligned();
	hold_copy();
	hold_map(3);
	hold_map(5);
	unmap_again();
	passed = malloc(77);
	pthread_create(&started, NULL, thread, NULL);
	pthread_join(started, NULL);
}

int main(int argc, char **argv)
{
	struct timespec nap = { 0, 300000000 };
	char byte;
	if (argc > 1 && !strcmp(argv[1], "wait") && read(0, &byte, 1) != 1)
		return 1;
	hold_old();
	while (nanosleep(&nap, &nap))
		;
	work(10);
	dprintf(1, "held hold_old 5555 1\nheld hold_malloc 1045 10\nheld hold_calloc 144 3\nheld hold_realloc 80000 1\nheld hold_aligned 1640 2\n"
		"held hold_copy 11 1\nheld hold_thread 333 1\nmapped hold_map 32768 2\n");
	return 0;
}
