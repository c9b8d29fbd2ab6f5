// Rust: functions in modules, references, structures. Says what its variables hold. Without the standard library, which
// link-time optimization would take 20 seconds for.
#![no_std]
#![no_main]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
#[no_mangle]
pub extern "C" fn rust_eh_personality() {}
#[no_mangle]
pub extern "C" fn _Unwind_Resume() {}
#[link(name = "c")]
extern "C" { fn printf(format: *const u8, ...) -> i32; }
macro_rules! say { ($format:literal, $($value:expr),*) => { unsafe { printf(concat!($format, "\n\0").as_ptr(), $($value as i64),*); } } }

mod geo {
    use core::arch::asm;
    use super::printf;

    pub struct Square { pub id: i32, pub side: u16, pub name: &'static str }

    #[inline(always)]
    fn squared(base: i64, times: i32) -> i64 {
        let result = base * base + times as i64;
        say!("squared base=%ld times=%ld", base, times);
        say!("squared-statement base=%ld times=%ld result=%ld", base, times, result);
        unsafe { asm!("nop /* {0} {1} {2} */", in(reg) base, in(reg) times as i64, in(reg) result) }; // STATEMENT squared
        result
    }

    #[inline(never)]
    pub fn total(square: &Square, start: i64, rounds: u8) -> i64 {
        let mut sum = start;
        for round in 0..rounds as i32 {
            let step = (sum * 3 + round as i64) % 32768;
            sum += step + square.side as i64;
            say!("total id=%ld side=%ld round=%ld step=%ld sum=%ld start=%ld", square.id, square.side, round, step, sum, start);
            unsafe { asm!("nop /* {0} {1} {2} {3} {4} */", in(reg) square, in(reg) round as i64, in(reg) step, in(reg) sum, in(reg) start) }; // STATEMENT total
            sum += squared(sum & 0xff, round);
        }
        say!("total-return start=%ld rounds=%ld %ld", start, rounds, sum);
        sum
    }

    #[inline(never)]
    pub fn area(square: &Square, margin: i64) -> i64 {
        say!("area id=%ld side=%ld margin=%ld", square.id, square.side, margin);
        // The address of the square has to be there, not only what is read from it.
        unsafe { asm!("/* {0} */", in(reg) square) };
        let side = square.side as i64 + margin;
        say!("area-return %ld", side * side);
        side * side
    }

    #[inline(never)]
    pub fn sum(values: &[u32], bias: i8) -> u64 {
        say!("sum length=%ld first=%ld bias=%ld", values.len(), values[0], bias);
        values.iter().map(|&value| value as u64).sum::<u64>().wrapping_add(bias as u64)
    }
}

#[no_mangle]
pub extern "C" fn main(argc: i32, _argv: *const *const u8) -> i32 {
    let values = [7u32, 8, 9];
    let mut all = 0;
    for run in 0..3 {
        let square = geo::Square { id: 10 + run, side: (4 * run) as u16, name: "square" };
        all += geo::area(&square, run as i64 - argc as i64);
        all += geo::sum(&values[run as usize..], run as i8 - 2) as i64;
        // The number of rounds is known at run time only: else the loop is no loop, and the results are used.
        all += geo::total(&square, run as i64 * 1000 - 7, argc as u8 + 1);
        all += square.name.len() as i64;
    }
    if all == 0 { 1 } else { 0 }
}
