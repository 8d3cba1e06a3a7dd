//! What every `rpc.rs` reads and answers the same way: requests, rows, days, names, etags and pages.

use canopy_kernel::{Failure, PageSize, clock, date, reason};
use canopy_platform::{Call, check, status::refuse};
use canopy_proto::Validate;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::{Request, Status};

use crate::page::PageToken;
use crate::store::Store;
use crate::turn::{Turn, Turns};

/// Most rows of one piece of an import.
const MOST_ROWS: usize = 1000;
/// Most pieces of one import that are at work, each of them on a connection of its own while it is written.
const AT_WORK: usize = 3;
/// Most rows of a page.
const MOST_IN_PAGE: u32 = 1000;

/// A page of a list: where it goes on, and how many rows it holds.
#[derive(Debug)]
pub struct Page<P> {
    scope: String,
    size: usize,
    /// Place of the last row before it; `None` for the first page.
    pub after: Option<P>,
}

impl<P> Page<P> {
    /// Rows to read: one more than the page holds, to know whether another follows.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }
}

impl Store {
    /// The business day of a call.
    pub fn today(&self, call: &Call) -> Date {
        call.on_day(self.zone())
    }

    /// Reads the day of a question; empty is today.
    pub fn as_of(&self, call: &Call, field: &'static str, text: &str) -> Result<Date, Failure> {
        Ok(day_if_any(field, text)?.unwrap_or_else(|| self.today(call)))
    }

    /// The first instant after the day by which something was known; `None` for no bound.
    pub fn known_before(&self, field: &'static str, text: &str) -> Result<Option<Timestamp>, Failure> {
        let day = day_if_any(field, text)?;
        day.map(|day| clock::start_of_day(day.saturating_add(1.day()), self.zone())).transpose()
    }

    /// Reads which page of a list is asked for (size, token). The request without its page is what the token is
    /// sealed for.
    pub fn page<P: DeserializeOwned>(
        &self,
        query: impl std::fmt::Debug,
        asked: (i32, &str),
        default: u32,
    ) -> Result<Page<P>, Failure> {
        let scope = format!("{query:?}");
        let size = PageSize::parse(asked.0, default, MOST_IN_PAGE)?.get() as usize;
        let after = PageToken::open(self.crypt(), &scope, asked.1)?;
        Ok(Page { scope, size, after })
    }

    /// Cuts the rows read to the page and seals where the next one begins; empty on the last page.
    pub fn cut<P: Serialize, T>(
        &self,
        page: &Page<P>,
        mut rows: Vec<T>,
        place: impl Fn(&T) -> P,
    ) -> Result<(Vec<T>, String), Failure> {
        let more = rows.len() > page.size;
        rows.truncate(page.size);
        let last = rows.last().filter(|_| more);
        let token = last.map(|row| PageToken::seal(self.crypt(), &page.scope, &place(row))).transpose()?;
        Ok((rows, token.unwrap_or_default()))
    }
}

/// Takes a request apart: who calls, and the message once its presence, length and range rules hold.
pub fn opened<M: Validate>(request: Request<M>) -> Result<(Call, M), Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    check(&message)?;
    Ok((call, message))
}

/// Takes the rows out of a message and checks the rest of it: rows stand for themselves and are read one by one.
pub fn rows_of<M: Validate, R>(
    message: &mut M,
    rows: impl Fn(&mut M) -> &mut Vec<R>,
) -> Result<Vec<R>, Failure> {
    let rows = std::mem::take(rows(message));
    check(message)?;
    match rows.len() > MOST_ROWS {
        true => Err(Failure::new(&reason::FIELD_TOO_LONG).on("rows").with("max", MOST_ROWS)),
        false => Ok(rows),
    }
}

/// A stream of answers.
pub type Answers<T> = BoxStream<'static, Result<T, Status>>;

/// Answers the pieces of a stream in their order, a few of them at work at a time; the first failure of a piece ends the
/// stream. Each is given its turn, which it hands on to [`Store::import`].
pub fn answers<Q, T, F>(
    pieces: impl Stream<Item = Result<Q, Status>> + Send + 'static,
    answer: impl Fn(Q, Turn) -> F + Send + 'static,
) -> Answers<T>
where
    Q: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let mut turns = Turns::default();
    pieces
        .map(move |piece| {
            let answer = piece.map(|piece| answer(piece, turns.next()));
            async move { answer?.await.map_err(|failure| refuse(&failure)) }
        })
        .buffered(AT_WORK)
        .boxed()
}

/// Reads a day.
pub fn day(field: &'static str, text: &str) -> Result<Date, Failure> {
    date::parse(text).map_err(|failure| failure.on(field))
}

/// Reads a day that may be left out.
pub fn day_if_any(field: &'static str, text: &str) -> Result<Option<Date>, Failure> {
    match text {
        "" => Ok(None),
        text => day(field, text).map(Some),
    }
}

/// A day on the wire; empty when there is none.
pub fn day_text(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Reads an instant that a caller states.
pub fn instant(field: &'static str, stated: &prost_types::Timestamp) -> Result<Timestamp, Failure> {
    Timestamp::new(stated.seconds, stated.nanos).map_err(|_| Failure::new(&reason::INSTANT_FORMAT).on(field))
}

/// Reads the name of a resource. A name of another kind names none of this kind.
pub fn named<T>(field: &'static str, text: &str) -> Result<T, Failure>
where
    T: std::str::FromStr<Err = Failure>,
{
    text.parse().map_err(|failure: Failure| failure.on(field))
}

/// Refuses a write that was made on an older version than the present one; an empty guard is none.
pub fn guard(etag: &str, version: i64) -> Result<(), Failure> {
    match etag.is_empty() || etag == version.to_string() {
        true => Ok(()),
        false => Err(Failure::new(&reason::VERSION_CONFLICT).on("etag")),
    }
}
