//! Drives the suite through a data set: files beforehand in their order, then the timeline day by day, with lanes
//! side by side. A refused step ends its row.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use canopy_proto::common::v1::AdvanceToRequest;
use canopy_proto::subsidy::v1::ReconcileStatementRequest;
use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message;

use super::file::{FILES, Kind};
use super::link::{Answer, Ask, Link};
use super::people::{OPERATOR, TREASURY_BANK};
use super::plan::{Body, Person, RowId, Step};
use super::progress::Progress;
use super::reference;
use super::register::Import;
use super::year::Year;

/// Lanes in flight at a time.
const LANES: usize = 64;

/// Services with work on a clock; each opens a day before its steps are taken.
pub const SERVICES: &[&str] = &[REGISTRY, PAYING, "commissioner"];

/// The service that the others follow.
const REGISTRY: &str = "registry";

/// The service that pays.
const PAYING: &str = "subsidy";

/// Stands for a file in the idempotency keys of what belongs to a day and to no row.
const TIMELINE: &str = "timeline";

/// The beginning that all resources share: their name.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Named {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

/// A replay under way.
#[derive(Debug)]
pub struct Drive<'a> {
    year: &'a Year,
    link: &'a Link,
    progress: &'a Progress,
    rows: Mutex<Rows>,
}

/// What has become of rows so far.
#[derive(Debug, Default)]
struct Rows {
    names: HashMap<(RowId, &'static str), String>,
    ended: HashSet<RowId>,
    left: HashMap<RowId, usize>,
}

impl<'a> Drive<'a> {
    /// A replay of that data set over that link.
    pub fn new(year: &'a Year, link: &'a Link, progress: &'a Progress) -> Self {
        let rows = Rows { left: year.plan.steps_by_row(), ..Rows::default() };
        Self { year, link, progress, rows: Mutex::new(rows) }
    }

    /// Replays the data set to its end.
    pub async fn run(&self) -> anyhow::Result<()> {
        self.beforehand().await?;
        for (date, day) in &self.year.plan.days {
            self.progress.day(*date);
            let noon = self.year.settings.noon(*date)?;
            // The registry first: the others ask it about the day.
            self.open_day(REGISTRY, "open", *date).await?;
            let others = SERVICES.iter().filter(|service| **service != REGISTRY);
            try_join_all(others.map(|service| self.open_day(service, "open", *date))).await?;
            for lanes in day.ranks.values() {
                self.lanes(lanes, Some(noon)).await.with_context(|| date.to_string())?;
            }
            if day.money {
                self.open_day(PAYING, "pay", *date).await?;
                self.book_statement(*date, noon).await?;
            }
        }
        Ok(())
    }

    async fn beforehand(&self) -> anyhow::Result<()> {
        for (position, file) in FILES.iter().enumerate() {
            let done = |rows| self.progress.rows_done(position, rows);
            match &file.kind {
                Kind::Reference { kind, row } => {
                    let set = reference::Set { file, kind: *kind, row: *row };
                    set.run(self.year, self.link, done).await.context(file.name)?;
                }
                Kind::Register { path, by, piece } => {
                    let (place, records) = (self.year.place(file), self.year.records(file)?);
                    let by = self.year.sender(*by);
                    let import = Import { path, by, place, encode: *piece, records };
                    import.run(self.link, done).await.context(file.name)?;
                }
                Kind::Rows(_) => {
                    if let Some(lanes) = self.year.plan.beforehand.get(&position) {
                        self.lanes(lanes, None).await.context(file.name)?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn lanes(&self, lanes: &[Vec<Step>], at: Option<Timestamp>) -> anyhow::Result<()> {
        let running = stream::iter(lanes.iter().map(|lane| self.lane(lane, at)));
        running.buffer_unordered(LANES).try_collect().await
    }

    async fn lane(&self, lane: &[Step], at: Option<Timestamp>) -> anyhow::Result<()> {
        for step in lane {
            self.take(step, at).await.with_context(|| {
                format!("{} line {}, step {}", FILES[step.row.file].name, step.row.line, step.name)
            })?;
        }
        Ok(())
    }

    async fn take(&self, step: &Step, at: Option<Timestamp>) -> anyhow::Result<()> {
        if let Some(body) = self.body(step)? {
            let at = step.at.or(at);
            let ask = Ask { path: step.path, by: &step.by, at, body: body.into() };
            let answer = self.link.ask(&ask).await?;
            self.note(step, &answer);
        }
        if self.rows().is_last(step.row) {
            self.progress.rows_done(step.row.file, 1);
        }
        Ok(())
    }

    /// The message of a step; none when its row has ended.
    fn body(&self, step: &Step) -> anyhow::Result<Option<Vec<u8>>> {
        let rows = self.rows();
        if rows.ended.contains(&step.row) {
            return Ok(None);
        }
        Ok(Some(match &step.body {
            Body::Ready(body) => body.clone(),
            Body::Naming { step: earlier, message } => {
                let name = rows.names.get(&(step.row, earlier));
                let name = name.with_context(|| format!("step {earlier} has not been taken"))?;
                message(step.request_id.clone(), name.clone())
            }
        }))
    }

    fn note(&self, step: &Step, answer: &Answer) {
        let mut rows = self.rows();
        match answer {
            Answer::Given(reply) if step.refusal.is_some_and(|refuses| refuses(reply)) => {
                rows.ended.insert(step.row);
            }
            Answer::Given(reply) => {
                if let Ok(Named { name }) = Named::decode(reply.clone()) {
                    rows.names.insert((step.row, step.name), name);
                }
            }
            Answer::Refused(_) => {
                rows.ended.insert(step.row);
            }
        }
    }

    /// Opens a day in a service and waits until the work due by its end is done.
    async fn open_day(&self, service: &str, step: &str, day: Date) -> anyhow::Result<()> {
        let request_id = self.year.settings.ids.of_step(TIMELINE, 0, &format!("{step} {service} {day}"));
        let message = AdvanceToRequest { request_id, day: day.to_string() };
        let path = format!("/canopy.{service}.v1.OperationsService/AdvanceTo");
        self.day_step(&path, &OPERATOR, None, message.encode_to_vec()).await
    }

    async fn book_statement(&self, day: Date, noon: Timestamp) -> anyhow::Result<()> {
        let request_id = self.year.settings.ids.of_step(TIMELINE, 0, &format!("statement {day}"));
        let message = ReconcileStatementRequest { request_id, day: day.to_string() };
        let path = "/canopy.subsidy.v1.PaymentService/ReconcileStatement";
        self.day_step(path, &TREASURY_BANK, Some(noon), message.encode_to_vec()).await
    }

    async fn day_step(
        &self,
        path: &str,
        by: &Person,
        at: Option<Timestamp>,
        body: Vec<u8>,
    ) -> anyhow::Result<()> {
        self.link.get(&Ask { path, by, at, body: body.into() }).await?;
        Ok(())
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    /// Counts a step of a row; true for the last one.
    fn is_last(&mut self, row: RowId) -> bool {
        let left = self.left.entry(row).or_insert(1);
        *left = left.saturating_sub(1);
        *left == 0
    }
}
