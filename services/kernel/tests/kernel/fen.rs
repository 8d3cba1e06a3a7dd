//! Money and rates.

use canopy_kernel::{BasisPoints, Fen, Ppm, SignedFen, reason};
use proptest::prelude::*;

fn fen(amount: i64) -> Fen {
    Fen::new(amount).unwrap()
}

fn bp(rate: i64) -> BasisPoints {
    BasisPoints::new(rate).unwrap()
}

#[test]
fn an_amount_below_zero_is_refused() {
    let failure = Fen::new(-1).unwrap_err();
    assert_eq!(failure.reason(), &reason::AMOUNT_NEGATIVE);
    assert_eq!(failure.text_en(), "The amount must not be negative: -1 fen");
    assert!(serde_json::from_str::<Fen>("-1").is_err());
    assert_eq!(serde_json::from_str::<Fen>("370000").unwrap(), fen(370_000));
}

#[test]
fn arithmetic_never_leaves_the_domain() {
    assert_eq!(fen(3).checked_sub(fen(3)), Some(Fen::ZERO));
    assert_eq!(fen(3).checked_sub(fen(4)), None);
    assert_eq!(Fen::MAX.checked_add(fen(1)), None);
    assert_eq!(Fen::sum([fen(1), fen(2), fen(3)]), Some(fen(6)));
    assert_eq!(Fen::sum([Fen::MAX, fen(1)]), None);
    assert_eq!(fen(3).checked_add_signed(SignedFen::new(-4)), None);
    assert_eq!(fen(3).checked_add_signed(SignedFen::new(-3)), Some(Fen::ZERO));
    assert_eq!(Fen::ZERO.minus(Fen::MAX).get(), -i64::MAX);
    assert_eq!(SignedFen::new(i64::MIN).checked_neg(), None);
}

#[test]
fn amounts_are_shown_in_yuan_with_two_decimals() {
    for (amount, shown) in [(0, "0.00"), (5, "0.05"), (370_000, "3700.00"), (41_860_465, "418604.65")] {
        assert_eq!(fen(amount).to_string(), shown);
    }
    assert_eq!(SignedFen::new(-5).to_string(), "-0.05");
}

#[test]
fn wan_yuan_are_exact_and_trimmed() {
    let examples = [
        (37_115_000_000, "37115"),
        (1_471_170_000, "1471.17"),
        (57_940_000, "57.94"),
        (1, "0.000001"),
        (0, "0"),
    ];
    for (amount, shown) in examples {
        assert_eq!(fen(amount).wan_yuan(), shown);
    }
    assert_eq!(SignedFen::new(-1_500_000).wan_yuan(), "-1.5");
    assert_eq!(fen(69_500_000_000).yi_yuan(), "6.95");
}

#[test]
fn a_share_is_rounded_half_up_to_the_fen() {
    let examples = [
        (11_254_167, 5_000, 5_627_084), // half of 112,541.67 yuan
        (1, 5_000, 1),
        (1, 4_999, 0),
        (3, 5_000, 2),
        (25_000_000_000, 2, 5_000_000), // 0.02 % of 250 million yuan
        (860_000_000, 200, 17_200_000), // 2 % of 8.6 million yuan
        (i64::MAX, 10_000, i64::MAX),
        (i64::MAX, 15_000, i64::MAX), // saturates
    ];
    for (amount, rate, share) in examples {
        assert_eq!(fen(amount).share(bp(rate)).get(), share, "{amount} × {rate} bp");
    }
}

#[test]
fn a_rate_outside_its_range_is_refused() {
    for rate in [-1, 1_000_001, i64::MAX, i64::MIN] {
        let failure = BasisPoints::new(rate).unwrap_err();
        assert_eq!(failure.reason(), &reason::FIELD_OUT_OF_RANGE, "{rate}");
    }
    assert_eq!(bp(15_000).to_string(), "150.00%");
    assert_eq!(Ppm::from(bp(435)).get(), 43_500);
}

#[test]
fn a_ratio_is_rounded_half_up_and_undefined_over_nothing() {
    assert_eq!(BasisPoints::ratio(2_680_000, 89_000_000).unwrap().get(), 301);
    assert_eq!(BasisPoints::ratio(1, 20_000).unwrap().get(), 1);
    assert_eq!(BasisPoints::ratio(1, 20_001).unwrap().get(), 0);
    assert_eq!(BasisPoints::ratio(1, 0), None);
    assert_eq!(Ppm::ratio(u64::MAX, 1), None);
}

proptest! {
    #[test]
    fn a_share_and_its_complement_differ_from_the_whole_by_a_fen_at_most(
        amount in 0i64..1_000_000_000_000,
        rate in 0i64..=10_000,
    ) {
        let parts = fen(amount).share(bp(rate)).get() + fen(amount).share(bp(10_000 - rate)).get();
        prop_assert!((parts - amount).abs() <= 1);
    }
}
