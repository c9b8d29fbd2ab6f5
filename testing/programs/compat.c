/* Closes nothing five times, and three times calls the 32-bit table's number 3, which is read there and close in the 64-bit one. */
#include <unistd.h>
int main(void) {
  for (int i = 0; i < 5; i++) close(77);
#ifdef __x86_64__
  for (int i = 0; i < 3; i++) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(3), "b"(77), "c"(0), "d"(0) : "memory");
  }
#endif
  return 0;
}
