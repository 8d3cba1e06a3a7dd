//! SQL of instructions to the bank and of the statement's entries. What was sent is kept whole before it is sent:
//! payee name and account number encrypted.

use std::collections::{HashMap, HashSet};

use canopy_kernel::id::{InstructionId, PaymentLineId, StatementEntryId};
use canopy_kernel::{Failure, Fen};
use canopy_persistence::{Sealed, Store, Tx, db};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::registry::Account;

/// An instruction as it is sent, word for word each time.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub id: InstructionId,
    pub line: PaymentLineId,
    pub uscc: String,
    pub policy_code: String,
    pub amount: Fen,
    pub value_date: Date,
    pub payee_name: String,
    pub payee_bank: String,
    pub account_no: String,
}

/// An instruction to assign to a line.
pub(crate) struct NewAttempt<'a> {
    pub id: InstructionId,
    pub line: PaymentLineId,
    pub attempt_no: i32,
    pub value_date: Date,
    pub account: &'a Account,
}

/// Keeps instructions before the bank is called.
pub(crate) async fn insert(tx: &mut Tx, rows: &[NewAttempt<'_>]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let crypt = tx.crypt();
    let sealed = |pick: fn(&Account) -> &str| -> (Vec<Vec<u8>>, Vec<String>) {
        rows.iter().map(|row| crypt.seal(pick(row.account))).map(|it| (it.cipher, it.key_id)).unzip()
    };
    let (names, name_keys) = sealed(|account| &account.name);
    let (numbers, number_keys) = sealed(|account| &account.number);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let lines: Vec<Uuid> = rows.iter().map(|row| row.line.as_uuid()).collect();
    let attempt_nos: Vec<i32> = rows.iter().map(|row| row.attempt_no).collect();
    let days: Vec<jiff_sqlx::Date> = rows.iter().map(|row| row.value_date.to_sqlx()).collect();
    let banks: Vec<String> = rows.iter().map(|row| row.account.bank.clone()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.payment_attempt
            (id, line_id, attempt_no, value_date, payee_name_cipher, payee_name_key_id, payee_bank,
             account_no_cipher, account_no_key_id, treasury_ref, bank_reason, recorded_at)
        select r.id, r.line_id, r.attempt_no, r.value_date, r.payee_name_cipher, r.payee_name_key_id, r.payee_bank,
               r.account_no_cipher, r.account_no_key_id, '', '', $1
        from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::date[], $6::bytea[], $7::text[], $8::text[],
                    $9::bytea[], $10::text[])
            as r (id, line_id, attempt_no, value_date, payee_name_cipher, payee_name_key_id, payee_bank,
                  account_no_cipher, account_no_key_id)
        "#,
        recorded_at.to_sqlx(),
        &ids,
        &lines,
        &attempt_nos,
        &days,
        &names,
        &name_keys,
        &banks,
        &numbers,
        &number_keys,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// The instructions as they are sent, opened.
pub(crate) async fn bodies(store: &Store, ids: &[Uuid]) -> Result<Vec<Attempt>, Failure> {
    let rows = sqlx::query!(
        r#"
        select a.id, a.line_id, a.value_date, a.payee_name_cipher, a.payee_name_key_id, a.payee_bank,
               a.account_no_cipher, a.account_no_key_id, l.uscc, l.policy_code, l.amount_fen
        from subsidy.payment_attempt as a
        join subsidy.payment_line as l on l.id = a.line_id
        where a.id = any($1)
        order by a.id
        "#,
        ids,
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let name = Sealed { cipher: row.payee_name_cipher, key_id: row.payee_name_key_id };
            let number = Sealed { cipher: row.account_no_cipher, key_id: row.account_no_key_id };
            Ok(Attempt {
                id: InstructionId::new(row.id),
                line: PaymentLineId::new(row.line_id),
                uscc: row.uscc,
                policy_code: row.policy_code,
                amount: Fen::new(row.amount_fen)?,
                value_date: row.value_date.to_jiff(),
                payee_name: store.crypt().unseal(&name)?,
                payee_bank: row.payee_bank,
                account_no: store.crypt().unseal(&number)?,
            })
        })
        .collect()
}

/// What the bank said of an instruction, as it is kept with it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub id: InstructionId,
    pub treasury_ref: String,
    pub bank_reason: String,
    pub credited_on: Option<Date>,
    pub returned_on: Option<Date>,
}

/// Keeps what the bank said; what it said before stays where it says nothing new.
pub(crate) async fn update(tx: &mut Tx, rows: &[Said]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let references: Vec<String> = rows.iter().map(|row| row.treasury_ref.clone()).collect();
    let reasons: Vec<String> = rows.iter().map(|row| row.bank_reason.clone()).collect();
    let day = |pick: fn(&Said) -> Option<Date>| -> Vec<Option<jiff_sqlx::Date>> {
        rows.iter().map(|row| pick(row).map(|day| day.to_sqlx())).collect()
    };
    sqlx::query!(
        r#"
        update subsidy.payment_attempt as a
        set treasury_ref = coalesce(nullif(r.treasury_ref, ''), a.treasury_ref),
            bank_reason = coalesce(nullif(r.bank_reason, ''), a.bank_reason),
            credited_on = coalesce(r.credited_on, a.credited_on),
            returned_on = coalesce(r.returned_on, a.returned_on)
        from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::date[])
            as r (id, treasury_ref, bank_reason, credited_on, returned_on)
        where a.id = r.id
        "#,
        &ids,
        &references,
        &reasons,
        &day(|row| row.credited_on) as _,
        &day(|row| row.returned_on) as _,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// An instruction that a statement may name.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub line: PaymentLineId,
    pub amount: Fen,
    pub credited: bool,
    pub returned: bool,
}

/// Those of the instructions that are ours.
pub(crate) async fn known(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, Known>, Failure> {
    let rows = sqlx::query!(
        r#"
        select a.id, a.line_id, l.amount_fen, a.credited_on is not null as "credited!",
               a.returned_on is not null as "returned!"
        from subsidy.payment_attempt as a
        join subsidy.payment_line as l on l.id = a.line_id
        where a.id = any($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    rows.into_iter()
        .map(|row| {
            let line = PaymentLineId::new(row.line_id);
            let amount = Fen::new(row.amount_fen)?;
            Ok((row.id, Known { line, amount, credited: row.credited, returned: row.returned }))
        })
        .collect()
}

/// An entry of the statement as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub id: StatementEntryId,
    pub entry: i64,
    pub kind: &'static str,
    pub attempt: InstructionId,
    pub treasury_ref: String,
    pub amount: Fen,
    pub value_date: Date,
    pub reason: String,
}

/// Instruction and kind of the entries that were booked before.
pub(crate) async fn booked(
    conn: &mut PgConnection,
    attempts: &[Uuid],
) -> Result<HashSet<(Uuid, String)>, Failure> {
    let rows = sqlx::query!(
        "select attempt_id, kind from subsidy.statement_entry where attempt_id = any($1)",
        attempts,
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (row.attempt_id, row.kind)).collect())
}

/// Keeps entries of a day's statement.
pub(crate) async fn insert_entries(tx: &mut Tx, day: Date, rows: &[Entry]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let recorded_at = tx.recorded_at();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id.as_uuid()).collect();
    let entries: Vec<i64> = rows.iter().map(|row| row.entry).collect();
    let kinds: Vec<String> = rows.iter().map(|row| row.kind.to_owned()).collect();
    let attempts: Vec<Uuid> = rows.iter().map(|row| row.attempt.as_uuid()).collect();
    let references: Vec<String> = rows.iter().map(|row| row.treasury_ref.clone()).collect();
    let amounts: Vec<i64> = rows.iter().map(|row| row.amount.get()).collect();
    let days: Vec<jiff_sqlx::Date> = rows.iter().map(|row| row.value_date.to_sqlx()).collect();
    let reasons: Vec<String> = rows.iter().map(|row| row.reason.clone()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.statement_entry
            (id, day, entry, kind, attempt_id, treasury_ref, amount_fen, value_date, reason, recorded_at)
        select r.id, $1, r.entry, r.kind, r.attempt_id, r.treasury_ref, r.amount_fen, r.value_date, r.reason, $2
        from unnest($3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::text[], $8::bigint[], $9::date[],
                    $10::text[])
            as r (id, entry, kind, attempt_id, treasury_ref, amount_fen, value_date, reason)
        "#,
        day.to_sqlx(),
        recorded_at.to_sqlx(),
        &ids,
        &entries,
        &kinds,
        &attempts,
        &references,
        &amounts,
        &days,
        &reasons,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}
