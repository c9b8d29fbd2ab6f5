/* Known shares of time: recursion, inlined code, a library's callback and a signal handler. -O2 -fomit-frame-pointer. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void library_visit(void (*callback)(uint64_t), uint64_t until);

static volatile uint64_t sink;
static uint64_t handler_until;

static inline uint64_t used(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define SPIN(until) do { for (int i = 0; i < 100000; i++) sink = sink * 31 + (uint64_t)i; } while (used() < (until))

__attribute__((noinline)) static void recursive(int depth, uint64_t until) {
  volatile char room[64];
  room[depth] = 1;
  if (depth > 0) recursive(depth - 1, until);
  else SPIN(until);
  sink += room[depth];
}
static inline __attribute__((always_inline)) void inlined_work(uint64_t until) { SPIN(until); }
__attribute__((noinline)) static void calls_inlined(uint64_t until) { inlined_work(until); sink++; }
__attribute__((noinline)) static void from_library(uint64_t until) { SPIN(until); sink++; }
static void in_handler(int number) { SPIN(handler_until); sink += (uint64_t)number; }
__attribute__((noinline)) static void raises(uint64_t until) { handler_until = until; raise(SIGUSR1); sink++; }

static const char *names[] = { "recursive", "calls_inlined", "from_library", "in_handler" };
static const double shares[] = { 0.40, 0.25, 0.20, 0.15 };
static uint64_t took[4];

int main(int argc, char **argv) {
  uint64_t end = (uint64_t)(atof(argc > 1 ? argv[1] : "1") * 1e9);
  char byte;
  signal(SIGUSR1, in_handler);
  puts("ready");
  fflush(stdout);
  if (read(0, &byte, 1) != 1) return 1;
  uint64_t start = used();
  for (uint64_t now = start; now - start < end;) {
    for (int phase = 0; phase < 4; phase++) {
      uint64_t until = now + (uint64_t)(20e6 * shares[phase]);
      if (phase == 0) recursive(40, until);
      else if (phase == 1) calls_inlined(until);
      else if (phase == 2) library_visit(from_library, until);
      else raises(until);
      uint64_t after = used();
      took[phase] += after - now;
      now = after;
    }
  }
  double all = (double)(used() - start);
  for (int phase = 0; phase < 4; phase++) printf("share %s %.4f\n", names[phase], (double)took[phase] / all);
  printf("share inlined_work %.4f\n", (double)took[1] / all);
  puts("done");
  fflush(stdout);
  return (int)read(0, &byte, 1);
}
