//! The loan prime rate.

use canopy_kernel::{BasisPoints, Failure, LprRow, LprTable, reason};

use crate::calendar::day;

fn row(published_on: &str, one_year: i64, five_year: i64) -> LprRow {
    LprRow {
        published_on: day(published_on),
        one_year: BasisPoints::new(one_year).unwrap(),
        five_year: BasisPoints::new(five_year).unwrap(),
    }
}

fn table() -> Result<LprTable, Failure> {
    LprTable::new([
        row("2022-08-22", 365, 430),
        row("2021-12-20", 380, 465),
        row("2022-01-20", 370, 460),
        row("2022-05-20", 370, 445),
    ])
}

#[test]
fn the_latest_rate_on_or_before_the_day_is_in_force() {
    let examples = [
        ("2021-12-20", 380, 465),
        ("2022-01-19", 380, 465),
        ("2022-01-20", 370, 460),
        ("2022-03-21", 370, 460),
        ("2022-05-20", 370, 445),
        ("2022-08-21", 370, 445),
        ("2022-08-22", 365, 430),
        ("2022-11-30", 365, 430),
    ];
    let table = table().unwrap();
    for (asked, one_year, five_year) in examples {
        let found = table.in_force(day(asked)).unwrap();
        assert_eq!((found.one_year.get(), found.five_year.get()), (one_year, five_year), "{asked}");
    }
}

#[test]
fn before_the_first_row_it_is_out_of_range() {
    let failure = table().unwrap().in_force(day("2021-12-19")).unwrap_err();
    assert_eq!((failure.reason(), failure.code().as_str()), (&reason::LPR_NOT_LOADED, "OUT_OF_RANGE"));
    assert!(failure.text_zh().contains("2021-12-19"));
}

#[test]
fn a_day_published_twice_is_refused() {
    let failure = LprTable::new([row("2022-01-20", 370, 460), row("2022-01-20", 365, 460)]).unwrap_err();
    assert_eq!(failure.reason(), &reason::DUPLICATE_LPR);
}
