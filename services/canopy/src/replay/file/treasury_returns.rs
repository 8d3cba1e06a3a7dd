//! `treasury_returns.csv`: bounced transfers. They are an outside party's doing, so the sandbox's bank is told
//! beforehand; the suite learns of them from the bank's statement.

use canopy_proto::sandbox::v1::ScriptReturnRequest;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::people::OPERATOR;
use crate::replay::plan::When::Beforehand;
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "treasury_returns.csv",
    columns: &["policy_code", "uscc", "returned_on", "reason"],
    key: &["policy_code", "uscc"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let returned_on = record.day("returned_on")?;
    let policy = record.text("policy_code");
    if context.waiting.contains(policy) {
        return Ok(Asked::Waits);
    }
    let path = "/canopy.sandbox.v1.SandboxBankService/ScriptReturn";
    let act = Act { step: "script", when: Beforehand, by: &OPERATOR, path };
    let draft =
        context.draft(FILE.name, record, &[("subject", record.text("uscc"))]).call(act, |request_id| {
            ScriptReturnRequest {
                request_id,
                payee_uscc: record.text("uscc").to_owned(),
                purpose: policy.to_owned(),
                returned_on: returned_on.to_string(),
                reason: record.text("reason").to_owned(),
            }
        });
    Ok(Asked::Calls(draft.money_on(returned_on)))
}
