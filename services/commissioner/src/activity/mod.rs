//! Activities of commissioners: reported once, confirmed by the counterpart, followed up, counted.

pub mod model;
pub(crate) mod rpc;
pub mod rule_admission;
pub mod rule_confirmation;
pub mod rule_follow_up;
pub(crate) mod store;

use canopy_kernel::id::{ActivityId, LeadingFirmId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx, mirror};
use jiff::civil::Date;

use crate::{event, method};
use model::{Activity, Answer, LeadingFirm, Report, Verdict};
use rule_admission::Admission;

/// Takes the reports of one piece, in their order, and moves the tally.
pub(crate) async fn report(tx: &mut Tx, rows: &[FreshRow<Report>]) -> Result<Vec<RowOutcome>, Failure> {
    let mut admission = prepare(tx, rows).await?;
    let recorded_at = tx.recorded_at();
    let mut taken = Vec::with_capacity(rows.len());
    let outcomes = rows
        .iter()
        .map(|row| {
            let id = ActivityId::at(recorded_at);
            let result = admission.admit(id, row.value.clone()).map(|activity| {
                taken.push(activity);
                id.to_string()
            });
            RowOutcome { index: row.index, result }
        })
        .collect();
    store::insert(tx, &taken).await?;
    store::insert_sheets(tx, &admission.new_sheets).await?;
    for activity in &taken {
        tell(tx, activity);
    }
    // After all else that is judged, since pieces wait here for each other's days until the other has ended.
    store::add_to_tally(tx, &admission.tally).await?;
    Ok(outcomes)
}

/// What the reports of a piece are judged against.
async fn prepare(tx: &mut Tx, rows: &[FreshRow<Report>]) -> Result<Admission, Failure> {
    let reports: Vec<&Report> = rows.iter().map(|row| &row.value).collect();
    let commissioners = store::commissioners(tx, &reports).await?;
    Ok(Admission {
        dictionary: method::store::dictionary(tx.conn()).await?,
        numbers: store::used_numbers(tx, &reports).await?,
        taken: store::taken(tx, &reports, &commissioners).await?,
        sheets: store::known_sheets(tx, &reports).await?,
        demands: store::known_demands(tx, &reports).await?,
        achievements: store::known_achievements(tx, &reports).await?,
        commissioners,
        ..Admission::default()
    })
}

fn tell(tx: &mut Tx, activity: &Activity) {
    let day = activity.report.activity_on;
    tx.audit(Transition {
        aggregate: activity.id.to_string(),
        from: String::new(),
        to: "REPORTED".to_owned(),
        reason: activity.report.kind.as_str().to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::activity_reported(tx, activity, day);
}

/// The answer of a counterpart.
#[derive(Debug)]
pub(crate) struct Confirm {
    /// The activity.
    pub id: ActivityId,
    /// The organisation that answers.
    pub represented: Uscc,
    /// What it says.
    pub verdict: Verdict,
}

/// Takes the counterpart's answer, once.
pub(crate) async fn confirm(tx: &mut Tx, command: &Confirm) -> Result<Activity, Failure> {
    let activity = load(tx, command.id).await?;
    let counterpart = &activity.report.counterpart;
    let named = mirror::subject_by_title(tx.conn(), &counterpart.name).await?;
    rule_confirmation::require_counterpart(
        &counterpart.uscc,
        named.as_ref().map(|it| it.uscc.as_str()),
        command.represented.as_str(),
    )?;
    if let Some(answer) = activity.answer {
        return Err(Failure::new(&reason::STATE_NOT_ALLOWED).with("state", answer.verdict.as_str()));
    }
    let answer = Answer { verdict: command.verdict, answered_on: tx.today() };
    store::insert_answer(tx, command, answer.answered_on).await?;
    tx.audit(Transition {
        aggregate: command.id.to_string(),
        from: "REPORTED".to_owned(),
        to: answer.verdict.as_str().to_owned(),
        reason: command.represented.to_string(),
        rule_version: String::new(),
        effective_on: answer.answered_on,
    });
    let answered = Activity { answer: Some(answer), ..activity };
    event::activity_answered(tx, &answered, answer.answered_on);
    Ok(answered)
}

async fn load(tx: &mut Tx, id: ActivityId) -> Result<Activity, Failure> {
    let found = store::find(tx.conn(), id).await?;
    found.ok_or_else(|| Failure::new(&reason::UNKNOWN_ACTIVITY).on("name"))
}

/// A mark as it is made.
#[derive(Debug)]
pub(crate) struct Mark {
    /// Name of the firm, as activities write it.
    pub counterpart: String,
    /// Industry that it leads.
    pub industry: String,
    /// First day.
    pub from_on: Date,
    /// Last day; `None` = open.
    pub to_on: Option<Date>,
}

/// Marks a firm as leading firm of its industry for a time in which it is not marked yet.
pub(crate) async fn mark(tx: &mut Tx, command: &Mark) -> Result<LeadingFirm, Failure> {
    let marks = store::marks(tx, &command.counterpart).await?;
    let begins_by = |start: Date, end: Option<Date>| end.is_none_or(|end| start <= end);
    let overlaps = |(from, to): &(Date, Option<Date>)| {
        begins_by(*from, command.to_on) && begins_by(command.from_on, *to)
    };
    if marks.iter().any(overlaps) {
        return Err(Failure::new(&reason::DUPLICATE_LEADING_FIRM).on("counterpart"));
    }
    let marked = LeadingFirm {
        id: LeadingFirmId::at(tx.recorded_at()),
        counterpart: command.counterpart.clone(),
        industry: command.industry.clone(),
        from_on: command.from_on,
        to_on: command.to_on,
    };
    store::insert_mark(tx, &marked).await?;
    tx.audit(Transition {
        aggregate: marked.id.to_string(),
        from: String::new(),
        to: "LEADING".to_owned(),
        reason: marked.industry.clone(),
        rule_version: String::new(),
        effective_on: marked.from_on,
    });
    Ok(marked)
}
