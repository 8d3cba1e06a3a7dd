//! What this service tells others, and what it listens to in the registry's feed.

use canopy_kernel::{DayKind, Failure, date, reason};
use canopy_persistence::{Listener, Tx};
use canopy_proto::common::v1::Envelope;
use canopy_proto::registry::v1 as registry;
use canopy_proto::subsidy::v1 as pb;
use futures::future::BoxFuture;
use jiff::civil::Date;
use prost::{Message, Name};

use crate::mirror;
use crate::mirror::model::{
    Assessed, Assessment, BEGINNING, Correction, Fact, Qualification, Status, Subject,
};
use crate::policy::model::Policy;

/// Tells that a policy version changed its state.
pub(crate) fn policy_changed(tx: &mut Tx, policy: &Policy) {
    let message = pb::PolicyChanged { policy: Some(crate::policy::rpc::message(policy)) };
    let today = tx.today();
    tx.emit(&message, &policy.id.to_string(), policy.version, today);
}

/// Tells that a run changed its state.
pub(crate) fn run_changed(tx: &mut Tx, run: pb::Run, version: i64) {
    let (name, today) = (run.name.clone(), tx.today());
    tx.emit(&pb::RunChanged { run: Some(run) }, &name, version, today);
}

/// Tells that a batch was funded.
pub(crate) fn batch_funded(tx: &mut Tx, batch: pb::Batch, version: i64) {
    let (name, today) = (batch.name.clone(), tx.today());
    tx.emit(&pb::BatchFunded { batch: Some(batch) }, &name, version, today);
}

/// Tells that a line was credited, from the bank's value date.
pub(crate) fn line_credited(tx: &mut Tx, line: pb::PaymentLine, version: i64, on: Date) {
    let name = line.name.clone();
    tx.emit(&pb::LineCredited { line: Some(line) }, &name, version, on);
}

/// Tells that a line bounced.
pub(crate) fn line_returned(tx: &mut Tx, line: pb::PaymentLine, version: i64, on: Date) {
    let name = line.name.clone();
    tx.emit(&pb::LineReturned { line: Some(line) }, &name, version, on);
}

/// Keeps the mirror of the registry's facts.
#[derive(Debug)]
pub(crate) struct RegistryListener;

impl Listener for RegistryListener {
    fn apply<'t>(&'t self, tx: &'t mut Tx, events: &'t [Envelope]) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(async move {
            let mut facts = Vec::new();
            for event in events {
                facts.extend(read(event)?);
            }
            mirror::apply(tx, &facts).await
        })
    }

    fn forget<'t>(&'t self, tx: &'t mut Tx) -> BoxFuture<'t, Result<(), Failure>> {
        Box::pin(mirror::store::forget(tx))
    }
}

/// What an event says; `None` for what this service does not listen to.
fn read(event: &Envelope) -> Result<Option<Fact>, Failure> {
    let kind = event.r#type.as_str();
    let position = event.position;
    if kind == registry::SubjectChanged::full_name() {
        let told: registry::SubjectChanged = decode(event)?;
        told.subject.map_or(Ok(None), |it| subject(it, position))
    } else if kind == registry::QualificationGranted::full_name() {
        let told: registry::QualificationGranted = decode(event)?;
        told.qualification.map(|it| qualification(it, BEGINNING, position)).transpose()
    } else if kind == registry::QualificationEnded::full_name() {
        let told: registry::QualificationEnded = decode(event)?;
        let ended = told.qualification.map(|it| qualification(it, BEGINNING, position)).transpose()?;
        // What it says of assessments was told when they were made.
        Ok(ended.map(|fact| match fact {
            Fact::Qualification(qualification, _) => Fact::Qualification(qualification, None),
            other => other,
        }))
    } else if kind == registry::QualificationAssessed::full_name() {
        let told: registry::QualificationAssessed = decode(event)?;
        let assessed_on = date::parse(&told.assessed_on)?;
        told.qualification.map(|it| qualification(it, assessed_on, position)).transpose()
    } else if kind == registry::PaymentAccountCorrected::full_name() {
        let told: registry::PaymentAccountCorrected = decode(event)?;
        let effective_on = date::parse(&told.effective_on)?;
        Ok(Some(Fact::Correction(Correction { uscc: told.uscc, effective_on, position })))
    } else if kind == registry::ReferenceSetActivated::full_name() {
        reference(decode(event)?)
    } else {
        Ok(None)
    }
}

fn decode<M: Message + Default>(event: &Envelope) -> Result<M, Failure> {
    M::decode(event.payload.as_slice())
        .map_err(|error| Failure::new(&reason::INTERNAL).because(format_args!("event {}: {error}", event.id)))
}

fn day_if_any(text: &str) -> Result<Option<Date>, Failure> {
    match text {
        "" => Ok(None),
        text => date::parse(text).map(Some),
    }
}

/// A subject with a code; persons hold nothing that a policy pays for.
fn subject(told: registry::Subject, position: i64) -> Result<Option<Fact>, Failure> {
    let kind = match told.kind() {
        registry::SubjectKind::Enterprise => "ENTERPRISE",
        registry::SubjectKind::University => "UNIVERSITY",
        registry::SubjectKind::ResearchInstitute => "RESEARCH_INSTITUTE",
        registry::SubjectKind::AdminUnit => "ADMIN_UNIT",
        registry::SubjectKind::Person | registry::SubjectKind::Unspecified => return Ok(None),
    };
    let status = match told.status() {
        registry::SubjectStatus::MovedOut => Status::MovedOut,
        registry::SubjectStatus::Deregistered => Status::Deregistered,
        registry::SubjectStatus::Active | registry::SubjectStatus::Unspecified => Status::Active,
    };
    let status_since = day_if_any(&told.status_since)?.unwrap_or(BEGINNING);
    let (uscc, title) = (told.uscc, told.title);
    Ok(Some(Fact::Subject(Subject { uscc, kind, title, status, status_since, position })))
}

fn qualification(told: registry::Qualification, assessed_on: Date, position: i64) -> Result<Fact, Failure> {
    let id = told.name.parse()?;
    let result = match told.assessment() {
        registry::AssessmentResult::Excellent => Some(Assessment::Excellent),
        registry::AssessmentResult::Pass => Some(Assessment::Pass),
        registry::AssessmentResult::Fail => Some(Assessment::Fail),
        registry::AssessmentResult::Unspecified => None,
    };
    let assessed = result.map(|result| Assessed { qualification: id, assessed_on, result, position });
    let qualification = Qualification {
        id,
        holder_uscc: told.holder_uscc,
        kind: told.kind,
        tier: told.tier,
        number: told.number,
        granted_on: day_if_any(&told.granted_on)?,
        expires_on: day_if_any(&told.expires_on)?,
        first_recognition: told.first_recognition,
        revoked_on: day_if_any(&told.revoked_on)?,
        superseded_on: day_if_any(&told.superseded_on)?,
        position,
    };
    Ok(Fact::Qualification(qualification, assessed))
}

/// The calendar; other reference data decide nothing here.
fn reference(told: registry::ReferenceSetActivated) -> Result<Option<Fact>, Failure> {
    use registry::reference_row::Row;
    let set = told.set.unwrap_or_default();
    if set.kind() != registry::ReferenceKind::Calendar {
        return Ok(None);
    }
    let days = told.rows.into_iter().filter_map(|row| match row.row {
        Some(Row::CalendarDay(day)) => Some(calendar_day(&day)),
        _ => None,
    });
    Ok(Some(Fact::Calendar(set.name, days.collect::<Result<_, _>>()?)))
}

fn calendar_day(told: &registry::CalendarDay) -> Result<(Date, DayKind), Failure> {
    let kind = match told.kind() {
        registry::CalendarDayKind::Off => DayKind::Off,
        registry::CalendarDayKind::Work => DayKind::Work,
        registry::CalendarDayKind::Unspecified => {
            return Err(Failure::new(&reason::ENUM_UNKNOWN).on("kind"));
        }
    };
    Ok((date::parse(&told.day)?, kind))
}
