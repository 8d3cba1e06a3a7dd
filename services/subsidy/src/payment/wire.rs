//! Payment lines on the wire.

use canopy_kernel::Failure;
use canopy_kernel::id::{BatchId, InstructionId, PaymentLineId};
use canopy_proto::subsidy::v1 as pb;
use jiff::civil::Date;
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::view::{Filter, LineOn, list};
use crate::edge::day_text;

/// A line as it was on a day.
pub(crate) fn line(line: LineOn) -> pb::PaymentLine {
    let state = pb::LineState::from_str_name(&format!("LINE_STATE_{}", line.state));
    pb::PaymentLine {
        name: PaymentLineId::new(line.id).to_string(),
        batch: BatchId::new(line.batch_id).to_string(),
        policy_code: line.policy_code,
        uscc: line.uscc,
        amount_fen: line.amount_fen,
        state: state.unwrap_or(pb::LineState::Unspecified).into(),
        reason_code: line.reason_code,
        instruction: line.instruction.map(|id| InstructionId::new(id).to_string()).unwrap_or_default(),
        attempts: line.attempts.unwrap_or_default(),
        treasury_ref: line.treasury_ref.unwrap_or_default(),
        credited_on: day_text(line.credited_on.map(|day| day.to_jiff())),
        returned_on: day_text(line.returned_on.map(|day| day.to_jiff())),
        was_held: line.was_held,
        first_recognition: line.first_recognition,
    }
}

/// Those lines as they stand, each with its id and version.
pub(crate) async fn lines(
    conn: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(pb::PaymentLine, (Uuid, i64))>, Failure> {
    let asked = Filter {
        ids: ids.to_vec(),
        batch: None,
        policy_code: String::new(),
        uscc: String::new(),
        credited_only: false,
        on: Date::constant(9999, 12, 31),
        after: (String::new(), Uuid::nil()),
        limit: i64::try_from(ids.len()).unwrap_or(i64::MAX),
    };
    let found = list(conn, &asked).await?;
    Ok(found
        .into_iter()
        .map(|row| (row.id, i64::from(row.seq), row))
        .map(|(id, seq, row)| (line(row), (id, seq)))
        .collect())
}
