//! `credit.csv`: the joint-punishment list. A listing, the application for repair and its decision each have their
//! own day. An application that comes too early refuses a part of the row only: the listing stands.

use canopy_proto::registry::v1::{
    ApplyForRepairRequest, CreditGrade, CreditRepair, DecideRepairRequest, RecordListingRequest,
    RepairDecision,
};
use prost::Message;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::people::CREDIT_AUTHORITY;
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "credit.csv",
    columns: &[
        "listing_no",
        "uscc",
        "kind",
        "grade",
        "decided_on",
        "authority",
        "measures",
        "repair_applied_on",
        "repaired_on",
    ],
    key: &["listing_no"],
    kind: Kind::Rows(asked),
};

/// The step whose answer may refuse a repair.
pub const APPLY: &str = "apply";

const GRADES: &[(&str, CreditGrade)] =
    &[("GENERAL", CreditGrade::General), ("SERIOUS", CreditGrade::Serious)];

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let decided_on = record.day("decided_on")?;
    let applied_on = record.optional_day("repair_applied_on")?;
    let repaired_on = record.optional_day("repaired_on")?;
    let grade = record.word("grade", GRADES)?;
    let keys = [("listing", record.text("listing_no")), ("subject", record.text("uscc"))];
    let mut draft = context.draft(FILE.name, record, &keys);
    let external_ref = draft.external_ref();
    let listing_no = || record.text("listing_no").to_owned();
    let act = |step, day, path| Act { step, when: When::On(day, Rank::Fact), by: &CREDIT_AUTHORITY, path };

    let path = "/canopy.registry.v1.CreditService/RecordListing";
    draft = draft.call(act("list", decided_on, path), |request_id| RecordListingRequest {
        request_id,
        validate_only: false,
        external_ref: external_ref.clone(),
        listing_no: listing_no(),
        uscc: record.text("uscc").to_owned(),
        kind: record.text("kind").to_owned(),
        grade,
        decided_on: decided_on.to_string(),
        authority: record.text("authority").to_owned(),
        measures: measures(record.text("measures")),
    });
    if let Some(day) = applied_on {
        let path = "/canopy.registry.v1.CreditService/ApplyForRepair";
        let apply = |request_id| ApplyForRepairRequest {
            request_id,
            external_ref: external_ref.clone(),
            listing_no: listing_no(),
            applied_on: day.to_string(),
            evidence: String::new(),
        };
        draft = draft.call(act(APPLY, day, path), apply).refused_when(is_refused);
    }
    if let Some(day) = repaired_on {
        let path = "/canopy.registry.v1.CreditService/DecideRepair";
        draft = draft.call(act("decide", day, path), |request_id| DecideRepairRequest {
            request_id,
            external_ref: external_ref.clone(),
            listing_no: listing_no(),
            repaired_on: day.to_string(),
        });
    }
    Ok(Asked::Calls(draft))
}

fn measures(codes: &str) -> Vec<String> {
    codes.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

fn is_refused(answer: &[u8]) -> bool {
    CreditRepair::decode(answer).is_ok_and(|repair| repair.decision() == RepairDecision::Refused)
}
