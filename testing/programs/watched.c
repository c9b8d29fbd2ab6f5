/*
 * watched N: writes a global N times, reads and writes another as often, and each byte of a third in turn; prints what it wrote.
 * They lie in one page, and between them is another: QEMU's processor takes data that was hit before for hit again, unless the page
 * was used elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>

char page[4096] __attribute__((aligned(4096)));
__asm__(".macro within name at size\n"
        ".globl \\name\n.set \\name, page + \\at\n.type \\name, @object\n.size \\name, \\size\n"
        ".endm\n"
        "within watched 64 4\nwithin both 128 8\nwithin flags 192 8\nwithin between 256 4\n");
extern volatile int watched, between;
extern volatile long both;
extern volatile unsigned char flags[8];

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  long sum = 0;
  for (int i = 0; i < count; i++) {
    watched = i * 7 - 3;
    between = i;
    sum += both;
    between = i;
    both = sum + i;
    between = i;
    flags[i % 8] = (unsigned char)(i + 100);
    between = i;
    printf("data write %d\n", i * 7 - 3);
    if (i % 8 == 0) printf("data byte %d\n", i + 100);
  }
  return page[0] + sum == -1;
}
