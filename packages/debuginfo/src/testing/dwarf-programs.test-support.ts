/**
 * Programs that compilers translate for the tests of DWARF readers. The C one prints
 * how the compiler laid out its types: what a reader of its debug information has to say.
 */

export const C_PROGRAM = String.raw`
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned int u32;
typedef const volatile struct device device_t;
struct device { const char *name; int (*open)(struct device *, int flags, ...); u32 refs; };
enum color { RED, GREEN = 5, BLUE = -3 };
enum big { SMALL = 1, HUGE_VALUE = 0x7fffffffffffffffLL };
union word { u32 whole; unsigned char bytes[4]; struct { unsigned low : 16, high : 16; }; };
struct point { int x, y; };
struct packed { char c; int i; short s; } __attribute__((packed));
struct bits { unsigned a : 3; int b : 5; unsigned : 4; unsigned long long wide : 40; unsigned char last : 1; };
struct packed_bits { unsigned char first; unsigned a : 12; int b : 21; unsigned long long c : 50; } __attribute__((packed));
struct node {
  struct node *next;
  struct point at;
  union { long number; double real; struct { short inner; char deep[3]; }; };
  union word words[2][3];
  enum color color;
  enum big size;
  _Bool flag;
  long double extended;
  device_t *owner;
  char name[];
};
struct forward;
struct forward *nowhere;
int global_counter = 41;
static struct node *list;
static const char *const names[] = { "one", "two" };
_Thread_local int per_thread = 7;
/* Clang describes no type that no variable has. */
struct packed kept_packed;
struct bits kept_bits;
struct packed_bits kept_packed_bits;

__attribute__((noinline)) static int leaf(int depth, const struct point *from) { return depth + from->x; }
static inline __attribute__((always_inline)) int square(int n) {
  int result = n * n;
  if (result > 1000) return 1000;
  return result + global_counter;
}
static inline __attribute__((always_inline)) int twice_square(int n) { int first = square(n); return first + square(n + 1); }
__attribute__((noinline)) int compute(int count, char **texts, struct point where, double scale, u32 *out) {
  int total = 0;
  for (int i = 0; i < count; i++) {
    int step = twice_square(i) + (int)strlen(texts[i]);
    if (step > 100000) goto overflow;
    total += step + leaf(i, &where);
  }
  { static int calls; calls++; *out = (u32)(total * scale) + (u32)calls; }
  return total;
overflow:
  fprintf(stderr, "too much\n");
  exit(3);
}
int variadic(const char *format, ...) { return format[0]; }
__attribute__((noreturn, noinline)) static void stop(int code) { exit(code); }
typedef int (*callback)(int, char **, struct point, double, u32 *);
__attribute__((noinline)) int indirect(callback call, char **texts) { u32 out = 0; struct point here = { 3, 4 }; return call(2, texts, here, 1.5, &out) + (int)out; }
__attribute__((noinline)) int tail(int n, const struct point *p) { return leaf(n * 3, p); }

#define M(type, member) printf("member %s %s %zu %zu\n", #type, #member, offsetof(struct type, member), sizeof(((struct type *)0)->member))
#define S(type) printf("size %s %zu\n", #type, sizeof(struct type))
#define B(type, member) do { struct type v; unsigned char *p = (unsigned char *)&v; memset(&v, 0, sizeof v); v.member = -1; printf("bits %s %s ", #type, #member); \
  for (size_t i = 0; i < sizeof v; i++) printf("%02x", p[i]); puts(""); } while (0)

int main(int argc, char **argv) {
  S(point); S(packed); S(bits); S(packed_bits); S(node); S(device);
  M(point, x); M(point, y); M(packed, c); M(packed, i); M(packed, s); M(device, name); M(device, open); M(device, refs);
  M(node, next); M(node, at); M(node, at.y); M(node, number); M(node, real); M(node, inner); M(node, deep); M(node, deep[2]); M(node, words); M(node, words[1]); M(node, words[1][2]); M(node, words[1][2].bytes[3]);
  M(node, color); M(node, size); M(node, flag); M(node, extended); M(node, owner);
  B(bits, a); B(bits, b); B(bits, wide); B(bits, last); B(packed_bits, a); B(packed_bits, b); B(packed_bits, c);
  char *texts[] = { "zero", "first" };
  list = calloc(1, sizeof *list + 8);
  if (list == NULL) stop(4);
  struct point p = { argc, 2 };
  printf("result %d %d %s\n", indirect(compute, texts) + tail(argc, &p), variadic("x", argc, argv), names[argc > 1]);
  per_thread += list->at.x;
  return nowhere == NULL && per_thread == 7 ? 0 : 1;
}
`;

export const CPP_PROGRAM = String.raw`
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace geo {
struct Base { virtual ~Base() = default; virtual int area() const = 0; int id = 1; };
class Shape : public Base {
 public:
  explicit Shape(int side) : side_(side) {}
  int area() const override;
  static int made;
  template <typename T> T scaled(T by) const { return static_cast<T>(side_) * by; }
  struct Corner { short x, y; Corner operator+(const Corner &other) const { return { static_cast<short>(x + other.x), static_cast<short>(y + other.y) }; } };
 private:
  int side_;
  Corner corners_[4] = {};
};
int Shape::made = 0;
__attribute__((noinline)) int Shape::area() const { return side_ * side_ + made; }
inline namespace v1 { __attribute__((noinline)) int versioned(int a) { return a + 1; } }
namespace { __attribute__((noinline)) int secret(int &&a) { return a * 2; } }
}
struct Left : virtual geo::Base { int left = 2; int area() const override { return left; } };
struct Right : virtual geo::Base { int right = 3; int area() const override { return right; } };
struct Both : Left, Right { int area() const override { return left + right; } };
enum class Kind : unsigned char { none, some = 200 };
template <typename T, int N> struct Buffer { T items[N]; T &operator[](int at) { return items[at]; } };
template <typename T> __attribute__((noinline)) T largest(const std::vector<T> &of) { T best{}; for (const T &one : of) if (best < one) best = one; return best; }
static int apply(int (geo::Shape::*method)() const, const geo::Shape &shape) { return (shape.*method)(); }
int references(std::string &text, Kind kind, decltype(nullptr)) { return static_cast<int>(text.size()) + static_cast<int>(kind); }
int main(int argc, char **) {
  geo::Shape shape(argc);
  Both both;
  Buffer<long, 3> buffer{};
  buffer[argc - 1] = 5;
  std::map<std::string, std::unique_ptr<geo::Shape>> shapes;
  shapes["a"] = std::make_unique<geo::Shape>(3);
  std::string text = "text";
  auto add = [&shape](int n) { int local = n + shape.area(); return local; };
  try {
    if (argc > 3) throw std::string("many");
    std::printf("%d %d %ld %d %d %d %d %.1f %d\n", add(2), both.area(), buffer[0], largest<int>({ 1, 7, 3 }), apply(&geo::Shape::area, shape), references(text, Kind::some, nullptr), geo::versioned(1) + geo::secret(3), shape.scaled(2.5), (int)shapes.size());
  } catch (const std::string &caught) { std::puts(caught.c_str()); }
  return 0;
}
`;

export const RUST_PROGRAM = String.raw`
use std::collections::HashMap;
mod shapes {
    #[derive(Debug)]
    pub enum Shape { Circle(u32), Rect { w: u16, h: u16 }, Nothing }
    pub trait Area { fn area(&self) -> u64; }
    impl Area for Shape {
        #[inline(never)]
        fn area(&self) -> u64 {
            match self { Shape::Circle(r) => 3 * (*r as u64) * (*r as u64), Shape::Rect { w, h } => *w as u64 * *h as u64, Shape::Nothing => 0 }
        }
    }
    impl Shape { #[inline(never)] pub fn scale(&self, by: u32) -> Option<u64> { self.area().checked_mul(by as u64) } }
}
use shapes::{Area, Shape};
#[inline(never)]
fn sum(values: &[i32], name: &str) -> i32 { values.iter().map(|v| v + name.len() as i32).sum() }
pub struct Pair<T> { pub first: T, pub second: (u8, i64) }
static COUNTER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(3);
fn main() {
    let shape = if std::env::args().count() > 5 { Shape::Nothing } else { Shape::Rect { w: 3, h: 4 } };
    // Known at run time only: else the optimizer leaves no call.
    let values: Vec<i32> = (0..std::env::args().count() as i32 + 2).collect();
    let pair = Pair { first: Some(5u32), second: (1, -2) };
    let mut map: HashMap<String, Vec<u8>> = HashMap::new();
    map.insert("a".to_string(), vec![1, 2, 3]);
    let closure = |n: i32| n + map.len() as i32;
    println!("{} {:?} {} {:?} {} {}", shape.area(), shape.scale(2), sum(&values, "abc"), pair.first, pair.second.1, closure(COUNTER.load(std::sync::atomic::Ordering::Relaxed) as i32));
}
`;
