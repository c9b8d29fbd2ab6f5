/*
 * inside: waits for SIGUSR1, then serves two requests: functions with arguments, an inlined one, a mark, a library's function.
 * -DLIBRARY: that library.
 */
struct pair { long first, second; };
long in_library(const struct pair *pair);

#ifdef LIBRARY
__attribute__((noinline)) long in_library(const struct pair *pair)
{
	__asm__ volatile("" : : "r"(pair) : "memory");
	return pair->first + pair->second;
}
#else
#include <signal.h>
#include <stdio.h>
#include <sys/sdt.h>

struct request { int id; const char *name; };
static volatile long sink;

static inline __attribute__((always_inline)) long twice(int value)
{
	__asm__ volatile("" : : "r"(value) : "memory");
	return value * 2L;
}

__attribute__((noinline, noclone)) long probed(const struct request *request, int limit)
{
	long sum = request->id + limit;
	sink = sum; /* STATEMENT */
	__asm__ volatile("" : : "r"(sum), "r"(limit) : "memory");
	return sum;
}

__attribute__((noinline, noclone)) long serve(const struct request *request, int limit)
{
	struct pair pair = { request->id, twice(request->id) };
	DTRACE_PROBE2(kit, served, request->id, request->name);
	long sum = probed(request, limit);
	return sum + in_library(&pair);
}

__attribute__((noinline, noclone)) void labelled(int value)
{
	if (value > 7)
		goto out;
	sink = value;
out:
	__asm__ volatile("" : : "r"(value) : "memory");
	sink = 0;
}

__attribute__((noinline, noclone)) void finished(void)
{
	__asm__ volatile("" : : : "memory");
}

struct request requests[] = { { 7, "seven" }, { 8, "eight" } };

int main(void)
{
	sigset_t set;
	int number;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, 0);
	for (;;) {
		sigwait(&set, &number);
		/* Texts are read before a probe looks at them: pages that are not there it cannot read. */
		for (int i = 0; i < 2; i++)
			sink = requests[i].name[0];
		for (int i = 0; i < 2; i++)
			printf("%s %ld\n", requests[i].name, serve(&requests[i], 99 + i));
		for (int i = 0; i < 2; i++)
			labelled(requests[i].id);
		finished();
	}
}
#endif
