//! The registry as this service sees it, stood in: its feed.

use std::sync::{Arc, Mutex, MutexGuard};

use canopy_kernel::id::{CreditListingId, EventId, QualificationId, SubjectId};
use canopy_proto::common::v1 as common;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::feed_service_server::{FeedService, FeedServiceServer};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use prost::{Message, Name};
use tokio::sync::watch;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// The registry's feed; cheap to clone.
#[derive(Clone)]
pub struct World {
    events: Arc<Mutex<Vec<common::Envelope>>>,
    told: Arc<watch::Sender<usize>>,
}

impl World {
    pub fn new() -> Self {
        Self { events: Arc::default(), told: Arc::new(watch::Sender::new(0)) }
    }

    fn events(&self) -> MutexGuard<'_, Vec<common::Envelope>> {
        self.events.lock().unwrap()
    }

    pub fn routes(&self) -> Routes {
        Routes::new(FeedServiceServer::new(self.clone()))
    }

    /// Position of the last event told.
    pub fn position(&self) -> i64 {
        i64::try_from(self.events().len()).unwrap()
    }

    /// Tells an event through the feed.
    pub fn tell<M: Message + Name>(&self, message: &M) {
        let mut events = self.events();
        let position = i64::try_from(events.len()).unwrap() + 1;
        events.push(common::Envelope {
            id: EventId::new(uuid::Uuid::from_u128(position as u128)).to_string(),
            epoch: "epoch-1".to_owned(),
            position,
            r#type: M::full_name(),
            schema_version: 1,
            aggregate: format!("agg_{position}"),
            aggregate_version: 1,
            payload: message.encode_to_vec(),
            ..Default::default()
        });
        self.told.send_replace(events.len());
    }

    /// A firm of the city enters the register.
    pub fn enter(&self, uscc: &str, title: &str) {
        self.subject(pb::Subject {
            uscc: uscc.to_owned(),
            title: title.to_owned(),
            kind: pb::SubjectKind::Enterprise.into(),
            ..city()
        });
    }

    /// A university of the city enters the register.
    pub fn institute(&self, uscc: &str, title: &str, is_pilot_unit: bool) {
        self.subject(pb::Subject {
            uscc: uscc.to_owned(),
            title: title.to_owned(),
            kind: pb::SubjectKind::University.into(),
            is_pilot_unit,
            ..city()
        });
    }

    /// A subject enters or changes.
    pub fn subject(&self, subject: pb::Subject) {
        self.tell(&pb::SubjectChanged { subject: Some(subject) });
    }

    /// A recognition is granted.
    pub fn grant(&self, qualification: pb::Qualification) {
        self.tell(&pb::QualificationGranted { qualification: Some(qualification) });
    }

    /// A recognition ends.
    pub fn end(&self, qualification: pb::Qualification) {
        self.tell(&pb::QualificationEnded { qualification: Some(qualification) });
    }

    /// An entity is listed.
    pub fn list(&self, uscc: &str, number: &str, decided_on: &str) {
        let id = uuid::Uuid::new_v5(&uuid::Uuid::from_u128(11), number.as_bytes());
        let listing = pb::CreditListing {
            name: CreditListingId::new(id).to_string(),
            listing_no: number.to_owned(),
            uscc: uscc.to_owned(),
            measures: vec!["FISCAL_FUNDS".to_owned()],
            decided_on: decided_on.to_owned(),
            ..Default::default()
        };
        self.tell(&pb::CreditListed { listing: Some(listing) });
    }

    /// A set of reference data comes into force.
    fn activate(&self, kind: pb::ReferenceKind, rows: Vec<pb::reference_row::Row>) {
        let rows = rows.into_iter().map(|row| pb::ReferenceRow { row: Some(row), ..Default::default() });
        let name = format!("ref_{}", kind.as_str_name());
        let set = pb::ReferenceSet { name, kind: kind.into(), ..Default::default() };
        self.tell(&pb::ReferenceSetActivated { set: Some(set), rows: rows.collect() });
    }

    /// Rule parameters in force: key, value, unit; valid from 2019-07-01 on.
    pub fn rules(&self, parameters: &[(&str, &str, &str)]) {
        let rows = parameters.iter().map(|(key, value, unit)| {
            pb::reference_row::Row::RuleParameter(pb::RuleParameter {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
                unit: (*unit).to_owned(),
                valid_from: "2019-07-01".to_owned(),
                ..Default::default()
            })
        });
        self.activate(pb::ReferenceKind::RuleParameters, rows.collect());
    }

    /// Settings of the installation.
    pub fn settings(&self, settings: &[(&str, &str)]) {
        let rows = settings.iter().map(|(key, value)| {
            let (key, value) = ((*key).to_owned(), (*value).to_owned());
            pb::reference_row::Row::Setting(pb::Setting { key, value })
        });
        self.activate(pb::ReferenceKind::Settings, rows.collect());
    }

    /// The days of 2022 that differ from Monday-to-Friday around its National Day.
    pub fn calendar(&self) {
        let off = (1..=7).map(|day| (format!("2022-10-{day:02}"), pb::CalendarDayKind::Off));
        let work = [8, 9].map(|day| (format!("2022-10-{day:02}"), pb::CalendarDayKind::Work));
        let rows = off.chain(work).map(|(day, kind)| {
            pb::reference_row::Row::CalendarDay(pb::CalendarDay { day, kind: kind.into() })
        });
        self.activate(pb::ReferenceKind::Calendar, rows.collect());
    }

    fn head(&self) -> common::FeedHead {
        let position = self.position();
        common::FeedHead { epoch: "epoch-1".to_owned(), position }
    }

    fn after(&self, position: i64) -> Vec<common::Envelope> {
        self.events().iter().filter(|event| event.position > position).cloned().collect()
    }
}

fn city() -> pb::Subject {
    pb::Subject {
        name: SubjectId::new(uuid::Uuid::from_u128(7)).to_string(),
        area_code: "420100".to_owned(),
        located_in_city: true,
        status: pb::SubjectStatus::Active.into(),
        ..Default::default()
    }
}

/// A recognition as the registry tells it; the id follows from the number.
pub fn qualification(uscc: &str, kind: &str, number: &str, granted_on: &str) -> pb::Qualification {
    let id = uuid::Uuid::new_v5(&uuid::Uuid::from_u128(9), number.as_bytes());
    pb::Qualification {
        name: QualificationId::new(id).to_string(),
        holder_uscc: uscc.to_owned(),
        kind: kind.to_owned(),
        number: number.to_owned(),
        granted_on: granted_on.to_owned(),
        first_recognition: true,
        ..Default::default()
    }
}

#[tonic::async_trait]
impl FeedService for World {
    type SubscribeStream = BoxStream<'static, Answer2<common::SubscribeResponse>>;

    async fn get_feed_head(&self, _: Request<common::GetFeedHeadRequest>) -> Answer<common::FeedHead> {
        Ok(Response::new(self.head()))
    }

    async fn list_events(
        &self,
        request: Request<common::ListEventsRequest>,
    ) -> Answer<common::ListEventsResponse> {
        let events = self.after(request.get_ref().after_position);
        Ok(Response::new(common::ListEventsResponse { events, head: Some(self.head()) }))
    }

    async fn subscribe(&self, request: Request<common::SubscribeRequest>) -> Answer<Self::SubscribeStream> {
        let start = (self.clone(), self.told.subscribe(), request.get_ref().after_position, true);
        let pieces = futures::stream::unfold(start, |(world, mut told, position, first)| async move {
            if !first {
                let known = usize::try_from(position).unwrap();
                told.wait_for(|length| *length > known).await.ok()?;
            }
            let events = world.after(position);
            let at = events.last().map_or(position, |event| event.position);
            let piece = common::SubscribeResponse { events, head: Some(world.head()) };
            Some((Ok(piece), (world, told, at, false)))
        });
        Ok(Response::new(pieces.boxed()))
    }
}

type Answer2<T> = Result<T, Status>;
