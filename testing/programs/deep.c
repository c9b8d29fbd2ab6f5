/* A stack without frame pointers: main, a library's callback, recursion, a signal handler, 44 frames and more. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile long sink;
__attribute__((noinline)) void stop_here(long n) { sink += n; }
static void handler(int n) { stop_here(n); sink++; }
__attribute__((noinline)) static long deep(long n) {
  volatile char room[48];
  room[n % 48] = 1;
  if (n == 0) { raise(SIGUSR1); sink++; return 1; }
  long below = deep(n - 1);
  return below + room[n % 48] + sink;
}
static int compare(const void *a, const void *b) { sink = deep(30); return *(const int *)a - *(const int *)b; }
static void sorts(void) {
  // With pauses, in which whoever traces this can look at it.
  for (int k = 0; k < 400; k++) { int v[4] = { 3, 1, 2, k }; qsort(v, 4, sizeof *v, compare); if (k % 2 == 0) usleep(2000); }
}
int main(int argc, char **argv) {
  (void)argv;
  signal(SIGUSR1, handler);
  sorts();
  // With an argument a child does the same, without an exec.
  if (argc > 1) {
    pid_t child = fork();
    if (child == 0) sorts();
    else waitpid(child, 0, 0);
  }
  return 0;
}
