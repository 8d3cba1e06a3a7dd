//! Recognition: the way of an application, and yearly assessments. The recognition itself is the registry's: it is
//! granted, assessed and revoked there while the application's row is locked, under the caller's own request id, so a
//! call that broke off is made good by its repetition.

pub mod model;
pub(crate) mod rpc;
pub mod rule_assessment;
pub mod rule_condition;
pub(crate) mod store;
mod wire;

use canopy_kernel::id::{QualificationId, RecognitionId};
use canopy_kernel::{Failure, RuleTable, StoredFailure, Uscc, WorkCalendar, reason};
use canopy_persistence::{Transition, Tx, mirror};
use jiff::civil::Date;

use crate::config::RecognitionSettings;
use crate::edge::guard;
use crate::event;
use crate::registry::Registry;
use model::{Level, Publicity, Recognition, Subject};
use rule_assessment::{Grade, Outcome};
use rule_condition::{centre_lacks, institution_lacks};

/// Rule parameter: working days of publicity.
const PUBLICITY_DAYS: &str = "publicity_wd";

/// Kinds of qualifications that this service assesses.
const KINDS: [&str; 2] = ["TRANSFER_INSTITUTION", "CONVERSION_CENTRE"];

fn unknown() -> Failure {
    Failure::new(&reason::UNKNOWN_APPLICATION).on("name")
}

/// Applies for recognition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apply {
    /// Applicant.
    pub applicant: Uscc,
    /// What is applied for.
    pub subject: Subject,
}

/// Applies on the business day. Who holds the same level or a higher one has nothing to apply for.
pub(crate) async fn apply(tx: &mut Tx, command: &Apply) -> Result<Recognition, Failure> {
    let (today, applicant) = (tx.today(), command.applicant);
    if mirror::subject(tx.conn(), applicant).await?.is_none() {
        return Err(Failure::new(&reason::UNKNOWN_SUBJECT).on("applicant_uscc"));
    }
    let held = mirror::qualifications(tx.conn(), &[applicant.to_string()], command.subject.kind()).await?;
    let mut live = held.iter().filter(|it| it.is_live_on(today)).map(|it| Level::stored(&it.level).ok());
    if live.any(|level| level >= command.subject.level()) {
        return Err(Failure::new(&reason::HIGHER_LEVEL_HELD).on("level"));
    }
    let applied = Recognition {
        id: RecognitionId::at(tx.recorded_at()),
        applicant,
        subject: command.subject,
        applied_on: today,
        recommended_on: None,
        reviewed: None,
        publicity: None,
        recognised: None,
        version: 1,
    };
    store::insert(tx, &applied).await?;
    tell(tx, "", &applied, today);
    Ok(applied)
}

/// An application as a caller means it.
#[derive(Clone, Debug)]
pub(crate) struct Aim {
    /// The application.
    pub id: RecognitionId,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

impl Aim {
    async fn lock(&self, tx: &mut Tx) -> Result<Recognition, Failure> {
        let found = store::lock(tx, self.id).await?.ok_or_else(unknown)?;
        guard(&self.etag, found.version)?;
        Ok(found)
    }
}

/// Recommends an application.
pub(crate) async fn recommend(tx: &mut Tx, aim: &Aim) -> Result<Recognition, Failure> {
    let before = aim.lock(tx).await?;
    let today = tx.today();
    write(tx, before.clone(), before.recommend(today)?).await
}

/// Reviews it against the conditions of the installation. What the province or the state decides is not judged here.
pub(crate) async fn review(
    tx: &mut Tx,
    aim: &Aim,
    conditions: &RecognitionSettings,
) -> Result<Recognition, Failure> {
    let before = aim.lock(tx).await?;
    let lacks = match &before.subject {
        Subject::Institution(Level::Municipal, figures) => {
            institution_lacks(figures, &conditions.institution())
        }
        Subject::Institution(Level::Provincial | Level::National, _) => Vec::new(),
        Subject::Centre(figures) => centre_lacks(figures, &conditions.centre()?),
    };
    let unmet: Vec<StoredFailure> = lacks.iter().map(Failure::to_stored).collect();
    let today = tx.today();
    write(tx, before.clone(), before.review(unmet, today)?).await
}

/// The publicity that begins on a day.
fn publicity(rules: &RuleTable, calendar: &WorkCalendar, day: Date) -> Result<Publicity, Failure> {
    let days = rules.days(PUBLICITY_DAYS, day)?;
    Ok(Publicity { posted_on: day, last_on: calendar.publicity_last_day(day, days)? })
}

/// Posts it for publicity.
pub(crate) async fn publish(tx: &mut Tx, aim: &Aim) -> Result<Recognition, Failure> {
    let before = aim.lock(tx).await?;
    let (rules, calendar) = (mirror::rules(tx.conn()).await?, mirror::calendar(tx.conn()).await?);
    let publicity = publicity(&rules, &calendar, tx.today())?;
    write(tx, before.clone(), before.publish(publicity)?).await
}

/// How a recognition is entered in the registry.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// The caller's request, which names the grant in the registry as well.
    pub request_id: String,
    /// Only checks.
    pub validate_only: bool,
    /// Number.
    pub number: String,
    /// Batch, 0 = none.
    pub batch_no: i32,
}

/// Recognises it: the registry grants the qualification.
pub(crate) async fn recognise(
    tx: &mut Tx,
    aim: &Aim,
    certificate: &Certificate,
    registry: &Registry,
) -> Result<Recognition, Failure> {
    let before = aim.lock(tx).await?;
    let today = tx.today();
    before.require_due(today)?;
    let call = tx.call().clone();
    let qualification = registry.grant(&call, &before, certificate, today).await?;
    write(tx, before.clone(), before.recognise(qualification, today)?).await
}

async fn write(tx: &mut Tx, before: Recognition, after: Recognition) -> Result<Recognition, Failure> {
    store::update(tx, &after).await?;
    let today = tx.today();
    tell(tx, before.state().as_str(), &after, today);
    Ok(after)
}

/// A yearly assessment.
#[derive(Clone, Debug)]
pub(crate) struct Assess {
    /// The caller's request, which names the assessment in the registry as well.
    pub request_id: String,
    /// Only checks.
    pub validate_only: bool,
    /// What is assessed.
    pub qualification: QualificationId,
    /// Grade.
    pub grade: Grade,
    /// So many failed ones in a row revoke.
    pub fails_to_revoke: u32,
}

/// Records an assessment in the registry on the business day; a second failed one in a row revokes.
pub(crate) async fn assess(
    tx: &mut Tx,
    command: &Assess,
    registry: &Registry,
) -> Result<(Outcome, Date), Failure> {
    let today = tx.today();
    let found = mirror::qualification(tx.conn(), command.qualification).await?;
    let found = found.filter(|it| KINDS.contains(&it.kind.as_str()));
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_RECORD).on("qualification"))?;
    let Some(granted_on) = found.granted_on.filter(|_| found.is_live_on(today)) else {
        return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("expected", "GRANTED"));
    };
    rule_assessment::require_full_year(granted_on, today)?;
    let before = mirror::assessments(tx.conn(), command.qualification, today).await?;
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let outcome = rule_assessment::outcome(&before, command.grade, command.fails_to_revoke);
    let call = tx.call().clone();
    registry.assess(&call, command, today).await?;
    if outcome == Outcome::Revoked {
        registry.revoke(&call, command, today).await?;
    }
    tx.audit(Transition {
        aggregate: command.qualification.to_string(),
        from: "GRANTED".to_owned(),
        to: if outcome == Outcome::Revoked { "REVOKED" } else { "GRANTED" }.to_owned(),
        reason: format!("ASSESSED_{}", command.grade.as_str()),
        rule_version: String::new(),
        effective_on: today,
    });
    Ok((outcome, today))
}

fn tell(tx: &mut Tx, from: &str, recognition: &Recognition, day: Date) {
    tx.audit(Transition {
        aggregate: recognition.id.to_string(),
        from: from.to_owned(),
        to: recognition.state().as_str().to_owned(),
        reason: String::new(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::recognition_changed(tx, wire::message(recognition), recognition.version, day);
}
