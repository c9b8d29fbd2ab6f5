/* USDT probes with arguments of every kind. Each round prints a line for each, "MARK VALUE…": what a probe must see, as 64-bit numbers.
   -DSEMAPHORES: with semaphores, whose state a round prints first. -DLIBRARY: only round(), for a shared library; -DLINKED: without it.
   Arguments: the number of rounds; none: one for each line on stdin. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void round_of_marks(int i);

#ifndef LINKED
#ifdef SEMAPHORES
#define _SDT_HAS_SEMAPHORES 1
#define SEMAPHORE(name) __extension__ unsigned short kit_##name##_semaphore __attribute__((unused)) __attribute__((section(".probes")));
#else
#define SEMAPHORE(name)
#endif
#include <sys/sdt.h>
SEMAPHORE(none) SEMAPHORE(narrow) SEMAPHORE(wide) SEMAPHORE(constants) SEMAPHORE(memory) SEMAPHORE(indexed) SEMAPHORE(text) SEMAPHORE(twice) SEMAPHORE(inlined) SEMAPHORE(many)

#define S(x) ((long long)(x))
struct pair { int first; short second; };
int8_t global8 = -8;
uint16_t global16 = 65000;
static int32_t table[4] = { -100, 200, -300, 400 };
uint64_t global64 = 0x8000000000000001ULL;
static const char *const words[] = { "alpha", "beta", "gamma" };

static inline __attribute__((always_inline)) void inlined(int value) { DTRACE_PROBE1(kit, inlined, value); }

__attribute__((noinline)) static void narrow(int8_t a, uint8_t b, int16_t c, uint16_t d)
{
    DTRACE_PROBE4(kit, narrow, a, b, c, d);
    printf("narrow %lld %lld %lld %lld\n", S(a), S(b), S(c), S(d));
}

__attribute__((noinline)) static void wide(int32_t a, uint32_t b, int64_t c, uint64_t d)
{
    DTRACE_PROBE4(kit, wide, a, b, c, d);
    printf("wide %lld %lld %lld %lld\n", S(a), S(b), S(c), S(d));
}

__attribute__((noinline)) static void memory(struct pair *pair, int i)
{
    volatile short local[3] = { -7, 8, (short)(i * 3) };
    DTRACE_PROBE6(kit, memory, global8, global16, table[2], pair->second, local[2], global64);
    printf("memory %lld %lld %lld %lld %lld %lld\n", S(global8), S(global16), S(table[2]), S(pair->second), S(local[2]), S(global64));
}

/* A base, an index and a displacement: compilers write them seldom. */
__attribute__((noinline)) static void indexed(const int32_t *base, long index)
{
#ifdef __x86_64__
    __asm__ __volatile__(STAP_PROBE_ASM(kit, indexed, -4@4(%[b],%[i],4) 4@-8(%[e]) -4@(%[b],%[i],4) 8@$0x7fffffffffffffff -1@$200 1@%%ah) :: [b] "r"(base), [i] "r"(index), [e] "r"(base + 4), "a"(0x1234L)
#ifdef SEMAPHORES
        , [sdt_semaphore] "m"(kit_indexed_semaphore)
#endif
    );
    printf("indexed %lld %lld %lld %lld %lld %lld\n", S(base[index + 1]), S((uint32_t)base[2]), S(base[index]), S(INT64_MAX), S((int8_t)200), S(0x12));
#endif
}

__attribute__((noinline)) static void text(const char *word, struct pair *pair)
{
    DTRACE_PROBE2(kit, text, word, pair);
    printf("text %s %d %d\n", word, pair->first, pair->second);
}

void round_of_marks(int i)
{
    struct pair pair = { i + 1000, (short)(-i - 5) };
#ifdef SEMAPHORES
    printf("semaphores %d %d\n", *(volatile unsigned short *)&kit_none_semaphore, *(volatile unsigned short *)&kit_twice_semaphore);
#endif
    DTRACE_PROBE(kit, none);
    printf("none\n");
    narrow((int8_t)-i, (uint8_t)(200 + i), (int16_t)(-30000 - i), (uint16_t)(60000 + i));
    wide(-2000000000 - i, 4000000000u + (unsigned)i, -9000000000000000000LL - i, 18000000000000000000ULL + (unsigned)i);
    DTRACE_PROBE4(kit, constants, -5, 7u, 0xffffffffffULL, (char)-3);
    printf("constants -5 7 1099511627775 -3\n");
    memory(&pair, i);
    indexed(table, i & 1);
    text(words[i % 3], &pair);
    DTRACE_PROBE1(kit, twice, 1);
    printf("twice 1\n");
    DTRACE_PROBE1(kit, twice, i);
    printf("twice %d\n", i);
    inlined(i);
    inlined(i * 2);
    printf("inlined %d\ninlined %d\n", i, i * 2);
    DTRACE_PROBE12(kit, many, i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9, i + 10, i + 11);
    printf("many %d %d %d %d %d %d %d %d %d %d %d %d\n", i, i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9, i + 10, i + 11);
    fflush(stdout);
}
#endif

#ifndef LIBRARY
int main(int argc, char **argv)
{
    char line[80];
    if (argc > 1)
        for (int i = 0; i < atoi(argv[1]); i++) round_of_marks(i);
    else
        for (int i = 0; fgets(line, sizeof line, stdin); i++) round_of_marks(i);
    return 0;
}
#endif
