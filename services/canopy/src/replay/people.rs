//! Who acts in a replay: one person per desk, in the role that owns the step. For the bureau the maker and the
//! approver whom the payout runs name.

use std::sync::LazyLock;

use canopy_kernel::Role;

use super::plan::Person;

macro_rules! desks {
    ($($(#[$doc:meta])* $desk:ident = $name:literal as $role:ident;)*) => {
        $($(#[$doc])* pub static $desk: LazyLock<Person> = LazyLock::new(|| Person::new($name, Role::$role));)*
    };
}

desks! {
    /// Makes reference data, scripts the sandbox bank, opens days.
    OPERATOR = "replay-operator" as Operator;
    /// Activates reference data.
    SECOND_OPERATOR = "replay-second-operator" as Operator;
    /// Keeps the registers.
    REGISTRAR = "replay-registrar" as Registrar;
    /// Keeps the credit listings.
    CREDIT_AUTHORITY = "replay-credit-authority" as CreditAuthority;
    /// Enters budgets and gives the second approval.
    FINANCE = "replay-finance-bureau" as FinanceBureau;
    /// Has the bank's statement booked.
    TREASURY_BANK = "replay-treasury-bank" as TreasuryBank;
    /// Verifies demands in the districts.
    DISTRICT = "replay-district-office" as DistrictOffice;
    /// Reads figures and refusals.
    AUDITOR = "replay-auditor" as Auditor;
}

/// Two persons of the bureau: what one makes the other approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bureau {
    /// Makes.
    pub maker: Person,
    /// Reviews and approves.
    pub approver: Person,
}

impl Bureau {
    /// The first two different persons that a run names; stand-ins when there is none.
    pub fn of_runs<'a>(named: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pair = named.into_iter().find(|(maker, approver)| maker != approver);
        let (maker, approver) = pair.unwrap_or(("replay-bureau-maker", "replay-bureau-approver"));
        Self { maker: Person::new(maker, Role::StBureau), approver: Person::new(approver, Role::StBureau) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bureau_is_the_first_two_different_persons_of_a_run() {
        let bureau = Bureau::of_runs([("甲", "甲"), ("乙", "丙"), ("丁", "戊")]);
        assert_eq!((bureau.maker.name.as_str(), bureau.approver.name.as_str()), ("乙", "丙"));
        assert_ne!(Bureau::of_runs([]).maker, Bureau::of_runs([]).approver);
    }
}
