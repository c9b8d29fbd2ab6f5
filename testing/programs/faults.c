/* faults N: touches N fresh pages, then writes a global N times; prints the page faults that the kernel counted for it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

volatile int watched;

__attribute__((noinline)) void touch(char *pages, long count) {
  for (long i = 0; i < count; i++) pages[i * 4096] = 1;
}

int main(int argc, char **argv) {
  long count = argc > 1 ? atol(argv[1]) : 1;
  char *pages = mmap(NULL, count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(pages, count * 4096, MADV_NOHUGEPAGE);
  touch(pages, count);
  for (long i = 0; i < count; i++) watched = (int)i;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("faults %ld\n", usage.ru_minflt + usage.ru_majflt);
  return 0;
}
