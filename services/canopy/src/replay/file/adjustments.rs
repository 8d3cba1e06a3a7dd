//! `adjustments.csv`: mid-year budget adjustments, counting from their day.

use canopy_proto::subsidy::v1::RecordAdjustmentRequest;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::people::FINANCE;
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "adjustments.csv",
    columns: &["decision_no", "line", "decided_on", "amount_fen", "reason"],
    key: &["decision_no"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let decided_on = record.day("decided_on")?;
    let amount_fen = record.int("amount_fen")?;
    let path = "/canopy.subsidy.v1.BudgetService/RecordAdjustment";
    let act = Act { step: "record", when: When::On(decided_on, Rank::Fact), by: &FINANCE, path };
    let keys = [("decision", record.text("decision_no")), ("line", record.text("line"))];
    let draft = context.draft(FILE.name, record, &keys).call(act, |request_id| RecordAdjustmentRequest {
        request_id,
        validate_only: false,
        decision_no: record.text("decision_no").to_owned(),
        line: record.text("line").to_owned(),
        decided_on: decided_on.to_string(),
        amount_fen,
        reason: record.text("reason").to_owned(),
    });
    Ok(Asked::Calls(draft))
}
