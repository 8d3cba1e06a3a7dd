//! One level at a time (`RULES.md` R8): a higher level ends the lower from its own day; a municipal recognition
//! of someone who holds a higher level is refused; and a number is recorded once.

use canopy_kernel::id::{QualificationId, SubjectId};
use canopy_kernel::{Failure, reason};
use jiff::civil::Date;

use super::model::{Grant, Qualification, QualificationLevel};

/// What a holder has of one kind, as the rows so far left it.
#[derive(Clone, Debug, Default)]
pub struct Held {
    rows: Vec<Qualification>,
    /// Rows before this one stood in the register already.
    recorded: usize,
    ended: Vec<usize>,
}

impl Held {
    /// What stands in the register.
    pub fn new(rows: Vec<Qualification>) -> Self {
        let recorded = rows.len();
        Self { rows, recorded, ended: Vec::new() }
    }

    /// Takes a further grant of this holder and kind, or says why not.
    pub fn admit(&mut self, id: QualificationId, subject: SubjectId, grant: Grant) -> Result<(), Failure> {
        if self.rows.iter().any(|held| held.grant.number == grant.number) {
            return Err(Failure::new(&reason::DUPLICATE_QUALIFICATION).on("number"));
        }
        if self.rows.iter().any(|held| bars(&held.grant, &grant)) {
            return Err(Failure::new(&reason::HIGHER_LEVEL_HELD).on("level"));
        }
        if let Some(day) = grant.granted_on {
            for (index, held) in self.rows.iter_mut().enumerate() {
                if held.grant.level < grant.level && end(held, day) && index < self.recorded {
                    self.ended.push(index);
                }
            }
        }
        let superseded_on = self.superseded_on(&grant);
        self.rows.push(Qualification { id, subject, grant, superseded_on, version: 1 });
        Ok(())
    }

    /// The day from which a higher level that is held already ends the grant.
    fn superseded_on(&self, grant: &Grant) -> Option<Date> {
        let granted_on = grant.granted_on?;
        let higher = self.rows.iter().filter(|held| held.grant.level > grant.level && grant.level.is_some());
        higher.filter_map(|held| held.grant.granted_on).min().map(|day| day.max(granted_on))
    }

    /// The rows that were taken, as they stand now.
    pub fn taken(&self) -> &[Qualification] {
        &self.rows[self.recorded..]
    }

    /// Rows of the register that were ended, as they stand now.
    pub fn ended(&self) -> impl Iterator<Item = &Qualification> {
        self.ended.iter().map(|index| &self.rows[*index])
    }
}

/// Whether a held recognition keeps the holder from a municipal one.
fn bars(held: &Grant, new: &Grant) -> bool {
    let (Some(held_from), Some(new_from)) = (held.granted_on, new.granted_on) else { return false };
    new.level == Some(QualificationLevel::Municipal)
        && held.level > new.level
        && held_from <= new_from
        && held.revoked_on.is_none_or(|revoked| revoked > new_from)
}

/// Ends a lower level on the day of the higher one, or on its own when that is later. True when that is news.
fn end(lower: &mut Qualification, day: Date) -> bool {
    let (Some(granted_on), Some(_)) = (lower.grant.granted_on, lower.grant.level) else { return false };
    let day = day.max(granted_on);
    let news = lower.superseded_on.is_none_or(|before| day < before);
    if news {
        lower.superseded_on = Some(day);
        lower.version += 1;
    }
    news
}

#[cfg(test)]
mod tests;
