//! Look-ups of many callers in one statement: what is asked while one runs goes together in the next. Nobody waits for a
//! timer, and one caller alone waits for nothing. Own code, since the loaders that crates offer collect for a while.

use canopy_kernel::{Failure, reason};
use tokio::sync::{mpsc, oneshot};

/// Most that one statement is asked for, and most that wait before callers wait to ask.
const MOST: usize = 500;

type Asked<K, V> = (K, oneshot::Sender<Result<V, Failure>>);

/// What a look-up answers: each question by itself, in their order, or why all of them failed.
type Found<V> = Result<Vec<Result<V, Failure>>, Failure>;

/// Collects questions. Cheap to clone; its task ends with the last clone.
#[derive(Debug)]
pub struct Gather<K, V>(mpsc::Sender<Asked<K, V>>);

impl<K, V> Clone for Gather<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> Gather<K, V>
where
    K: Send + 'static,
    V: Send + 'static,
{
    /// A collector for a look-up that answers each question of a list by itself, in its order, or fails for all of them.
    /// Needs a runtime.
    pub fn new<L, F>(look_up: L) -> Self
    where
        L: Fn(Vec<K>) -> F + Send + 'static,
        F: Future<Output = Found<V>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(MOST);
        tokio::spawn(answer(receiver, look_up));
        Self(sender)
    }

    /// Asks one question. What cannot be answered fails for who asked it, a failed look-up for all that were asked in it.
    pub async fn ask(&self, question: K) -> Result<V, Failure> {
        let unanswered = || Failure::new(&reason::INTERNAL).because("a look-up ended without an answer");
        let (answer, answered) = oneshot::channel();
        self.0.send((question, answer)).await.map_err(|_| unanswered())?;
        answered.await.map_err(|_| unanswered())?
    }
}

async fn answer<K, V, F>(mut receiver: mpsc::Receiver<Asked<K, V>>, look_up: impl Fn(Vec<K>) -> F)
where
    V: Send + 'static,
    F: Future<Output = Found<V>> + Send + 'static,
{
    let mut asked = Vec::new();
    while receiver.recv_many(&mut asked, MOST).await > 0 {
        let (questions, answers): (Vec<K>, Vec<_>) = asked.drain(..).unzip();
        // A task of its own: one that panics fails for those who asked, and the next look-up is made.
        let found = tokio::spawn(look_up(questions)).await;
        let found = found.unwrap_or_else(|error| Err(Failure::new(&reason::INTERNAL).because(error)));
        // Who asked may have gone meanwhile; then nobody takes the answer.
        match found {
            Ok(found) => answers.into_iter().zip(found).for_each(|(answer, found)| {
                let _ = answer.send(found);
            }),
            Err(failure) => answers.into_iter().for_each(|answer| {
                let _ = answer.send(Err(failure.clone()));
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    struct Gate {
        waiting: AtomicUsize,
        open: Semaphore,
    }

    /// A look-up that waits to be let through, and tells how many it was asked for. It fails of 13, and cannot answer 12.
    fn gated() -> (Gather<u32, (u32, usize)>, Arc<Gate>) {
        let gate = Arc::new(Gate { waiting: AtomicUsize::new(0), open: Semaphore::new(0) });
        let outside = gate.clone();
        let gather = Gather::new(move |asked: Vec<u32>| {
            let gate = gate.clone();
            async move {
                gate.waiting.fetch_add(1, Ordering::Relaxed);
                gate.open.acquire().await.map_err(|_| Failure::new(&reason::INTERNAL))?.forget();
                let unknown = || Failure::new(&reason::UNKNOWN_RECORD);
                let answer = |it: &u32| if *it == 12 { Err(unknown()) } else { Ok((it * 2, asked.len())) };
                if asked.contains(&13) { Err(unknown()) } else { Ok(asked.iter().map(answer).collect()) }
            }
        });
        (gather, outside)
    }

    type Answer = Result<(u32, usize), Failure>;

    /// Asks 1, and the others together while that is looked up.
    async fn asked(others: std::ops::Range<u32>) -> (Answer, Vec<Answer>) {
        let (gather, gate) = gated();
        let ask = |question: u32| {
            let gather = gather.clone();
            tokio::spawn(async move { gather.ask(question).await })
        };
        let first = ask(1);
        while gate.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let later: Vec<_> = others.map(ask).collect();
        while gather.0.capacity() != MOST - later.len() {
            tokio::task::yield_now().await;
        }
        gate.open.add_permits(2);
        let mut answers = Vec::new();
        let first = first.await.unwrap();
        for answer in later {
            answers.push(answer.await.unwrap());
        }
        (first, answers)
    }

    #[tokio::test]
    async fn what_is_asked_while_a_look_up_runs_goes_together() {
        let (first, later) = asked(2..10).await;
        assert_eq!(first.unwrap(), (2, 1));
        for (question, answer) in (2..10).zip(later) {
            assert_eq!(answer.unwrap(), (question * 2, 8));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_answered_fails_for_who_asked_it_alone() {
        let (_, later) = asked(10..13).await;
        let [ten, eleven, twelve]: [Answer; 3] = later.try_into().unwrap();
        assert_eq!((ten.unwrap(), eleven.unwrap()), ((20, 3), (22, 3)));
        assert_eq!(twelve.unwrap_err().reason().name, reason::UNKNOWN_RECORD.name);
    }

    #[tokio::test]
    async fn a_failure_reaches_who_asked_and_the_next_are_answered() {
        let (gather, gate) = gated();
        gate.open.add_permits(2);
        assert_eq!(gather.ask(13).await.unwrap_err().reason().name, reason::UNKNOWN_RECORD.name);
        assert_eq!(gather.ask(4).await.unwrap(), (8, 1));
    }
}
