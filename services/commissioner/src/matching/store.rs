//! SQL of matches and of the credit for them: the rows as they are now, and the steps that say what they were on a day.

use canopy_kernel::id::{AchievementId, DemandId, MatchId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::model::{Match, MatchState, Proposer};
use super::rule_credit::Share;

struct Row {
    id: Uuid,
    demand_id: Uuid,
    achievement_id: Uuid,
    state: String,
    proposed_by: Option<String>,
    proposed_by_broker: Option<String>,
    proposed_on: jiff_sqlx::Date,
    state_since: jiff_sqlx::Date,
    stepped_on: jiff_sqlx::Date,
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
            proposed_by: Proposer::stored(self.proposed_by, self.proposed_by_broker)?,
            proposed_on: self.proposed_on.to_jiff(),
            since: self.state_since.to_jiff(),
            stepped_on: self.stepped_on.to_jiff(),
            note: self.note,
            credits: credits.map(|(commissioner, bp)| Share { commissioner, bp }).collect(),
            version: self.version,
        })
    }
}

/// What a list asks for.
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
    /// Proposed by this broker only.
    pub broker: Option<&'q str>,
    /// The day.
    pub day: Date,
    /// Id after which the page begins.
    pub after: Option<MatchId>,
    /// Rows to read.
    pub limit: i64,
}

impl Listing<'_> {
    /// All matches as of a day.
    pub(crate) fn of(day: Date) -> Self {
        Self {
            id: None,
            demand: None,
            achievement: None,
            commissioner: "",
            state: None,
            party: None,
            broker: None,
            day,
            after: None,
            limit: 1,
        }
    }
}

/// Finds a match as it is now.
pub(crate) async fn find(conn: impl PgExecutor<'_>, id: MatchId) -> Result<Option<Match>, Failure> {
    let asked = Listing { id: Some(id), ..Listing::of(Date::MAX) };
    Ok(list(conn, &asked).await?.pop())
}

/// Lists matches in the order they were proposed, as of a day: what the last step by then made of them.
pub(crate) async fn list(conn: impl PgExecutor<'_>, asked: &Listing<'_>) -> Result<Vec<Match>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select m.id, m.demand_id, m.achievement_id, s.state, m.proposed_by, m.proposed_by_broker, m.proposed_on,
               s.state_since, s.effective_on as stepped_on, s.note, m.version, s.commissioners, s.shares_bp as shares
        from commissioner.match m
        join lateral (
            select effective_on, state, state_since, note, commissioners, shares_bp
            from commissioner.match_step
            where match_id = m.id and effective_on <= $1
            order by version desc
            limit 1
        ) s on true
        where ($2::uuid is null or m.id = $2)
          and ($3::uuid is null or m.demand_id = $3)
          and ($4::uuid is null or m.achievement_id = $4)
          and ($5::text = '' or $5 = any(s.commissioners))
          and ($6::text is null or s.state = $6)
          and ($7::text is null
               or exists (select from commissioner.demand d where d.id = m.demand_id and d.enterprise_uscc = $7)
               or exists (select from commissioner.achievement a where a.id = m.achievement_id and a.owner_uscc = $7))
          and ($8::text is null or m.proposed_by_broker = $8)
          and ($9::uuid is null or m.id > $9)
        order by m.id
        limit $10
        "#,
        asked.day.to_sqlx(),
        asked.id.map(|id| id.as_uuid()),
        asked.demand.map(|id| id.as_uuid()),
        asked.achievement.map(|id| id.as_uuid()),
        asked.commissioner,
        asked.state.map(MatchState::as_str),
        asked.party.as_ref().map(Uscc::as_str),
        asked.broker,
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

/// Enters a match with its credit and its first step.
pub(crate) async fn insert(tx: &mut Tx, proposed: &Match) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.match
            (id, demand_id, achievement_id, state, proposed_by, proposed_by_broker, proposed_on, state_since, note,
             version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        "#,
        proposed.id.as_uuid(),
        proposed.demand.as_uuid(),
        proposed.achievement.as_uuid(),
        proposed.state.as_str(),
        proposed.proposed_by.commissioner(),
        proposed.proposed_by.broker(),
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
    insert_credits(tx, proposed).await?;
    insert_step(tx, proposed).await
}

/// Writes the state of a match, and the step.
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
    ensure_one(result)?;
    insert_step(tx, changed).await
}

/// Writes who is credited, and the step.
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
    insert_credits(tx, changed).await?;
    insert_step(tx, changed).await
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

/// Writes what a match is from a day on; a step is never dated before the step before it.
async fn insert_step(tx: &mut Tx, stepped: &Match) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let commissioners: Vec<&str> = stepped.credits.iter().map(|it| it.commissioner.as_str()).collect();
    let shares: Vec<i32> = stepped.credits.iter().map(|it| it.bp).collect();
    let result = sqlx::query!(
        r#"
        insert into commissioner.match_step
            (match_id, version, effective_on, state, state_since, note, commissioners, shares_bp, recorded_at)
        select $1, $2, greatest($3::date, max(effective_on)), $4, $5, $6, $7, $8, $9
        from commissioner.match_step
        where match_id = $1
        "#,
        stepped.id.as_uuid(),
        stepped.version,
        stepped.stepped_on.to_sqlx(),
        stepped.state.as_str(),
        stepped.since.to_sqlx(),
        stepped.note,
        &commissioners as _,
        &shares,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)
}
