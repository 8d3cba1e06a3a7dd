//! `qualifications.csv`: recognitions in the order in which they were granted.

use canopy_proto::registry::v1::{
    AssessmentResult, ImportQualificationsRequest, QualificationLevel, QualificationRow,
};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "qualifications.csv",
    columns: &[
        "holder_uscc",
        "kind",
        "level",
        "tier",
        "number",
        "granted_on",
        "expires_on",
        "first_recognition",
        "assessment",
        "batch_no",
        "revoked_on",
    ],
    key: &["holder_uscc", "kind", "number"],
    kind: Kind::Register {
        path: "/canopy.registry.v1.QualificationService/ImportQualifications",
        by: Sender::Registrar,
        piece,
    },
};

const LEVELS: &[(&str, QualificationLevel)] = &[
    ("", QualificationLevel::Unspecified),
    ("MUNICIPAL", QualificationLevel::Municipal),
    ("PROVINCIAL", QualificationLevel::Provincial),
    ("NATIONAL", QualificationLevel::National),
];

const ASSESSMENTS: &[(&str, AssessmentResult)] = &[
    ("", AssessmentResult::Unspecified),
    ("EXCELLENT", AssessmentResult::Excellent),
    ("PASS", AssessmentResult::Pass),
    ("FAIL", AssessmentResult::Fail),
];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportQualificationsRequest { rows }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<QualificationRow, Malformed> {
    Ok(QualificationRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        holder_uscc: record.text("holder_uscc").to_owned(),
        kind: record.text("kind").to_owned(),
        level: record.word("level", LEVELS)?,
        tier: record.int("tier")?,
        number: record.text("number").to_owned(),
        granted_on: record.text("granted_on").to_owned(),
        expires_on: record.text("expires_on").to_owned(),
        first_recognition: record.flag("first_recognition")?,
        assessment: record.word("assessment", ASSESSMENTS)?,
        batch_no: record.int("batch_no")?,
        revoked_on: record.text("revoked_on").to_owned(),
    })
}
