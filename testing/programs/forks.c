/* Three threads, two forks, and a fork that runs another program: what the probes of processes must count. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *work(void *argument) {
  usleep(1000);
  return argument;
}

static pid_t child(const char *program) {
  pid_t pid = fork();
  if (pid == 0) {
    if (program != NULL) execl(program, program, (char *)0);
    _exit(program == NULL ? 0 : 1);
  }
  return pid;
}

int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  int status;
  for (int i = 0; i < 3; i++) waitpid(child(i < 2 ? NULL : "/bin/true"), &status, 0);
  printf("pid %d parent %d\n", getpid(), getppid());
  fflush(stdout);
  _exit(0);
}
