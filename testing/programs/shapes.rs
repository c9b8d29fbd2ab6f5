// Rust: functions in modules, references, structures. Says what its variables hold.
mod geo {
    pub struct Square { pub id: i32, pub side: u16, pub name: &'static str }

    #[inline(never)]
    pub fn area(square: &Square, margin: i64) -> i64 {
        println!("area id={} side={} margin={}", square.id, square.side, margin);
        let side = square.side as i64 + margin;
        side * side
    }

    #[inline(never)]
    pub fn sum(values: &[u32], bias: i8) -> u64 {
        println!("sum length={} first={} bias={}", values.len(), values[0], bias);
        values.iter().map(|&value| value as u64).sum::<u64>().wrapping_add(bias as u64)
    }
}

fn main() {
    let values = [7u32, 8, 9];
    for run in 0..3 {
        let square = geo::Square { id: 10 + run, side: (4 * run) as u16, name: "square" };
        let area = geo::area(&square, run as i64 - 1);
        let total = geo::sum(&values[run as usize..], run as i8 - 2);
        assert!(area >= 0 && total > 0 && !square.name.is_empty());
    }
}
