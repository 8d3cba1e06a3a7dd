//! What the registry tells others through its feed. An account number or a person's name never stands in an
//! event; a listing is told as of the day from which the change counts.

use canopy_kernel::id::SubjectId;
use canopy_persistence::Tx;
use canopy_proto::registry::v1 as pb;
use jiff::civil::Date;

use crate::account::model::Correction;
use crate::credit::model::CreditListing;
use crate::fact::model::Fact;
use crate::qualification::model::Qualification;
use crate::reference::model::{ReferenceSet, Row};
use crate::subject::model::Subject;
use crate::{credit, fact, qualification, reference, subject};

/// A subject entered the register, or its status changed.
pub(crate) fn subject_changed(tx: &mut Tx, changed: &Subject, effective_on: Date) {
    let event = pb::SubjectChanged { subject: Some(subject::rpc::message(changed.clone())) };
    tx.emit(&event, &changed.id.to_string(), changed.version, effective_on);
}

/// A payee's account was corrected.
pub(crate) fn account_corrected(tx: &mut Tx, payee: SubjectId, version: i64, correction: &Correction) {
    let event = pb::PaymentAccountCorrected {
        uscc: correction.uscc.to_string(),
        effective_on: correction.effective_on.to_string(),
    };
    tx.emit(&event, &payee.to_string(), version, correction.effective_on);
}

/// A qualification was granted, or its application recorded.
pub(crate) fn qualification_granted(tx: &mut Tx, granted: &Qualification, effective_on: Date) {
    let event =
        pb::QualificationGranted { qualification: Some(qualification::rpc::message(granted.clone())) };
    tx.emit(&event, &granted.id.to_string(), granted.version, effective_on);
}

/// A qualification was revoked, or ended by a higher level.
pub(crate) fn qualification_ended(tx: &mut Tx, ended: &Qualification, effective_on: Date) {
    let event = pb::QualificationEnded { qualification: Some(qualification::rpc::message(ended.clone())) };
    tx.emit(&event, &ended.id.to_string(), ended.version, effective_on);
}

/// A qualification was assessed.
pub(crate) fn qualification_assessed(tx: &mut Tx, assessed: &Qualification, assessed_on: Date) {
    let event = pb::QualificationAssessed {
        qualification: Some(qualification::rpc::message(assessed.clone())),
        assessed_on: assessed_on.to_string(),
    };
    tx.emit(&event, &assessed.id.to_string(), assessed.version, assessed_on);
}

/// A fact was recorded.
pub(crate) fn fact_recorded(tx: &mut Tx, recorded: &Fact) {
    let event = pb::FactRecorded { fact: Some(fact::rpc::message(recorded.clone())) };
    tx.emit(&event, &recorded.id.to_string(), 1, recorded.statement.occurred_on);
}

/// An entity was listed.
pub(crate) fn credit_listed(tx: &mut Tx, listing: &CreditListing) {
    let day = listing.decision.decided_on;
    let event = pb::CreditListed { listing: Some(credit::rpc::message(listing.clone(), day, None)) };
    tx.emit(&event, &listing.id.to_string(), listing.version, day);
}

/// A listing was removed by repair.
pub(crate) fn credit_repaired(tx: &mut Tx, listing: &CreditListing, repaired_on: Date) {
    let event =
        pb::CreditRepaired { listing: Some(credit::rpc::message(listing.clone(), repaired_on, None)) };
    tx.emit(&event, &listing.id.to_string(), listing.version, repaired_on);
}

/// A set of reference data came into force.
pub(crate) fn reference_set_activated(tx: &mut Tx, set: &ReferenceSet, rows: Vec<Row>) {
    let event = pb::ReferenceSetActivated {
        set: Some(reference::rpc::message(set)),
        rows: rows.into_iter().map(reference::row::message).collect(),
    };
    let today = tx.today();
    tx.emit(&event, &set.id.to_string(), set.version, today);
}
