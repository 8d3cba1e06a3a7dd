//! `objections.csv`: objections to published lists, filed on one day and, where they were examined, closed on
//! another.

use canopy_proto::subsidy::v1::{CloseObjectionRequest, FileObjectionRequest, ObjectionOutcome};

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "objections.csv",
    columns: &[
        "objection_no",
        "policy_code",
        "uscc",
        "objector",
        "contact",
        "filed_on",
        "outcome",
        "closed_on",
    ],
    key: &["objection_no"],
    kind: Kind::Rows(asked),
};

const OUTCOMES: &[(&str, ObjectionOutcome)] = &[
    ("", ObjectionOutcome::Unspecified),
    ("UPHELD", ObjectionOutcome::Upheld),
    ("DISMISSED", ObjectionOutcome::Dismissed),
];

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let filed_on = record.day("filed_on")?;
    let closed_on = record.optional_day("closed_on")?;
    let outcome = record.word("outcome", OUTCOMES)?;
    let policy = record.text("policy_code");
    if context.waiting.contains(policy) {
        return Ok(Asked::Waits);
    }
    let number = record.text("objection_no");
    let draft = context.draft(FILE.name, record, &[("objection", number), ("subject", record.text("uscc"))]);
    let file = Act {
        step: "file",
        when: When::On(filed_on, Rank::ObjectionFiled),
        by: &context.bureau.maker,
        path: "/canopy.subsidy.v1.RunService/FileObjection",
    };
    let mut draft = draft.call(file, |request_id| FileObjectionRequest {
        request_id,
        validate_only: false,
        objection_no: number.to_owned(),
        policy_code: policy.to_owned(),
        uscc: record.text("uscc").to_owned(),
        objector: record.text("objector").to_owned(),
        contact: record.text("contact").to_owned(),
        text: String::new(),
    });
    if let Some(day) = closed_on {
        let close = Act {
            step: "close",
            when: When::On(day, Rank::ObjectionClosed),
            by: &context.bureau.approver,
            path: "/canopy.subsidy.v1.RunService/CloseObjection",
        };
        draft = draft.call(close, |request_id| CloseObjectionRequest {
            request_id,
            objection_no: number.to_owned(),
            outcome,
            reason: String::new(),
        });
    }
    Ok(Asked::Calls(draft))
}
