//! `budgets.csv`: the approved budget of a year with its cumulative month plan.

use canopy_proto::subsidy::v1::CreateBudgetLineRequest;

use super::{Act, Asked, Context, Kind, RecordFile};
use crate::replay::people::FINANCE;
use crate::replay::plan::When::Beforehand;
use crate::replay::table::{Malformed, Record};

/// The file.
pub const FILE: RecordFile = RecordFile {
    name: "budgets.csv",
    columns: &[
        "line",
        "year",
        "approved_fen",
        "plan_m01_fen",
        "plan_m02_fen",
        "plan_m03_fen",
        "plan_m04_fen",
        "plan_m05_fen",
        "plan_m06_fen",
        "plan_m07_fen",
        "plan_m08_fen",
        "plan_m09_fen",
        "plan_m10_fen",
        "plan_m11_fen",
        "plan_m12_fen",
    ],
    key: &["line", "year"],
    kind: Kind::Rows(asked),
};

fn asked(record: &Record, context: &Context) -> Result<Asked, Malformed> {
    let year = record.int("year")?;
    let approved_fen = record.int("approved_fen")?;
    let plan_fen =
        FILE.columns[3..].iter().map(|month| record.int(month)).collect::<Result<Vec<i64>, _>>()?;
    let line = record.text("line").to_owned();
    let draft = context.draft(FILE.name, record, &[("line", &line)]);
    let external_ref = draft.external_ref();
    let path = "/canopy.subsidy.v1.BudgetService/CreateBudgetLine";
    let act = Act { step: "create", when: Beforehand, by: &FINANCE, path };
    Ok(Asked::Calls(draft.call(act, |request_id| CreateBudgetLineRequest {
        request_id,
        validate_only: false,
        external_ref,
        line,
        year,
        approved_fen,
        plan_fen,
    })))
}
