//! Scripts and misbehaviours in the book.

use redb::{ReadTransaction, ReadableTable as _, ReadableTableMetadata as _, WriteTransaction};

use super::model::{Asked, Behaviour, KeptScript, Misbehaviour, Script};
use crate::bank::digest::Digest;
use crate::bank::payment::model::{Bounce, Instruction};
use crate::bank::store::{BEHAVIOURS, Kept, REQUESTS, SCRIPTS, decode, encode, next_number};
use canopy_kernel::date;

/// Whether a request id is new, or whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Not seen before; it is remembered now.
    New,
    /// The same request again.
    Repeated,
    /// The id was used for another request.
    Reused,
}

/// Remembers a request id, for ever.
pub(crate) fn remember(transaction: &WriteTransaction, key: &str, body: &Digest) -> Kept<Request> {
    let mut requests = transaction.open_table(REQUESTS)?;
    let known = requests.get(key)?.map(|digest| digest.value() == body.as_str());
    match known {
        Some(true) => Ok(Request::Repeated),
        Some(false) => Ok(Request::Reused),
        None => {
            requests.insert(key, body.as_str())?;
            Ok(Request::New)
        }
    }
}

/// Keeps a script, unless there is one for that payee, purpose and day: used or not, it stays as it is.
pub(crate) fn keep_script(transaction: &WriteTransaction, script: &Script) -> Kept<()> {
    let mut scripts = transaction.open_table(SCRIPTS)?;
    let day = script.bounce.on.to_string();
    let key = (script.payee.as_str(), script.purpose.as_str(), day.as_str());
    if scripts.get(key)?.is_none() {
        let kept = KeptScript { reason: script.bounce.reason.clone(), taken_by: None };
        scripts.insert(key, encode(&kept)?.as_slice())?;
    }
    Ok(())
}

/// The earliest script for the payee and purpose that the instruction falls under and nobody has taken.
pub(crate) fn take_script(transaction: &WriteTransaction, instruction: &Instruction) -> Kept<Option<Bounce>> {
    let mut scripts = transaction.open_table(SCRIPTS)?;
    let (payee, purpose) = (instruction.payee.as_str(), instruction.purpose.as_str());
    let from = instruction.value_date.to_string();
    let mut taken = None;
    for row in scripts.range((payee, purpose, from.as_str())..=(payee, purpose, LAST_DAY))? {
        let (key, record) = row?;
        let day = key.value().2.to_owned();
        let mut script: KeptScript = decode(record.value())?;
        let on = date::parse(&day).map_err(|fault| redb::Error::Corrupted(fault.to_string()))?;
        if let Some(bounce) = script.take(on, &instruction.id) {
            taken = Some((day, script, bounce));
            break;
        }
    }
    let Some((day, script, bounce)) = taken else { return Ok(None) };
    scripts.insert((payee, purpose, day.as_str()), encode(&script)?.as_slice())?;
    Ok(Some(bounce))
}

/// Sorts behind every day in the book.
const LAST_DAY: &str = "9999-12-31";

/// Queues a misbehaviour, unless the same one stands there still.
pub(crate) fn queue(transaction: &WriteTransaction, asked: &Behaviour) -> Kept<()> {
    let mut behaviours = transaction.open_table(BEHAVIOURS)?;
    for row in behaviours.iter()? {
        if decode::<Behaviour>(row?.1.value())?.same_as(asked) {
            return Ok(());
        }
    }
    behaviours.insert(next_number(transaction, "behaviour")?, encode(asked)?.as_slice())?;
    Ok(())
}

/// Whether no misbehaviour stands: then a call needs no write for it.
pub(crate) fn behaves(transaction: &ReadTransaction) -> Kept<bool> {
    Ok(transaction.open_table(BEHAVIOURS)?.is_empty()?)
}

/// The first misbehaviour in the queue that concerns the call, counted down by one.
pub(crate) fn take_behaviour(transaction: &WriteTransaction, asked: Asked) -> Kept<Option<Misbehaviour>> {
    let mut behaviours = transaction.open_table(BEHAVIOURS)?;
    let mut first = None;
    for row in behaviours.iter()? {
        let (place, record) = row?;
        let behaviour: Behaviour = decode(record.value())?;
        if behaviour.misbehaviour.concerns(asked) {
            first = Some((place.value(), behaviour));
            break;
        }
    }
    let Some((place, behaviour)) = first else { return Ok(None) };
    let misbehaviour = behaviour.misbehaviour;
    match behaviour.after_a_call() {
        Some(left) => behaviours.insert(place, encode(&left)?.as_slice())?,
        None => behaviours.remove(place)?,
    };
    Ok(Some(misbehaviour))
}
