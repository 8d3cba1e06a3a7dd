//! SQL of payment accounts. Payee name and number stand encrypted; equal names have equal blind indexes.

use canopy_kernel::id::{AccountId, SubjectId};
use canopy_kernel::{Failure, Uscc, reason};
use canopy_persistence::{Crypt, Sealed, Store, Tx, db, violates};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use uuid::Uuid;

use super::model::{Account, AccountData, Correction};
use crate::subject::store::NAME;

/// Puts the first accounts of subjects on file; they hold from the beginning.
pub(crate) async fn insert_first(tx: &mut Tx, rows: &[(SubjectId, &AccountData)]) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let crypt = tx.crypt();
    let ids: Vec<Uuid> = rows.iter().map(|_| AccountId::at(recorded_at).as_uuid()).collect();
    let subjects: Vec<Uuid> = rows.iter().map(|(subject, _)| subject.as_uuid()).collect();
    let banks: Vec<&str> = rows.iter().map(|(_, data)| data.bank.as_str()).collect();
    let blinds: Vec<Vec<u8>> =
        rows.iter().map(|(_, data)| crypt.blind_index(NAME, &data.name).to_vec()).collect();
    let (names, name_keys) = columns(rows.iter().map(|(_, data)| crypt.seal(&data.name)));
    let (numbers, number_keys) = columns(rows.iter().map(|(_, data)| crypt.seal(&data.number)));
    sqlx::query!(
        r#"
        insert into registry.account
            (id, subject_id, effective_on, bank, name_cipher, name_key_id, name_blind, number_cipher,
             number_key_id, recorded_at)
        select r.id, r.subject_id, null, r.bank, r.name_cipher, r.name_key_id, r.name_blind, r.number_cipher,
               r.number_key_id, $1
        from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::bytea[], $8::bytea[],
                    $9::text[])
            as r (id, subject_id, bank, name_cipher, name_key_id, name_blind, number_cipher, number_key_id)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &subjects,
        &banks as _,
        &names,
        &name_keys,
        &blinds,
        &numbers,
        &number_keys,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

fn columns(sealed: impl Iterator<Item = Sealed>) -> (Vec<Vec<u8>>, Vec<String>) {
    sealed.map(|it| (it.cipher, it.key_id)).unzip()
}

/// Puts a corrected account on file. Returns whether its payee name is the registered name.
pub(crate) async fn insert_correction(
    tx: &mut Tx,
    id: AccountId,
    subject: SubjectId,
    correction: &Correction,
) -> Result<bool, Failure> {
    let recorded_at = tx.recorded_at();
    let data = &correction.data;
    let (name, number) = (tx.crypt().seal(&data.name), tx.crypt().seal(&data.number));
    let blind = tx.crypt().blind_index(NAME, &data.name);
    sqlx::query_scalar!(
        r#"
        insert into registry.account
            (id, subject_id, effective_on, bank, name_cipher, name_key_id, name_blind, number_cipher,
             number_key_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        returning name_blind = (select title_blind from registry.subject where id = $2) as "matches!"
        "#,
        id.as_uuid(),
        subject.as_uuid(),
        correction.effective_on.to_sqlx(),
        data.bank,
        name.cipher,
        name.key_id,
        blind.as_slice(),
        number.cipher,
        number.key_id,
        recorded_at.to_sqlx(),
    )
    .fetch_one(tx.conn())
    .await
    .map_err(|error| match violates(&error, "account_day_key") {
        true => Failure::new(&reason::DUPLICATE_CORRECTION).on("effective_on"),
        false => db(error),
    })
}

/// The accounts of those payees that hold on a day; payees without one are left out.
pub(crate) async fn in_force(store: &Store, codes: &[String], day: Date) -> Result<Vec<Account>, Failure> {
    let rows = sqlx::query!(
        r#"
        select a.id, s.uscc as "uscc!", a.effective_on, a.bank, a.name_cipher, a.name_key_id, a.number_cipher,
               a.number_key_id, a.name_blind = s.title_blind as "matches!"
        from registry.subject s
        cross join lateral (
            select id, effective_on, bank, name_cipher, name_key_id, name_blind, number_cipher, number_key_id
            from registry.account
            where subject_id = s.id and (effective_on is null or effective_on <= $2)
            order by effective_on desc nulls last
            limit 1
        ) a
        where s.uscc = any($1)
        "#,
        codes,
        day.to_sqlx(),
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    let crypt: &Crypt = store.crypt();
    rows.into_iter()
        .map(|row| {
            let name = Sealed { cipher: row.name_cipher, key_id: row.name_key_id };
            let number = Sealed { cipher: row.number_cipher, key_id: row.number_key_id };
            Ok(Account {
                id: AccountId::new(row.id),
                uscc: Uscc::from_stored(&row.uscc)?,
                data: AccountData {
                    name: crypt.unseal(&name)?,
                    bank: row.bank,
                    number: crypt.unseal(&number)?,
                },
                name_matches: row.matches,
                effective_on: row.effective_on.map(|day| day.to_jiff()),
            })
        })
        .collect()
}
