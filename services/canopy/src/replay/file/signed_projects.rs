//! `signed_projects.csv`: projects signed, in order of signing.

use canopy_proto::commissioner::v1::RecordSigningRequest;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::{Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "signed_projects.csv",
    columns: &[
        "signing_no",
        "event_id",
        "party_a_uscc",
        "party_b_uscc",
        "demand_id",
        "achievement_id",
        "title",
        "amount_fen",
        "signed_on",
    ],
    key: &["signing_no"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let signed_on = record.day("signed_on")?;
    let amount_fen = record.int("amount_fen")?;
    let text = |column| record.text(column).to_owned();
    let parties = record.key(&["party_a_uscc", "party_b_uscc"]);
    let mut keys = vec![("parties", parties.as_str())];
    if !record.text("demand_id").is_empty() {
        keys.push(("demand", record.text("demand_id")));
    }
    let draft = context.draft(FILE.name, record, &keys);
    let external_ref = draft.external_ref();
    let act = Act {
        step: "sign",
        when: When::On(signed_on, Rank::Signing),
        by: &context.bureau.maker,
        path: "/canopy.commissioner.v1.SigningService/RecordSigning",
    };
    Ok(Asked::Calls(draft.call(act, |request_id| RecordSigningRequest {
        request_id,
        validate_only: false,
        external_ref,
        signing_no: text("signing_no"),
        event_no: text("event_id"),
        party_a_uscc: text("party_a_uscc"),
        party_b_uscc: text("party_b_uscc"),
        demand: text("demand_id"),
        achievement: text("achievement_id"),
        title: text("title"),
        amount_fen,
        signed_on: signed_on.to_string(),
    })))
}
