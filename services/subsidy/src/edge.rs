//! What every `rpc.rs` reads and answers the same way: requests, days, codes, etags and pages.

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{Failure, PageSize, Role, Uscc, date, reason};
use canopy_persistence::{Consumer, PageToken, Store};
use canopy_platform::{Call, check};
use canopy_proto::Validate;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Request;

use crate::bank::Bank;
use crate::registry::Registry;

/// What the RPCs of the service share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Subsidy {
    /// The service's database.
    pub store: Store,
    /// The registry, for decisions that must be right now.
    pub registry: Registry,
    /// The registry's feed, as far as it is applied here.
    pub feed: Consumer,
    /// The treasury bank.
    pub bank: Bank,
}

impl Subsidy {
    /// The business day of a call.
    pub(crate) fn today(&self, call: &Call) -> Date {
        call.on_day(self.store.zone())
    }

    /// Reads the day of a question; empty is today.
    pub(crate) fn as_of(&self, call: &Call, text: &str) -> Result<Date, Failure> {
        match text {
            "" => Ok(self.today(call)),
            text => day("as_of", text),
        }
    }

    /// Reads which page of a list is asked for. The request without its page is what the token is sealed for.
    pub(crate) fn page<P: DeserializeOwned>(
        &self,
        query: impl std::fmt::Debug,
        asked: (i32, &str),
    ) -> Result<Page<P>, Failure> {
        let scope = format!("{query:?}");
        let size = PageSize::parse(asked.0, 100, 1000)?.get() as usize;
        let after = PageToken::open(self.store.crypt(), &scope, asked.1)?;
        Ok(Page { scope, size, after })
    }

    /// Cuts the rows read to the page and seals where the next one begins; empty on the last page.
    pub(crate) fn cut<P: Serialize, T>(
        &self,
        page: &Page<P>,
        mut rows: Vec<T>,
        place: impl Fn(&T) -> P,
    ) -> Result<(Vec<T>, String), Failure> {
        let more = rows.len() > page.size;
        rows.truncate(page.size);
        let last = rows.last().filter(|_| more);
        let token =
            last.map(|row| PageToken::seal(self.store.crypt(), &page.scope, &place(row))).transpose()?;
        Ok((rows, token.unwrap_or_default()))
    }
}

/// A page of a list: where it goes on, and how many rows it holds.
pub(crate) struct Page<P> {
    scope: String,
    size: usize,
    /// Place of the last row before it; `None` for the first page.
    pub after: Option<P>,
}

impl<P> Page<P> {
    /// Rows to read: one more than the page holds, to know whether another follows.
    pub(crate) fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }
}

/// Takes a request apart: who calls, and the message once its presence, length and range rules hold.
pub(crate) fn opened<M: Validate>(request: Request<M>) -> Result<(Call, M), Failure> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    check(&message)?;
    Ok((call, message))
}

/// Reads a day.
pub(crate) fn day(field: &'static str, text: &str) -> Result<Date, Failure> {
    date::parse(text).map_err(|failure| failure.on(field))
}

/// A day on the wire; empty when there is none.
pub(crate) fn day_text(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Reads the code of an organisation that is known already: the format alone, since it may be a lawful exception.
pub(crate) fn code(text: &str) -> Result<Uscc, Failure> {
    Uscc::from_stored(text).map_err(|failure| failure.on("uscc"))
}

/// Reads the code that a question is about; an ENTERPRISE asks about its own only.
pub(crate) fn own_code(call: &Call, text: &str) -> Result<Uscc, Failure> {
    let code = code(text)?;
    may_act_for(call.actor(), code).map_err(|failure| failure.on("uscc"))?;
    Ok(code)
}

/// Reads the code that a list is about, empty for all; an ENTERPRISE lists its own only.
pub(crate) fn code_if_any(call: &Call, text: &str) -> Result<Option<Uscc>, Failure> {
    match text.is_empty() {
        false => own_code(call, text).map(Some),
        true if call.actor().has(Role::Enterprise) => Err(Failure::new(&reason::NOT_REPRESENTED).on("uscc")),
        true => Ok(None),
    }
}

/// Reads the name of a resource. A name of another kind names none of this kind.
pub(crate) fn named<T>(field: &'static str, text: &str) -> Result<T, Failure>
where
    T: std::str::FromStr<Err = Failure>,
{
    text.parse().map_err(|failure: Failure| failure.on(field))
}

/// Refuses a write that was made on an older version than the present one; an empty guard is none.
pub(crate) fn guard(etag: &str, version: i64) -> Result<(), Failure> {
    match etag.is_empty() || etag == version.to_string() {
        true => Ok(()),
        false => Err(Failure::new(&reason::VERSION_CONFLICT).on("etag")),
    }
}

/// The person who acts; four eyes refuse the empty name of a caller that is none.
pub(crate) fn person(tx: &canopy_persistence::Tx) -> String {
    tx.actor().person.clone().unwrap_or_default()
}
