//! `activities.csv`: every commissioner reports his own activities, at the instant of the report.

use canopy_kernel::Role;
use canopy_kernel::clock::local_day;
use canopy_proto::commissioner::v1::{
    ActivityKind, ActivityRow, BatchImportActivitiesRequest, CounterpartKind,
};

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::plan::{Person, Rank, When};
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "activities.csv",
    columns: &[
        "activity_id",
        "kind",
        "commissioner_id",
        "joint_sheet_no",
        "activity_on",
        "reported_at",
        "counterpart_kind",
        "counterpart",
        "method_code",
        "note",
    ],
    key: &["activity_id"],
    kind: Kind::Rows(asked),
};

const KINDS: &[(&str, ActivityKind)] = &[
    ("VISIT", ActivityKind::Visit),
    ("INSPECTION", ActivityKind::Inspection),
    ("CONTACT", ActivityKind::Contact),
];

const COUNTERPARTS: &[(&str, CounterpartKind)] = &[
    ("EXPERT_TEAM", CounterpartKind::ExpertTeam),
    ("PROJECT", CounterpartKind::Project),
    ("FIRM", CounterpartKind::Firm),
    ("BANK", CounterpartKind::Bank),
    ("AGENCY", CounterpartKind::Agency),
];

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let reported_at = record.instant("reported_at")?;
    let kind = record.word("kind", KINDS)?;
    let counterpart_kind = record.word("counterpart_kind", COUNTERPARTS)?;
    let text = |column| record.text(column).to_owned();
    let commissioner = text("commissioner_id");
    let draft = context.draft(FILE.name, record, &[("commissioner", &commissioner)]);
    let external_ref = draft.external_ref();
    let act = Act {
        step: "report",
        when: When::On(local_day(reported_at, &context.zone), Rank::Fact),
        by: &Person::new(commissioner.clone(), Role::Commissioner),
        path: "/canopy.commissioner.v1.ActivityService/BatchImportActivities",
    };
    let draft = draft.call(act, |request_id| {
        let row = ActivityRow {
            request_id,
            external_ref,
            activity_no: text("activity_id"),
            kind,
            commissioner_no: commissioner,
            joint_sheet_no: text("joint_sheet_no"),
            activity_on: text("activity_on"),
            counterpart_kind,
            counterpart: text("counterpart"),
            method_code: text("method_code"),
            note: text("note"),
            ..Default::default()
        };
        BatchImportActivitiesRequest { rows: vec![row] }
    });
    Ok(Asked::Calls(draft.at(reported_at)))
}
