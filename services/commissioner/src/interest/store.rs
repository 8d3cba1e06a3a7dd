//! SQL of declared interests.

use canopy_kernel::id::{AchievementId, InterestId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::model::{Interest, Stake};
use crate::matching::model::Proposer;

struct Row {
    id: Uuid,
    commissioner_no: Option<String>,
    broker_no: Option<String>,
    kind: String,
    uscc: Option<String>,
    achievement_id: Option<Uuid>,
    from_on: jiff_sqlx::Date,
    to_on: Option<jiff_sqlx::Date>,
}

impl Row {
    fn read(self) -> Result<Interest, Failure> {
        let uscc = self.uscc.as_deref().map(Uscc::from_stored).transpose()?;
        let stake = match (self.kind.as_str(), uscc, self.achievement_id) {
            ("EMPLOYER", Some(uscc), _) => Stake::Employer(uscc),
            ("SHAREHOLDER", Some(uscc), _) => Stake::Shareholder(uscc),
            ("INVENTOR", _, Some(id)) => Stake::Inventor(AchievementId::new(id)),
            (kind, ..) => {
                return Err(Failure::new(&reason::INTERNAL).because(format_args!("stored interest {kind}")));
            }
        };
        Ok(Interest {
            id: InterestId::new(self.id),
            holder: Proposer::stored(self.commissioner_no, self.broker_no)?,
            stake,
            from_on: self.from_on.to_jiff(),
            to_on: self.to_on.map(|day| day.to_jiff()),
        })
    }
}

/// Enters an interest.
pub(crate) async fn insert(tx: &mut Tx, interest: &Interest) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let organisation = interest.stake.organisation();
    sqlx::query!(
        r#"
        insert into commissioner.interest
            (id, commissioner_no, broker_no, kind, uscc, achievement_id, from_on, to_on, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        interest.id.as_uuid(),
        interest.holder.commissioner(),
        interest.holder.broker(),
        interest.stake.kind(),
        organisation.as_ref().map(Uscc::as_str),
        interest.stake.achievement().map(|id| id.as_uuid()),
        interest.from_on.to_sqlx(),
        interest.to_on.map(ToSqlx::to_sqlx) as _,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The interests of a commissioner or broker in the order they were declared.
pub(crate) async fn list(
    conn: impl PgExecutor<'_>,
    holder: &Proposer,
    after: Option<InterestId>,
    limit: i64,
) -> Result<Vec<Interest>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, commissioner_no, broker_no, kind, uscc, achievement_id, from_on, to_on
        from commissioner.interest
        where (commissioner_no = $1 or broker_no = $2) and ($3::uuid is null or id > $3)
        order by id
        limit $4
        "#,
        holder.commissioner(),
        holder.broker(),
        after.map(|id| id.as_uuid()),
        limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
