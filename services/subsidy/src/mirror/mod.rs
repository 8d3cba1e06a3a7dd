//! What is followed from the registry's feed: organisations with dated status, qualifications with assessments,
//! corrected accounts, and the calendar in force. Its own tables, so that a match reads no other service.

pub mod model;
pub(crate) mod store;

use std::collections::BTreeMap;

use canopy_kernel::{DayKind, Failure};
use canopy_persistence::Tx;

use crate::payment;
use model::{Assessed, Correction, Fact, Qualification, Subject};

/// Takes the facts of a batch of events. Of several about one thing the later one counts, so one statement per table
/// writes them all.
pub(crate) async fn apply(tx: &mut Tx, facts: &[Fact]) -> Result<(), Failure> {
    let mut latest = Latest::default();
    for fact in facts {
        latest.take(fact);
    }
    store::put_subjects(tx, latest.subjects.values()).await?;
    store::put_statuses(tx, latest.statuses.values()).await?;
    store::put_qualifications(tx, latest.qualifications.values()).await?;
    store::put_assessments(tx, latest.assessments.values()).await?;
    if let Some((set, days)) = latest.calendar {
        store::replace_calendar(tx, set, days).await?;
    }
    if !latest.corrections.is_empty() {
        store::put_corrections(tx, latest.corrections.values()).await?;
        payment::await_corrections(tx, latest.corrections.into_values()).await?;
    }
    Ok(())
}

/// The facts of a batch by what they are about.
#[derive(Default)]
struct Latest<'f> {
    subjects: BTreeMap<&'f str, &'f Subject>,
    statuses: BTreeMap<(&'f str, jiff::civil::Date), &'f Subject>,
    qualifications: BTreeMap<uuid::Uuid, &'f Qualification>,
    assessments: BTreeMap<(uuid::Uuid, jiff::civil::Date), &'f Assessed>,
    corrections: BTreeMap<(&'f str, jiff::civil::Date), &'f Correction>,
    calendar: Option<(&'f str, &'f [(jiff::civil::Date, DayKind)])>,
}

impl<'f> Latest<'f> {
    fn take(&mut self, fact: &'f Fact) {
        match fact {
            Fact::Subject(subject) => {
                self.subjects.insert(&subject.uscc, subject);
                self.statuses.insert((&subject.uscc, subject.status_since), subject);
            }
            Fact::Qualification(qualification, assessed) => {
                self.qualifications.insert(qualification.id.as_uuid(), qualification);
                if let Some(assessed) = assessed {
                    self.assessments
                        .insert((assessed.qualification.as_uuid(), assessed.assessed_on), assessed);
                }
            }
            Fact::Correction(correction) => {
                self.corrections.insert((&correction.uscc, correction.effective_on), correction);
            }
            Fact::Calendar(set, days) => self.calendar = Some((set, days)),
        }
    }
}
