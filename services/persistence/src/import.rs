//! Bulk imports: rows that each stand for themselves, written set-based in one transaction a piece.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use canopy_kernel::{Failure, StoredFailure, reason};
use canopy_platform::{Call, to_rpc_status};
use canopy_proto::common::v1::RowResult;
use futures::future::BoxFuture;
use jiff_sqlx::ToSqlx;
use sqlx::types::Json;
use uuid::Uuid;

use crate::db;
use crate::idempotency::{self, Answer};
use crate::store::{Store, detached, retried};
use crate::turn::{Lanes, Turn};
use crate::tx::Tx;

/// A row as it arrived: its key, its digest, what it was read into, and what it is about.
#[derive(Clone, Debug)]
pub struct ImportRow<T> {
    request_id: String,
    external_ref: String,
    digest: Vec<u8>,
    value: Result<T, Failure>,
    matters: Lanes,
}

impl<T> ImportRow<T> {
    /// The row of a message, read into a value or refused already.
    pub fn of(
        message: &impl prost::Message,
        request_id: &str,
        external_ref: &str,
        value: Result<T, Failure>,
    ) -> ImportRow<T> {
        ImportRow {
            request_id: request_id.to_owned(),
            external_ref: external_ref.to_owned(),
            digest: idempotency::digest(message),
            value,
            matters: Lanes::default(),
        }
    }

    /// States matters that the row is about; what other rows decide about its taking is to be among them. A piece waits
    /// for an earlier one of its stream that has a matter in common. Rows that state none are about one and the same.
    pub fn about<M: Hash, I: IntoIterator<Item = M>>(mut self, matters: impl Fn(&T) -> I) -> Self {
        if let Ok(value) = &self.value {
            matters(value).into_iter().for_each(|matter| self.matters.add(&matter));
        }
        self
    }
}

/// What the rows of a piece are about. A row's key is a matter too, since the first row of a key is the one answered.
fn lanes<T>(rows: &[ImportRow<T>]) -> Lanes {
    let mut lanes = Lanes::default();
    for row in rows {
        if let Ok(id) = idempotency::parse_request_id(&row.request_id) {
            lanes.add(&id);
        }
        match row.matters.is_empty() && row.value.is_ok() {
            true => lanes.add(&()),
            false => lanes.join(&row.matters),
        }
    }
    lanes
}

/// A row that was not answered before and was read without fault.
#[derive(Clone, Debug)]
pub struct FreshRow<T> {
    /// Place in the piece.
    pub index: usize,
    /// The row.
    pub value: T,
}

/// What the work decided about one fresh row.
#[derive(Clone, Debug)]
pub struct RowOutcome {
    /// Place in the piece.
    pub index: usize,
    /// Name of the resource made, or the refusal.
    pub result: Result<String, Failure>,
}

struct Stored {
    digest: Vec<u8>,
    reply: Option<Vec<u8>>,
    refusal: Option<StoredFailure>,
}

impl Store {
    /// Imports one piece when its turn has come: rows answered before get their answer again, the others go to the work
    /// together, in their order, and every row is answered. A refused row leaves its refusal and nothing else.
    pub async fn import<T, W>(
        &self,
        call: &Call,
        name: &'static str,
        turn: Turn,
        rows: Vec<ImportRow<T>>,
        work: W,
    ) -> Result<Vec<RowResult>, Failure>
    where
        T: Clone + Send + Sync + 'static,
        W: for<'t> Fn(&'t mut Tx, Arc<Vec<FreshRow<T>>>) -> BoxFuture<'t, Result<Vec<RowOutcome>, Failure>>
            + Send
            + Sync
            + 'static,
    {
        turn.begin(lanes(&rows)).await?;
        let (store, call, rows) = (self.clone(), call.clone(), Arc::new(rows));
        detached(name, async move {
            let results = retried(name, || store.import_once(&call, rows.clone(), &work)).await?;
            turn.end();
            Ok(results)
        })
        .await
    }

    async fn import_once<T, W>(
        &self,
        call: &Call,
        rows: Arc<Vec<ImportRow<T>>>,
        work: &W,
    ) -> Result<Vec<RowResult>, Failure>
    where
        T: Clone + Send + Sync,
        W: for<'t> Fn(&'t mut Tx, Arc<Vec<FreshRow<T>>>) -> BoxFuture<'t, Result<Vec<RowOutcome>, Failure>>,
    {
        let mut piece = Piece::new(&rows);
        let mut tx = Tx::begin(self, call).await?;
        let stored = answered_before(&mut tx, &piece.ids()).await?;
        piece.recall(&stored);
        let fresh = Arc::new(piece.fresh());
        if !fresh.is_empty() {
            for outcome in work(&mut tx, fresh).await? {
                piece.decide(outcome);
            }
        }
        remember(&mut tx, &piece).await?;
        tx.commit().await?;
        Ok(piece.results())
    }
}

/// A piece on its way: which rows are decided, and how.
struct Piece<'r, T> {
    rows: &'r [ImportRow<T>],
    ids: Vec<Result<Uuid, Failure>>,
    decided: Vec<Option<(Result<String, Failure>, bool)>>,
}

impl<'r, T: Clone> Piece<'r, T> {
    fn new(rows: &'r [ImportRow<T>]) -> Self {
        let ids: Vec<_> = rows.iter().map(|row| idempotency::parse_request_id(&row.request_id)).collect();
        let decided = ids.iter().map(|id| id.as_ref().err().map(|it| (Err(it.clone()), false))).collect();
        Piece { rows, ids, decided }
    }

    fn ids(&self) -> Vec<Uuid> {
        self.ids.iter().filter_map(|id| id.as_ref().ok().copied()).collect()
    }

    /// Repeats the answers given before, and settles an id that stands twice in the piece.
    fn recall(&mut self, stored: &HashMap<Uuid, Stored>) {
        let mut seen: HashMap<Uuid, usize> = HashMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            let Ok(id) = self.ids[index] else { continue };
            if let Some(before) = stored.get(&id) {
                let answer = idempotency::repeated(
                    &row.digest,
                    before.digest.clone(),
                    before.reply.clone(),
                    before.refusal.clone(),
                );
                self.decided[index] = Some((answer.and_then(as_result), true));
            } else if seen.insert(id, index).is_some() {
                self.decided[index] =
                    Some((Err(Failure::new(&reason::REQUEST_ID_REUSED).on("request_id")), true));
            } else if let Err(failure) = &row.value {
                self.decided[index] = Some((Err(failure.clone()), false));
            }
        }
    }

    fn fresh(&self) -> Vec<FreshRow<T>> {
        let open = self.rows.iter().enumerate().filter(|(index, _)| self.decided[*index].is_none());
        open.filter_map(|(index, row)| {
            row.value.as_ref().ok().map(|value| FreshRow { index, value: value.clone() })
        })
        .collect()
    }

    fn decide(&mut self, outcome: RowOutcome) {
        self.decided[outcome.index] = Some((outcome.result, false));
    }

    /// Rows decided now whose answer is to be remembered: place, key, answer.
    fn news(&self) -> impl Iterator<Item = (&ImportRow<T>, Uuid, &Result<String, Failure>)> {
        self.decided.iter().enumerate().filter_map(|(index, decided)| match (decided, &self.ids[index]) {
            (Some((result, false)), Ok(id)) => Some((&self.rows[index], *id, result)),
            _ => None,
        })
    }

    fn results(self) -> Vec<RowResult> {
        let undecided = || (Err(Failure::new(&reason::INTERNAL).because("row left undecided")), false);
        self.rows
            .iter()
            .zip(self.decided)
            .map(|(row, decided)| {
                let (result, repeated_answer) = decided.unwrap_or_else(undecided);
                let (name, refusal) = match result {
                    Ok(name) => (name, None),
                    Err(failure) => (String::new(), Some(to_rpc_status(&failure))),
                };
                RowResult { request_id: row.request_id.clone(), name, refusal, repeated_answer }
            })
            .collect()
    }
}

fn as_result(answer: Answer) -> Result<String, Failure> {
    match answer {
        Answer::Reply(bytes) => {
            String::from_utf8(bytes).map_err(|error| Failure::new(&reason::INTERNAL).because(error))
        }
        Answer::Refusal(failure) => Err(failure),
    }
}

async fn answered_before(tx: &mut Tx, ids: &[Uuid]) -> Result<HashMap<Uuid, Stored>, Failure> {
    let (caller, method) = (tx.actor().caller_key(), tx.call().method().to_owned());
    // One look-up each. For `= any` or a plain join the planner may read all that the caller ever sent, each time.
    let rows = sqlx::query!(
        r#"
        select i.request_id as "request_id!", i.body_digest as "body_digest!", i.reply,
               i.refusal as "refusal: Json<StoredFailure>"
        from unnest($3::uuid[]) as asked (request_id)
        cross join lateral (
            select request_id, body_digest, reply, refusal
            from platform.idempotency
            where caller = $1 and method = $2 and request_id = asked.request_id
            limit 1
        ) i
        "#,
        caller,
        method,
        ids,
    )
    .fetch_all(tx.conn())
    .await
    .map_err(db)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let refusal = row.refusal.map(|it| it.0);
            (row.request_id, Stored { digest: row.body_digest, reply: row.reply, refusal })
        })
        .collect())
}

/// Writes the answers. A key that another transaction took meanwhile undoes the piece, which is tried again and
/// then finds that answer.
async fn remember<T: Clone>(tx: &mut Tx, piece: &Piece<'_, T>) -> Result<(), Failure> {
    let (caller, method) = (tx.actor().caller_key(), tx.call().method().to_owned());
    let recorded_at = tx.recorded_at();
    let mut ids = Vec::new();
    let mut digests = Vec::new();
    let mut replies: Vec<Option<Vec<u8>>> = Vec::new();
    let mut refusals: Vec<Option<serde_json::Value>> = Vec::new();
    let mut refs = Vec::new();
    for (row, id, result) in piece.news() {
        ids.push(id);
        digests.push(row.digest.clone());
        refs.push(row.external_ref.clone());
        replies.push(result.as_ref().ok().map(|name| name.clone().into_bytes()));
        let refusal = result.as_ref().err().map(|failure| serde_json::to_value(failure.to_stored()));
        refusals.push(refusal.transpose().map_err(|error| Failure::new(&reason::INTERNAL).because(error))?);
    }
    if ids.is_empty() {
        return Ok(());
    }
    let written = sqlx::query!(
        r#"
        insert into platform.idempotency
            (caller, method, request_id, body_digest, reply, refusal, external_ref, recorded_at)
        select $1, $2, r.request_id, r.body_digest, r.reply, r.refusal, r.external_ref, $3
        from unnest($4::uuid[], $5::bytea[], $6::bytea[], $7::jsonb[], $8::text[])
            as r (request_id, body_digest, reply, refusal, external_ref)
        on conflict (caller, method, request_id) do nothing
        "#,
        caller,
        method,
        recorded_at.to_sqlx(),
        &ids,
        &digests,
        &replies as _,
        &refusals as _,
        &refs,
    )
    .execute(tx.conn())
    .await
    .map_err(db)?
    .rows_affected();
    if written != u64::try_from(ids.len()).unwrap_or(u64::MAX) {
        return Err(Failure::new(&reason::TRANSACTION_CONFLICT).because("a row was answered meanwhile"));
    }
    Ok(())
}
