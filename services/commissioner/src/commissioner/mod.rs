//! Commissioners and their postings: entered, ended, counted.

pub mod model;
pub(crate) mod rpc;
pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use canopy_kernel::id::{CommissionerId, PostId};
use canopy_kernel::{Failure, reason};
use canopy_persistence::{FreshRow, RowOutcome, Transition, Tx};
use jiff::civil::Date;

use crate::edge::guard;
use crate::event;
use model::{Commissioner, Place, Post, Service, Side};

/// A commissioner as a row states him.
#[derive(Clone, Debug)]
pub(crate) struct NewCommissioner {
    /// The bureau's own number.
    pub number: String,
    /// Name of the person.
    pub person_name: String,
    /// Who sends him out.
    pub side: Side,
    /// His service.
    pub service: Service,
}

/// Enters the commissioners of one piece, in their order. A number is used once (R1).
pub(crate) async fn enter(
    tx: &mut Tx,
    rows: &[FreshRow<NewCommissioner>],
) -> Result<Vec<RowOutcome>, Failure> {
    let numbers: Vec<String> = rows.iter().map(|row| row.value.number.clone()).collect();
    let mut used: BTreeSet<String> = store::known(tx.conn(), &numbers).await?.into_keys().collect();
    let recorded_at = tx.recorded_at();
    let mut entered = Vec::new();
    let outcomes = rows
        .iter()
        .map(|row| {
            let new = &row.value;
            let result = match used.insert(new.number.clone()) {
                true => {
                    let id = CommissionerId::at(recorded_at);
                    let (number, side, service) = (new.number.clone(), new.side, new.service);
                    entered.push((Commissioner { id, number, side, service, version: 1 }, &new.person_name));
                    Ok(id.to_string())
                }
                false => Err(Failure::new(&reason::DUPLICATE_COMMISSIONER).on("commissioner_no")),
            };
            RowOutcome { index: row.index, result }
        })
        .collect();
    store::insert(tx, &entered).await?;
    for (commissioner, _) in &entered {
        tell(tx, commissioner, "", "SERVING", "IMPORT", commissioner.service.recruited_on);
    }
    Ok(outcomes)
}

/// A posting as a row states it.
#[derive(Clone, Debug)]
pub(crate) struct NewPost {
    /// The commissioner's number.
    pub number: String,
    /// Where.
    pub place: Place,
    /// First day.
    pub from_on: Date,
    /// Last day; `None` = open.
    pub to_on: Option<Date>,
}

/// Enters the postings of one piece, in their order.
pub(crate) async fn post(tx: &mut Tx, rows: &[FreshRow<NewPost>]) -> Result<Vec<RowOutcome>, Failure> {
    let numbers: Vec<String> = rows.iter().map(|row| row.value.number.clone()).collect();
    let known = store::known(tx.conn(), &numbers).await?;
    let ids: Vec<CommissionerId> = known.values().map(|it| it.id).collect();
    let mut taken: BTreeSet<(CommissionerId, String, Date)> = store::posts(tx.conn(), &ids)
        .await?
        .into_iter()
        .map(|(commissioner, post)| (commissioner, post.place.code(), post.from_on))
        .collect();
    let recorded_at = tx.recorded_at();
    let mut entered = Vec::new();
    let outcomes = rows
        .iter()
        .map(|row| {
            let new = &row.value;
            let result = posted(&known, &mut taken, new).map(|commissioner| {
                let id = PostId::at(recorded_at);
                let (place, from_on, to_on) = (new.place.clone(), new.from_on, new.to_on);
                entered.push((commissioner, Post { id, place, from_on, to_on }));
                id.to_string()
            });
            RowOutcome { index: row.index, result }
        })
        .collect();
    store::insert_posts(tx, &entered).await?;
    for (commissioner, post) in &entered {
        tx.audit(Transition {
            aggregate: commissioner.to_string(),
            from: "SERVING".to_owned(),
            to: "SERVING".to_owned(),
            reason: format!("POSTED {}", post.place.code()),
            rule_version: String::new(),
            effective_on: post.from_on,
        });
    }
    Ok(outcomes)
}

fn posted(
    known: &BTreeMap<String, Commissioner>,
    taken: &mut BTreeSet<(CommissionerId, String, Date)>,
    new: &NewPost,
) -> Result<CommissionerId, Failure> {
    let commissioner = known.get(&new.number).ok_or_else(|| unknown(&new.number))?;
    match taken.insert((commissioner.id, new.place.code(), new.from_on)) {
        true => Ok(commissioner.id),
        false => Err(Failure::new(&reason::DUPLICATE_POSTING).on("post_ref")),
    }
}

/// An order to end a commissioner's service.
#[derive(Debug)]
pub(crate) struct End {
    /// The commissioner's number.
    pub number: String,
    /// Last day of service.
    pub last: Date,
    /// Why, in words.
    pub reason: String,
    /// Version that the caller has read; empty = any.
    pub etag: String,
}

/// Ends a commissioner's service, and with it his open postings.
pub(crate) async fn end(tx: &mut Tx, command: &End) -> Result<Commissioner, Failure> {
    let mut known = store::known(tx.conn(), std::slice::from_ref(&command.number)).await?;
    let before = known.remove(&command.number).ok_or_else(|| unknown(&command.number))?;
    guard(&command.etag, before.version)?;
    let after =
        Commissioner { service: before.service.end(command.last)?, version: before.version + 1, ..before };
    store::write_end(tx, &after).await?;
    tell(tx, &after, "SERVING", "ENDED", &command.reason, command.last);
    Ok(after)
}

/// No commissioner of that number.
pub(crate) fn unknown(number: &str) -> Failure {
    Failure::new(&reason::UNKNOWN_COMMISSIONER).on("commissioner_no").with("commissioner_no", number)
}

fn tell(tx: &mut Tx, commissioner: &Commissioner, from: &str, to: &str, reason: &str, day: Date) {
    tx.audit(Transition {
        aggregate: commissioner.id.to_string(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: reason.to_owned(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::commissioner_changed(tx, commissioner, day);
}
