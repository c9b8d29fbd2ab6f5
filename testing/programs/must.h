/* What the programs that set up a guest need at each step: an end with its cause when a step fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int holds, const char *what) {
  if (holds) return;
  printf("%s: %s\n", what, strerror(errno));
  exit(1);
}

static void tell(const char *file, const char *text) {
  int opened = open(file, O_WRONLY);
  must(opened >= 0 && write(opened, text, strlen(text)) == (ssize_t)strlen(text), file);
  close(opened);
}
