/* A fixed amount of work, 30 calls deep, in so many threads, for each byte of the input; tells the processor time that it took. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long units;
static __thread volatile uint64_t sink;

static uint64_t used(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
__attribute__((noinline)) static void deep(int depth) {
  volatile char room[48];
  room[depth] = 1;
  if (depth > 0) deep(depth - 1);
  else for (int i = 0; i < 1000000; i++) sink = sink * 31 + (uint64_t)i;
  sink += room[depth];
}
static void *work(void *nothing) {
  for (long unit = 0; unit < units; unit++) deep(30);
  return nothing;
}
int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  units = argc > 2 ? atol(argv[2]) : 500;
  char byte;
  puts("ready");
  fflush(stdout);
  while (read(0, &byte, 1) == 1) {
    pthread_t others[64];
    uint64_t start = used();
    for (int k = 1; k < threads && k < 64; k++) pthread_create(&others[k], NULL, work, NULL);
    work(NULL);
    for (int k = 1; k < threads && k < 64; k++) pthread_join(others[k], NULL);
    printf("took %llu\n", (unsigned long long)(used() - start));
    fflush(stdout);
  }
  return 0;
}
