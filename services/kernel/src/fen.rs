//! Money in integer fen (分): `Fen` is never negative, `SignedFen` is for adjustments and deltas.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::rate::BasisPoints;
use crate::reason;

/// Fen in one yuan (元).
pub const FEN_PER_YUAN: i64 = 100;
/// Fen in one wan yuan (万元).
pub const FEN_PER_WAN_YUAN: i64 = 1_000_000;
/// Fen in one yi yuan (亿元).
pub const FEN_PER_YI_YUAN: i64 = 10_000_000_000;

/// An amount of money in fen, 0 or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Fen(i64);

impl Fen {
    /// Nothing.
    pub const ZERO: Fen = Fen(0);
    /// The largest amount.
    pub const MAX: Fen = Fen(i64::MAX);

    /// That many fen; below zero is refused.
    pub fn new(fen: i64) -> Result<Self, Failure> {
        match fen {
            0.. => Ok(Self(fen)),
            _ => Err(Failure::new(&reason::AMOUNT_NEGATIVE).with("amount_fen", fen)),
        }
    }

    /// The number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` on overflow.
    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }

    /// The difference, or `None` below zero.
    pub fn checked_sub(self, other: Fen) -> Option<Fen> {
        self.0.checked_sub(other.0).filter(|fen| *fen >= 0).map(Fen)
    }

    /// The amount after a change, or `None` below zero and on overflow.
    pub fn checked_add_signed(self, delta: SignedFen) -> Option<Fen> {
        self.0.checked_add(delta.0).filter(|fen| *fen >= 0).map(Fen)
    }

    /// The difference, whatever its sign.
    pub fn minus(self, other: Fen) -> SignedFen {
        // Both are 0 or more, so the difference cannot overflow.
        SignedFen(self.0 - other.0)
    }

    /// The sum of all, or `None` on overflow.
    pub fn sum(amounts: impl IntoIterator<Item = Fen>) -> Option<Fen> {
        amounts.into_iter().try_fold(Fen::ZERO, Fen::checked_add)
    }

    /// That share of the amount, rounded half up (四舍五入) to the fen. Saturates at [`Fen::MAX`],
    /// which no budget covers.
    pub fn share(self, rate: BasisPoints) -> Fen {
        let scaled = i128::from(self.0) * i128::from(rate.get());
        let whole = i128::from(BasisPoints::ONE.get());
        Fen(i64::try_from((scaled + whole / 2) / whole).unwrap_or(i64::MAX))
    }

    /// Exact decimal number of wan yuan (万元) without trailing zeros, such as `37115` or `1471.17`.
    pub fn wan_yuan(self) -> String {
        SignedFen::from(self).wan_yuan()
    }

    /// Exact decimal number of yi yuan (亿元) without trailing zeros.
    pub fn yi_yuan(self) -> String {
        decimal(self.0, FEN_PER_YI_YUAN)
    }
}

/// Yuan with two decimals, such as `3700.00`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&SignedFen::from(*self), f)
    }
}

impl TryFrom<i64> for Fen {
    type Error = Failure;

    fn try_from(fen: i64) -> Result<Self, Failure> {
        Self::new(fen)
    }
}

impl From<Fen> for i64 {
    fn from(amount: Fen) -> i64 {
        amount.0
    }
}

/// A change of an amount in fen, of either sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedFen(i64);

impl SignedFen {
    /// No change.
    pub const ZERO: SignedFen = SignedFen(0);

    /// That many fen.
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum, or `None` on overflow.
    pub fn checked_add(self, other: SignedFen) -> Option<SignedFen> {
        self.0.checked_add(other.0).map(SignedFen)
    }

    /// The opposite change, or `None` on overflow.
    pub fn checked_neg(self) -> Option<SignedFen> {
        self.0.checked_neg().map(SignedFen)
    }

    /// The sum of all, or `None` on overflow.
    pub fn sum(deltas: impl IntoIterator<Item = SignedFen>) -> Option<SignedFen> {
        deltas.into_iter().try_fold(SignedFen::ZERO, SignedFen::checked_add)
    }

    /// Exact decimal number of wan yuan (万元) without trailing zeros.
    pub fn wan_yuan(self) -> String {
        decimal(self.0, FEN_PER_WAN_YUAN)
    }
}

/// Yuan with two decimals, such as `-0.05`.
impl fmt::Display for SignedFen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_yuan = FEN_PER_YUAN.unsigned_abs();
        let fen = self.0.unsigned_abs();
        f.pad_integral(self.0 >= 0, "", &format!("{}.{:02}", fen / per_yuan, fen % per_yuan))
    }
}

impl From<Fen> for SignedFen {
    fn from(amount: Fen) -> Self {
        Self(amount.0)
    }
}

/// `fen / unit` as an exact decimal without trailing zeros; `unit` is a power of ten.
fn decimal(fen: i64, unit: i64) -> String {
    let (unit, sign) = (unit.unsigned_abs(), if fen < 0 { "-" } else { "" });
    let (whole, rest) = (fen.unsigned_abs() / unit, fen.unsigned_abs() % unit);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let digits = unit.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}
