//! What every `rpc.rs` reads and answers the same way: requests, days, codes, etags and pages.

use std::sync::Arc;

use canopy_kernel::actor::may_act_for;
use canopy_kernel::{BasisPoints, Failure, PageSize, Role, Uscc, UsccRules, clock, date, reason};
use canopy_persistence::{PageToken, Store};
use canopy_platform::{Call, check};
use canopy_proto::Validate;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::Request;

use crate::reference::rules::Rules;

/// Most rows of one piece of an import.
const MOST_ROWS: usize = 1000;

/// What the RPCs of the registry share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Registry {
    /// The registry's database.
    pub store: Store,
    /// Which codes are lawful although their check characters fail.
    pub codes: Arc<UsccRules>,
    /// The rule parameters in force.
    pub rules: Rules,
    /// Largest share of firms that one complete list may end.
    pub snapshot_max_ended: BasisPoints,
}

impl Registry {
    /// The business day of a call.
    pub(crate) fn today(&self, call: &Call) -> Date {
        call.on_day(self.store.zone())
    }

    /// Reads the day of a question (`RULES.md` R15); empty is today.
    pub(crate) fn as_of(&self, call: &Call, field: &'static str, text: &str) -> Result<Date, Failure> {
        Ok(day_if_any(field, text)?.unwrap_or_else(|| self.today(call)))
    }

    /// Reads a code.
    pub(crate) fn code(&self, field: &'static str, text: &str) -> Result<Uscc, Failure> {
        self.codes.parse(text).map_err(|failure| failure.on(field))
    }

    /// Reads the code that a list is about, empty for all; an ENTERPRISE lists its own only.
    pub(crate) fn code_if_any(
        &self,
        call: &Call,
        field: &'static str,
        text: &str,
    ) -> Result<Option<Uscc>, Failure> {
        if !text.is_empty() {
            return self.own_code(call, field, text).map(Some);
        }
        match call.actor().has(Role::Enterprise) {
            true => Err(Failure::new(&reason::NOT_REPRESENTED).on(field)),
            false => Ok(None),
        }
    }

    /// Reads the code that a question is about; an ENTERPRISE asks about its own only.
    pub(crate) fn own_code(&self, call: &Call, field: &'static str, text: &str) -> Result<Uscc, Failure> {
        let code = self.code(field, text)?;
        may_act_for(call.actor(), code).map_err(|failure| failure.on(field))?;
        Ok(code)
    }

    /// The first instant after the day by which something was known; `None` for no bound.
    pub(crate) fn known_before(&self, field: &'static str, text: &str) -> Result<Option<Timestamp>, Failure> {
        let day = day_if_any(field, text)?;
        day.map(|day| clock::start_of_day(day.saturating_add(1.day()), self.store.zone())).transpose()
    }

    /// Reads which page of a list is asked for. The request without its page is what the token is sealed for.
    pub(crate) fn page<P: DeserializeOwned>(
        &self,
        query: impl std::fmt::Debug,
        asked: (i32, &str),
        default: u32,
    ) -> Result<Page<P>, Failure> {
        let scope = format!("{query:?}");
        let size = PageSize::parse(asked.0, default, 1000)?.get() as usize;
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

/// Takes the rows out of a message and checks the rest of it: rows stand for themselves and are read one by one.
pub(crate) fn rows_of<M: Validate, R>(
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

/// Reads a day.
pub(crate) fn day(field: &'static str, text: &str) -> Result<Date, Failure> {
    date::parse(text).map_err(|failure| failure.on(field))
}

/// Reads a day that may be left out.
pub(crate) fn day_if_any(field: &'static str, text: &str) -> Result<Option<Date>, Failure> {
    match text {
        "" => Ok(None),
        text => day(field, text).map(Some),
    }
}

/// A day on the wire; empty when there is none.
pub(crate) fn day_text(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Refuses a write that was made on an older version than the present one; an empty guard is none.
pub(crate) fn guard(etag: &str, version: i64) -> Result<(), Failure> {
    match etag.is_empty() || etag == version.to_string() {
        true => Ok(()),
        false => Err(Failure::new(&reason::VERSION_CONFLICT).on("etag")),
    }
}
