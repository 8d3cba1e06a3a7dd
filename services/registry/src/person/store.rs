//! SQL of persons. Names and passport numbers stand encrypted; a number is found by its blind index.

use canopy_kernel::id::SubjectId;
use canopy_kernel::{Failure, Passport, reason};
use canopy_persistence::{Crypt, Sealed, Tx, db, violates};
use jiff_sqlx::ToSqlx;
use sqlx::PgExecutor;

use super::model::NewPerson;
use crate::subject::store::NAME;

/// Domain of the blind index of passport numbers.
const PASSPORT: &str = "registry.passport";

/// Enters a person.
pub(crate) async fn insert(tx: &mut Tx, id: SubjectId, person: &NewPerson) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let title = tx.crypt().seal(&person.title);
    let blind = tx.crypt().blind_index(NAME, &person.title);
    sqlx::query!(
        r#"
        insert into registry.subject
            (id, kind, title, title_cipher, title_key_id, title_blind, area_code, registered_capital_fen, staff,
             first_loan_record, located_in_city, is_pilot_unit, version, recorded_at)
        values ($1, 'PERSON', '', $2, $3, $4, '', 0, 0, false, false, false, 1, $5)
        "#,
        id.as_uuid(),
        title.cipher,
        title.key_id,
        blind.as_slice(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Puts a passport of a person on file.
pub(crate) async fn insert_passport(tx: &mut Tx, id: SubjectId, passport: &Passport) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let number = tx.crypt().seal(passport.number());
    let blind = tx.crypt().blind_index(PASSPORT, passport.number());
    sqlx::query!(
        r#"
        insert into registry.passport
            (subject_id, nationality, number_cipher, number_key_id, number_blind, recorded_at)
        values ($1, $2, $3, $4, $5, $6)
        "#,
        id.as_uuid(),
        passport.nationality(),
        number.cipher,
        number.key_id,
        blind.as_slice(),
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "passport_pkey") {
        true => Failure::new(&reason::DUPLICATE_PERSON).on("passport"),
        false => db(error),
    })?;
    Ok(())
}

/// The person who shows that passport.
pub(crate) async fn find(
    conn: impl PgExecutor<'_>,
    crypt: &Crypt,
    passport: &Passport,
) -> Result<Option<SubjectId>, Failure> {
    let blind = crypt.blind_index(PASSPORT, passport.number());
    let id = sqlx::query_scalar!(
        "select subject_id from registry.passport where nationality = $1 and number_blind = $2",
        passport.nationality(),
        blind.as_slice(),
    )
    .fetch_optional(conn)
    .await
    .map_err(db)?;
    Ok(id.map(SubjectId::new))
}

/// The name of a person.
pub(crate) async fn title(
    conn: impl PgExecutor<'_>,
    crypt: &Crypt,
    person: SubjectId,
) -> Result<String, Failure> {
    let row = sqlx::query!(
        r#"
        select title_cipher as "cipher!", title_key_id as "key_id!"
        from registry.subject
        where id = $1 and kind = 'PERSON'
        "#,
        person.as_uuid(),
    )
    .fetch_one(conn)
    .await
    .map_err(db)?;
    crypt.unseal(&Sealed { cipher: row.cipher, key_id: row.key_id })
}
