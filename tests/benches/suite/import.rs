//! Bulk import through the gateway: one stream, pieces of as many rows as the contract allows.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use canopy_kernel::Role;
use canopy_proto::common::v1::RowResult;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use futures::stream;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::rows;
use crate::suite::Suite;
use crate::table::{Line, Table};
use crate::usage::Usage;

/// Rows in a piece.
const PIECE: usize = 1_000;
/// Firms, and certificates: one for each.
pub const ROWS: usize = 40_000;

/// Measures both registers.
pub async fn measure(suite: &Suite, table: &mut Table) -> anyhow::Result<()> {
    for (what, of) in [("firms", Register::Firms), ("qualifications", Register::Certificates)] {
        let usage = Usage::of(&suite.groups());
        let rate = import(suite, of, 0..ROWS).await?;
        let line = Line::at_least(15_000.0, "rows/s", format!("import of {what} through the gateway"), rate);
        table.add(line.because(usage.shares()));
    }
    Ok(())
}

/// What is imported.
#[derive(Clone, Copy)]
pub enum Register {
    /// Firms with their accounts.
    Firms,
    /// Their certificates.
    Certificates,
}

/// Imports those rows and tells how many a second.
pub async fn import(suite: &Suite, of: Register, range: std::ops::Range<usize>) -> anyhow::Result<f64> {
    let channel = Endpoint::from_shared(format!("http://{}", suite.address))?.connect().await?;
    let token = format!("Bearer {}", suite.token("registrar", Role::Registrar)?).parse()?;
    let rows = range.len();
    let numbers: Vec<usize> = range.collect();
    let began = match of {
        Register::Firms => firms(channel, token, &numbers).await?,
        Register::Certificates => certificates(channel, token, &numbers).await?,
    };
    Ok(rows as f64 / began.elapsed().as_secs_f64())
}

async fn firms(channel: Channel, token: MetadataValue<Ascii>, numbers: &[usize]) -> anyhow::Result<Instant> {
    let pieces = numbers.chunks(PIECE).map(|piece| pb::ImportEnterprisesRequest {
        rows: piece.iter().map(|n| rows::firm(*n)).collect(),
        ..Default::default()
    });
    let request = with(token, pieces.collect());
    let began = Instant::now();
    let mut answers = SubjectServiceClient::new(channel).import_enterprises(request).await?.into_inner();
    let mut taken = 0;
    while let Some(answer) = answers.message().await? {
        taken += all_taken(&answer.results)?;
    }
    ensure!(taken == numbers.len(), "{taken} rows were answered");
    Ok(began)
}

async fn certificates(
    channel: Channel,
    token: MetadataValue<Ascii>,
    numbers: &[usize],
) -> anyhow::Result<Instant> {
    let pieces = numbers.chunks(PIECE).map(|piece| pb::ImportQualificationsRequest {
        rows: piece.iter().map(|n| rows::certificate(*n)).collect(),
    });
    let request = with(token, pieces.collect());
    let began = Instant::now();
    let mut client = QualificationServiceClient::new(channel);
    let mut answers = client.import_qualifications(request).await?.into_inner();
    let mut taken = 0;
    while let Some(answer) = answers.message().await? {
        taken += all_taken(&answer.results)?;
    }
    ensure!(taken == numbers.len(), "{taken} rows were answered");
    Ok(began)
}

/// The pieces, made before the clock runs, as a stream with the token.
fn with<M>(token: MetadataValue<Ascii>, pieces: Vec<M>) -> Request<stream::Iter<std::vec::IntoIter<M>>> {
    let mut request = Request::new(stream::iter(pieces));
    request.metadata_mut().insert("authorization", token);
    request
}

fn all_taken(results: &[RowResult]) -> anyhow::Result<usize> {
    let refused = results.iter().find_map(|row| row.refusal.as_ref());
    ensure!(refused.is_none(), "a row was refused: {}", refused.context("no refusal")?.message);
    Ok(results.len())
}
