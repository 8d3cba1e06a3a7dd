//! What is owed when (`RULES.md` R44): the agreed price in one sum or in equal parts, or a share of each stated revenue
//! until the agreed price is reached.

use canopy_kernel::period::{add_days, add_months};
use canopy_kernel::{BasisPoints, Fen};
use jiff::civil::Date;

/// A sum that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Last day to pay it.
    pub pay_by: Date,
    /// The sum.
    pub amount: Fen,
}

/// The price in one sum, owed from the trigger on.
pub fn whole(price: Fen, trigger_on: Date, days: u32) -> Vec<Due> {
    vec![Due { pay_by: add_days(trigger_on, days), amount: price }]
}

/// The price in so many equal parts, so many months apart, the first one owed from the trigger on. Each is rounded half
/// up to the fen; the last one takes what is left.
pub fn parts(price: Fen, count: u32, months: u32, trigger_on: Date, days: u32) -> Vec<Due> {
    let number = i64::from(count.max(1));
    let each = Fen::new(price.get().saturating_add(number / 2) / number).unwrap_or(price);
    let mut left = price;
    (0..count)
        .map(|at| {
            let amount = if at + 1 == count { left } else { each.min(left) };
            left = left.checked_sub(amount).unwrap_or(Fen::ZERO);
            let owed_on = add_months(trigger_on, at.saturating_mul(months));
            Due { pay_by: add_days(owed_on, days), amount }
        })
        .collect()
}

/// A share of each revenue (day of its statement, amount), rounded half up to the fen, until the price is reached.
pub fn shares(
    price: Fen,
    share: BasisPoints,
    revenues: impl Iterator<Item = (Date, Fen)>,
    days: u32,
) -> Vec<Due> {
    let mut left = price;
    revenues
        .map(|(stated_on, revenue)| {
            let amount = revenue.share(share).min(left);
            left = left.checked_sub(amount).unwrap_or(Fen::ZERO);
            Due { pay_by: add_days(stated_on, days), amount }
        })
        .collect()
}

/// The earliest sum that is not paid in full; payments cover sums in their order.
pub fn unpaid(dues: &[Due], paid: Fen) -> Option<Due> {
    let mut left = paid;
    dues.iter().copied().find(|due| match left.checked_sub(due.amount) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    })
}

/// All sums together; saturates at what no ledger holds.
pub fn total(dues: &[Due]) -> Fen {
    Fen::sum(dues.iter().map(|due| due.amount)).unwrap_or(Fen::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn fen(fen: i64) -> Fen {
        Fen::new(fen).unwrap()
    }

    fn told(dues: &[Due]) -> Vec<(String, i64)> {
        dues.iter().map(|due| (due.pay_by.to_string(), due.amount.get())).collect()
    }

    fn amounts(price: i64, count: u32) -> Vec<i64> {
        let dues = parts(fen(price), count, 1, date(2023, 7, 2), 30);
        assert_eq!(total(&dues), fen(price));
        dues.iter().map(|due| due.amount.get()).collect()
    }

    #[test]
    fn one_sum_is_paid_within_the_days_after_the_trigger() {
        assert_eq!(told(&whole(fen(1_000), date(2023, 7, 2), 30)), [("2023-08-01".to_owned(), 1_000)]);
    }

    #[test]
    fn parts_are_equal_and_the_last_one_takes_what_is_left() {
        assert_eq!(amounts(1_000, 4), [250, 250, 250, 250]);
        assert_eq!(amounts(1_000, 3), [333, 333, 334]);
        assert_eq!(amounts(1_001, 3), [334, 334, 333]);
        assert_eq!(amounts(1_001, 2), [501, 500]);
        // Half a fen goes up until there is nothing left.
        assert_eq!(amounts(3, 5), [1, 1, 1, 0, 0]);
        assert_eq!(amounts(0, 2), [0, 0]);
        assert_eq!(amounts(i64::MAX, 2), [i64::MAX / 2, i64::MAX / 2 + 1]);
    }

    #[test]
    fn parts_follow_each_other_by_corresponding_days() {
        let dues = parts(fen(300), 3, 6, date(2022, 8, 31), 10);
        let expected = [("2022-09-10", 100), ("2023-03-10", 100), ("2023-09-10", 100)];
        assert_eq!(told(&dues), expected.map(|(day, amount)| (day.to_owned(), amount)));
    }

    #[test]
    fn shares_are_rounded_half_up_and_end_at_the_price() {
        let revenues = [(date(2022, 8, 1), 1_025), (date(2022, 9, 1), 10_000), (date(2022, 10, 1), 900_000)];
        let revenues = revenues.into_iter().map(|(day, amount)| (day, fen(amount)));
        let dues = shares(fen(1_000), BasisPoints::new(200).unwrap(), revenues, 30);
        // 20.5 fen, 200 fen, and of 18,000 fen what is left of the price.
        let expected = [("2022-08-31", 21), ("2022-10-01", 200), ("2022-10-31", 779)];
        assert_eq!(told(&dues), expected.map(|(day, amount)| (day.to_owned(), amount)));
    }

    #[test]
    fn payments_cover_sums_in_their_order() {
        let dues = parts(fen(300), 3, 1, date(2023, 7, 2), 30);
        let open = |paid| unpaid(&dues, fen(paid)).map(|due| due.pay_by.to_string());
        let days = ["2023-08-01", "2023-09-01", "2023-10-02"].map(|day| Some(day.to_owned()));
        assert_eq!([0, 99].map(open), [days[0].clone(), days[0].clone()]);
        assert_eq!([100, 200, 299].map(open), [days[1].clone(), days[2].clone(), days[2].clone()]);
        assert_eq!(open(300), None);
        assert_eq!(unpaid(&[], Fen::ZERO), None);
    }
}
