//! `policies.csv`: the policy catalogue. A policy is written by one person of the bureau, reviewed and activated by
//! another. Which policies the suite serves follows from their columns, never from their code.

use canopy_proto::subsidy::v1::{
    ActivatePolicyRequest, AmountKind, CreatePolicyRequest, PolicyTerms, ReviewPolicyRequest, ShortfallRule,
};
use prost::Message;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::When::Beforehand;
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "policies.csv",
    columns: &[
        "code",
        "title_zh",
        "doc_no",
        "valid_from",
        "valid_to",
        "evidence_source",
        "award_from",
        "award_to",
        "amount_kind",
        "rate_bp",
        "cap_fen",
        "threshold_fen",
        "fixed_first_fen",
        "fixed_repeat_fen",
        "tier1_fen",
        "tier2_fen",
        "aggregate_per",
        "requires_live",
        "requires_pass",
        "excluded_host_prefix",
        "contract_payee",
        "contract_types",
        "contract_seller_kinds",
        "beneficiary_rule",
        "amount_rule",
        "needs_consent",
        "budget_line",
        "publicity_working_days",
    ],
    key: &["code"],
    kind: Kind::Rows(asked),
};

/// Amounts that a recognition alone decides.
const AMOUNT_KINDS: &[(&str, AmountKind)] = &[
    ("FIXED_BY_RECOGNITION", AmountKind::FixedByRecognition),
    ("FIXED", AmountKind::Fixed),
    ("FIXED_BY_TIER", AmountKind::FixedByTier),
];

/// Whether the suite serves the policy: its candidates come from qualifications, the amount from the recognition,
/// and nobody is asked for consent.
pub fn is_served(record: &Record) -> Result<bool, Malformed> {
    let amount = record.text("amount_kind");
    let by_recognition = AMOUNT_KINDS.iter().any(|(word, _)| *word == amount);
    let from_qualifications = record.text("evidence_source").starts_with("QUALIFICATION:");
    Ok(from_qualifications && by_recognition && !record.flag("needs_consent")?)
}

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    if !is_served(record)? {
        return Ok(Asked::Waits);
    }
    let terms = terms(record)?;
    let act = |step, by, path| Act { step, when: Beforehand, by, path };
    let (maker, approver) = (&context.bureau.maker, &context.bureau.approver);
    let draft = context.draft(FILE.name, record, &[("policy", record.text("code"))]);
    let external_ref = draft.external_ref();
    let draft = draft
        .call(act("create", maker, "/canopy.subsidy.v1.PolicyService/CreatePolicy"), |request_id| {
            CreatePolicyRequest { request_id, external_ref, terms: Some(terms), ..Default::default() }
        })
        .call_on(
            act("review", approver, "/canopy.subsidy.v1.PolicyService/ReviewPolicy"),
            "create",
            |request_id, name| ReviewPolicyRequest { request_id, name, etag: String::new() }.encode_to_vec(),
        )
        .call_on(
            act("activate", approver, "/canopy.subsidy.v1.PolicyService/ActivatePolicy"),
            "create",
            |request_id, name| {
                ActivatePolicyRequest { request_id, name, etag: String::new() }.encode_to_vec()
            },
        );
    Ok(Asked::Calls(draft))
}

fn terms(record: &Record) -> Result<PolicyTerms, Malformed> {
    let text = |column| record.text(column).to_owned();
    Ok(PolicyTerms {
        code: text("code"),
        title: text("title_zh"),
        doc_no: text("doc_no"),
        valid_from: text("valid_from"),
        valid_to: text("valid_to"),
        evidence_source: text("evidence_source"),
        award_from: text("award_from"),
        award_to: text("award_to"),
        amount_kind: record.word("amount_kind", AMOUNT_KINDS)?,
        fixed_first_fen: record.int("fixed_first_fen")?,
        fixed_repeat_fen: record.int("fixed_repeat_fen")?,
        tier1_fen: record.int("tier1_fen")?,
        tier2_fen: record.int("tier2_fen")?,
        cap_fen: record.int("cap_fen")?,
        requires_live: text("requires_live"),
        requires_pass: record.flag("requires_pass")?,
        excluded_host_prefix: text("excluded_host_prefix"),
        beneficiary_rule: text("beneficiary_rule"),
        amount_rule: text("amount_rule"),
        budget_line: text("budget_line"),
        publicity_working_days: record.int("publicity_working_days")?,
        shortfall: ShortfallRule::RefuseRun.into(),
    })
}
