//! Look-ups of many callers in one statement: what is asked while one runs goes together in the next. Nobody waits for a
//! timer, and one caller alone waits for nothing. Own code, since the loaders that crates offer collect for a while.

use canopy_kernel::{Failure, reason};
use tokio::sync::{mpsc, oneshot};

/// Most that one statement is asked for, and most that wait before callers wait to ask.
const MOST: usize = 500;

type Asked<K, V> = (K, oneshot::Sender<Result<V, Failure>>);

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
    /// A collector for a look-up that answers each question of a list, in its order. Needs a runtime.
    pub fn new<L, F>(look_up: L) -> Self
    where
        L: Fn(Vec<K>) -> F + Send + 'static,
        F: Future<Output = Result<Vec<V>, Failure>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(MOST);
        tokio::spawn(answer(receiver, look_up));
        Self(sender)
    }

    /// Asks one question. A failed look-up fails for all that were asked in it.
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
    F: Future<Output = Result<Vec<V>, Failure>> + Send + 'static,
{
    let mut asked = Vec::new();
    while receiver.recv_many(&mut asked, MOST).await > 0 {
        let (questions, answers): (Vec<K>, Vec<_>) = asked.drain(..).unzip();
        // A task of its own: one that panics fails for those who asked, and the next look-up is made.
        let found = tokio::spawn(look_up(questions)).await;
        let found = found.unwrap_or_else(|error| Err(Failure::new(&reason::INTERNAL).because(error)));
        // Who asked may have gone meanwhile; then nobody takes the answer.
        match found {
            Ok(values) => answers.into_iter().zip(values).for_each(|(answer, value)| {
                let _ = answer.send(Ok(value));
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

    /// A look-up that waits to be let through, and tells how many it was asked for.
    fn gated() -> (Gather<u32, (u32, usize)>, Arc<Gate>) {
        let gate = Arc::new(Gate { waiting: AtomicUsize::new(0), open: Semaphore::new(0) });
        let outside = gate.clone();
        let gather = Gather::new(move |asked: Vec<u32>| {
            let gate = gate.clone();
            async move {
                gate.waiting.fetch_add(1, Ordering::Relaxed);
                gate.open.acquire().await.map_err(|_| Failure::new(&reason::INTERNAL))?.forget();
                match asked.contains(&13) {
                    true => Err(Failure::new(&reason::UNKNOWN_RECORD)),
                    false => Ok(asked.iter().map(|it| (it * 2, asked.len())).collect()),
                }
            }
        });
        (gather, outside)
    }

    #[tokio::test]
    async fn what_is_asked_while_a_look_up_runs_goes_together() {
        let (gather, gate) = gated();
        let ask = |question: u32| {
            let gather = gather.clone();
            tokio::spawn(async move { gather.ask(question).await })
        };
        let first = ask(1);
        while gate.waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let later: Vec<_> = (2..10).map(ask).collect();
        while gather.0.capacity() != MOST - later.len() {
            tokio::task::yield_now().await;
        }
        gate.open.add_permits(2);
        assert_eq!(first.await.unwrap().unwrap(), (2, 1));
        for (question, answer) in (2..10).zip(later) {
            assert_eq!(answer.await.unwrap().unwrap(), (question * 2, 8));
        }
    }

    #[tokio::test]
    async fn a_failure_reaches_who_asked_and_the_next_are_answered() {
        let (gather, gate) = gated();
        gate.open.add_permits(2);
        assert_eq!(gather.ask(13).await.unwrap_err().reason().name, reason::UNKNOWN_RECORD.name);
        assert_eq!(gather.ask(4).await.unwrap(), (8, 1));
    }
}
