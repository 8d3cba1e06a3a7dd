//! SQL that matches: who holds the evidence, and what is known of them on the match day.

use canopy_kernel::{Failure, Uscc};
use canopy_persistence::db;
use canopy_persistence::mirror::model::BEGINNING;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::mirror::model::{Assessment, Status};
use crate::policy::model::Terms;
use crate::run::model::Frozen;

/// The entries of the evidence window on a day, one per holder, ordered by code (RULES.md R4).
///
/// Of several recognitions in the window the first live one decides, else the first. What the policy requires is
/// that recognition itself when it is of the required kind, else the first live one of that kind. A lower level ends
/// on the day a higher one begins; a revocation counts from its own day.
pub(crate) async fn matched(
    conn: &mut PgConnection,
    terms: &Terms,
    on: Date,
) -> Result<Vec<Frozen>, Failure> {
    let required = terms.requires.as_ref().map_or("", |it| it.kind.as_str());
    let rows = sqlx::query_as!(
        Row,
        r#"
        with dated as (
            select id, holder_uscc, kind, number, granted_on, first_recognition, tier,
                   (expires_on is null or expires_on >= $4)
                       and (revoked_on is null or revoked_on > $4)
                       and (superseded_on is null or superseded_on > $4) as live
            from platform.mirror_qualification
            where granted_on <= $4
        ),
        chosen as (
            select distinct on (holder_uscc) id, holder_uscc, number, granted_on, first_recognition, tier, live
            from dated
            where kind = $1 and granted_on between $2 and $3
            order by holder_uscc, live desc, granted_on, number
        )
        select
            c.holder_uscc as uscc,
            coalesce(s.title, '') as "title!",
            c.number as evidence_no,
            c.granted_on as "granted_on!",
            c.first_recognition,
            c.tier,
            case $5::text when '' then true when $1 then c.live else r.id is not null end as "live!",
            coalesce(a.result, '') as "assessment!",
            coalesce(st.status, 'ACTIVE') as "status!",
            st.effective_on as "status_since?"
        from chosen as c
        left join platform.mirror_subject as s on s.uscc = c.holder_uscc
        left join lateral (
            select d.id
            from dated as d
            where d.holder_uscc = c.holder_uscc and d.kind = $5 and $5 <> $1 and d.live
            order by d.granted_on, d.number
            limit 1
        ) as r on true
        left join lateral (
            select t.status, t.effective_on
            from platform.mirror_subject_status as t
            where t.uscc = c.holder_uscc and t.effective_on <= $4
            order by t.effective_on desc
            limit 1
        ) as st on true
        left join lateral (
            select q.result
            from platform.mirror_assessment as q
            where q.qualification_id = coalesce(r.id, c.id) and q.assessed_on <= $4
            order by q.assessed_on desc
            limit 1
        ) as a on true
        order by c.holder_uscc
        "#,
        terms.evidence.qualification_kind,
        terms.award_from.to_sqlx(),
        terms.award_to.to_sqlx(),
        on.to_sqlx(),
        required,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter().map(Frozen::try_from).collect()
}

/// An entry as it is read.
struct Row {
    uscc: String,
    title: String,
    evidence_no: String,
    granted_on: jiff_sqlx::Date,
    first_recognition: bool,
    tier: i32,
    live: bool,
    assessment: String,
    status: String,
    status_since: Option<jiff_sqlx::Date>,
}

impl TryFrom<Row> for Frozen {
    type Error = Failure;

    fn try_from(row: Row) -> Result<Self, Failure> {
        Ok(Frozen {
            uscc: Uscc::from_stored(&row.uscc)?,
            title: row.title,
            evidence_no: row.evidence_no,
            granted_on: row.granted_on.to_jiff(),
            first_recognition: row.first_recognition,
            tier: row.tier,
            live: row.live,
            assessment: Assessment::from_stored(&row.assessment),
            status: Status::stored(&row.status)?,
            status_since: row.status_since.map(|day| day.to_jiff()).filter(|day| *day != BEGINNING),
        })
    }
}
