//! SQL of achievements: the row as it is now, and the statements that say what its rights were on a day.

mod list;

use canopy_kernel::id::AchievementId;
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::model::{Achievement, CoOwner, Rights};

pub(crate) use list::{AsOf, Listing, Place, count, find, list};

struct Row {
    id: Uuid,
    achievement_no: String,
    owner_uscc: String,
    title: String,
    summary: String,
    field: String,
    ip_count: i32,
    maturity: i32,
    is_key: bool,
    registration_no: String,
    collected_on: jiff_sqlx::Date,
    disputed: bool,
    classified: bool,
    co_owner_consent: String,
    rights_since: jiff_sqlx::Date,
    version: i64,
    merged_into: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<AsOf, Failure> {
        let rights = Rights {
            disputed: self.disputed,
            classified: self.classified,
            co_owner: CoOwner::stored(&self.co_owner_consent),
        };
        let achievement = Achievement {
            id: AchievementId::new(self.id),
            number: self.achievement_no,
            owner: Uscc::from_stored(&self.owner_uscc)?,
            title: self.title,
            summary: self.summary,
            field: self.field,
            ip_count: self.ip_count,
            maturity: self.maturity,
            is_key: self.is_key,
            registration: self.registration_no,
            collected_on: self.collected_on.to_jiff(),
            rights,
            rights_since: self.rights_since.to_jiff(),
            version: self.version,
        };
        Ok(AsOf { achievement, merged_into: self.merged_into.map(AchievementId::new) })
    }
}

/// Takes an achievement for a write: nobody else changes it until the end of the transaction.
pub(crate) async fn lock(tx: &mut Tx, id: AchievementId) -> Result<Option<Achievement>, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, achievement_no, owner_uscc, title, summary, field, ip_count, maturity, is_key, registration_no,
               collected_on, disputed, classified, co_owner_consent, rights_since, version,
               null::uuid as merged_into
        from commissioner.achievement
        where id = $1
        for update
        "#,
        id.as_uuid(),
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    row.map(|row| row.read().map(|found| found.achievement)).transpose()
}

/// Refuses a number that is used, and a title that the owner has an achievement of, and tells the one that is recorded.
pub(crate) async fn require_new(tx: &mut Tx, achievement: &Achievement) -> Result<(), Failure> {
    let recorded = sqlx::query!(
        r#"
        select achievement_no, achievement_no = $1 as "same_number!"
        from commissioner.achievement
        where achievement_no = $1 or (owner_uscc = $2 and title = $3)
        order by achievement_no = $1 desc
        limit 1
        "#,
        achievement.number,
        achievement.owner.as_str(),
        achievement.title,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    match recorded {
        None => Ok(()),
        Some(it) => {
            let field = if it.same_number { "achievement_no" } else { "title" };
            Err(Failure::new(&reason::DUPLICATE_ACHIEVEMENT)
                .on(field)
                .with("achievement_no", it.achievement_no))
        }
    }
}

/// Enters an achievement with the first statement of its rights.
pub(crate) async fn insert(
    tx: &mut Tx,
    achievement: &Achievement,
    external_ref: &str,
) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.achievement
            (id, achievement_no, owner_uscc, title, summary, field, ip_count, maturity, is_key, registration_no,
             collected_on, disputed, classified, co_owner_consent, rights_since, version, external_ref, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        "#,
        achievement.id.as_uuid(),
        achievement.number,
        achievement.owner.as_str(),
        achievement.title,
        achievement.summary,
        achievement.field,
        achievement.ip_count,
        achievement.maturity,
        achievement.is_key,
        achievement.registration,
        achievement.collected_on.to_sqlx(),
        achievement.rights.disputed,
        achievement.rights.classified,
        achievement.rights.co_owner.as_str(),
        achievement.rights_since.to_sqlx(),
        achievement.version,
        external_ref,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| {
        let taken = |field| Failure::new(&reason::DUPLICATE_ACHIEVEMENT).on(field);
        match () {
            () if violates(&error, "achievement_no_key") => taken("achievement_no"),
            () if violates(&error, "achievement_title_key") => taken("title"),
            () => db(error),
        }
    })?;
    insert_rights(tx, achievement).await
}

/// Writes the rights as they are stated now, and the statement.
pub(crate) async fn write_rights(tx: &mut Tx, achievement: &Achievement) -> Result<(), Failure> {
    let result = sqlx::query!(
        r#"
        update commissioner.achievement
        set disputed = $2, classified = $3, co_owner_consent = $4, rights_since = $5, version = $6
        where id = $1 and version + 1 = $6
        "#,
        achievement.id.as_uuid(),
        achievement.rights.disputed,
        achievement.rights.classified,
        achievement.rights.co_owner.as_str(),
        achievement.rights_since.to_sqlx(),
        achievement.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(result)?;
    insert_rights(tx, achievement).await
}

async fn insert_rights(tx: &mut Tx, achievement: &Achievement) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    sqlx::query!(
        r#"
        insert into commissioner.achievement_rights
            (achievement_id, version, disputed, classified, co_owner_consent, effective_on, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        "#,
        achievement.id.as_uuid(),
        achievement.version,
        achievement.rights.disputed,
        achievement.rights.classified,
        achievement.rights.co_owner.as_str(),
        achievement.rights_since.to_sqlx(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
