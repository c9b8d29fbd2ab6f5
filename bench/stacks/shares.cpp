// Known shares of time in instances of templates, one of them below std::sort.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <unistd.h>
#include <vector>

static volatile std::uint64_t sink;
static std::uint64_t used() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::uint64_t(t.tv_sec) * 1000000000u + std::uint64_t(t.tv_nsec);
}

template <typename Unit> struct Worker {
  [[gnu::noinline]] static void run(std::uint64_t until) {
    do for (int i = 0; i < 100000; i++) sink = sink * Unit::factor + std::uint64_t(i); while (used() < until);
    sink = sink + 1;
  }
};
struct Small { static constexpr int factor = 31; };
struct Large { static constexpr int factor = 37; };
template <typename Unit> struct Order {
  [[gnu::noinline]] bool operator()(int a, int b) const {
    for (int i = 0; i < 3000; i++) sink = sink * Unit::factor + std::uint64_t(i);
    return a < b;
  }
};
template <typename Unit> [[gnu::noinline]] void sorts(std::uint64_t until) {
  do {
    std::vector<int> values(64);
    for (int &value : values) value = int(sink = sink * 31 + 7);
    std::sort(values.begin(), values.end(), Order<Unit>());
  } while (used() < until);
  sink = sink + 1;
}

int main(int argc, char **argv) {
  const std::uint64_t end = std::uint64_t(std::atof(argc > 1 ? argv[1] : "1") * 1e9);
  const char *names[] = { "Worker<Small>::run", "Worker<Large>::run", "sorts<Large>" };
  const double shares[] = { 0.5, 0.2, 0.3 };
  std::uint64_t took[3] = {};
  char byte;
  std::puts("ready");
  std::fflush(stdout);
  if (read(0, &byte, 1) != 1) return 1;
  const std::uint64_t start = used();
  for (std::uint64_t now = start; now - start < end;) {
    for (int phase = 0; phase < 3; phase++) {
      const std::uint64_t until = now + std::uint64_t(20e6 * shares[phase]);
      if (phase == 0) Worker<Small>::run(until);
      else if (phase == 1) Worker<Large>::run(until);
      else sorts<Large>(until);
      const std::uint64_t after = used();
      took[phase] += after - now;
      now = after;
    }
  }
  const double all = double(used() - start);
  for (int phase = 0; phase < 3; phase++) std::printf("share %s %.4f\n", names[phase], double(took[phase]) / all);
  std::puts("done");
  std::fflush(stdout);
  return int(read(0, &byte, 1));
}
