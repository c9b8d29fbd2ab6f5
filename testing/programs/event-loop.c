/* An event loop on epoll, whose turns take long in known functions: one computes, one sleeps in the kernel. It begins when its standard
   input ends, and prints each turn: its function and microseconds by its own clock. */
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

static long now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000L + at.tv_nsec / 1000;
}

__attribute__((noinline)) void compute_for_long(void) {
    for (long end = now_us() + 100000; now_us() < end;)
        for (int i = 0; i < 1000000; i++) __asm__ volatile("");
    __asm__ volatile("");
}

__attribute__((noinline)) void wait_for_a_file(void) {
    struct timespec time = {0, 100000000};
    while (nanosleep(&time, &time) != 0) {}
    __asm__ volatile("");
}

static void turn(int epoll, const char *name, void (*work)(void)) {
    struct epoll_event event;
    epoll_wait(epoll, &event, 1, -1);
    long begun = now_us();
    work();
    printf("%s %ld\n", name, now_us() - begun);
}

int main(void) {
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &event);
    setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    turn(epoll, "compute_for_long", compute_for_long);
    turn(epoll, "wait_for_a_file", wait_for_a_file);
    epoll_wait(epoll, &event, 1, -1);
    return 0;
}
