/*
 * Says what its variables hold, so that a tracer's answers can be compared: a line "TAG name=value …" at the entry of
 * each function, at statements marked with STATEMENT, at returns, and in functions that are inlined.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP(x) __asm__ volatile("" : : "g"(x) : "memory")
#ifdef __clang__
#define NOINLINE __attribute__((noinline, used))
#else
#define NOINLINE __attribute__((noinline, noclone))
#endif
#define INLINE static inline __attribute__((always_inline))

enum color { RED, GREEN = 5, BLUE = -3 };
struct inner { short tag; unsigned char bytes[6]; };
struct flags { unsigned low : 3; signed middle : 5; unsigned long high : 40; };
union number { long whole; struct { int low, high; }; };
struct record {
  int id;
  char name[16];
  struct inner inner;
  struct flags flags;
  union number number;
  struct record *next;
  enum color color;
  long table[3][2];
  struct { int hidden; };
};
struct pair { long first, second; };
struct small { int a; short b; };
struct large { long values[5]; };

static struct record chain[3];
int counter = 41;
static long file_static = -7;

NOINLINE long scalars(signed char c, short s, int i, long l, unsigned char uc, unsigned short us, unsigned u, unsigned long ul, _Bool flag)
{
  printf("scalars c=%d s=%d i=%d l=%ld uc=%d us=%d u=%u ul=%lu flag=%d\n", c, s, i, l, uc, us, u, ul, flag);
  long sum = c + s + i + l + uc + us + u + (long)ul + flag;
  printf("scalars-return %ld\n", sum);
  return sum;
}

NOINLINE int pointers(struct record *r, const char *text, enum color color, int **pp)
{
  printf("pointers id=%d next=%d last=%d name=%s text=%s color=%d tag=%d byte=%d low=%u middle=%d high=%lu whole=%ld half=%d cell=%ld hidden=%d pp=%d\n",
         r->id, r->next->id, r->next->next->id, r->name, text, color, r->inner.tag, r->inner.bytes[3], r->flags.low, r->flags.middle,
         (unsigned long)r->flags.high, r->number.whole, r->number.high, r->table[2][1], r->hidden, **pp);
  int result = r->id * 2 - color;
  printf("pointers-return %d\n", result);
  return result;
}

NOINLINE struct pair by_value(struct small small, struct pair pair, struct large large)
{
  printf("by_value a=%d b=%d first=%ld second=%ld third=%ld\n", small.a, small.b, pair.first, pair.second, large.values[2]);
  struct pair result = { pair.first + small.a, pair.second - small.b };
  printf("by_value-return %ld %ld\n", result.first, result.second);
  return result;
}

INLINE long squared(long base, int times)
{
  long result = base * base + times;
  KEEP(base); KEEP(times);
  printf("squared base=%ld times=%d\n", base, times);
  return result;
}

NOINLINE long locals(long start, int rounds)
{
  long total = start;
  struct pair pair = { start * 3, rounds };
  for (int round = 0; round < rounds; round++) {
    long step = total ^ (round * 17);
    total += step;
    KEEP(pair.first);
    printf("locals round=%d step=%ld total=%ld start=%ld\n", round, step, total, start);
    KEEP(round); KEEP(step); KEEP(total); KEEP(start); /* STATEMENT locals */
    total += squared(step & 0xff, round);
  }
  KEEP(&pair);
  return total;
}

NOINLINE int recursive(int depth)
{
  int mine = depth * 10;
  if (depth > 0) mine += recursive(depth - 1);
  printf("recursive-return depth=%d %d\n", depth, mine);
  return mine;
}

NOINLINE int labelled(int value)
{
  if (value > 2) goto out;
  value += 100;
  KEEP(value);
out:
  KEEP(value);
  printf("labelled value=%d\n", value);
  return value;
}

NOINLINE void globals(int unused)
{
  KEEP(unused);
  counter++;
  file_static *= 2;
  printf("globals counter=%d static=%ld\n", counter, file_static);
  __asm__ volatile("" : : : "memory"); /* STATEMENT globals */
}

int main(int argc, char **argv)
{
  int runs = argc > 1 ? atoi(argv[1]) : 3;
  for (int index = 0; index < 3; index++) {
    struct record *r = &chain[index];
    r->id = 100 + index;
    snprintf(r->name, sizeof r->name, "record-%d", index);
    r->inner.tag = (short)(-5 - index);
    r->inner.bytes[3] = (unsigned char)(200 + index);
    r->flags.low = 5; r->flags.middle = -9; r->flags.high = 0xabcdef1234UL + index;
    r->number.whole = 0x123456789abcdefL * (index + 1);
    r->next = &chain[(index + 1) % 3];
    r->table[2][1] = -77 - index;
    r->hidden = 4242 + index;
  }
  for (int run = 0; run < runs; run++) {
    int target = run * 1000;
    int *pointer = &target;
    scalars((signed char)(-1 - run), (short)(-300 * run), -70000 - run, -5000000000L * run, (unsigned char)(250 + run), (unsigned short)(65000 + run), 4000000000U + run, 18000000000000000000UL + run, run & 1);
    pointers(&chain[run % 3], "caf\xc3\xa9", run % 2 ? GREEN : BLUE, &pointer);
    struct small small = { run - 1, (short)-run };
    struct pair pair = { run * 5000000000L, -run };
    struct large large = { { 1, 2, 3 + run, 4, 5 } };
    by_value(small, pair, large);
    locals(run * 7 + 1, 2);
    recursive(3);
    labelled(run);
    globals(run);
  }
  return 0;
}
