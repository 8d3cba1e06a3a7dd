//! Pieces of one import side by side: a piece goes on while earlier ones are still written, unless a row of it is about
//! the same matter as one of theirs. So rows about one matter take effect in their order, and others need not wait.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canopy_kernel::{Failure, reason};
use tokio::sync::Notify;

/// What the rows of a piece are about, as digests: two matters with one digest only wait for each other in vain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes(HashSet<u64>);

impl Lanes {
    /// Adds a matter.
    pub fn add(&mut self, matter: &impl Hash) {
        let mut digest = DefaultHasher::new();
        matter.hash(&mut digest);
        self.0.insert(digest.finish());
    }

    /// Adds the matters of another.
    pub fn join(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// Whether no matter was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a piece stands among those of its stream. One that is given up, or fails, lets no later one begin; earlier ones
/// go on.
#[derive(Debug)]
pub struct Turn {
    order: Arc<Order>,
    number: u64,
    done: bool,
}

#[derive(Debug, Default)]
struct Order {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the piece that may begin next.
    next: u64,
    running: Vec<(u64, Lanes)>,
    /// The first piece that failed.
    failed: Option<u64>,
}

/// Hands out the turns of one stream, in their order.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    order: Arc<Order>,
    handed: u64,
}

impl Turns {
    /// The turn of the next piece.
    pub fn next(&mut self) -> Turn {
        let number = self.handed;
        self.handed += 1;
        Turn { order: self.order.clone(), number, done: false }
    }
}

impl Turn {
    /// The turn of a piece that comes alone.
    pub fn alone() -> Self {
        Turns::default().next()
    }

    /// Waits until all earlier pieces have begun and those with a lane in common have ended.
    pub(crate) async fn begin(&self, lanes: Lanes) -> Result<(), Failure> {
        loop {
            let changed = self.order.changed.notified();
            tokio::pin!(changed);
            // Listens before it looks, so that no change passes between the two.
            changed.as_mut().enable();
            if self.order.state().begins(self.number, &lanes)? {
                self.order.changed.notify_waiters();
                return Ok(());
            }
            changed.await;
        }
    }

    /// The piece is written: who waits for its lanes goes on.
    pub(crate) fn end(mut self) {
        self.done = true;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.order.state();
        state.running.retain(|(number, _)| *number != self.number);
        if !self.done {
            state.failed = Some(state.failed.map_or(self.number, |first| first.min(self.number)));
        }
        drop(state);
        self.order.changed.notify_waiters();
    }
}

impl Order {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Lets a piece begin when it may.
    fn begins(&mut self, number: u64, lanes: &Lanes) -> Result<bool, Failure> {
        if self.failed.is_some_and(|first| first < number) {
            return Err(Failure::new(&reason::INTERNAL).because("an earlier piece of this import failed"));
        }
        let free = self.running.iter().all(|(_, taken)| taken.0.is_disjoint(&lanes.0));
        if number != self.next || !free {
            return Ok(false);
        }
        self.next += 1;
        self.running.push((number, lanes.clone()));
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn lanes(matters: &[&str]) -> Lanes {
        let mut lanes = Lanes::default();
        matters.iter().for_each(|matter| lanes.add(matter));
        lanes
    }

    #[test]
    fn pieces_about_other_matters_go_side_by_side() {
        let mut turns = Turns::default();
        let (first, second, third) = (turns.next(), turns.next(), turns.next());
        first.begin(lanes(&["a", "b"])).now_or_never().unwrap().unwrap();
        second.begin(lanes(&["c"])).now_or_never().unwrap().unwrap();
        assert!(third.begin(lanes(&["d", "b"])).now_or_never().is_none());
        second.end();
        assert!(third.begin(lanes(&["d", "b"])).now_or_never().is_none());
        first.end();
        third.begin(lanes(&["d", "b"])).now_or_never().unwrap().unwrap();
    }

    #[test]
    fn no_piece_passes_an_earlier_one_that_has_not_begun() {
        let mut turns = Turns::default();
        let (first, second) = (turns.next(), turns.next());
        assert!(second.begin(lanes(&["b"])).now_or_never().is_none());
        first.begin(lanes(&["a"])).now_or_never().unwrap().unwrap();
        second.begin(lanes(&["b"])).now_or_never().unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let mut turns = Turns::default();
        let (first, second) = (turns.next(), turns.next());
        first.begin(lanes(&["a"])).await.unwrap();
        let waiting = tokio::spawn(async move { second.begin(lanes(&["a"])).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        first.end();
        waiting.await.unwrap().unwrap();
    }

    #[test]
    fn after_one_that_failed_no_later_one_begins_and_earlier_ones_do() {
        let mut turns = Turns::default();
        let [first, second, third, fourth] = [(); 4].map(|()| turns.next());
        first.begin(lanes(&["a"])).now_or_never().unwrap().unwrap();
        drop(third);
        assert!(second.begin(lanes(&["a"])).now_or_never().is_none());
        first.end();
        second.begin(lanes(&["a"])).now_or_never().unwrap().unwrap();
        let refused = fourth.begin(lanes(&["b"])).now_or_never().unwrap().unwrap_err();
        assert_eq!(refused.reason().name, reason::INTERNAL.name);
    }
}
