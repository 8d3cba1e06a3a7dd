//! `empowerments.csv`: what the pilot unit gave to inventors, as its register has it.

use canopy_proto::commissioner::v1::{
    CoOwnerConsent, EmpowermentBasis, EmpowermentRow, ImportEmpowermentsRequest, InventorShare,
};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "empowerments.csv",
    columns: &[
        "empowerment_id",
        "title",
        "unit_uscc",
        "basis",
        "term_years",
        "start_on",
        "inventors",
        "disputed",
        "classified",
        "co_owner_consent",
        "agreement_signed_on",
        "publicity_posted_on",
        "filed_on",
        "terminated_on",
    ],
    key: &["empowerment_id"],
    kind: Kind::Register {
        path: "/canopy.commissioner.v1.EmpowermentService/ImportEmpowerments",
        by: Sender::PilotUnit,
        piece,
    },
};

const BASES: &[(&str, EmpowermentBasis)] =
    &[("UNIT_OWNED", EmpowermentBasis::UnitOwned), ("OTHER_SERVICE", EmpowermentBasis::OtherService)];

const CONSENTS: &[(&str, CoOwnerConsent)] =
    &[("", CoOwnerConsent::Unspecified), ("true", CoOwnerConsent::Given), ("false", CoOwnerConsent::Refused)];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportEmpowermentsRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<EmpowermentRow, Malformed> {
    let text = |column| record.text(column).to_owned();
    Ok(EmpowermentRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        empowerment_no: text("empowerment_id"),
        title: text("title"),
        unit_uscc: text("unit_uscc"),
        basis: record.word("basis", BASES)?,
        term_years: record.int("term_years")?,
        start_on: text("start_on"),
        inventors: inventors(record)?,
        disputed: record.flag("disputed")?,
        classified: record.flag("classified")?,
        co_owner: record.word("co_owner_consent", CONSENTS)?,
        agreement_signed_on: text("agreement_signed_on"),
        publicity_posted_on: text("publicity_posted_on"),
        filed_on: text("filed_on"),
        terminated_on: text("terminated_on"),
    })
}

/// The inner shares, `name:share_bp` pairs separated by semicolons.
fn inventors(record: &Record) -> Result<Vec<InventorShare>, Malformed> {
    let pairs = record.text("inventors").split(';').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (inventor, share) = pair.split_once(':').unwrap_or((pair, ""));
            let share_bp = share.parse().map_err(|_| record.fault("inventors", "not name:share_bp pairs"))?;
            Ok(InventorShare { inventor: inventor.to_owned(), share_bp })
        })
        .collect()
}
