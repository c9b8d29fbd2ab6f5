/* Puts known values in registers and calls an empty function: rbx, r12 to r15, rsi, and edi with its upper half set. Prints the function's address. */
#include <stdio.h>

__attribute__((noinline, noclone)) void marked(void)
{
	__asm__ volatile("" : : : "memory");
}

int main(void)
{
#ifdef __x86_64__
	__asm__ volatile(
		"movabs $0x1122334455667788, %%rbx\n\tmovabs $0xfffffffffffffffe, %%r12\n\tmov $13, %%r13\n\tmov $14, %%r14\n\tmov $15, %%r15\n\t"
		"movabs $0x5555666680000001, %%rdi\n\tmov $22, %%rsi\n\tcall marked\n\t"
		: : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
#else
	marked();
#endif
	printf("%lx\n", (unsigned long)marked);
	return 0;
}
