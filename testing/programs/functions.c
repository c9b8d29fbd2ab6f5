/*
 * functions [CALLS [THREADS [MS]]]: calls functions, and says what it called, for tools that trace functions:
 *   graph DEPTH ->NAME VALUES     each call and return of its main thread, in order, as SystemTap's $$parms and $$return write them
 *   calls NAME COUNT              how often each was called
 *   nap MS NS                     a call of nap(MS), and how long it took by CLOCK_MONOTONIC, clock reading included
 * CALLS: calls of busy() in each of THREADS threads, which are in no graph.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUNCTION __attribute__((noipa))
#define INLINE static inline __attribute__((always_inline))

static char graph[1 << 16];
static int length, depth;
static struct { const char *name; long count; } counts[16];

INLINE void note(const char *arrow, const char *name, const char *values)
{
	length += snprintf(graph + length, sizeof(graph) - length, "graph %d %s%s%s%s\n", depth, arrow, name, *values ? " " : "", values);
}

INLINE void count(const char *name, long calls)
{
	int at = 0;
	while (counts[at].name && strcmp(counts[at].name, name))
		at++;
	counts[at].name = name;
	counts[at].count += calls;
}

#define CALLED(name, ...) do { char values[100]; snprintf(values, sizeof(values), __VA_ARGS__); depth++; note("->", name, values); count(name, 1); } while (0)
#define RETURNS(name, ...) do { char values[100]; snprintf(values, sizeof(values), __VA_ARGS__); note("<-", name, values); depth--; } while (0)

static jmp_buf back;

FUNCTION int leaf(int n, long scale)
{
	CALLED("leaf", "n=%#x scale=%#lx", n, scale);
	int result = n * scale + 1;
	RETURNS("leaf", "return=%#x", result);
	return result;
}

FUNCTION long recurse(int n)
{
	CALLED("recurse", "n=%#x", n);
	long result = n > 1 ? n * recurse(n - 1) : 1;
	RETURNS("recurse", "return=%#lx", result);
	return result;
}

/* Never returns. */
FUNCTION void leap(int n)
{
	CALLED("leap", "n=%#x", n);
	leaf(n, 2);
	longjmp(back, 1);
}

FUNCTION void catcher(void)
{
	CALLED("catcher", "%s", "");
	int here = depth;
	if (!setjmp(back))
		leap(7);
	depth = here;
	RETURNS("catcher", "%s", "");
}

FUNCTION long outer(int rounds)
{
	CALLED("outer", "rounds=%#x", rounds);
	long sum = 0;
	for (int round = 1; round <= rounds; round++)
		sum += leaf(round, 16) + recurse(round);
	catcher();
	RETURNS("outer", "return=%#lx", sum);
	return sum;
}

/* Its own calls are counted by who calls it: threads must not share the counts. */
FUNCTION long busy(long n)
{
	__asm__ volatile("" : "+r"(n) : : "memory");
	return n + 1;
}

FUNCTION void nap(int ms)
{
	struct timespec wanted = { ms / 1000, ms % 1000 * 1000000L };
	while (nanosleep(&wanted, &wanted))
		;
}

static void *thread(void *argument)
{
	long calls = *(long *)argument, sum = 0;
	for (long i = 0; i < calls; i++)
		sum += busy(i);
	return (void *)sum;
}

static long ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 0;
	int threads = argc > 2 ? atoi(argv[2]) : 1, ms = argc > 3 ? atoi(argv[3]) : 0;
	pthread_t started[16];
	for (int round = 2; round <= 3; round++)
		outer(round);
	for (int i = 0; i < threads && calls; i++)
		pthread_create(&started[i], NULL, thread, &calls);
	for (int i = 0; i < threads && calls; i++)
		pthread_join(started[i], NULL);
	if (calls)
		count("busy", calls * threads);
	fputs(graph, stdout);
	for (int i = 0; ms && i < 3; i++) {
		long start = ns();
		nap(ms << i);
		printf("nap %d %ld\n", ms << i, ns() - start);
		count("nap", 1);
	}
	for (int i = 0; counts[i].name; i++)
		printf("calls %s %ld\n", counts[i].name, counts[i].count);
	return 0;
}
