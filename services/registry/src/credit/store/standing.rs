//! The standing of one entity or of thousands, in one statement.

use canopy_kernel::id::CreditListingId;
use canopy_kernel::{Failure, Uscc};
use canopy_persistence::db;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgPool;
use uuid::Uuid;

use crate::credit::model::{CreditGrade, CreditListing, Decision};
use crate::credit::rule_standing::Registered;
use crate::subject::store::read_change;

/// What the database holds about entities on a day.
pub(crate) struct Checked {
    /// The rule parameters in force; `None` when none were activated.
    pub rules: Option<Uuid>,
    /// Per code asked, in that order: what the register knows, and the listings that were not repaired.
    pub entities: Vec<(Option<Registered>, Vec<CreditListing>)>,
}

/// Reads the entities of those codes as of a day.
pub(crate) async fn check(pool: &PgPool, codes: &[Uscc], day: Date) -> Result<Checked, Failure> {
    let texts: Vec<&str> = codes.iter().map(Uscc::as_str).collect();
    // The sub-select hides from the planner how many are asked for, so that it keeps one plan: planning took four times
    // as long as the look-up.
    let rows = sqlx::query!(
        r#"
        select asked.place as "place!",
               (select id from registry.reference_set where kind = 'RULE_PARAMETERS' and state = 'ACTIVE')
                   as "rules?",
               s.title as "title?", c.status as "status?", c.effective_on as "effective_on?",
               l.id as "listing?", l.listing_no as "listing_no?", l.kind as "kind?", l.grade as "grade?",
               l.decided_on as "decided_on?", l.authority as "authority?", l.measures as "measures?",
               l.version as "version?"
        from unnest((select $1::text[])) with ordinality as asked (uscc, place)
        left join registry.subject s on s.uscc = asked.uscc
        left join lateral (
            select status, effective_on
            from registry.subject_status
            where subject_id = s.id and effective_on <= $2
            order by effective_on desc, version desc
            limit 1
        ) c on true
        left join registry.credit_listing l
            on l.uscc = asked.uscc and l.decided_on <= $2 and (l.repaired_on is null or l.repaired_on > $2)
        order by asked.place, l.decided_on, l.listing_no
        "#,
        &texts as _,
        day.to_sqlx(),
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    let mut checked = Checked { rules: None, entities: vec![(None, Vec::new()); codes.len()] };
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        let Some((registered, listings)) = checked.entities.get_mut(place) else { continue };
        checked.rules = row.rules;
        if let Some(title) = row.title {
            *registered = Some(Registered { title, change: read_change(row.status, row.effective_on)? });
        }
        if let (Some(id), Some(grade), Some(decided_on)) = (row.listing, row.grade, row.decided_on) {
            listings.push(CreditListing {
                id: CreditListingId::new(id),
                decision: Decision {
                    listing_no: row.listing_no.unwrap_or_default(),
                    uscc: codes[place],
                    kind: row.kind.unwrap_or_default(),
                    grade: CreditGrade::stored(&grade)?,
                    decided_on: decided_on.to_jiff(),
                    authority: row.authority.unwrap_or_default(),
                    measures: row.measures.unwrap_or_default(),
                },
                // A repair later than the day does not matter on it.
                repair_applied_on: None,
                repaired_on: None,
                version: row.version.unwrap_or_default(),
            });
        }
    }
    Ok(checked)
}
