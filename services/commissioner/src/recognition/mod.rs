//! Recognition: the way of an application. The recognition itself is the registry's. It is asked between two
//! transactions and never within one: the first lays down what is to be granted, the second recognises what was. A call
//! that broke off in between is made good by its repetition, or by another one with the same number.

pub mod model;
pub(crate) mod rpc;
pub mod rule_condition;
pub(crate) mod store;
mod wire;

use canopy_kernel::id::{QualificationId, RecognitionId, RequestId};
use canopy_kernel::{Failure, RuleTable, StoredFailure, Uscc, WorkCalendar, reason};
use canopy_persistence::{Transition, Tx, mirror};
use jiff::civil::Date;

use crate::config::RecognitionSettings;
use crate::edge::guard;
use crate::event;
use model::{Grant, Level, Publicity, Recognition, Subject};
use rule_condition::{centre_lacks, institution_lacks};

/// Rule parameter: working days of publicity.
const PUBLICITY_DAYS: &str = "publicity_wd";

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
        grant: None,
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
    /// The caller's request.
    pub request: RequestId,
    /// Only checks.
    pub validate_only: bool,
    /// Number.
    pub number: String,
    /// Batch, 0 = none.
    pub batch_no: i32,
}

/// What the registry is asked to grant.
#[derive(Clone, Debug)]
pub(crate) struct LaidGrant {
    /// The application.
    pub recognition: Recognition,
    /// The grant.
    pub grant: Grant,
    /// Only checks: nothing was written.
    pub validate_only: bool,
}

/// Lays down what the registry is to grant on the business day, or takes up what is not settled. `None` where the
/// recognition is going to be refused, so that nothing is asked of the registry.
pub(crate) async fn lay_down(
    tx: &mut Tx,
    aim: &Aim,
    certificate: &Certificate,
) -> Result<Option<LaidGrant>, Failure> {
    let Some(recognition) = store::lock(tx, aim.id).await? else { return Ok(None) };
    let today = tx.today();
    if guard(&aim.etag, recognition.version).is_err() || recognition.require_due(today).is_err() {
        return Ok(None);
    }
    let asked = Grant {
        request: certificate.request,
        number: certificate.number.clone(),
        batch_no: certificate.batch_no,
        on: today,
    };
    let grant = recognition.lay_down(asked)?;
    let validate_only = certificate.validate_only;
    if recognition.grant.is_none() && !validate_only {
        store::write_grant(tx, recognition.id, Some(&grant)).await?;
        state(tx, &recognition, &format!("GRANT_LAID_DOWN {}", grant.number));
    }
    Ok(Some(LaidGrant { recognition, grant, validate_only }))
}

/// Takes back what was laid down, since the registry refused it; what it tells all the same stays, to be recognised.
pub(crate) async fn take_back(tx: &mut Tx, laid: &LaidGrant) -> Result<(), Failure> {
    let found = store::lock(tx, laid.recognition.id).await?;
    let (holder, grant) = (laid.recognition.applicant.to_string(), &laid.grant);
    let held = mirror::qualifications(tx.conn(), &[holder], laid.recognition.subject.kind()).await?;
    if held.iter().any(|it| it.number == grant.number && it.granted_on == Some(grant.on)) {
        return Ok(());
    }
    let stands = |it: &Recognition| it.recognised.is_none() && it.grant.as_ref() == Some(&laid.grant);
    if let Some(recognition) = found.filter(stands) {
        store::write_grant(tx, recognition.id, None).await?;
        state(tx, &recognition, &format!("GRANT_REFUSED {}", laid.grant.number));
    }
    Ok(())
}

/// States what became of the grant of an application, which is left where it is.
fn state(tx: &mut Tx, recognition: &Recognition, words: &str) {
    let effective_on = tx.today();
    tx.audit(Transition {
        aggregate: recognition.id.to_string(),
        from: recognition.state().as_str().to_owned(),
        to: recognition.state().as_str().to_owned(),
        reason: words.to_owned(),
        rule_version: String::new(),
        effective_on,
    });
}

/// Recognises an application.
#[derive(Clone, Debug)]
pub(crate) struct Recognise {
    /// The application.
    pub aim: Aim,
    /// What the registry granted, and from which day; `None` where it was not asked.
    pub granted: Option<(QualificationId, Date)>,
}

/// Recognises it, as the registry granted the qualification.
pub(crate) async fn recognise(tx: &mut Tx, command: &Recognise) -> Result<Recognition, Failure> {
    let before = command.aim.lock(tx).await?;
    before.require_due(tx.today())?;
    // It was not due when the registry was to be asked, and is now.
    let meanwhile = || Failure::new(&reason::VERSION_CONFLICT).because("the registry was not asked");
    let (qualification, day) = command.granted.ok_or_else(meanwhile)?;
    let from = before.state();
    let after = before.recognise(qualification, day)?;
    store::update(tx, &after).await?;
    tell(tx, from.as_str(), &after, day);
    Ok(after)
}

async fn write(tx: &mut Tx, before: Recognition, after: Recognition) -> Result<Recognition, Failure> {
    store::update(tx, &after).await?;
    let today = tx.today();
    tell(tx, before.state().as_str(), &after, today);
    Ok(after)
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
