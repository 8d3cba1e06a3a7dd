//! Speed of the pure rules that stand on every request's way.

use std::hint::black_box;
use std::time::Duration;

use canopy_kernel::split::largest_remainder;
use canopy_kernel::{BasisPoints, DayKind, Fen, Uscc, WorkCalendar};
use criterion::Criterion;
use jiff::civil::{Date, date};

fn main() {
    let quick = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    let mut criterion = quick.configure_from_args();
    uscc(&mut criterion);
    working_days(&mut criterion);
    money(&mut criterion);
    criterion.final_summary();
}

fn uscc(criterion: &mut Criterion) {
    criterion.bench_function("uscc/parse", |bencher| {
        bencher.iter(|| Uscc::parse(black_box("91420100MA4KXA018B")));
    });
    criterion.bench_function("uscc/refuse", |bencher| {
        bencher.iter(|| Uscc::parse(black_box("124200004416255637")));
    });
}

fn working_days(criterion: &mut Criterion) {
    let calendar = WorkCalendar::new(notices());
    let (event, due) = (date(2022, 9, 29), date(2023, 6, 30));
    criterion.bench_function("calendar/add 20 working days", |bencher| {
        bencher.iter(|| calendar.add_working_days(black_box(event), black_box(20)));
    });
    criterion.bench_function("calendar/working days between", |bencher| {
        bencher.iter(|| calendar.working_days_between(black_box(event), black_box(due)));
    });
    criterion.bench_function("calendar/publicity of 5 working days", |bencher| {
        bencher.iter(|| calendar.publicity_last_day(black_box(event), black_box(5)));
    });
}

fn money(criterion: &mut Criterion) {
    let loss = Fen::new(123_456_789).expect("not negative");
    let half = BasisPoints::new(5_000).expect("in range");
    criterion.bench_function("fen/share", |bencher| bencher.iter(|| black_box(loss).share(black_box(half))));
    let scheme = [2_000, 2_000, 3_000, 2_000, 1_000];
    criterion.bench_function("split/five parties", |bencher| {
        bencher.iter(|| largest_remainder(black_box(loss), black_box(&scheme)));
    });
}

fn notices() -> impl Iterator<Item = (Date, DayKind)> {
    include_str!("../tests/fixtures/state_council_calendar.csv").lines().skip(1).filter_map(|line| {
        let (day, kind) = line.split_once(',')?;
        Some((day.parse().ok()?, DayKind::from_name(kind)?))
    })
}
