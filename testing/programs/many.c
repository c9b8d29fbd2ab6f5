/* many: a thousand functions, f000 to f999; each is called once, f000 once more. */
#include <stdio.h>

#define ONE(n) __attribute__((noinline)) int f##n(int x) { __asm__ volatile(""); return x + 1; }
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(0) HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8) HUNDRED(9)

#define CALL(n) x = f##n(x);
#define CALLS(n) CALL(n##0) CALL(n##1) CALL(n##2) CALL(n##3) CALL(n##4) CALL(n##5) CALL(n##6) CALL(n##7) CALL(n##8) CALL(n##9)
#define ALL(n) CALLS(n##0) CALLS(n##1) CALLS(n##2) CALLS(n##3) CALLS(n##4) CALLS(n##5) CALLS(n##6) CALLS(n##7) CALLS(n##8) CALLS(n##9)

int main(void) {
  int x = 0;
  ALL(0) ALL(1) ALL(2) ALL(3) ALL(4) ALL(5) ALL(6) ALL(7) ALL(8) ALL(9)
  x = f000(x);
  printf("%d\n", x);
  return 0;
}
