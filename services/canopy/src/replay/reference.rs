//! Imports a set of reference data: one operator makes and fills it, another activates it.

use canopy_proto::registry::v1::{
    ActivateReferenceSetRequest, AddReferenceRowsRequest, CreateReferenceSetRequest, ReferenceKind,
    ReferenceRow, reference_row,
};
use prost::Message;

use super::drive::Named;
use super::file::RecordFile;
use super::link::{Ask, Link};
use super::people::{OPERATOR, SECOND_OPERATOR};
use super::plan::Person;
use super::register::PIECE_ROWS;
use super::table::{Malformed, Record};
use super::year::Year;

/// Steps of the set as a whole belong to the header's line.
const HEADER: u64 = 1;

/// A set about to be imported.
pub(super) struct Set<'a> {
    pub(super) file: &'a RecordFile,
    pub(super) kind: ReferenceKind,
    pub(super) row: fn(&Record) -> Result<reference_row::Row, Malformed>,
}

impl Set<'_> {
    /// Imports the set; tells how many rows are done as they are.
    pub(super) async fn run(&self, year: &Year, link: &Link, done: impl Fn(u64)) -> anyhow::Result<()> {
        let id = |step| year.settings.ids.of_step(self.file.name, HEADER, step);
        let create = CreateReferenceSetRequest { request_id: id("create"), kind: self.kind.into() };
        let made = call(link, "CreateReferenceSet", &OPERATOR, &create).await?;
        let Named { name } = Named::decode(made)?;
        let mut records = year.records(self.file)?;
        loop {
            let piece = records.by_ref().take(PIECE_ROWS).collect::<anyhow::Result<Vec<Record>>>()?;
            if piece.is_empty() {
                break;
            }
            let rows = piece.iter().map(|record| self.row(record, year)).collect::<Result<_, _>>()?;
            let add = AddReferenceRowsRequest { name: name.clone(), rows };
            call(link, "AddReferenceRows", &OPERATOR, &add).await?;
            done(u64::try_from(piece.len())?);
        }
        let activate = ActivateReferenceSetRequest { request_id: id("activate"), name, etag: String::new() };
        call(link, "ActivateReferenceSet", &SECOND_OPERATOR, &activate).await?;
        Ok(())
    }

    fn row(&self, record: &Record, year: &Year) -> Result<ReferenceRow, Malformed> {
        let place = year.place(self.file);
        Ok(ReferenceRow {
            request_id: place.request_id(record.line()),
            external_ref: place.external_ref(record.line()),
            row: Some((self.row)(record)?),
        })
    }
}

async fn call(
    link: &Link,
    method: &str,
    by: &Person,
    message: &impl Message,
) -> anyhow::Result<prost::bytes::Bytes> {
    let path = format!("/canopy.registry.v1.ReferenceService/{method}");
    link.get(&Ask { path: &path, by, at: None, body: message.encode_to_vec().into() }).await
}
