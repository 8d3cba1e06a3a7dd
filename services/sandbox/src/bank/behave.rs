//! Lets a call of the treasury's contract go wrong as the operator asked.

use std::future::{Future, pending};

use canopy_kernel::{Failure, reason};

use super::store::Store;
use super::switch::model::{Asked, Misbehaviour};
use super::switch::store;

/// Does the work, or not, and answers, or not: as the first misbehaviour in the queue wants it. Returns with the
/// answer which fault its content is to have.
pub(crate) async fn obey<T>(
    book: &Store,
    asked: Asked,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<(T, Option<Misbehaviour>), Failure> {
    let misbehaviour = next(book, asked).await?;
    match misbehaviour {
        None | Some(Misbehaviour::Twice | Misbehaviour::Unordered | Misbehaviour::Larger) => {
            Ok((work.await?, misbehaviour))
        }
        Some(Misbehaviour::Unavailable) => Err(Failure::new(&reason::SERVICE_DOWN)
            .with("service", "treasury")
            .because("asked to be unavailable")),
        Some(Misbehaviour::SilentBefore) => pending().await,
        Some(Misbehaviour::SilentAfter) => {
            work.await?;
            // The stack ends the call at the caller's deadline.
            pending().await
        }
    }
}

/// Counts the misbehaviour down before anything is done: a call that dies half-way has used it.
async fn next(book: &Store, asked: Asked) -> Result<Option<Misbehaviour>, Failure> {
    match book.read(store::behaves).await? {
        true => Ok(None),
        false => book.write(move |transaction| store::take_behaviour(transaction, asked)).await,
    }
}
