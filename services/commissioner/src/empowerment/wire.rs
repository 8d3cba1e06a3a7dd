//! Empowerments on the wire.

use canopy_kernel::on_the_wire;
use canopy_proto::commissioner::v1 as pb;
use jiff::civil::Date;

use super::model::{Agreement, Basis, Empowerment, State};
use super::rule_rights::CoOwner;
use crate::edge::day_text;

on_the_wire!(State => pb::EmpowermentState {
    Applied, RightsCleared, AgreementSigned, Publicised, Filed, InForce, Terminated, Expired
});

pub(super) fn co_owner(number: i32) -> CoOwner {
    match pb::CoOwnerConsent::try_from(number) {
        Ok(pb::CoOwnerConsent::Given) => CoOwner::Given,
        Ok(pb::CoOwnerConsent::Refused) => CoOwner::Refused,
        Ok(pb::CoOwnerConsent::Unspecified) | Err(_) => CoOwner::None,
    }
}

/// The empowerment as it stands on a day: what happened later is not shown.
pub(crate) fn message(empowerment: &Empowerment, day: Date) -> pb::Empowerment {
    let by = |step: Option<Date>| day_text(step.filter(|step| *step <= day));
    let (grant, dates) = (&empowerment.grant, &empowerment.dates);
    let (basis, disposal) = match grant.basis {
        Basis::UnitOwned { .. } => (pb::EmpowermentBasis::UnitOwned, pb::Disposal::Joint),
        Basis::OtherService => (pb::EmpowermentBasis::OtherService, pb::Disposal::Inventors),
    };
    let consent = match empowerment.co_owner {
        CoOwner::None => pb::CoOwnerConsent::Unspecified,
        CoOwner::Given => pb::CoOwnerConsent::Given,
        CoOwner::Refused => pb::CoOwnerConsent::Refused,
    };
    let signed: Vec<&Agreement> = empowerment.agreements.iter().filter(|it| it.effective_on <= day).collect();
    let replaced = signed.iter().skip(1).map(|next| next.effective_on.to_string());
    let replaced = replaced.chain(std::iter::once(String::new()));
    let agreements =
        signed.iter().zip(replaced).map(|(it, replaced_on)| agreement(it, replaced_on)).collect();
    pb::Empowerment {
        name: empowerment.id.to_string(),
        empowerment_no: grant.number.clone(),
        title: grant.title.clone(),
        unit_uscc: grant.unit.to_string(),
        basis: basis.into(),
        term_years: grant.basis.term_years().and_then(|years| years.try_into().ok()).unwrap_or(0),
        start_on: day_text(dates.start_on),
        last_on: day_text(empowerment.last_on()),
        disposal: disposal.into(),
        state: empowerment.state_on(day).to_wire(),
        agreements,
        applied_on: by(dates.applied_on),
        rights_cleared_on: by(dates.rights_cleared_on),
        publicity_posted_on: by(dates.publicity_posted_on),
        filed_on: by(dates.filed_on),
        terminated_on: by(dates.terminated_on),
        co_owner: consent.into(),
        etag: empowerment.version.to_string(),
    }
}

fn agreement(agreement: &Agreement, replaced_on: String) -> pb::Agreement {
    let shares = agreement.shares.iter().map(|(share, _)| pb::InventorShare {
        inventor: share.inventor.clone(),
        share_bp: share.share.get().try_into().unwrap_or(i32::MAX),
    });
    pb::Agreement {
        version_no: agreement.version_no,
        effective_on: agreement.effective_on.to_string(),
        replaced_on,
        shares: shares.collect(),
    }
}
