//! Self-uses and their awards on the wire.

use canopy_kernel::{Fen, on_the_wire};
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;

use super::model::{Award, SelfUse, State};
use super::rule_term::Term;

on_the_wire!(State => pb::SelfUseState { Running, AwardDue, Completed });

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The use as it stands on a day: what was awarded later is not shown.
pub(super) fn message(self_use: &SelfUse, day: Date) -> pb::SelfUse {
    let awarded = Fen::sum(self_use.awards_by(day).map(|it| it.amount)).unwrap_or(Fen::MAX);
    pb::SelfUse {
        name: self_use.id.to_string(),
        self_use_no: self_use.number.clone(),
        empowerment: self_use.empowerment.to_string(),
        empowerment_no: self_use.empowerment_no.clone(),
        unit_uscc: self_use.unit.to_string(),
        in_use_on: self_use.term.in_use_on.to_string(),
        years: int(self_use.term.years),
        last_on: self_use.term.last_on().to_string(),
        state: self_use.state_on(day).to_wire(),
        awards: self_use.awards_by(day).map(|it| award(it, self_use.term)).collect(),
        awarded_fen: awarded.get(),
        etag: self_use.version.to_string(),
    }
}

fn award(award: &Award, term: Term) -> pb::SelfUseAward {
    // The relief of R48 is for income from transfers and licences: of this award the whole is taxed.
    let part = |(inventor, amount): &(String, Fen)| pb::SplitPart {
        party: inventor.clone(),
        kind: pb::PartyKind::Inventor.into(),
        amount_fen: amount.get(),
        company_share_ppm: 0,
        outside_wage_cap: true,
        taxable_fen: amount.get(),
    };
    pb::SelfUseAward {
        year_no: int(award.year_no),
        first_on: term.first_of(award.year_no).to_string(),
        last_on: term.last_of(award.year_no).to_string(),
        operating_profit_fen: award.profit.get(),
        award_fen: award.amount.get(),
        floor_bp: int(award.floor.get().get()),
        least_fen: award.floor.least(award.profit).get(),
        awarded_on: award.awarded_on.to_string(),
        agreement_version_no: award.agreement_version_no,
        parts: award.parts.iter().map(part).collect(),
    }
}
