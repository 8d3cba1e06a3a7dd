//! The edge of bulk imports: rows read one by one, pieces answered as they come, complete lists closed.

use std::collections::HashSet;

use canopy_kernel::{AreaCode, Failure, Fen, Uscc, UsccRules, reason};
use canopy_persistence::ImportRow;
use canopy_platform::{Call, check, status::refuse};
use canopy_proto::common::v1::{ImportMode, RowResult};
use canopy_proto::registry::v1 as pb;
use futures::StreamExt;
use futures::stream;
use jiff::civil::Date;
use tonic::Streaming;

use super::model::{NewOrganisation, Profile, StatusChange, SubjectKind, SubjectStatus};
use super::{Known, end_missing, enter};
use crate::account;
use crate::edge::{Answers, Registry, day, day_if_any, rows_of};

/// Enters one piece of organisations.
pub(crate) async fn piece(
    it: &Registry,
    call: &Call,
    rows: Vec<ImportRow<NewOrganisation>>,
    known: Known,
) -> Result<Vec<RowResult>, Failure> {
    it.store
        .import(call, "import_organisations", rows, move |tx, rows| {
            Box::pin(async move { enter(tx, &rows, known).await })
        })
        .await
}

/// Reads the firms of one piece.
pub(crate) fn firms(it: &Registry, rows: &[pb::EnterpriseRow]) -> Vec<ImportRow<NewOrganisation>> {
    rows.iter()
        .map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, firm(&it.codes, row)))
        .collect()
}

/// Reads the institutes of one piece.
pub(crate) fn institutes(it: &Registry, rows: &[pb::InstituteRow]) -> Vec<ImportRow<NewOrganisation>> {
    rows.iter()
        .map(|row| ImportRow::of(row, &row.request_id, &row.external_ref, institute(&it.codes, row)))
        .collect()
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
    /// The complete list is closed.
    Closed,
}

/// Answers an import of firms. A complete list is closed after its last piece.
pub(crate) fn enterprises(
    it: Registry,
    call: Call,
    pieces: Streaming<pb::ImportEnterprisesRequest>,
) -> Answers<pb::ImportEnterprisesResponse> {
    let start = (it, call, pieces, Progress::Opening);
    stream::try_unfold(start, |(it, call, mut pieces, progress)| async move {
        match pieces.message().await? {
            Some(message) => {
                let (answer, progress) =
                    take(&it, &call, message, progress).await.map_err(|failure| refuse(&failure))?;
                Ok(Some((answer, (it, call, pieces, progress))))
            }
            None => match progress {
                Progress::Listing { day, listed } => {
                    let ended = close(&it, &call, day, listed).await.map_err(|failure| refuse(&failure))?;
                    let answer = pb::ImportEnterprisesResponse { results: Vec::new(), ended };
                    Ok(Some((answer, (it, call, pieces, Progress::Closed))))
                }
                _ => Ok(None),
            },
        }
    })
    .boxed()
}

async fn take(
    it: &Registry,
    call: &Call,
    mut message: pb::ImportEnterprisesRequest,
    progress: Progress,
) -> Result<(pb::ImportEnterprisesResponse, Progress), Failure> {
    let rows = rows_of(&mut message, |it| &mut it.rows)?;
    let mut progress = match progress {
        Progress::Opening => open(&message)?,
        progress => progress,
    };
    let known = match &mut progress {
        Progress::Listing { listed, .. } => {
            // A row that is refused for another fault still shows that the list has the firm.
            listed.extend(rows.iter().filter_map(|row| it.codes.parse(&row.uscc).ok()));
            Known::Confirmed
        }
        _ => Known::Refused,
    };
    let results = piece(it, call, firms(it, &rows), known).await?;
    Ok((pb::ImportEnterprisesResponse { results, ended: 0 }, progress))
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
