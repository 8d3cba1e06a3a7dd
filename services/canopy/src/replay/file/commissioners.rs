//! `commissioners.csv`: the register of achievement commissioners.

use canopy_proto::commissioner::v1::{CommissionerRow, CommissionerSide, ImportCommissionersRequest};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "commissioners.csv",
    columns: &["commissioner_id", "name", "side", "recruited_on", "ended_on"],
    key: &["commissioner_id"],
    kind: Kind::Register {
        path: "/canopy.commissioner.v1.CommissionerService/ImportCommissioners",
        by: Sender::Bureau,
        piece,
    },
};

const SIDES: &[(&str, CommissionerSide)] =
    &[("CITY", CommissionerSide::City), ("DISTRICT", CommissionerSide::District)];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportCommissionersRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<CommissionerRow, Malformed> {
    Ok(CommissionerRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        commissioner_no: record.text("commissioner_id").to_owned(),
        person_name: record.text("name").to_owned(),
        side: record.word("side", SIDES)?,
        recruited_on: record.text("recruited_on").to_owned(),
        ended_on: record.text("ended_on").to_owned(),
    })
}
