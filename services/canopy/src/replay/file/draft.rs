//! What a row asks for, step by step, as it is written down.

use jiff::Timestamp;
use jiff::civil::Date;
use prost::Message;

use super::Context;
use crate::replay::plan::{Body, Person, RequestIds, RowId, Step, When};
use crate::replay::table::Record;

impl Context {
    /// Begins what a row asks for; `keys` say what it is about.
    pub fn draft(&self, file: &'static str, record: &Record, keys: &[(&str, &str)]) -> Draft {
        Draft {
            file,
            row: RowId { file: super::position(file), line: record.line() },
            ids: self.ids,
            keys: keys.iter().map(|(kind, key)| format!("{kind} {key}")).collect(),
            steps: Vec::new(),
            money: Vec::new(),
        }
    }
}

/// A call about to be planned.
#[derive(Debug)]
pub struct Act<'a> {
    /// Name of the step.
    pub step: &'static str,
    /// When.
    pub when: When,
    /// Who.
    pub by: &'a Person,
    /// Method.
    pub path: &'static str,
}

/// The steps of a row, as they are being written down.
#[derive(Debug)]
pub struct Draft {
    file: &'static str,
    row: RowId,
    ids: RequestIds,
    keys: Vec<String>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Days on which money may move because of this row.
    pub money: Vec<Date>,
}

impl Draft {
    /// How the row is named to the suite.
    pub fn external_ref(&self) -> String {
        format!("{}:{}", self.file, self.row.line)
    }

    /// Adds a call whose message is known.
    pub fn call<M: Message>(mut self, act: Act<'_>, message: impl FnOnce(String) -> M) -> Self {
        let request_id = self.ids.of_step(self.file, self.row.line, act.step);
        let body = Body::Ready(message(request_id.clone()).encode_to_vec());
        self.push(act, request_id, body);
        self
    }

    /// Says at which instant of its day the last call is made.
    pub fn at(mut self, instant: Timestamp) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.at = Some(instant);
        }
        self
    }

    /// Adds a call on what an earlier step named.
    pub fn call_on(
        mut self,
        act: Act<'_>,
        step: &'static str,
        message: fn(String, String) -> Vec<u8>,
    ) -> Self {
        let request_id = self.ids.of_step(self.file, self.row.line, act.step);
        self.push(act, request_id, Body::Naming { step, message });
        self
    }

    /// Says how the last call's answer refuses.
    pub fn refused_when(mut self, refusal: fn(&[u8]) -> bool) -> Self {
        if let Some(step) = self.steps.last_mut() {
            step.refusal = Some(refusal);
        }
        self
    }

    /// Says that money may move on a day.
    pub fn money_on(mut self, day: Date) -> Self {
        self.money.push(day);
        self
    }

    fn push(&mut self, act: Act<'_>, request_id: String, body: Body) {
        self.steps.push(Step {
            row: self.row,
            name: act.step,
            request_id,
            when: act.when,
            at: None,
            keys: self.keys.clone(),
            by: act.by.clone(),
            path: act.path,
            body,
            refusal: None,
        });
    }
}
