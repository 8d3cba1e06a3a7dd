//! Counts of deals and sums of what was divided.

use canopy_kernel::{Failure, Uscc};
use canopy_persistence::db;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

/// What a count asks for.
pub(crate) struct Counted {
    /// This unit only.
    pub unit: Option<Uscc>,
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Date,
    /// Recorded before this instant.
    pub known_before: Option<Timestamp>,
}

/// Deals signed, and what was divided, in a period. Amounts in fen.
pub(crate) struct Sums {
    /// Deals signed.
    pub deals: i64,
    /// With a state-owned buyer.
    pub state_owned: i64,
    /// With a related buyer, disclosed.
    pub related: i64,
    /// For shares.
    pub equity: i64,
    /// Value of the technology of those.
    pub technology: i64,
    /// The unit's part of that value.
    pub unit_equity: i64,
    /// Receipts divided.
    pub distributions: i64,
    /// Net income divided.
    pub net: i64,
    /// What the inventors got of it.
    pub inventors: i64,
    /// What the unit kept of it.
    pub unit: i64,
}

/// Counts deals by the day of signature, and sums divisions by their own day.
pub(crate) async fn count(pool: &PgPool, asked: &Counted) -> Result<Sums, Failure> {
    sqlx::query_as!(
        Sums,
        r#"
        with signed as (
            select count(*) as deals,
                   count(*) filter (where buyer_kind = 'STATE_OWNED') as state_owned,
                   count(*) filter (where related_buyer and related_disclosed) as related,
                   count(*) filter (where mode = 'EQUITY') as equity
            from commissioner.deal
            where ($1::text is null or unit_uscc = $1)
              and ($2::date is null or signed_on >= $2)
              and signed_on <= $3
              and ($4::timestamptz is null or recorded_at < $4)
        ),
        divided as (
            select count(*) filter (where receipt_id is not null) as distributions,
                   coalesce(sum(base_fen) filter (where receipt_id is not null), 0)::bigint as net,
                   coalesce(sum(inventors_fen) filter (where receipt_id is not null), 0)::bigint as inventors,
                   coalesce(sum(unit_fen) filter (where receipt_id is not null), 0)::bigint as unit,
                   coalesce(sum(base_fen) filter (where receipt_id is null), 0)::bigint as technology,
                   coalesce(sum(unit_fen) filter (where receipt_id is null), 0)::bigint as unit_equity
            from commissioner.split
            where ($1::text is null or unit_uscc = $1)
              and ($2::date is null or effective_on >= $2)
              and effective_on <= $3
              and ($4::timestamptz is null or recorded_at < $4)
        )
        select s.deals as "deals!", s.state_owned as "state_owned!", s.related as "related!", s.equity as "equity!",
               d.technology as "technology!", d.unit_equity as "unit_equity!", d.distributions as "distributions!",
               d.net as "net!", d.inventors as "inventors!", d.unit as "unit!"
        from signed as s
        cross join divided as d
        "#,
        asked.unit.as_ref().map(Uscc::as_str),
        asked.from.map(ToSqlx::to_sqlx) as _,
        asked.to.to_sqlx(),
        asked.known_before.map(ToSqlx::to_sqlx) as _,
    )
    .fetch_one(pool)
    .await
    .map_err(db)
}
