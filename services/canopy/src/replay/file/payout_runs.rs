//! `payout_runs.csv`: a run is matched, posted, and on its pay day confirmed, made a batch, approved, funded and
//! paid. The maker and the approver are the row's; the finance bureau gives the second approval.

use canopy_kernel::Role;
use canopy_proto::subsidy::v1::{
    ApproveBatchRequest, ConfirmRunRequest, CreateBatchRequest, FundBatchRequest, MatchRunRequest,
    PublishRunRequest,
};
use prost::Message;

use super::{Act, Asked, Context, Draft, Kind, RecordFile};
use crate::replay::people::FINANCE;
use crate::replay::plan::{Person, Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "payout_runs.csv",
    columns: &[
        "run_no",
        "policy_code",
        "match_on",
        "consent_asked_on",
        "posted_on",
        "pay_on",
        "maker",
        "approver",
    ],
    key: &["run_no"],
    kind: Kind::Rows(asked),
};

const MATCH: &str = "match";
const BATCH: &str = "batch";

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let match_on = record.day("match_on")?;
    let posted_on = record.day("posted_on")?;
    let pay_on = record.day("pay_on")?;
    let policy = record.text("policy_code");
    if context.waiting.contains(policy) {
        return Ok(Asked::Waits);
    }
    let maker = Person::new(record.text("maker"), Role::StBureau);
    let line = context.budget_lines.get(policy).map(String::as_str).unwrap_or_default();
    let draft = context.draft(FILE.name, record, &[("policy", policy), ("line", line)]);
    let draft = draft.call(
        Act {
            step: MATCH,
            when: When::On(match_on, Rank::Match),
            by: &maker,
            path: "/canopy.subsidy.v1.RunService/MatchRun",
        },
        |request_id| MatchRunRequest {
            request_id,
            validate_only: false,
            external_ref: record.text("run_no").to_owned(),
            policy_code: policy.to_owned(),
        },
    );
    let publish = Act {
        step: "publish",
        when: When::On(posted_on, Rank::Posting),
        by: &maker,
        path: "/canopy.subsidy.v1.RunService/PublishRun",
    };
    let draft = draft.call_on(publish, MATCH, |request_id, name| {
        PublishRunRequest { request_id, name, etag: String::new() }.encode_to_vec()
    });
    let approver = Person::new(record.text("approver"), Role::StBureau);
    let draft = pay(draft, When::On(pay_on, Rank::Payment), &maker, &approver);
    Ok(Asked::Calls(draft.money_on(pay_on)))
}

/// The steps of the pay day, up to the release of the money.
fn pay(draft: Draft, when: When, maker: &Person, approver: &Person) -> Draft {
    let act = |step, by, path| Act { step, when, by, path };
    draft
        .call_on(
            act("confirm", maker, "/canopy.subsidy.v1.RunService/ConfirmRun"),
            MATCH,
            |request_id, name| ConfirmRunRequest { request_id, name, etag: String::new() }.encode_to_vec(),
        )
        .call_on(
            act(BATCH, maker, "/canopy.subsidy.v1.PaymentService/CreateBatch"),
            MATCH,
            |request_id, run| {
                CreateBatchRequest { request_id, validate_only: false, run, etag: String::new() }
                    .encode_to_vec()
            },
        )
        .call_on(
            act("approve", approver, "/canopy.subsidy.v1.PaymentService/ApproveBatch"),
            BATCH,
            |request_id, name| ApproveBatchRequest { request_id, name, etag: String::new() }.encode_to_vec(),
        )
        .call_on(
            act("fund", &FINANCE, "/canopy.subsidy.v1.PaymentService/FundBatch"),
            BATCH,
            |request_id, name| FundBatchRequest { request_id, name, etag: String::new() }.encode_to_vec(),
        )
}
