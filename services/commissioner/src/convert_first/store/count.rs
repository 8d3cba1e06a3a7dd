//! Counts of convert-first licences by the state of a day.

use canopy_kernel::{Failure, Uscc};
use canopy_persistence::db;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;

use crate::deal::store::Counted;

/// Licences by state, with their money in fen.
pub(crate) struct Tally {
    /// Licensed, not in use.
    pub licensed: i64,
    /// In use, nothing owed.
    pub using: i64,
    /// Payment is owed, nothing paid.
    pub triggered: i64,
    /// A part is paid.
    pub paying: i64,
    /// Nothing is left to pay.
    pub settled: i64,
    /// Ended before anything was owed.
    pub ended_no_trigger: i64,
    /// Not paid in time.
    pub defaulted: i64,
    /// Agreed prices.
    pub price: i64,
    /// Paid by the day.
    pub paid: i64,
}

/// Counts licences of deals signed in a period by their state on its last day, as the model's `state_on` says it.
pub(crate) async fn count(pool: &PgPool, asked: &Counted) -> Result<Tally, Failure> {
    sqlx::query_as!(
        Tally,
        r#"
        with paid as (
            select deal_id, sum(receipts_fen)::bigint as fen
            from commissioner.receipt
            where received_on <= $3
              and ($4::timestamptz is null or recorded_at < $4)
            group by deal_id
        ),
        licence as (
            select d.price_fen, coalesce(p.fen, 0) as paid_fen,
                   case
                       when c.ended_on <= $3 then 'ENDED_NO_TRIGGER'
                       when c.defaulted_on <= $3 then 'DEFAULTED'
                       when c.settled_on <= $3 or coalesce(p.fen, 0) >= d.price_fen then 'SETTLED'
                       when p.fen > 0 then 'PAYING'
                       when c.triggered_on <= $3 then 'TRIGGERED'
                       when c.free_until < $3 and c.payment in ('DEFERRED', 'INSTALMENTS')
                            and c.using_on <= c.free_until and c.ended_on is null then 'TRIGGERED'
                       when c.free_until < $3 then 'ENDED_NO_TRIGGER'
                       when c.using_on <= $3 then 'USING'
                       else 'LICENSED'
                   end as state
            from commissioner.convert_first as c
            join commissioner.deal as d on d.id = c.deal_id
            left join paid as p on p.deal_id = c.deal_id
            where ($1::text is null or d.unit_uscc = $1)
              and ($2::date is null or c.licensed_on >= $2)
              and c.licensed_on <= $3
              and ($4::timestamptz is null or c.recorded_at < $4)
        )
        select count(*) filter (where state = 'LICENSED') as "licensed!",
               count(*) filter (where state = 'USING') as "using!",
               count(*) filter (where state = 'TRIGGERED') as "triggered!",
               count(*) filter (where state = 'PAYING') as "paying!",
               count(*) filter (where state = 'SETTLED') as "settled!",
               count(*) filter (where state = 'ENDED_NO_TRIGGER') as "ended_no_trigger!",
               count(*) filter (where state = 'DEFAULTED') as "defaulted!",
               coalesce(sum(price_fen), 0)::bigint as "price!",
               coalesce(sum(paid_fen), 0)::bigint as "paid!"
        from licence
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
