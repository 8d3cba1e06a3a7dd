//! Which contract carries out which signed project (`RULES.md` R18): same parties, and the turnover is the amount.
//! Derived from the facts alone, whatever the order in which they came; a contract carries out one project at a time,
//! and a project is carried out by one contract at a time.

use canopy_kernel::Fen;
use canopy_kernel::id::SigningId;
use jiff::civil::Date;

/// A signed project of two parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Id.
    pub id: SigningId,
    /// Amount.
    pub amount: Fen,
    /// Day signed.
    pub signed_on: Date,
}

/// A price of a contract of those parties, for as long as it holds and the contract is live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Number of the contract.
    pub contract: String,
    /// Total price.
    pub turnover: Fen,
    /// First day.
    pub from: Date,
    /// First day on which it does not hold any more; `None` = open.
    pub until: Option<Date>,
}

/// A contract that carries out a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The project.
    pub project: SigningId,
    /// The contract.
    pub contract: String,
    /// First day.
    pub from: Date,
    /// First day on which it does not any more; `None` = open.
    pub until: Option<Date>,
}

impl Link {
    /// Whether it has a day in common with another.
    fn meets(&self, other: &Link) -> bool {
        let before = |end: Option<Date>, start: Date| end.is_none_or(|end| start < end);
        before(self.until, other.from) && before(other.until, self.from)
    }
}

/// Links the projects and contracts of two parties: the earliest price goes to the earliest project that is free.
/// A framework agreement is carried out by no contract. The links come sorted.
pub fn link(projects: &[Project], prices: &[Price]) -> Vec<Link> {
    let mut projects: Vec<&Project> = projects.iter().filter(|it| !it.amount.is_zero()).collect();
    projects.sort_by_key(|it| (it.signed_on, it.id));
    let mut prices: Vec<&Price> = prices.iter().collect();
    prices.sort_by(|a, b| (a.from, &a.contract).cmp(&(b.from, &b.contract)));
    let mut links: Vec<Link> = Vec::new();
    for price in prices {
        let fitting = projects.iter().filter(|project| project.amount == price.turnover);
        let candidates = fitting.map(|project| Link {
            project: project.id,
            contract: price.contract.clone(),
            from: price.from.max(project.signed_on),
            until: price.until,
        });
        let free = |new: &Link| !links.iter().any(|old| old.project == new.project && old.meets(new));
        let holds = |new: &Link| new.until.is_none_or(|until| new.from < until);
        if let Some(found) = candidates.into_iter().find(|new| holds(new) && free(new)) {
            links.push(found);
        }
    }
    links.sort_unstable();
    links
}

#[cfg(test)]
mod tests;
