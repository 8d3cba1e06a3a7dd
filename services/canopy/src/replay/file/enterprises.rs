//! `enterprises.csv`: the register of firms.

use canopy_proto::registry::v1::{
    EnterpriseRow, ImportEnterprisesRequest, PaymentAccountData, SubjectStatus,
};
use prost::Message;

use super::{Kind, Place, RecordFile, Sender};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "enterprises.csv",
    columns: &[
        "uscc",
        "name",
        "area_code",
        "established_on",
        "registered_capital_fen",
        "staff",
        "first_loan_record",
        "account_name",
        "account_bank",
        "account_no",
        "status",
        "status_changed_on",
    ],
    key: &["uscc"],
    kind: Kind::Register {
        path: "/canopy.registry.v1.SubjectService/ImportEnterprises",
        by: Sender::Registrar,
        piece,
    },
};

const STATUSES: &[(&str, SubjectStatus)] = &[
    ("ACTIVE", SubjectStatus::Active),
    ("MOVED_OUT", SubjectStatus::MovedOut),
    ("DEREGISTERED", SubjectStatus::Deregistered),
];

fn piece(records: &[Record], place: &Place<'_>) -> Result<Vec<u8>, Malformed> {
    let rows = records.iter().map(|record| row(record, place)).collect::<Result<_, _>>()?;
    Ok(ImportEnterprisesRequest { rows, ..Default::default() }.encode_to_vec())
}

fn row(record: &Record, place: &Place<'_>) -> Result<EnterpriseRow, Malformed> {
    Ok(EnterpriseRow {
        request_id: place.request_id(record.line()),
        external_ref: place.external_ref(record.line()),
        uscc: record.text("uscc").to_owned(),
        title: record.text("name").to_owned(),
        area_code: record.text("area_code").to_owned(),
        established_on: record.text("established_on").to_owned(),
        registered_capital_fen: record.int("registered_capital_fen")?,
        staff: record.int("staff")?,
        first_loan_record: record.flag("first_loan_record")?,
        account: account(record),
        status: record.word("status", STATUSES)?,
        status_changed_on: record.text("status_changed_on").to_owned(),
    })
}

/// The account of a register row; none when all three columns are empty.
pub(super) fn account(record: &Record) -> Option<PaymentAccountData> {
    let data = PaymentAccountData {
        account_name: record.text("account_name").to_owned(),
        bank: record.text("account_bank").to_owned(),
        account_no: record.text("account_no").to_owned(),
    };
    (data != PaymentAccountData::default()).then_some(data)
}
