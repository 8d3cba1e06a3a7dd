//! `achievements.csv`: achievements as their owners tell them, on the day of collection.

use canopy_proto::commissioner::v1::CollectAchievementRequest;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::{Person, Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "achievements.csv",
    columns: &[
        "achievement_id",
        "owner_uscc",
        "title",
        "summary",
        "field",
        "ip_count",
        "maturity",
        "is_key",
        "registration_no",
        "collected_on",
    ],
    key: &["achievement_id"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let collected_on = record.day("collected_on")?;
    let (ip_count, maturity) = (record.int("ip_count")?, record.int("maturity")?);
    let is_key = record.flag("is_key")?;
    let text = |column| record.text(column).to_owned();
    let draft = context.draft(FILE.name, record, &[("owner", record.text("owner_uscc"))]);
    let external_ref = draft.external_ref();
    let act = Act {
        step: "collect",
        when: When::On(collected_on, Rank::Fact),
        by: &Person::of_institute(record.text("owner_uscc")),
        path: "/canopy.commissioner.v1.AchievementService/CollectAchievement",
    };
    Ok(Asked::Calls(draft.call(act, |request_id| CollectAchievementRequest {
        request_id,
        validate_only: false,
        external_ref,
        achievement_no: text("achievement_id"),
        owner_uscc: text("owner_uscc"),
        title: text("title"),
        summary: text("summary"),
        field: text("field"),
        ip_count,
        maturity,
        is_key,
        registration_no: text("registration_no"),
    })))
}
