//! Where a reader of a feed stands, precisely enough that a producer which was put back cannot be mistaken for the
//! one that was read: the epoch, the position, and which event stood there.

use std::fmt;

use canopy_kernel::Failure;
use canopy_kernel::id::EventId;
use canopy_proto::common::v1::{Envelope, ListEventsRequest, SubscribeRequest};
use uuid::Uuid;

/// Where a reader stands; the default is before the first contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bookmark {
    /// Epoch; empty = none known yet.
    pub epoch: String,
    /// Last position read; 0 = none.
    pub position: i64,
    /// The event that stood there; `None` at the beginning, and for a reader that did not keep it.
    pub event_id: Option<Uuid>,
}

impl Bookmark {
    /// Behind that event.
    pub fn at(event: &Envelope) -> Result<Self, Failure> {
        let event_id = known(&event.id, "id")?;
        Ok(Self { epoch: event.epoch.clone(), position: event.position, event_id })
    }

    /// Where the reader of a page says it stands.
    pub fn of_page(request: &ListEventsRequest) -> Result<Self, Failure> {
        let event_id = known(&request.after_event_id, "after_event_id")?;
        Ok(Self { epoch: request.epoch.clone(), position: request.after_position, event_id })
    }

    /// Where the reader of a stream says it stands.
    pub fn of_stream(request: &SubscribeRequest) -> Result<Self, Failure> {
        let event_id = known(&request.after_event_id, "after_event_id")?;
        Ok(Self { epoch: request.epoch.clone(), position: request.after_position, event_id })
    }

    /// The request that goes on from here.
    pub fn subscribe(&self) -> SubscribeRequest {
        let (epoch, after_event_id) = (self.epoch.clone(), self.after_event_id());
        SubscribeRequest { after_position: self.position, epoch, after_event_id }
    }

    /// The request of one event behind here.
    pub fn next(&self) -> ListEventsRequest {
        let (epoch, after_event_id) = (self.epoch.clone(), self.after_event_id());
        ListEventsRequest { after_position: self.position, epoch, page_size: 1, after_event_id }
    }

    fn after_event_id(&self) -> String {
        self.event_id.map(|id| EventId::new(id).to_string()).unwrap_or_default()
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) of {}", self.position, self.after_event_id(), self.epoch)
    }
}

fn known(id: &str, field: &str) -> Result<Option<Uuid>, Failure> {
    match id {
        "" => Ok(None),
        id => Ok(Some(id.parse::<EventId>().map_err(|failure| failure.on(field))?.as_uuid())),
    }
}
