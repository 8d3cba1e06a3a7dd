//! SQL of matches and of the credit for them.

use canopy_kernel::id::{AchievementId, DemandId, MatchId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::model::{Match, MatchState};
use super::rule_credit::Share;

struct Row {
    id: Uuid,
    demand_id: Uuid,
    achievement_id: Uuid,
    state: String,
    proposed_by: String,
    proposed_on: jiff_sqlx::Date,
    state_since: jiff_sqlx::Date,
    note: String,
    version: i64,
    commissioners: Vec<String>,
    shares: Vec<i32>,
}

impl Row {
    fn read(self) -> Result<Match, Failure> {
        let credits = self.commissioners.into_iter().zip(self.shares);
        Ok(Match {
            id: MatchId::new(self.id),
            demand: DemandId::new(self.demand_id),
            achievement: AchievementId::new(self.achievement_id),
            state: MatchState::stored(&self.state)?,
            proposed_by: self.proposed_by,
            proposed_on: self.proposed_on.to_jiff(),
            since: self.state_since.to_jiff(),
            note: self.note,
            credits: credits.map(|(commissioner, bp)| Share { commissioner, bp }).collect(),
            version: self.version,
        })
    }
}

/// What a list asks for.
#[derive(Default)]
pub(crate) struct Listing<'q> {
    /// This one only.
    pub id: Option<MatchId>,
    /// Of this demand only.
    pub demand: Option<DemandId>,
    /// Of this achievement only.
    pub achievement: Option<AchievementId>,
    /// Crediting this commissioner only; empty = all.
    pub commissioner: &'q str,
    /// In this state only.
    pub state: Option<MatchState>,
    /// Those of which this organisation is the firm or the owner only.
    pub party: Option<Uscc>,
    /// Id after which the page begins.
    pub after: Option<MatchId>,
    /// Rows to read.
    pub limit: i64,
}

/// Finds a match.
pub(crate) async fn find(conn: impl PgExecutor<'_>, id: MatchId) -> Result<Option<Match>, Failure> {
    let asked = Listing { id: Some(id), limit: 1, ..Listing::default() };
    Ok(list(conn, &asked).await?.pop())
}

/// Lists matches in the order they were proposed.
pub(crate) async fn list(conn: impl PgExecutor<'_>, asked: &Listing<'_>) -> Result<Vec<Match>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select m.id, m.demand_id, m.achievement_id, m.state, m.proposed_by, m.proposed_on, m.state_since, m.note,
               m.version,
               array(select commissioner_no from commissioner.match_credit where match_id = m.id order by place)
                   as "commissioners!",
               array(select share_bp from commissioner.match_credit where match_id = m.id order by place)
                   as "shares!"
        from commissioner.match m
        where ($1::uuid is null or m.id = $1)
          and ($2::uuid is null or m.demand_id = $2)
          and ($3::uuid is null or m.achievement_id = $3)
          and ($4 = '' or exists (
              select
              from commissioner.match_credit c
              where c.match_id = m.id and c.commissioner_no = $4
          ))
          and ($5::text is null or m.state = $5)
          and ($6::text is null
               or exists (select from commissioner.demand d where d.id = m.demand_id and d.enterprise_uscc = $6)
               or exists (select from commissioner.achievement a where a.id = m.achievement_id and a.owner_uscc = $6))
          and ($7::uuid is null or m.id > $7)
        order by m.id
        limit $8
        "#,
        asked.id.map(|id| id.as_uuid()),
        asked.demand.map(|id| id.as_uuid()),
        asked.achievement.map(|id| id.as_uuid()),
        asked.commissioner,
        asked.state.map(MatchState::as_str),
        asked.party.as_ref().map(Uscc::as_str),
        asked.after.map(|id| id.as_uuid()),
        asked.limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}

/// Takes a match for a write.
pub(crate) async fn lock(tx: &mut Tx, id: MatchId) -> Result<(), Failure> {
    sqlx::query_scalar!("select id from commissioner.match where id = $1 for update", id.as_uuid())
        .fetch_optional(tx.conn())
        .await
        .map_err(db)?;
    Ok(())
}

/// The match of a demand with an achievement that is not over.
pub(crate) async fn live(
    tx: &mut Tx,
    demand: DemandId,
    achievement: AchievementId,
) -> Result<Option<MatchId>, Failure> {
    let id = sqlx::query_scalar!(
        r#"
        select id
        from commissioner.match
        where demand_id = $1 and achievement_id = $2 and state not in ('DECLINED', 'ENDED')
        "#,
        demand.as_uuid(),
        achievement.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    Ok(id.map(MatchId::new))
}

/// The states of the matches of a demand.
pub(crate) async fn states_of(tx: &mut Tx, demand: DemandId) -> Result<Vec<MatchState>, Failure> {
    let states =
        sqlx::query_scalar!("select state from commissioner.match where demand_id = $1", demand.as_uuid())
            .fetch_all(tx.conn())
            .await
            .map_err(db)?;
    states.iter().map(|state| MatchState::stored(state)).collect()
}

/// Enters a match with its credit.
pub(crate) async fn insert(tx: &mut Tx, proposed: &Match) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.match
            (id, demand_id, achievement_id, state, proposed_by, proposed_on, state_since, note, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        proposed.id.as_uuid(),
        proposed.demand.as_uuid(),
        proposed.achievement.as_uuid(),
        proposed.state.as_str(),
        proposed.proposed_by,
        proposed.proposed_on.to_sqlx(),
        proposed.since.to_sqlx(),
        proposed.note,
        proposed.version,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "match_one_live") {
        true => Failure::new(&reason::DUPLICATE_MATCH).on("achievement"),
        false => db(error),
    })?;
    insert_credits(tx, proposed).await
}

/// Writes the state of a match.
pub(crate) async fn write_state(tx: &mut Tx, changed: &Match) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.match
        set state = $2, state_since = $3, note = $4, version = $5
        where id = $1 and version + 1 = $5
        "#,
        changed.id.as_uuid(),
        changed.state.as_str(),
        changed.since.to_sqlx(),
        changed.note,
        changed.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}

/// Writes who is credited now.
pub(crate) async fn write_credits(tx: &mut Tx, changed: &Match) -> Result<(), Failure> {
    let result = sqlx::query!(
        "update commissioner.match set version = $2 where id = $1 and version + 1 = $2",
        changed.id.as_uuid(),
        changed.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    sqlx::query!("delete from commissioner.match_credit where match_id = $1", changed.id.as_uuid())
        .execute(tx.conn())
        .await
        .map_err(db)?;
    insert_credits(tx, changed).await
}

async fn insert_credits(tx: &mut Tx, credited: &Match) -> Result<(), Failure> {
    let commissioners: Vec<&str> = credited.credits.iter().map(|it| it.commissioner.as_str()).collect();
    let shares: Vec<i32> = credited.credits.iter().map(|it| it.bp).collect();
    sqlx::query!(
        r#"
        insert into commissioner.match_credit (match_id, commissioner_no, place, share_bp)
        select $1, r.commissioner_no, r.place::integer, r.share_bp
        from unnest($2::text[], $3::integer[]) with ordinality as r (commissioner_no, share_bp, place)
        "#,
        credited.id.as_uuid(),
        &commissioners as _,
        &shares,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
