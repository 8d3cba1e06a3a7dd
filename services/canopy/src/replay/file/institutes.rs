//! `institutes.csv`: universities, research institutes and administrative units.

use std::path::Path;

use canopy_proto::registry::v1::{ImportInstitutesRequest, InstituteRow, SubjectKind};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender, enterprises};
use crate::replay::table::{Malformed, Record, Table};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "institutes.csv",
    columns: &[
        "uscc",
        "name",
        "kind",
        "area_code",
        "located_in_city",
        "is_pilot_unit",
        "account_name",
        "account_bank",
        "account_no",
    ],
    key: &["uscc"],
    kind: Kind::Register {
        path: "/canopy.registry.v1.SubjectService/ImportInstitutes",
        by: Sender::Registrar,
        piece,
    },
};

const KINDS: &[(&str, SubjectKind)] = &[
    ("UNIVERSITY", SubjectKind::University),
    ("RESEARCH_INSTITUTE", SubjectKind::ResearchInstitute),
    ("ADMIN_UNIT", SubjectKind::AdminUnit),
];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportInstitutesRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<InstituteRow, Malformed> {
    Ok(InstituteRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        uscc: record.text("uscc").to_owned(),
        title: record.text("name").to_owned(),
        kind: record.word("kind", KINDS)?,
        area_code: record.text("area_code").to_owned(),
        located_in_city: record.flag("located_in_city")?,
        is_pilot_unit: record.flag("is_pilot_unit")?,
        account: enterprises::account(record),
    })
}

/// Code of the pilot unit of the empowerment reform; empty when the register has none.
pub fn pilot_unit(folder: &Path) -> anyhow::Result<String> {
    for record in Table::open(folder, FILE.name, FILE.columns)?.records() {
        let record = record?;
        if record.flag("is_pilot_unit")? {
            return Ok(record.text("uscc").to_owned());
        }
    }
    Ok(String::new())
}
