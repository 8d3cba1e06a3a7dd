//! Splits among parties.

use canopy_kernel::Fen;
use canopy_kernel::split::{largest_remainder, pro_rata};
use proptest::prelude::*;

fn fen(amount: i64) -> Fen {
    Fen::new(amount).unwrap()
}

fn split(total: i64, weights: &[u64]) -> Vec<i64> {
    largest_remainder(fen(total), weights).unwrap().into_iter().map(Fen::get).collect()
}

/// Province, national fund, guarantor, bank, government.
const HB_4321_2021: [u64; 5] = [2_000, 2_000, 3_000, 2_000, 1_000];

#[test]
fn a_loss_is_shared_as_the_scheme_declares() {
    assert_eq!(
        split(268_000_000, &HB_4321_2021),
        [53_600_000, 53_600_000, 80_400_000, 53_600_000, 26_800_000]
    );
    assert_eq!(
        split(123_456_789, &HB_4321_2021),
        [24_691_358, 24_691_358, 37_037_036, 24_691_358, 12_345_679]
    );
    assert_eq!(split(150_000_000, &[5_000, 3_000, 2_000]), [75_000_000, 45_000_000, 30_000_000]);
}

#[test]
fn a_recovery_returns_in_the_same_ratios() {
    assert_eq!(split(50_000_001, &HB_4321_2021), [10_000_000, 10_000_000, 15_000_001, 10_000_000, 5_000_000]);
}

#[test]
fn conversion_income_is_split_between_inventors_and_unit() {
    assert_eq!(split(116_400_000, &[9_600, 400]), [111_744_000, 4_656_000]);
    assert_eq!(split(200_000_001, &[9_600, 400]), [192_000_001, 8_000_000]);
}

#[test]
fn claims_above_the_quota_are_paid_in_proportion() {
    let claims = [fen(60_000_000), fen(50_000_000), fen(33_333_333)];
    let paid: Vec<i64> = pro_rata(fen(100_000_000), &claims).into_iter().map(Fen::get).collect();
    assert_eq!(paid, [41_860_465, 34_883_721, 23_255_814]);
}

#[test]
fn claims_within_the_quota_are_paid_in_full() {
    let claims = [fen(60_000_000), fen(40_000_000), Fen::ZERO];
    assert_eq!(pro_rata(fen(100_000_000), &claims), claims);
    assert_eq!(pro_rata(fen(1), &[]), []);
}

#[test]
fn a_tie_goes_to_the_party_declared_first() {
    assert_eq!(split(10, &[1, 1, 1]), [4, 3, 3]);
    assert_eq!(split(11, &[1, 1, 1]), [4, 4, 3]);
    assert_eq!(split(1, &[0, 1, 1]), [0, 1, 0]);
}

#[test]
fn nothing_is_split_without_weight() {
    assert_eq!(largest_remainder(fen(10), &[]), None);
    assert_eq!(largest_remainder(fen(10), &[0, 0]), None);
    assert_eq!(largest_remainder(Fen::ZERO, &[1, 2]), Some(vec![Fen::ZERO, Fen::ZERO]));
    assert_eq!(largest_remainder(Fen::MAX, &[u64::MAX, u64::MAX]).and_then(Fen::sum), Some(Fen::MAX));
}

proptest! {
    #[test]
    fn parts_add_up_exactly_and_each_is_within_a_fen(
        total in 0i64..=i64::MAX,
        weights in prop::collection::vec(0u64..1_000_000, 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = largest_remainder(fen(total), &weights).unwrap();
        prop_assert_eq!(parts.iter().map(|part| i128::from(part.get())).sum::<i128>(), i128::from(total));
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            let off = i128::from(part.get()) * whole - i128::from(total) * i128::from(*weight);
            prop_assert!(off.abs() < whole);
        }
    }

    #[test]
    fn no_claim_is_overpaid(
        quota in 0i64..1_000_000_000,
        claims in prop::collection::vec(0i64..100_000_000, 0..30),
    ) {
        let claims: Vec<Fen> = claims.into_iter().map(fen).collect();
        let paid = pro_rata(fen(quota), &claims);
        prop_assert!(paid.iter().zip(&claims).all(|(part, claim)| part <= claim));
        let asked = Fen::sum(claims).unwrap();
        prop_assert_eq!(Fen::sum(paid).unwrap(), asked.min(fen(quota)));
    }
}
