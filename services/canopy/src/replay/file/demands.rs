//! `demands.csv`: needs of firms, collected by a commissioner, verified by a district, some withdrawn, each on its own
//! day.

use canopy_kernel::Role;
use canopy_proto::commissioner::v1::{CollectDemandRequest, VerifyDemandRequest, WithdrawDemandRequest};
use prost::Message;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::people::DISTRICT;
use crate::replay::plan::{Person, Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "demands.csv",
    columns: &[
        "demand_id",
        "enterprise_uscc",
        "commissioner_id",
        "field",
        "text",
        "budget_fen",
        "collected_on",
        "verified_on",
        "withdrawn_on",
    ],
    key: &["demand_id"],
    kind: Kind::Rows(asked),
};

const COLLECT: &str = "collect";

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let collected_on = record.day("collected_on")?;
    let verified_on = record.optional_day("verified_on")?;
    let withdrawn_on = record.optional_day("withdrawn_on")?;
    let budget_fen = record.int("budget_fen")?;
    let text = |column| record.text(column).to_owned();
    let mut draft = context.draft(FILE.name, record, &[("firm", record.text("enterprise_uscc"))]);
    let external_ref = draft.external_ref();
    let commissioner = Person::new(text("commissioner_id"), Role::Commissioner);
    let collect = Act {
        step: COLLECT,
        when: When::On(collected_on, Rank::Fact),
        by: &commissioner,
        path: "/canopy.commissioner.v1.DemandService/CollectDemand",
    };
    draft = draft.call(collect, |request_id| CollectDemandRequest {
        request_id,
        validate_only: false,
        external_ref,
        demand_no: text("demand_id"),
        enterprise_uscc: text("enterprise_uscc"),
        commissioner_no: text("commissioner_id"),
        field: text("field"),
        text: text("text"),
        budget_fen,
        needed_by: String::new(),
    });
    if let Some(day) = verified_on {
        let verify = Act {
            step: "verify",
            when: When::On(day, Rank::Fact),
            by: &DISTRICT,
            path: "/canopy.commissioner.v1.DemandService/VerifyDemand",
        };
        draft = draft.call_on(verify, COLLECT, |request_id, name| {
            VerifyDemandRequest { request_id, validate_only: false, name, etag: String::new() }
                .encode_to_vec()
        });
    }
    if let Some(day) = withdrawn_on {
        let withdraw = Act {
            step: "withdraw",
            when: When::On(day, Rank::Fact),
            by: &context.bureau.maker,
            path: "/canopy.commissioner.v1.DemandService/WithdrawDemand",
        };
        draft = draft.call_on(withdraw, COLLECT, |request_id, name| {
            let reason = "withdrawn by the firm".to_owned();
            WithdrawDemandRequest { request_id, validate_only: false, name, reason, etag: String::new() }
                .encode_to_vec()
        });
    }
    Ok(Asked::Calls(draft))
}
