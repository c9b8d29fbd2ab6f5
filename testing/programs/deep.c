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
void sorts(void) {
  signal(SIGUSR1, handler);
  for (int k = 0; k < 30; k++) { int v[4] = { 3, 1, 2, k }; qsort(v, 4, sizeof *v, compare); }
}
int main(int argc, char **argv) {
  (void)argv;
  sorts();
  // With an argument a child does the same, without an exec.
  if (argc > 1) {
    pid_t child = fork();
    if (child == 0) sorts();
    else waitpid(child, 0, 0);
  }
  return 0;
}
