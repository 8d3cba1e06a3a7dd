//! SQL of activities.

use canopy_kernel::Failure;
use canopy_kernel::id::{AchievementId, ActivityId, CommissionerId, DemandId};
use canopy_persistence::{Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Confirm;
use super::model::{Activity, Answer, Counterpart, CounterpartKind, Kind, LeadingFirm, Report, Verdict};

mod follow;
mod judge;
mod list;
mod write;

pub(crate) use follow::{Due, Unfollowed, last_seen, open_follow_ups, unfollowed};
pub(crate) use judge::{commissioners, known_achievements, known_demands, known_sheets, taken, used_numbers};
pub(crate) use list::{Asked, Counted, Place, contacts_with_leading_firms, count, list};
pub(crate) use write::{add_to_tally, insert, insert_sheets};

/// An activity with the number of its commissioner and the answer of its counterpart.
struct Row {
    id: Uuid,
    activity_no: String,
    kind: String,
    commissioner_id: Uuid,
    commissioner_no: String,
    joint_sheet_no: String,
    activity_on: jiff_sqlx::Date,
    reported_at: jiff_sqlx::Timestamp,
    reported_on: jiff_sqlx::Date,
    counterpart_kind: String,
    counterpart: String,
    counterpart_uscc: String,
    method_code: String,
    note: String,
    evidence: String,
    demand_id: Option<Uuid>,
    achievement_id: Option<Uuid>,
    follow_up_on: Option<jiff_sqlx::Date>,
    verdict: Option<String>,
    answered_on: Option<jiff_sqlx::Date>,
}

impl Row {
    fn read(self) -> Result<Activity, Failure> {
        let verdict = self.verdict.as_deref().map(Verdict::stored).transpose()?;
        let answer = verdict.zip(self.answered_on);
        let counterpart = Counterpart {
            kind: CounterpartKind::stored(&self.counterpart_kind)?,
            name: self.counterpart,
            uscc: self.counterpart_uscc,
        };
        let report = Report {
            number: self.activity_no,
            kind: Kind::stored(&self.kind)?,
            commissioner_no: self.commissioner_no,
            sheet: self.joint_sheet_no,
            activity_on: self.activity_on.to_jiff(),
            reported_at: self.reported_at.to_jiff(),
            reported_on: self.reported_on.to_jiff(),
            counterpart,
            method_code: self.method_code,
            note: self.note,
            evidence: self.evidence,
            demand: self.demand_id.map(DemandId::new),
            achievement: self.achievement_id.map(AchievementId::new),
            follow_up_on: self.follow_up_on.map(|day| day.to_jiff()),
        };
        Ok(Activity {
            id: ActivityId::new(self.id),
            commissioner: CommissionerId::new(self.commissioner_id),
            report,
            answer: answer.map(|(verdict, day)| Answer { verdict, answered_on: day.to_jiff() }),
        })
    }
}

/// Finds an activity.
pub(crate) async fn find(conn: impl PgExecutor<'_>, id: ActivityId) -> Result<Option<Activity>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select a.id, a.activity_no, a.kind, a.commissioner_id, c.commissioner_no, a.joint_sheet_no, a.activity_on,
               a.reported_at, a.reported_on, a.counterpart_kind, a.counterpart, a.counterpart_uscc, a.method_code,
               a.note, a.evidence, a.demand_id, a.achievement_id, a.follow_up_on, w.verdict as "verdict?",
               w.answered_on as "answered_on?"
        from commissioner.activity a
        join commissioner.commissioner c on c.id = a.commissioner_id
        left join commissioner.activity_answer w on w.activity_id = a.id
        where a.id = $1
        "#,
        id.as_uuid(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    row.map(Row::read).transpose()
}

/// Enters the answer of a counterpart. One that was entered meanwhile undoes the write, which is tried again.
pub(crate) async fn insert_answer(tx: &mut Tx, command: &Confirm, answered_on: Date) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let result = sqlx::query!(
        r#"
        insert into commissioner.activity_answer (activity_id, verdict, uscc, answered_on, recorded_at)
        values ($1, $2, $3, $4, $5)
        on conflict (activity_id) do nothing
        "#,
        command.id.as_uuid(),
        command.verdict.as_str(),
        command.represented.as_str(),
        answered_on.to_sqlx(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    canopy_persistence::ensure_all(result, 1)
}

/// The times for which a firm is marked. The marks of one firm are made one after the other.
pub(crate) async fn marks(tx: &mut Tx, counterpart: &str) -> Result<Vec<(Date, Option<Date>)>, Failure> {
    let rows = sqlx::query!(
        "select from_on, to_on from commissioner.leading_firm where counterpart = $1 order by from_on",
        counterpart,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.from_on.to_jiff(), row.to_on.map(|day| day.to_jiff()))).collect())
}

/// Enters a mark.
pub(crate) async fn insert_mark(tx: &mut Tx, marked: &LeadingFirm) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.leading_firm (id, counterpart, industry, from_on, to_on, recorded_at)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        marked.id.as_uuid(),
        marked.counterpart,
        marked.industry,
        marked.from_on.to_sqlx(),
        marked.to_on.map(ToSqlx::to_sqlx) as _,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
