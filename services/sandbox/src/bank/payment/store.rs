//! Instructions and entries in the book.

use std::ops::Bound;

use jiff::civil::Date;
use redb::{ReadTransaction, ReadableTable as _, WriteTransaction};

use super::model::{Booking, Entry, Instruction, Reference, State, book};
use crate::bank::store::{ENTRIES, INSTRUCTIONS, Kept, decode, encode, next_number};
use crate::bank::switch;

/// A page of a day's statement, with the entries' numbers.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<(u64, Entry)>,
    pub(crate) complete: bool,
}

/// Books what is new and answers the rest as before, in order.
pub(crate) fn submit(transaction: &WriteTransaction, instructions: &[Instruction]) -> Kept<Vec<State>> {
    instructions.iter().map(|instruction| submit_one(transaction, instruction)).collect()
}

fn submit_one(transaction: &WriteTransaction, instruction: &Instruction) -> Kept<State> {
    let mut kept = transaction.open_table(INSTRUCTIONS)?;
    let known =
        kept.get(instruction.id.as_str())?.map(|record| decode::<Booking>(record.value())).transpose()?;
    if let Some(booking) = known {
        return Ok(booking.answer(&instruction.body));
    }
    let bounce = switch::store::take_script(transaction, instruction)?;
    let reference = Reference(next_number(transaction, "reference")?);
    let (booking, entry) = book(instruction, reference, bounce);
    kept.insert(instruction.id.as_str(), encode(&booking)?.as_slice())?;
    append(transaction, &entry)?;
    Ok(booking.answer(&instruction.body))
}

/// Puts an entry at the end of its day. Entries are numbered per day without gaps and never move.
fn append(transaction: &WriteTransaction, entry: &Entry) -> Kept<()> {
    let mut entries = transaction.open_table(ENTRIES)?;
    let day = entry.value_date.to_string();
    let last = match entries.range((day.as_str(), 0)..=(day.as_str(), u64::MAX))?.next_back() {
        Some(last) => last?.0.value().1,
        None => 0,
    };
    entries.insert((day.as_str(), last + 1), encode(entry)?.as_slice())?;
    Ok(())
}

/// The states on the asker's day, in the order of the ids.
pub(crate) fn states(transaction: &ReadTransaction, ids: &[String], today: Date) -> Kept<Vec<State>> {
    let kept = transaction.open_table(INSTRUCTIONS)?;
    ids.iter()
        .map(|id| match kept.get(id.as_str())? {
            Some(record) => Ok(decode::<Booking>(record.value())?.state_on(today)),
            None => Ok(State::Unknown),
        })
        .collect()
}

/// The entries of a day behind a number, at most `size`.
pub(crate) fn statement(transaction: &ReadTransaction, day: Date, after: u64, size: usize) -> Kept<Page> {
    let kept = transaction.open_table(ENTRIES)?;
    let day = day.to_string();
    let behind = (Bound::Excluded((day.as_str(), after)), Bound::Included((day.as_str(), u64::MAX)));
    let mut rows = kept.range::<(&str, u64)>(behind)?;
    let mut entries = Vec::new();
    for row in rows.by_ref().take(size) {
        let (key, record) = row?;
        entries.push((key.value().1, decode(record.value())?));
    }
    let complete = rows.next().transpose()?.is_none();
    Ok(Page { entries, complete })
}
