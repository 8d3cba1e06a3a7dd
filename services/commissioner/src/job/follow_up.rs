//! The alarm of the follow-up service (跟踪服务, `RULES.md` R5): on the day after the last day to wait it looks whether
//! anything has happened about a key achievement. If not, it tells so, and again after as many months; if so, it looks
//! again when the months since then are over.

use canopy_kernel::Failure;
use canopy_kernel::clock::start_of_day;
use canopy_kernel::id::AchievementId;
use canopy_kernel::period::add_months;
use canopy_persistence::{DueItem, Job, Store, Transition, Tx};
use canopy_platform::Call;
use futures::future::BoxFuture;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::activity;
use crate::event;

/// The dated rows of this job, one a key achievement.
const FOLLOW_UP: &str = "follow_up";

/// The job.
pub(crate) struct FollowUp {
    /// Months that are waited.
    pub months: u32,
}

/// Has a key achievement looked at when nothing happens about it for so many months.
pub(crate) fn watch(
    tx: &mut Tx,
    achievement: AchievementId,
    since: Date,
    months: u32,
) -> Result<(), Failure> {
    let day = add_months(since, months).saturating_add(1.day());
    let due_at = start_of_day(day, tx.store().zone())?;
    tx.schedule(FOLLOW_UP, achievement.to_string(), due_at);
    Ok(())
}

impl Job for FollowUp {
    fn kind(&self) -> &'static str {
        FOLLOW_UP
    }

    fn run<'a>(&'a self, store: &'a Store, items: Vec<DueItem>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            for item in items {
                let call = Call::internal(store.service(), FOLLOW_UP, Some(item.due_at), *store.clock());
                let (day, months) = (store.day_of(item.due_at), self.months);
                store
                    .job_tx(&call, "follow_up", move |tx| {
                        let item = item.clone();
                        Box::pin(async move { look(tx, &item, day, months).await })
                    })
                    .await?;
            }
            Ok(())
        })
    }
}

/// Looks at one achievement on a day.
async fn look(tx: &mut Tx, item: &DueItem, day: Date, months: u32) -> Result<(), Failure> {
    let achievement = item.key.parse()?;
    tx.finish_due(&[item.id]).await?;
    // A merged achievement is followed up as the one that is kept.
    let Some(last_seen_on) = activity::store::last_seen(tx, achievement, day).await? else { return Ok(()) };
    if add_months(last_seen_on, months) >= day {
        return watch(tx, achievement, last_seen_on, months);
    }
    tx.audit(Transition {
        aggregate: achievement.to_string(),
        from: String::new(),
        to: "UNFOLLOWED".to_owned(),
        reason: last_seen_on.to_string(),
        rule_version: String::new(),
        effective_on: day,
    });
    event::achievement_unfollowed(tx, achievement, last_seen_on, day);
    watch(tx, achievement, day, months)
}
