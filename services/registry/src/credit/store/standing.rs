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

/// What the database holds about an entity on a day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The rule parameters in force; `None` when none were activated.
    pub rules: Option<Uuid>,
    /// What the register of subjects knows.
    pub registered: Option<Registered>,
    /// Listings that were not repaired by that day.
    pub listings: Vec<CreditListing>,
}

/// What stands beside an entity that is asked for: its status, and one of its listings if there are any.
struct Row {
    place: i64,
    rules: Option<Uuid>,
    title: Option<String>,
    status: Option<String>,
    effective_on: Option<jiff_sqlx::Date>,
    listing: Option<Uuid>,
    listing_no: Option<String>,
    kind: Option<String>,
    grade: Option<String>,
    decided_on: Option<jiff_sqlx::Date>,
    authority: Option<String>,
    measures: Option<Vec<String>>,
    version: Option<i64>,
}

impl Row {
    /// Adds what it says to what is known of its entity.
    fn read_into(self, known: &mut Known, code: Uscc) -> Result<(), Failure> {
        known.rules = self.rules;
        if let Some(title) = self.title {
            known.registered =
                Some(Registered { title, change: read_change(self.status, self.effective_on)? });
        }
        if let (Some(id), Some(grade), Some(decided_on)) = (self.listing, self.grade, self.decided_on) {
            known.listings.push(CreditListing {
                id: CreditListingId::new(id),
                decision: Decision {
                    listing_no: self.listing_no.unwrap_or_default(),
                    uscc: code,
                    kind: self.kind.unwrap_or_default(),
                    grade: CreditGrade::stored(&grade)?,
                    decided_on: decided_on.to_jiff(),
                    authority: self.authority.unwrap_or_default(),
                    measures: self.measures.unwrap_or_default(),
                },
                // A repair later than the day does not matter on it.
                repair_applied_on: None,
                repaired_on: None,
                version: self.version.unwrap_or_default(),
            });
        }
        Ok(())
    }
}

/// Reads what is known of each of those codes as of its day, in that order. A row that cannot be read fails for its
/// entity alone.
pub(crate) async fn known(
    pool: &PgPool,
    asked: &[(Uscc, Date)],
) -> Result<Vec<Result<Known, Failure>>, Failure> {
    let texts: Vec<&str> = asked.iter().map(|(code, _)| code.as_str()).collect();
    let days: Vec<jiff_sqlx::Date> = asked.iter().map(|(_, day)| day.to_sqlx()).collect();
    // The sub-selects hide from the planner how many are asked for, so that it keeps one plan: planning took four times
    // as long as the look-up. The ordered sub-query keeps the look-up of listings by code.
    let rows = sqlx::query_as!(
        Row,
        r#"
        select asked.place as "place!",
               (select id from registry.reference_set where kind = 'RULE_PARAMETERS' and state = 'ACTIVE')
                   as "rules?",
               s.title as "title?", c.status as "status?", c.effective_on as "effective_on?",
               l.id as "listing?", l.listing_no as "listing_no?", l.kind as "kind?", l.grade as "grade?",
               l.decided_on as "decided_on?", l.authority as "authority?", l.measures as "measures?",
               l.version as "version?"
        from unnest((select $1::text[]), (select $2::date[])) with ordinality as asked (uscc, day, place)
        left join registry.subject s on s.uscc = asked.uscc
        left join lateral (
            select status, effective_on
            from registry.subject_status
            where subject_id = s.id and effective_on <= asked.day
            order by effective_on desc, version desc
            limit 1
        ) c on true
        left join lateral (
            select id, listing_no, kind, grade, decided_on, authority, measures, version
            from registry.credit_listing
            where uscc = asked.uscc and decided_on <= asked.day
              and (repaired_on is null or repaired_on > asked.day)
            order by decided_on, listing_no
        ) l on true
        order by asked.place, l.decided_on, l.listing_no
        "#,
        &texts as _,
        &days as _,
    )
    .fetch_all(pool)
    .await
    .map_err(db)?;
    let mut all = vec![Ok(Known::default()); asked.len()];
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        let (Some(answer), Some((code, _))) = (all.get_mut(place), asked.get(place)) else { continue };
        let read = match answer {
            Ok(known) => row.read_into(known, *code),
            Err(_) => Ok(()),
        };
        if let Err(failure) = read {
            *answer = Err(failure);
        }
    }
    Ok(all)
}
