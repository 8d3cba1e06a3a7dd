//! Rates and shares as integers: basis points (基点, 1 bp = 0.01 %) and parts per million.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::reason;

macro_rules! rate {
    ($(#[$doc:meta])* $name:ident, one = $one:literal, max = $max:literal, decimals = $decimals:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name(u32);

        impl $name {
            /// 0 %.
            pub const ZERO: Self = Self(0);
            /// 100 %.
            pub const ONE: Self = Self($one);
            /// The largest rate that is taken: 10,000 %.
            pub const MAX: Self = Self($max);

            /// That rate; below zero or above [`Self::MAX`] is refused.
            pub fn new(value: i64) -> Result<Self, Failure> {
                match u32::try_from(value) {
                    Ok(value @ 0..=$max) => Ok(Self(value)),
                    _ => Err(Failure::new(&reason::FIELD_OUT_OF_RANGE)
                        .with("value", value)
                        .with("min", 0)
                        .with("max", $max)),
                }
            }

            /// The number.
            pub const fn get(self) -> u32 {
                self.0
            }

            /// `part / whole` rounded half up; `None` for an empty whole or above [`Self::MAX`].
            pub fn ratio(part: u64, whole: u64) -> Option<Self> {
                let (part, whole) = (u128::from(part), u128::from(whole));
                let scaled = (part * $one * 2 + whole).checked_div(whole * 2)?;
                u32::try_from(scaled).ok().filter(|value| *value <= $max).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let percent = $one / 100;
                write!(f, "{}.{:0width$}%", self.0 / percent, self.0 % percent, width = $decimals)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = Failure;

            fn try_from(value: i64) -> Result<Self, Failure> {
                Self::new(value)
            }
        }

        impl From<$name> for i64 {
            fn from(rate: $name) -> i64 {
                i64::from(rate.0)
            }
        }
    };
}

rate!(
    /// A rate in basis points (基点): 10,000 are the whole; an overdue rate of 150 % is 15,000.
    BasisPoints, one = 10_000, max = 1_000_000, decimals = 2
);

rate!(
    /// A share in parts per million: 1,000,000 are the whole.
    Ppm, one = 1_000_000, max = 100_000_000, decimals = 4
);

impl From<BasisPoints> for Ppm {
    fn from(rate: BasisPoints) -> Self {
        Self(rate.0 * (Ppm::ONE.0 / BasisPoints::ONE.0))
    }
}
