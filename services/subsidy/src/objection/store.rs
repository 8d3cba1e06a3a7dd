//! SQL of objections. Who objects, how to reach them and what they say stand encrypted.

mod publicity;

use std::collections::HashMap;

use canopy_kernel::id::{CandidateId, ObjectionId, RunId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{Sealed, Store, Tx, db, ensure_one, violates};
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;
use uuid::Uuid;

use super::File;
use super::model::{Objection, State};

pub(crate) use publicity::{in_publicity, latest_last_day};

struct Row {
    id: Uuid,
    objection_no: String,
    policy_code: String,
    uscc: String,
    filed_on: jiff_sqlx::Date,
    accepted: bool,
    outcome: Option<String>,
    closed_on: Option<jiff_sqlx::Date>,
    version: i64,
    objector_cipher: Option<Vec<u8>>,
    objector_key_id: Option<String>,
}

impl Row {
    /// The objection, and who objects.
    fn open(self, store: &Store) -> Result<(Objection, String), Failure> {
        let objector = match self.objector_cipher.zip(self.objector_key_id) {
            Some((cipher, key_id)) => store.crypt().unseal(&Sealed { cipher, key_id })?,
            None => String::new(),
        };
        let closed_on = self.closed_on.map(|day| day.to_jiff());
        let objection = Objection {
            id: ObjectionId::new(self.id),
            objection_no: self.objection_no,
            policy_code: self.policy_code,
            uscc: self.uscc,
            filed_on: self.filed_on.to_jiff(),
            state: State::from_stored(self.accepted, self.outcome.as_deref(), closed_on),
            version: self.version,
        };
        Ok((objection, objector))
    }
}

/// Writes a new objection.
pub(crate) async fn insert(tx: &mut Tx, objection: &Objection, words: &File) -> Result<(), Failure> {
    let recorded_at = tx.recorded_at();
    let crypt = tx.crypt();
    let seal = |value: &str| {
        let sealed = Some(value).filter(|value| !value.is_empty()).map(|value| crypt.seal(value));
        sealed.map(|it| (it.cipher, it.key_id)).unzip()
    };
    let (objector_cipher, objector_key_id): (Option<Vec<u8>>, Option<String>) = seal(&words.objector);
    let (contact_cipher, contact_key_id): (Option<Vec<u8>>, Option<String>) = seal(&words.contact);
    let (words_cipher, words_key_id): (Option<Vec<u8>>, Option<String>) = seal(&words.words);
    sqlx::query!(
        r#"
        insert into subsidy.objection
            (id, objection_no, policy_code, uscc, filed_on, accepted, objector_cipher, objector_key_id,
             contact_cipher, contact_key_id, words_cipher, words_key_id, closing_reason, version, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 1, $13)
        "#,
        objection.id.as_uuid(),
        objection.objection_no,
        objection.policy_code,
        objection.uscc,
        objection.filed_on.to_sqlx(),
        objection.state.is_accepted(),
        objector_cipher,
        objector_key_id,
        contact_cipher,
        contact_key_id,
        words_cipher,
        words_key_id,
        recorded_at.to_sqlx(),
    )
    .execute(tx.conn())
    .await
    .map_err(|error| match violates(&error, "objection_no_key") {
        true => Failure::new(&reason::DUPLICATE_OBJECTION).on("objection_no"),
        false => db(error),
    })?;
    Ok(())
}

/// Writes the runs and entries that an objection concerns.
pub(crate) async fn insert_runs(
    tx: &mut Tx,
    objection: ObjectionId,
    entries: &[(RunId, CandidateId)],
) -> Result<(), Failure> {
    let runs: Vec<Uuid> = entries.iter().map(|(run, _)| run.as_uuid()).collect();
    let candidates: Vec<Uuid> = entries.iter().map(|(_, candidate)| candidate.as_uuid()).collect();
    sqlx::query!(
        r#"
        insert into subsidy.objection_run (objection_id, run_id, candidate_id)
        select $1, r.run_id, r.candidate_id
        from unnest($2::uuid[], $3::uuid[]) as r (run_id, candidate_id)
        "#,
        objection.as_uuid(),
        &runs,
        &candidates,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    Ok(())
}

/// Reads an objection for a write.
pub(crate) async fn lock(tx: &mut Tx, objection_no: &str) -> Result<Objection, Failure> {
    let row = sqlx::query_as!(
        Row,
        r#"
        select id, objection_no, policy_code, uscc, filed_on, accepted, outcome, closed_on, version,
               objector_cipher, objector_key_id
        from subsidy.objection
        where objection_no = $1
        for update
        "#,
        objection_no,
    )
    .fetch_optional(tx.conn())
    .await
    .map_err(db)?;
    let row = row.ok_or_else(|| Failure::new(&reason::UNKNOWN_OBJECTION).on("objection_no"))?;
    row.open(tx.store()).map(|(objection, _)| objection)
}

/// Who objects; empty for an anonymous objection, or one that was only validated.
pub(crate) async fn objector(store: &Store, objection_no: &str) -> Result<String, Failure> {
    let row = sqlx::query!(
        "select objector_cipher, objector_key_id from subsidy.objection where objection_no = $1",
        objection_no,
    )
    .fetch_optional(store.pool())
    .await
    .map_err(db)?;
    match row.and_then(|row| row.objector_cipher.zip(row.objector_key_id)) {
        Some((cipher, key_id)) => store.crypt().unseal(&Sealed { cipher, key_id }),
        None => Ok(String::new()),
    }
}

/// Writes how an objection was closed, guarded by the version before.
pub(crate) async fn update(tx: &mut Tx, objection: &Objection, why: &str) -> Result<(), Failure> {
    let (outcome, closed_on) = match objection.state {
        State::Closed { outcome, on } => (Some(outcome.as_str()), Some(on)),
        _ => (None, None),
    };
    let written = sqlx::query!(
        r#"
        update subsidy.objection
        set outcome = $2, closed_on = $3, closing_reason = $4, version = $5
        where id = $1 and version + 1 = $5
        "#,
        objection.id.as_uuid(),
        outcome,
        closed_on.map(|day| day.to_sqlx()) as _,
        why,
        objection.version,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?;
    ensure_one(written)
}

/// The runs and entries that an objection concerns, oldest first.
pub(crate) async fn entries(
    conn: &mut PgConnection,
    objection: ObjectionId,
) -> Result<Vec<(RunId, CandidateId)>, Failure> {
    let rows = sqlx::query!(
        "select run_id, candidate_id from subsidy.objection_run where objection_id = $1 order by run_id",
        objection.as_uuid(),
    )
    .fetch_all(conn)
    .await
    .map_err(db)?;
    Ok(rows.into_iter().map(|row| (RunId::new(row.run_id), CandidateId::new(row.candidate_id))).collect())
}

/// Objections to a policy's lists (empty = all) behind a number, ordered by number, with who objects.
pub(crate) async fn list(
    store: &Store,
    policy_code: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(Objection, String)>, Failure> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id, objection_no, policy_code, uscc, filed_on, accepted, outcome, closed_on, version,
               objector_cipher, objector_key_id
        from subsidy.objection
        where ($1 = '' or policy_code = $1) and objection_no > $2
        order by objection_no
        limit $3
        "#,
        policy_code,
        after,
        limit,
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    rows.into_iter().map(|row| row.open(store)).collect()
}

/// The runs that those objections concern.
pub(crate) async fn runs_of(
    store: &Store,
    objections: &[Uuid],
) -> Result<HashMap<Uuid, Vec<RunId>>, Failure> {
    let rows = sqlx::query!(
        "select objection_id, run_id from subsidy.objection_run where objection_id = any($1) order by run_id",
        objections,
    )
    .fetch_all(store.pool())
    .await
    .map_err(db)?;
    let mut runs: HashMap<Uuid, Vec<RunId>> = HashMap::new();
    for row in rows {
        runs.entry(row.objection_id).or_default().push(RunId::new(row.run_id));
    }
    Ok(runs)
}
