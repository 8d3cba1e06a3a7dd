//! The edge of bulk imports: rows read one by one, pieces answered as they come, complete lists closed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canopy_kernel::{AreaCode, Failure, Fen, Uscc, UsccRules, reason};
use canopy_persistence::{ImportRow, Turn};
use canopy_platform::{Call, check, status::refuse};
use canopy_proto::common::v1::{ImportMode, RowResult};
use canopy_proto::registry::v1 as pb;
use futures::{StreamExt, TryStreamExt, future, stream};
use jiff::civil::Date;
use tonic::Streaming;

use super::model::{NewOrganisation, Profile, StatusChange, SubjectKind, SubjectStatus};
use super::{Known, end_missing, enter};
use crate::account;
use crate::edge::{Answers, Registry, answers, day, day_if_any, rows_of};

/// Enters one piece of organisations.
pub(crate) async fn piece(
    it: &Registry,
    call: &Call,
    turn: Turn,
    rows: Vec<ImportRow<NewOrganisation>>,
    known: Known,
) -> Result<Vec<RowResult>, Failure> {
    it.store
        .import(call, "import_organisations", turn, rows, move |tx, rows| {
            Box::pin(async move { enter(tx, &rows, known).await })
        })
        .await
}

/// Reads the firms of one piece.
pub(crate) fn firms(it: &Registry, rows: &[pb::EnterpriseRow]) -> Vec<ImportRow<NewOrganisation>> {
    rows.iter()
        .map(|row| {
            ImportRow::of(row, &row.request_id, &row.external_ref, firm(&it.codes, row)).about(by_code)
        })
        .collect()
}

/// Reads the institutes of one piece.
pub(crate) fn institutes(it: &Registry, rows: &[pb::InstituteRow]) -> Vec<ImportRow<NewOrganisation>> {
    rows.iter()
        .map(|row| {
            ImportRow::of(row, &row.request_id, &row.external_ref, institute(&it.codes, row)).about(by_code)
        })
        .collect()
}

/// Rows of one code are about one subject.
fn by_code(row: &NewOrganisation) -> [Uscc; 1] {
    [row.uscc]
}

fn firm(codes: &UsccRules, row: &pb::EnterpriseRow) -> Result<NewOrganisation, Failure> {
    let uscc = codes.parse(&row.uscc).map_err(|failure| failure.on("uscc"))?;
    check(row)?;
    let profile = Profile {
        title: row.title.clone(),
        area_code: area(&row.area_code)?,
        established_on: day_if_any("established_on", &row.established_on)?,
        registered_capital: Fen::new(row.registered_capital_fen)?,
        staff: row.staff,
        first_loan_record: row.first_loan_record,
        // The register of firms is the city's own.
        located_in_city: true,
        is_pilot_unit: false,
    };
    Ok(NewOrganisation {
        uscc,
        kind: SubjectKind::Enterprise,
        profile,
        change: change(row.status, &row.status_changed_on)?,
        account: row.account.as_ref().map(account::rpc::read),
    })
}

fn institute(codes: &UsccRules, row: &pb::InstituteRow) -> Result<NewOrganisation, Failure> {
    let uscc = codes.parse(&row.uscc).map_err(|failure| failure.on("uscc"))?;
    check(row)?;
    let profile = Profile {
        title: row.title.clone(),
        area_code: area(&row.area_code)?,
        established_on: None,
        registered_capital: Fen::ZERO,
        staff: 0,
        first_loan_record: false,
        located_in_city: row.located_in_city,
        is_pilot_unit: row.is_pilot_unit,
    };
    Ok(NewOrganisation {
        uscc,
        kind: SubjectKind::from_wire(row.kind)
            .ok_or_else(|| Failure::new(&reason::ENUM_UNKNOWN).on("kind"))?,
        profile,
        change: None,
        account: row.account.as_ref().map(account::rpc::read),
    })
}

fn area(text: &str) -> Result<AreaCode, Failure> {
    AreaCode::parse(text).map_err(|failure| failure.on("area_code"))
}

/// Reads the last known status; a firm that is not active has a day from which that holds.
fn change(status: i32, changed_on: &str) -> Result<Option<StatusChange>, Failure> {
    match SubjectStatus::from_wire(status) {
        None | Some(SubjectStatus::Active) => Ok(None),
        Some(status) => {
            Ok(Some(StatusChange { status, effective_on: day("status_changed_on", changed_on)? }))
        }
    }
}

/// What is known of an import of firms while its pieces come.
enum Progress {
    /// Nothing yet: the first piece says how the rows are meant.
    Opening,
    /// The rows add to what is known.
    Appending,
    /// The rows are the complete list of that day.
    Listing { day: Date, listed: HashSet<Uscc> },
    /// Nothing follows: the complete list is closed, or a piece failed.
    Closed,
}

/// Answers an import of firms. A complete list is closed after its last piece, when all of them were taken.
pub(crate) fn enterprises(
    it: Registry,
    call: Call,
    pieces: Streaming<pb::ImportEnterprisesRequest>,
) -> Answers<pb::ImportEnterprisesResponse> {
    let progress = Arc::new(Mutex::new(Progress::Opening));
    let (broken, ended) = (progress.clone(), progress.clone());
    let end = end(it.clone(), call.clone(), ended);
    answers(pieces, move |mut message, turn| {
        let (it, call) = (it.clone(), call.clone());
        // Read as they arrive, in their order, whatever is still at work.
        let read = read(&it, &mut message, &mut locked(&progress));
        async move {
            let (rows, known) = read?;
            let results = piece(&it, &call, turn, firms(&it, &rows), known).await?;
            Ok(pb::ImportEnterprisesResponse { results, ended: 0 })
        }
    })
    .inspect_err(move |_| *locked(&broken) = Progress::Closed)
    .chain(end)
    .boxed()
}

fn locked(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the rows out of a piece, and tells what one that is known already means.
fn read(
    it: &Registry,
    message: &mut pb::ImportEnterprisesRequest,
    progress: &mut Progress,
) -> Result<(Vec<pb::EnterpriseRow>, Known), Failure> {
    let rows = rows_of(message, |it| &mut it.rows)?;
    if matches!(progress, Progress::Opening) {
        *progress = open(message)?;
    }
    let Progress::Listing { listed, .. } = progress else { return Ok((rows, Known::Refused)) };
    // A row that is refused for another fault still shows that the list has the firm.
    listed.extend(rows.iter().filter_map(|row| it.codes.parse(&row.uscc).ok()));
    Ok((rows, Known::Confirmed))
}

/// Closes a complete list.
fn end(it: Registry, call: Call, progress: Arc<Mutex<Progress>>) -> Answers<pb::ImportEnterprisesResponse> {
    stream::once(async move {
        let progress = std::mem::replace(&mut *locked(&progress), Progress::Closed);
        let Progress::Listing { day, listed } = progress else { return None };
        let ended = close(&it, &call, day, listed).await.map_err(|failure| refuse(&failure));
        Some(ended.map(|ended| pb::ImportEnterprisesResponse { results: Vec::new(), ended }))
    })
    .filter_map(future::ready)
    .boxed()
}

fn open(first: &pb::ImportEnterprisesRequest) -> Result<Progress, Failure> {
    match first.mode() {
        ImportMode::Snapshot => {
            Ok(Progress::Listing { day: day("snapshot_on", &first.snapshot_on)?, listed: HashSet::new() })
        }
        ImportMode::Unspecified | ImportMode::Append => Ok(Progress::Appending),
    }
}

async fn close(it: &Registry, call: &Call, day: Date, listed: HashSet<Uscc>) -> Result<i64, Failure> {
    let (limit, listed) = (it.snapshot_max_ended, std::sync::Arc::new(listed));
    it.store
        .job_tx(call, "end_missing_firms", move |tx| {
            let listed = listed.clone();
            Box::pin(async move { end_missing(tx, &listed, day, limit).await })
        })
        .await
}
