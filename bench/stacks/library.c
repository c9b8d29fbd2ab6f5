/* A shared library that calls back. */
#include <stdint.h>
static volatile uint64_t visits;
void library_visit(void (*callback)(uint64_t), uint64_t until) { callback(until); visits++; }
