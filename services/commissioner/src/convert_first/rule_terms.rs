//! What the parties of a convert-first deal may agree (`RULES.md` R44): how long nothing is paid, and how the price is
//! paid after that.

use canopy_kernel::{BasisPoints, Failure, reason};

/// How the agreed price is paid once the trigger came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// In one sum when the free period is over (延期支付).
    Deferred,
    /// In equal parts from the end of the free period on (分期支付).
    Instalments {
        /// How many parts.
        count: u32,
        /// Months from one part to the next.
        months: u32,
    },
    /// A share of the revenue from the first one on, up to the agreed price (收入提成).
    RevenueShare {
        /// The share.
        share: BasisPoints,
    },
    /// In one sum when an agreed condition is met (附条件支付).
    Conditional,
}

impl Payment {
    /// The word in the data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Payment::Deferred => "DEFERRED",
            Payment::Instalments { .. } => "INSTALMENTS",
            Payment::RevenueShare { .. } => "REVENUE_SHARE",
            Payment::Conditional => "CONDITIONAL",
        }
    }

    /// Whether the end of the free period is the trigger; else an event within it is.
    pub const fn is_on_term(self) -> bool {
        matches!(self, Payment::Deferred | Payment::Instalments { .. })
    }
}

/// What the parties agreed about payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentTerms {
    /// How it is paid.
    pub payment: Payment,
    /// Months from the signature in which nothing is owed.
    pub free_months: u32,
    /// Calendar days to pay what has become due.
    pub payment_days: u32,
}

/// What an installation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The usual free period in months.
    pub free_months: u32,
    /// The longest free period in months.
    pub free_months_max: u32,
    /// The smallest share of revenue.
    pub share_min: BasisPoints,
    /// The largest share of revenue.
    pub share_max: BasisPoints,
    /// Calendar days to pay what has become due.
    pub payment_days: u32,
}

impl Bounds {
    /// The terms of a deal that states none: one sum after the usual free period.
    pub const fn usual(self) -> PaymentTerms {
        PaymentTerms {
            payment: Payment::Deferred,
            free_months: self.free_months,
            payment_days: self.payment_days,
        }
    }

    /// Takes stated terms within the bounds; a free period of 0 months is the usual one.
    pub fn admit(self, payment: Payment, free_months: u32) -> Result<PaymentTerms, Failure> {
        let refused = |field: &'static str| Failure::new(&reason::FIELD_OUT_OF_RANGE).on(field);
        if free_months > self.free_months_max {
            return Err(refused("convert_first.free_months").with("max", self.free_months_max));
        }
        let bounds = self.share_min..=self.share_max;
        match payment {
            Payment::RevenueShare { share } if !bounds.contains(&share) => {
                let failure = refused("convert_first.revenue_share_bp");
                Err(failure.with("min", self.share_min.get()).with("max", self.share_max.get()))
            }
            payment => {
                let free_months = if free_months == 0 { self.free_months } else { free_months };
                Ok(PaymentTerms { payment, free_months, payment_days: self.payment_days })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bp(value: i64) -> BasisPoints {
        BasisPoints::new(value).unwrap()
    }

    fn bounds() -> Bounds {
        Bounds {
            free_months: 12,
            free_months_max: 36,
            share_min: bp(100),
            share_max: bp(500),
            payment_days: 30,
        }
    }

    /// The free period that comes of stated terms, or the field at fault.
    fn answer(payment: Payment, free_months: u32) -> Result<u32, String> {
        let outcome = bounds().admit(payment, free_months).map(|terms| terms.free_months);
        outcome.map_err(|failure| {
            assert_eq!(failure.reason().name, "FIELD_OUT_OF_RANGE");
            failure.field().unwrap().to_owned()
        })
    }

    #[test]
    fn a_free_period_is_the_usual_one_or_at_most_the_longest() {
        let too_long = || Err("convert_first.free_months".to_owned());
        let parts = Payment::Instalments { count: 4, months: 6 };
        for payment in [Payment::Deferred, parts, Payment::Conditional] {
            let months = [0, 1, 12, 36, 37].map(|months| answer(payment, months));
            assert_eq!(months, [Ok(12), Ok(1), Ok(12), Ok(36), too_long()], "{payment:?}");
        }
    }

    #[test]
    fn a_share_of_revenue_lies_within_both_bounds() {
        let outside = || Err("convert_first.revenue_share_bp".to_owned());
        let share = |value| answer(Payment::RevenueShare { share: bp(value) }, 0);
        assert_eq!([99, 100, 500, 501].map(share), [outside(), Ok(12), Ok(12), outside()]);
    }

    #[test]
    fn who_states_no_terms_pays_in_one_sum_after_the_usual_free_period() {
        let usual = PaymentTerms { payment: Payment::Deferred, free_months: 12, payment_days: 30 };
        assert_eq!(bounds().usual(), usual);
        assert_eq!(bounds().admit(Payment::Deferred, 0), Ok(usual));
    }

    #[test]
    fn two_ways_of_payment_begin_by_the_day_and_two_by_an_event() {
        let table = [
            (Payment::Deferred, "DEFERRED", true),
            (Payment::Instalments { count: 2, months: 1 }, "INSTALMENTS", true),
            (Payment::RevenueShare { share: bp(100) }, "REVENUE_SHARE", false),
            (Payment::Conditional, "CONDITIONAL", false),
        ];
        for (payment, word, is_on_term) in table {
            assert_eq!((payment.as_str(), payment.is_on_term()), (word, is_on_term));
        }
    }
}
