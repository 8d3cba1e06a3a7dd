//! One call as a handler sees it: who calls what, at which instant, until when.

use std::sync::Arc;
use std::time::Instant;

use canopy_kernel::clock::local_day;
use canopy_kernel::{Actor, Clock, Failure, Role, reason};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::method::MethodRule;

/// The caller and circumstances of one call, put into the request by the stack, or made for a job.
#[derive(Clone, Debug)]
pub struct Call(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    actor: Actor,
    task: Task,
    business_time: Option<Timestamp>,
    deadline: Option<Instant>,
    traceparent: Option<String>,
    clock: Clock,
}

#[derive(Debug)]
enum Task {
    Method(Arc<MethodRule>),
    Job(String),
}

/// What the stack has learnt about a call by the time the role gate lets it through.
pub(crate) struct Admitted {
    pub(crate) actor: Actor,
    pub(crate) rule: Arc<MethodRule>,
    pub(crate) business_time: Option<Timestamp>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) traceparent: Option<String>,
}

impl Call {
    pub(crate) fn admitted(call: Admitted) -> Self {
        let Admitted { actor, rule, business_time, deadline, traceparent } = call;
        let task = Task::Method(rule);
        Self(Arc::new(Inner { actor, task, business_time, deadline, traceparent, clock: Clock::System }))
    }

    /// Work that the service does on its own: a job, or the effect of an event. `at` is the instant for which it
    /// acts, a row's `due_at` for example; `None` = now.
    pub fn internal(service: &str, job: &str, at: Option<Timestamp>, clock: Clock) -> Self {
        let actor = Actor {
            issuer: service.to_owned(),
            agency: "canopy".to_owned(),
            system: service.to_owned(),
            person: None,
            assurance: String::new(),
            represented: None,
            roles: [Role::System].into(),
            purpose: None,
        };
        let task = Task::Job(format!("job/{job}"));
        Self(Arc::new(Inner { actor, task, business_time: at, deadline: None, traceparent: None, clock }))
    }

    /// The call that the stack has put into the request.
    pub fn of<T>(request: &tonic::Request<T>) -> Result<Self, Failure> {
        let missing =
            || Failure::new(&reason::INTERNAL).because("the request did not come through the stack");
        request.extensions().get::<Call>().cloned().ok_or_else(missing)
    }

    /// Who calls.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// Path of the method, or `job/<name>`.
    pub fn method(&self) -> &str {
        match &self.0.task {
            Task::Method(rule) => &rule.path,
            Task::Job(name) => name,
        }
    }

    /// The method's declaration; a job has none.
    pub fn rule(&self) -> Option<&MethodRule> {
        match &self.0.task {
            Task::Method(rule) => Some(rule),
            Task::Job(_) => None,
        }
    }

    /// The instant at which decisions count: the business time if the call carries one, else the clock's.
    pub fn now(&self) -> Timestamp {
        self.0.business_time.unwrap_or_else(|| self.0.clock.now())
    }

    /// The business time (业务时间) that the call carries.
    pub fn business_time(&self) -> Option<Timestamp> {
        self.0.business_time
    }

    /// When it is recorded: the clock's instant, whatever the business time.
    pub fn recorded_at(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Until when the caller waits.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// W3C trace context of the call.
    pub fn traceparent(&self) -> Option<&str> {
        self.0.traceparent.as_deref()
    }

    /// The local day of [`Call::now`].
    pub fn on_day(&self, zone: &TimeZone) -> Date {
        local_day(self.now(), zone)
    }
}
