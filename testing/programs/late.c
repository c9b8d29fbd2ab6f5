/* Loads a library after it has begun, and lets it work: late LIBRARY. */
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc != 2) return 2;
  usleep(1000);
  void *library = dlopen(argv[1], RTLD_NOW);
  void (*sorts)(void) = (void (*)(void))dlsym(library, "sorts");
  sorts();
  return 0;
}
