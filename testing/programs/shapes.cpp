/* C++: namespaces, methods, references, templates, inheritance. Says what its variables hold. */
#include <cstdio>

#ifdef __clang__
#define NOINLINE __attribute__((noinline, used))
#else
#define NOINLINE __attribute__((noinline, noclone, used))
#endif
/* An instruction of its line, at which the values are there. */
#define KEEP(...) __asm__ volatile("nop" : : __VA_ARGS__ : "memory")
#define IN(x) "g"(x)

namespace geo {
template <typename T> static inline __attribute__((always_inline)) T squared(T base, int times) {
  T result = base * base + times;
  std::printf("squared base=%ld times=%d\n", static_cast<long>(base), times);
  std::printf("squared-statement base=%ld times=%d result=%ld\n", static_cast<long>(base), times, static_cast<long>(result));
  KEEP(IN(base), IN(times), IN(result)); /* STATEMENT squared */
  return result;
}

class Shape {
public:
  explicit Shape(int id) : id_(id) {}
  virtual ~Shape() = default;
  NOINLINE long scaled(long factor) const {
    std::printf("scaled id=%d factor=%ld\n", id_, factor);
    return id_ * factor;
  }
protected:
  int id_;
};

class Square : public Shape {
public:
  Square(int id, int side) : Shape(id), side_(side) {}
  NOINLINE long area(const int &margin) {
    std::printf("area id=%d side=%d margin=%d\n", id_, side_, margin);
    long result = static_cast<long>(side_ + margin) * (side_ + margin);
    std::printf("area-return %ld\n", result);
    return result;
  }
  NOINLINE long total(long start, unsigned char rounds) {
    long sum = start;
    long step = 0;
    for (int round = 0; round < rounds; round++) {
      step = (sum * 3 + round) % 32768;
      sum += step + side_;
      std::printf("total id=%d side=%d round=%d step=%ld sum=%ld start=%ld\n", id_, side_, round, step, sum, start);
      KEEP(IN(this), IN(round), IN(step), IN(sum), IN(start)); /* STATEMENT total */
      sum += squared<long>(sum & 0xff, round);
    }
    std::printf("total-return start=%ld rounds=%d %ld\n", start, rounds, sum);
    return sum;
  }
private:
  int side_;
};

template <typename T> NOINLINE T larger(T a, T b) {
  std::printf("larger a=%ld b=%ld\n", static_cast<long>(a), static_cast<long>(b));
  return a > b ? a : b;
}
}

int main(int argc, char **) {
  for (int run = 0; run < 3; run++) {
    geo::Square square(10 + run, 4 * run);
    square.area(run - argc);
    square.scaled(run * 3L);
    square.total(run * 1000L - 7, 2);
    geo::larger<int>(run, 2);
    geo::larger<long>(-run, -1000L);
  }
  return 0;
}
