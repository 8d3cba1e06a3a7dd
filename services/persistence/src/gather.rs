//! Look-ups of many callers in one statement: what is asked while a statement runs goes together in the next one. Nobody
//! waits for a timer, and one caller alone waits for nothing. Own code, since loaders of that kind collect for a while.

use std::sync::Arc;

use canopy_kernel::{Failure, reason};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Statements that run at a time.
const LANES: usize = 2;
/// Most that one statement is asked for, and most that wait before callers wait to ask.
const MOST: usize = 500;

type Asked<K, V> = (K, oneshot::Sender<Result<V, Failure>>);

/// Collects questions. Cheap to clone; its tasks end with the last clone.
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
        L: Fn(Vec<K>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Vec<V>, Failure>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(MOST);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..LANES {
            tokio::spawn(lane(receiver.clone(), look_up.clone()));
        }
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

async fn lane<K, V, L, F>(receiver: Arc<Mutex<mpsc::Receiver<Asked<K, V>>>>, look_up: L)
where
    L: Fn(Vec<K>) -> F,
    F: Future<Output = Result<Vec<V>, Failure>>,
{
    loop {
        let mut asked = Vec::new();
        if receiver.lock().await.recv_many(&mut asked, MOST).await == 0 {
            return;
        }
        let (questions, answers): (Vec<K>, Vec<_>) = asked.into_iter().unzip();
        // Who asked may have gone meanwhile; then nobody takes the answer.
        match look_up(questions).await {
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
    use super::*;
    use tokio::sync::Semaphore;

    /// A look-up that waits to be let through, and tells how many it was asked for.
    fn gated() -> (Gather<u32, (u32, usize)>, Arc<Semaphore>) {
        let gate = Arc::new(Semaphore::new(0));
        let opened = gate.clone();
        let gather = Gather::new(move |asked: Vec<u32>| {
            let gate = opened.clone();
            async move {
                gate.acquire().await.map_err(|_| Failure::new(&reason::INTERNAL))?.forget();
                match asked.contains(&13) {
                    true => Err(Failure::new(&reason::UNKNOWN_RECORD)),
                    false => Ok(asked.iter().map(|it| (it * 2, asked.len())).collect()),
                }
            }
        });
        (gather, gate)
    }

    async fn waiting(gather: &Gather<u32, (u32, usize)>, count: usize) {
        while gather.0.capacity() != MOST - count {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_asked_while_all_lanes_are_busy_goes_together() {
        let (gather, gate) = gated();
        let ask = |question: u32| {
            tokio::spawn({
                let gather = gather.clone();
                async move { gather.ask(question).await }
            })
        };
        let mut first = Vec::new();
        for question in 0..2 {
            first.push(ask(question));
            waiting(&gather, 0).await;
            tokio::task::yield_now().await;
        }
        let later: Vec<_> = (2..10).map(ask).collect();
        waiting(&gather, 8).await;
        gate.add_permits(4);
        for (question, answer) in (0..2).zip(first) {
            assert_eq!(answer.await.unwrap().unwrap(), (question * 2, 1));
        }
        for (question, answer) in (2..10).zip(later) {
            assert_eq!(answer.await.unwrap().unwrap(), (question * 2, 8));
        }
    }

    #[tokio::test]
    async fn a_failure_reaches_who_asked_and_the_next_are_answered() {
        let (gather, gate) = gated();
        gate.add_permits(2);
        assert_eq!(gather.ask(13).await.unwrap_err().reason().name, reason::UNKNOWN_RECORD.name);
        assert_eq!(gather.ask(4).await.unwrap(), (8, 1));
    }
}
