/* C++: namespaces, methods, references, templates, inheritance. Says what its variables hold. */
#include <cstdio>
#include <string>
#include <vector>

#define NOINLINE __attribute__((noinline, used))

namespace geo {
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
    return static_cast<long>(side_ + margin) * (side_ + margin);
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
    geo::larger<int>(run, 2);
    geo::larger<long>(-run, -1000L);
  }
  return 0;
}
