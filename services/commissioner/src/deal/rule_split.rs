//! How income and shares are divided (`RULES.md` R43; 促进科技成果转化法 45).

use canopy_kernel::split::largest_remainder;
use canopy_kernel::{BasisPoints, Failure, Fen, Ppm, RuleTable, reason};
use jiff::civil::Date;

use super::model::Equity;

/// Rule parameter: the inventors' share of net cash income.
const INVENTORS: &str = "inventor_income_share_bp";
/// Rule parameter: the unit's share of the shares issued for the technology.
const UNIT: &str = "unit_equity_share_bp";

/// The inventors' share, by the version in force on a day, not below the statutory floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The inventors' share of the whole.
    pub inventors: BasisPoints,
    /// Version of the parameter.
    pub version: String,
}

impl Policy {
    /// For net cash income received on a day.
    pub fn of_cash(rules: &RuleTable, day: Date, floor: BasisPoints) -> Result<Self, Failure> {
        let rule = rules.in_force(INVENTORS, day)?;
        Self::at_least(rule.bp()?, rule.version.clone(), floor)
    }

    /// For shares issued on a day: what the unit does not keep.
    pub fn of_equity(rules: &RuleTable, day: Date, floor: BasisPoints) -> Result<Self, Failure> {
        let rule = rules.in_force(UNIT, day)?;
        let unit = i64::from(rule.bp()?.get());
        let inventors = BasisPoints::new(i64::from(BasisPoints::ONE.get()) - unit)?;
        Self::at_least(inventors, rule.version.clone(), floor)
    }

    fn at_least(inventors: BasisPoints, version: String, floor: BasisPoints) -> Result<Self, Failure> {
        if inventors < floor {
            return Err(Failure::new(&reason::BELOW_STATUTORY_FLOOR).with("floor_bp", floor.get()));
        }
        match inventors <= BasisPoints::ONE {
            true => Ok(Self { inventors, version }),
            false => {
                Err(Failure::new(&reason::FIELD_OUT_OF_RANGE).on("value").with("max", BasisPoints::ONE.get()))
            }
        }
    }
}

/// Net cash income, divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cash {
    /// Receipts less direct costs.
    pub net: Fen,
    /// What the unit keeps: the remainder.
    pub unit: Fen,
    /// What the inventors get together.
    pub inventors: Fen,
    /// What each inventor gets, in declared order.
    pub parts: Vec<Fen>,
}

/// Divides net income: the inventors' share is rounded half up to the fen, the unit keeps the rest; within the team by
/// inner shares with largest remainder, ties in declared order.
pub fn cash(receipts: Fen, costs: Fen, policy: &Policy, shares: &[BasisPoints]) -> Result<Cash, Failure> {
    let net = Fen::new(receipts.minus(costs).get())?;
    let inventors = net.share(policy.inventors);
    let unit = Fen::new(net.minus(inventors).get())?;
    let parts = within_team(inventors, shares)?;
    Ok(Cash { net, unit, inventors, parts })
}

/// Divides what the inventors get by inner shares with largest remainder, ties in declared order.
pub fn within_team(amount: Fen, shares: &[BasisPoints]) -> Result<Vec<Fen>, Failure> {
    let weights: Vec<u64> = shares.iter().map(|share| u64::from(share.get())).collect();
    let none = || Failure::new(&reason::INTERNAL).because("an agreement without shares");
    largest_remainder(amount, &weights).ok_or_else(none)
}

/// Shares of a company, divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stake {
    /// Value of the unit's shares.
    pub unit: Fen,
    /// Value of the inventors' shares.
    pub inventors: Fen,
}

/// Divides the shares issued for a technology: the unit's part is rounded half up, the inventors get the rest.
pub fn stake(equity: Equity, policy: &Policy) -> Result<Stake, Failure> {
    let kept = i64::from(BasisPoints::ONE.get()) - i64::from(policy.inventors.get());
    let unit = equity.technology.share(BasisPoints::new(kept)?);
    Ok(Stake { unit, inventors: Fen::new(equity.technology.minus(unit).get())? })
}

/// A part of the company, rounded half up for each party: the parts need not add up.
pub fn of_company(part: Fen, capital: Fen) -> Ppm {
    Ppm::ratio(part.get().unsigned_abs(), capital.get().unsigned_abs()).unwrap_or(Ppm::ZERO)
}

#[cfg(test)]
mod tests;
