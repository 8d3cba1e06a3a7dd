//! SQL of signed projects.

mod count;

use canopy_kernel::id::{AchievementId, DemandId, MatchId, SigningId};
use canopy_kernel::{Failure, Fen, Uscc, reason};
use canopy_persistence::{Tx, db, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::Record;
use super::model::Signing;
use crate::contract::Parties;

pub(crate) use count::count;

/// A signed project as of a day.
#[derive(Clone, Debug)]
pub(crate) struct AsOf {
    /// The project.
    pub signing: Signing,
    /// Contract that carries it out, and the day it was registered.
    pub contract: Option<(String, Date)>,
}

struct Row {
    id: Uuid,
    signing_no: String,
    event_no: String,
    party_a_uscc: String,
    party_b_uscc: String,
    demand_id: Option<Uuid>,
    achievement_id: Option<Uuid>,
    match_id: Option<Uuid>,
    title: String,
    amount_fen: i64,
    signed_on: jiff_sqlx::Date,
    version: i64,
    contract_no: Option<String>,
    registered_on: Option<jiff_sqlx::Date>,
}

impl Row {
    fn read(self) -> Result<AsOf, Failure> {
        let parties = Parties {
            giver: Uscc::from_stored(&self.party_a_uscc)?,
            taker: Uscc::from_stored(&self.party_b_uscc)?,
        };
        let signing = Signing {
            id: SigningId::new(self.id),
            number: self.signing_no,
            event: self.event_no,
            parties,
            demand: self.demand_id.map(DemandId::new),
            achievement: self.achievement_id.map(AchievementId::new),
            settled: self.match_id.map(MatchId::new),
            title: self.title,
            amount: Fen::new(self.amount_fen)?,
            signed_on: self.signed_on.to_jiff(),
            version: self.version,
        };
        Ok(AsOf { signing, contract: self.contract_no.zip(self.registered_on.map(|day| day.to_jiff())) })
    }
}

/// Refuses a number that is used, and a project of the same parties, title and day, and tells the one that is recorded.
pub(crate) async fn require_new(tx: &mut Tx, command: &Record) -> Result<(), Failure> {
    let recorded = sqlx::query!(
        r#"
        select signing_no, signing_no = $1 as "same_number!"
        from commissioner.signing
        where signing_no = $1 or (party_a_uscc = $2 and party_b_uscc = $3 and title = $4 and signed_on = $5)
        order by signing_no = $1 desc
        limit 1
        "#,
        command.number,
        command.parties.giver.as_str(),
        command.parties.taker.as_str(),
        command.title.trim(),
        command.signed_on.to_sqlx(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    match recorded {
        None => Ok(()),
        Some(it) => {
            let field = if it.same_number { "signing_no" } else { "title" };
            Err(Failure::new(&reason::DUPLICATE_SIGNING).on(field).with("signing_no", it.signing_no))
        }
    }
}

/// Enters a signed project.
pub(crate) async fn insert(tx: &mut Tx, signing: &Signing, external_ref: &str) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.signing
            (id, signing_no, event_no, party_a_uscc, party_b_uscc, demand_id, achievement_id, match_id, title,
             amount_fen, signed_on, version, external_ref, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        "#,
        signing.id.as_uuid(),
        signing.number,
        signing.event,
        signing.parties.giver.as_str(),
        signing.parties.taker.as_str(),
        signing.demand.map(|id| id.as_uuid()),
        signing.achievement.map(|id| id.as_uuid()),
        signing.settled.map(|id| id.as_uuid()),
        signing.title,
        signing.amount.get(),
        signing.signed_on.to_sqlx(),
        signing.version,
        external_ref,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        let taken = |field| Failure::new(&reason::DUPLICATE_SIGNING).on(field);
        match () {
            () if violates(&error, "signing_no_key") => taken("signing_no"),
            () if violates(&error, "signing_project_key") => taken("title"),
            () => db(error),
        }
    })?;
    Ok(())
}

/// Counts up the version of a project whose contract changed. The caller holds the pair of its parties.
pub(crate) async fn advance(tx: &mut Tx, id: SigningId) -> Result<Signing, Failure> {
    sqlx::query!("update commissioner.signing set version = version + 1 where id = $1", id.as_uuid())
        .execute(tx.conn())
        .await
        .map_err(db)?;
    let found = find(tx.conn(), &id.to_string(), Date::MAX).await?;
    let found = found.ok_or_else(|| Failure::new(&reason::UNKNOWN_SIGNING).on("name"))?;
    Ok(found.signing)
}

/// What a list asks for.
pub(crate) struct Listing<'q> {
    /// This one only.
    pub id: Option<SigningId>,
    /// That of this business number only.
    pub number: Option<&'q str>,
    /// First day; `None` = no bound.
    pub from: Option<Date>,
    /// Last day; `None` = no bound.
    pub to: Option<Date>,
    /// Answering this demand only.
    pub demand: Option<DemandId>,
    /// The day.
    pub day: Date,
    /// Place after which the page begins.
    pub after: Option<&'q Place>,
    /// Rows to read.
    pub limit: i64,
}

impl Listing<'_> {
    /// All signed projects as of a day.
    pub(crate) fn of(day: Date) -> Self {
        Self { id: None, number: None, from: None, to: None, demand: None, day, after: None, limit: 1 }
    }
}

/// Place of a signed project in a list.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    signed_on: Date,
    id: SigningId,
}

impl Place {
    /// The place of a signed project.
    pub(crate) fn of(found: &AsOf) -> Self {
        Self { signed_on: found.signing.signed_on, id: found.signing.id }
    }
}

/// Finds the signed project of that name: an id, or else a business number.
pub(crate) async fn find(conn: impl PgExecutor<'_>, name: &str, day: Date) -> Result<Option<AsOf>, Failure> {
    let asked = match name.parse::<SigningId>() {
        Ok(id) => Listing { id: Some(id), ..Listing::of(day) },
        Err(_) => Listing { number: Some(name), ..Listing::of(day) },
    };
    Ok(list(conn, &asked).await?.pop())
}

/// Lists the projects signed by a day, by day of signing, each with the contract that carries it out on the day.
pub(crate) async fn list(conn: impl PgExecutor<'_>, asked: &Listing<'_>) -> Result<Vec<AsOf>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select s.id, s.signing_no, s.event_no, s.party_a_uscc, s.party_b_uscc, s.demand_id, s.achievement_id,
               s.match_id, s.title, s.amount_fen, s.signed_on, s.version,
               l.contract_no as "contract_no?", c.registered_on as "registered_on?"
        from commissioner.signing s
        left join commissioner.signing_contract l
            on l.signing_id = s.id and l.linked_on <= $1 and (l.unlinked_on is null or l.unlinked_on > $1)
        left join commissioner.contract c on c.contract_no = l.contract_no
        where s.signed_on <= $1
          and ($2::uuid is null or s.id = $2)
          and ($3::text is null or s.signing_no = $3)
          and ($4::date is null or s.signed_on >= $4)
          and ($5::date is null or s.signed_on <= $5)
          and ($6::uuid is null or s.demand_id = $6)
          and ($7::date is null or (s.signed_on, s.id) > ($7, $8::uuid))
        order by s.signed_on, s.id
        limit $9
        "#,
        asked.day.to_sqlx(),
        asked.id.map(|id| id.as_uuid()),
        asked.number,
        asked.from.map(ToSqlx::to_sqlx) as _,
        asked.to.map(ToSqlx::to_sqlx) as _,
        asked.demand.map(|id| id.as_uuid()),
        asked.after.map(|place| place.signed_on.to_sqlx()) as _,
        asked.after.map(|place| place.id.as_uuid()),
        asked.limit,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Row::read).collect()
}
