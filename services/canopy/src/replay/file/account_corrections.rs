//! `account_corrections.csv`: corrected payee accounts. A held or bounced line of the payee may be paid on that day.

use canopy_proto::registry::v1::CorrectPaymentAccountRequest;

use super::{Act, Asked, Context, Kind, RecordFile, enterprises};
use crate::replay::people::REGISTRAR;
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "account_corrections.csv",
    columns: &["uscc", "effective_on", "account_name", "account_bank", "account_no"],
    key: &["uscc", "effective_on"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let day = record.day("effective_on")?;
    let path = "/canopy.registry.v1.SubjectService/CorrectPaymentAccount";
    let act = Act { step: "correct", when: When::On(day, Rank::Fact), by: &REGISTRAR, path };
    let draft =
        context.draft(FILE.name, record, &[("subject", record.text("uscc"))]).call(act, |request_id| {
            CorrectPaymentAccountRequest {
                request_id,
                validate_only: false,
                uscc: record.text("uscc").to_owned(),
                effective_on: day.to_string(),
                account: Some(enterprises::account(record).unwrap_or_default()),
            }
        });
    Ok(Asked::Calls(draft.money_on(day)))
}
