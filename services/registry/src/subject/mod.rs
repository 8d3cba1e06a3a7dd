//! Subjects: what enters the register, and how its status changes.

pub(crate) mod import;
pub mod model;
pub(crate) mod rpc;
pub mod rule_snapshot;
pub mod rule_status;
pub(crate) mod store;

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::SubjectId;
use canopy_kernel::{BasisPoints, Failure, Uscc, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};
use jiff::civil::Date;

use crate::account;
use crate::edge::guard;
use crate::event;
use model::{Identity, NewOrganisation, StatusChange, Subject, SubjectKey, SubjectKind, SubjectStatus};
use store::NewChange;

/// What a row about an organisation that the register knows already means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// A duplicate, which is refused.
    Refused,
    /// A confirmation, as every complete list holds them: answered with the name, and nothing changes.
    Confirmed,
}

/// Enters the organisations of one piece, in their order: the first row of a code is taken.
pub(crate) async fn enter(
    tx: &mut Tx,
    rows: &[FreshRow<NewOrganisation>],
    known: Known,
) -> Result<Vec<RowOutcome>, Failure> {
    let recorded_at = tx.recorded_at();
    let mut seen = HashSet::new();
    let first: Vec<(SubjectId, &NewOrganisation)> = rows
        .iter()
        .filter(|row| seen.insert(row.value.uscc))
        .map(|row| (SubjectId::at(recorded_at), &row.value))
        .collect();
    let entered = store::insert(tx, &first).await?;
    let new: Vec<_> = first.into_iter().filter(|(id, _)| entered.contains(id)).collect();
    write_changes(tx, &new).await?;
    write_accounts(tx, &new).await?;
    for (id, row) in &new {
        tell(tx, &Subject::entered(*id, row), "", "IMPORT");
    }
    let confirmed = match known {
        Known::Refused => HashMap::new(),
        Known::Confirmed => {
            let codes: Vec<String> = rows.iter().map(|row| row.value.uscc.to_string()).collect();
            store::lock_known(tx, &codes).await?
        }
    };
    let mut names: HashMap<Uscc, SubjectId> = new.iter().map(|(id, row)| (row.uscc, *id)).collect();
    let mut answered = HashSet::new();
    Ok(rows
        .iter()
        .map(|row| {
            let code = row.value.uscc;
            // A code that stands twice in one piece is a duplicate the second time, whatever the mode.
            let first = answered.insert(code);
            let id = names.remove(&code).or_else(|| confirmed.get(&code).copied().filter(|_| first));
            let result = id.map(|id| id.to_string()).ok_or_else(|| duplicate(row.value.kind));
            RowOutcome { index: row.index, result }
        })
        .collect())
}

fn duplicate(kind: SubjectKind) -> Failure {
    let reason = match kind {
        SubjectKind::Enterprise => &reason::DUPLICATE_ENTERPRISE,
        _ => &reason::DUPLICATE_INSTITUTE,
    };
    Failure::new(reason).on("uscc")
}

async fn write_changes(tx: &mut Tx, new: &[(SubjectId, &NewOrganisation)]) -> Result<(), Failure> {
    let changes: Vec<NewChange<'_>> = new
        .iter()
        .filter_map(|(id, row)| {
            row.change.map(|change| NewChange { subject: *id, version: 1, change, reason: "IMPORT" })
        })
        .collect();
    match changes.is_empty() {
        true => Ok(()),
        false => store::insert_changes(tx, &changes).await,
    }
}

async fn write_accounts(tx: &mut Tx, new: &[(SubjectId, &NewOrganisation)]) -> Result<(), Failure> {
    let accounts: Vec<_> =
        new.iter().filter_map(|(id, row)| row.account.as_ref().map(|account| (*id, account))).collect();
    match accounts.is_empty() {
        true => Ok(()),
        false => account::store::insert_first(tx, &accounts).await,
    }
}

/// A change of status as it is ordered.
#[derive(Debug)]
pub(crate) struct ChangeStatus {
    /// Whose.
    pub uscc: Uscc,
    /// The change.
    pub change: StatusChange,
    /// Why, in words.
    pub reason: String,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

/// Records a change of status from its day on.
pub(crate) async fn change_status(tx: &mut Tx, command: &ChangeStatus) -> Result<Subject, Failure> {
    store::lock_known(tx, &[command.uscc.to_string()]).await?;
    let key = SubjectKey::Code(command.uscc);
    let subject = store::find(tx.conn(), &key, command.change.effective_on)
        .await?
        .ok_or_else(|| Failure::new(&reason::UNKNOWN_SUBJECT).on("uscc"))?;
    guard(&command.etag, subject.version)?;
    let latest = store::latest_change(tx, subject.id).await?;
    rule_status::require_order(latest.as_ref(), command.change.effective_on)?;
    store::advance(tx, subject.id, subject.version).await?;
    let before = subject.status();
    let subject = Subject { change: Some(command.change), version: subject.version + 1, ..subject };
    let change = NewChange {
        subject: subject.id,
        version: subject.version,
        change: command.change,
        reason: &command.reason,
    };
    store::insert_changes(tx, &[change]).await?;
    tell(tx, &subject, before.as_str(), &command.reason);
    Ok(subject)
}

/// Ends the active firms that a complete list lacks, unless they are too many. Returns how many ended.
pub(crate) async fn end_missing(
    tx: &mut Tx,
    listed: &HashSet<Uscc>,
    day: Date,
    limit: BasisPoints,
) -> Result<i64, Failure> {
    let held = store::count_active_firms(tx, day).await?;
    let codes: Vec<&str> = listed.iter().map(Uscc::as_str).collect();
    let missing = store::advance_missing_firms(tx, &codes, day).await?;
    rule_snapshot::require_share(missing.len() as u64, held, limit)?;
    let change = StatusChange { status: SubjectStatus::Deregistered, effective_on: day };
    let ended: Vec<Subject> =
        missing.into_iter().map(|subject| Subject { change: Some(change), ..subject }).collect();
    let changes: Vec<NewChange<'_>> = ended
        .iter()
        .map(|it| NewChange { subject: it.id, version: it.version, change, reason: "SNAPSHOT" })
        .collect();
    store::insert_changes(tx, &changes).await?;
    for subject in &ended {
        tell(tx, subject, SubjectStatus::Active.as_str(), "SNAPSHOT");
    }
    Ok(i64::try_from(ended.len()).unwrap_or(i64::MAX))
}

/// States and tells that a subject entered the register or changed its status.
pub(crate) fn tell(tx: &mut Tx, subject: &Subject, from: &str, reason: &str) {
    let effective_on = effective_on(subject).unwrap_or_else(|| tx.today());
    tx.audit(Transition {
        aggregate: subject.id.to_string(),
        from: from.to_owned(),
        to: subject.status().as_str().to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on,
    });
    event::subject_changed(tx, subject, effective_on);
}

/// The day from which a subject's present state counts: that of its change, else that of its establishment.
fn effective_on(subject: &Subject) -> Option<Date> {
    let established_on = match &subject.identity {
        Identity::Organisation { profile, .. } => profile.established_on,
        Identity::Person => None,
    };
    subject.change.map(|change| change.effective_on).or(established_on)
}
