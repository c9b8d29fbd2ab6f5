/* Stands for /bin/ls in call graphs: built with debug information, which Debian's has not. */
#include <stdio.h>

__attribute__((noinline)) static void list(const char *name, int depth) {
  if (depth > 0) list(name + 1, depth - 1);
  else puts(name);
}

__attribute__((noinline)) static int quote(int style) { return style * 2; }

int main(int argc, char **argv) {
  (void)argv;
  list("files", 2);
  return quote(argc) - 2;
}
