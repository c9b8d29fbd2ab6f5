/*
 * places [jitdump FILE|perf-map]: prints addresses, a name and an address a line, and waits until its input ends.
 *   inlined   of code of innermost(), which is inlined into between(), which is inlined into around()
 *   hidden    of a static function, which no dynamic symbol names
 *   vdso      of the vDSO's clock_gettime
 *   made      of code of no file, told of by a jitdump file, or by /tmp/perf-PID.map
 * The lines that are marked are asked for by number.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile unsigned long sink;
static void *place;

static inline __attribute__((always_inline)) void innermost(void)
{
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(place) : : "memory"); /* INNERMOST */
}

static inline __attribute__((always_inline)) void between(void)
{
	sink++;
	innermost(); /* BETWEEN */
}

__attribute__((noinline)) void around(void)
{
	sink++;
	between(); /* AROUND */
	sink++;
}

static __attribute__((noinline)) void hidden(void)
{
	__asm__ volatile("lea 0(%%rip), %0" : "=r"(place) : : "memory");
	sink++;
}

static void say(const char *name, const void *address)
{
	printf("%s %lx\n", name, (unsigned long)address);
}

/* tools/perf/Documentation/jitdump-specification.txt */
struct dump_header { uint32_t magic, version, size, machine, pad, pid; uint64_t time, flags; };
struct code_load { uint32_t id, size; uint64_t time; uint32_t pid, tid; uint64_t vma, address, code_size, index; };

static void tell_by_jitdump(const char *file, void *code, size_t size)
{
	static const char name[] = "made by places";
	struct dump_header header = { 0x4a695444, 1, sizeof header, 62, 0, getpid(), 0, 0 };
	struct code_load load = { 0, sizeof load + sizeof name + size, 0, getpid(), getpid(), (uint64_t)code, (uint64_t)code, size, 1 };
	FILE *out = fopen(file, "w+");
	fwrite(&header, sizeof header, 1, out);
	fwrite(&load, sizeof load, 1, out);
	fwrite(name, sizeof name, 1, out);
	fwrite(code, size, 1, out);
	fflush(out);
	/* The mapping is how a profiler finds the file. */
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(out), 0);
}

static void tell_by_perf_map(void *code, size_t size)
{
	char file[64];
	snprintf(file, sizeof file, "/tmp/perf-%d.map", getpid());
	FILE *out = fopen(file, "w");
	fprintf(out, "%lx %zx made by places\n", (unsigned long)code, size);
	fclose(out);
}

int main(int argc, char **argv)
{
	around();
	say("inlined", place);
	hidden();
	say("hidden", place);
#ifndef STATIC
	void *vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	say("vdso", vdso ? dlsym(vdso, "__vdso_clock_gettime") : NULL);
#endif
	if (argc > 1) {
		char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(code, 0x90, 64);
		if (argc > 2)
			tell_by_jitdump(argv[2], code, 64);
		else
			tell_by_perf_map(code, 64);
		say("made", code + 8);
	}
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
