//! Demands as of a day: their state is that of the last step by then.

use canopy_kernel::id::DemandId;
use canopy_kernel::{Failure, Fen, Uscc};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::demand::model::{Demand, DemandState};

/// A demand as of a day.
#[derive(Clone)]
pub(crate) struct AsOf {
    /// The demand with the state of that day.
    pub demand: Demand,
    /// Day verified.
    pub verified_on: Option<Date>,
    /// Day published.
    pub published_on: Option<Date>,
    /// Demand into which it is merged.
    pub merged_into: Option<DemandId>,
}

struct Row {
    id: Uuid,
    demand_no: String,
    enterprise_uscc: String,
    commissioner_no: String,
    field: String,
    words: String,
    budget_fen: i64,
    needed_by: Option<jiff_sqlx::Date>,
    agreed_on: Option<jiff_sqlx::Date>,
    collected_on: jiff_sqlx::Date,
    state: String,
    state_since: jiff_sqlx::Date,
    version: i64,
    verified_on: Option<jiff_sqlx::Date>,
    published_on: Option<jiff_sqlx::Date>,
    merged_into: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<AsOf, Failure> {
        let demand = Demand {
            id: DemandId::new(self.id),
            number: self.demand_no,
            enterprise: Uscc::from_stored(&self.enterprise_uscc)?,
            commissioner: self.commissioner_no,
            field: self.field,
            words: self.words,
            budget: Fen::new(self.budget_fen)?,
            needed_by: self.needed_by.map(|day| day.to_jiff()),
            agreed_on: self.agreed_on.map(|day| day.to_jiff()),
            collected_on: self.collected_on.to_jiff(),
            state: DemandState::stored(&self.state)?,
            since: self.state_since.to_jiff(),
            version: self.version,
        };
        Ok(AsOf {
            demand,
            verified_on: self.verified_on.map(|day| day.to_jiff()),
            published_on: self.published_on.map(|day| day.to_jiff()),
            merged_into: self.merged_into.map(DemandId::new),
        })
    }
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This one only.
    pub id: Option<DemandId>,
    /// That of this business number only.
    pub number: Option<&'q str>,
    /// Of this firm only.
    pub enterprise: Option<Uscc>,
    /// Looked after by this commissioner only; empty = all.
    pub commissioner: &'q str,
    /// Of this field only; empty = all.
    pub field: &'q str,
    /// In this state only.
    pub state: Option<DemandState>,
    /// Those published by the day only.
    pub published_only: bool,
    /// Months after which idleness makes one stale, for stale ones only.
    pub stale_after: Option<i32>,
    /// The day.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

impl Listing<'_> {
    /// All demands as of a day.
    pub(crate) fn of(day: Date) -> Self {
        Self {
            id: None,
            number: None,
            enterprise: None,
            commissioner: "",
            field: "",
            state: None,
            published_only: false,
            stale_after: None,
            day,
            after: None,
            limit: 1,
        }
    }
}

/// Place of a demand in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    collected_on: Date,
    id: DemandId,
}

impl Place {
    /// The place of a demand.
    pub(crate) fn of(found: &AsOf) -> Self {
        Self { collected_on: found.demand.collected_on, id: found.demand.id }
    }
}

/// Finds the demand of that name: an id, or else a business number.
pub(crate) async fn find(conn: impl PgExecutor<'_>, name: &str, day: Date) -> Result<Option<AsOf>, Failure> {
    let asked = match name.parse::<DemandId>() {
        Ok(id) => Listing { id: Some(id), ..Listing::of(day) },
        Err(_) => Listing { number: Some(name), ..Listing::of(day) },
    };
    Ok(list(conn, &asked).await?.pop())
}

/// Lists demands by day of collection, as of a day.
pub(crate) async fn list(conn: impl PgExecutor<'_>, asked: &Listing<'_>) -> Result<Vec<AsOf>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select d.id, d.demand_no, d.enterprise_uscc, d.commissioner_no, d.field, d.words, d.budget_fen, d.needed_by,
               d.agreed_on, d.collected_on, s.state, s.effective_on as state_since, d.version,
               (select min(v.effective_on) from commissioner.demand_step v
                where v.demand_id = d.id and v.state = 'VERIFIED' and v.effective_on <= $1) as verified_on,
               p.published_on,
               (select m.kept_id from commissioner.merge m
                where m.duplicate_id = d.id and m.merged_on <= $1
                  and (m.undone_on is null or m.undone_on > $1)) as merged_into
        from commissioner.demand d
        join lateral (
            select state, effective_on
            from commissioner.demand_step
            where demand_id = d.id and effective_on <= $1
            order by version desc
            limit 1
        ) s on true
        left join lateral (
            select min(effective_on) as published_on
            from commissioner.demand_step
            where demand_id = d.id and state = 'PUBLISHED' and effective_on <= $1
        ) p on true
        where ($2::uuid is null or d.id = $2)
          and ($3::text is null or d.demand_no = $3)
          and ($4::text is null or d.enterprise_uscc = $4)
          and ($5 = '' or d.commissioner_no = $5)
          and ($6 = '' or d.field = $6)
          and ($7::text is null or s.state = $7)
          and (not $8 or p.published_on is not null)
          and ($9::integer is null or (
              s.state not in ('SIGNED', 'REGISTERED', 'CLOSED', 'WITHDRAWN')
              and (s.effective_on + make_interval(months => $9))::date < $1
          ))
          and ($10::date is null or (d.collected_on, d.id) > ($10, $11::uuid))
        order by d.collected_on, d.id
        limit $12
        "#,
        asked.day.to_sqlx(),
        asked.id.map(|id| id.as_uuid()),
        asked.number,
        asked.enterprise.as_ref().map(Uscc::as_str),
        asked.commissioner,
        asked.field,
        asked.state.map(DemandState::as_str),
        asked.published_only,
        asked.stale_after,
        asked.after.map(|place| place.collected_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
