// Known shares of time in functions, one of them behind a trait object, in threads' common code.
use std::hint::black_box;
use std::io::{Read, Write};
#[repr(C)]
struct Timespec { seconds: i64, nanoseconds: i64 }
extern "C" { fn clock_gettime(clock: i32, time: *mut Timespec) -> i32; }
fn used() -> u64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(2, &mut time) };
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}
#[inline(always)]
fn spin(until: u64) {
    loop {
        let mut sum = 0u64;
        for i in 0..100_000u64 { sum = black_box(sum.wrapping_mul(31) + i) }
        black_box(sum);
        if used() >= until { return }
    }
}
trait Work { fn work(&self, until: u64); }
struct Boxed;
impl Work for Boxed {
    #[inline(never)]
    fn work(&self, until: u64) { spin(until); black_box(1); }
}
#[inline(never)]
fn nested(depth: u32, until: u64) { if depth > 0 { nested(depth - 1, until) } else { spin(until) } black_box(depth); }
#[inline(never)]
fn generic<T: Copy>(value: T, until: u64) { spin(until); black_box(value); }
fn main() {
    let end = (std::env::args().nth(1).and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0) * 1e9) as u64;
    println!("ready");
    std::io::stdout().flush().unwrap();
    let mut byte = [0u8; 1];
    std::io::stdin().read_exact(&mut byte).unwrap();
    let boxed: Box<dyn Work> = black_box(Box::new(Boxed));
    let shares = [0.5, 0.3, 0.2];
    let mut took = [0u64; 3];
    let start = used();
    let mut now = start;
    while now - start < end {
        for phase in 0..3 {
            let until = now + (20e6 * shares[phase]) as u64;
            match phase { 0 => nested(20, until), 1 => boxed.work(until), _ => generic(7u16, until) }
            let after = used();
            took[phase] += after - now;
            now = after;
        }
    }
    let all = (used() - start) as f64;
    for (name, time) in ["shares::nested", "work", "shares::generic"].iter().zip(took) { println!("share {} {:.4}", name, time as f64 / all) }
    println!("done");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut byte);
}
