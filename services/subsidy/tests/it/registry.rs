//! The registry as this service sees it, stood in: its feed, the standing check and the payment accounts.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use canopy_kernel::id::{EventId, QualificationId, SubjectId};
use canopy_kernel::{Failure, reason};
use canopy_platform::to_status;
use canopy_proto::common::v1 as common;
use canopy_proto::registry::v1 as pb;
use canopy_proto::registry::v1::feed_service_server::{FeedService, FeedServiceServer};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use prost::{Message, Name};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// What the registry knows. Days are compared as texts.
#[derive(Default)]
pub struct Facts {
    events: Vec<common::Envelope>,
    titles: HashMap<String, String>,
    statuses: HashMap<String, BTreeMap<String, pb::SubjectStatus>>,
    /// Code, number, first day, first day on which it is over.
    listings: Vec<(String, String, String, String)>,
    accounts: HashMap<String, BTreeMap<String, String>>,
    down: bool,
}

/// The registry; cheap to clone.
#[derive(Clone)]
pub struct World {
    facts: Arc<Mutex<Facts>>,
    told: Arc<watch::Sender<usize>>,
}

impl World {
    pub fn new() -> Self {
        let told = Arc::new(watch::Sender::new(0));
        Self { facts: Arc::default(), told }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap()
    }

    pub fn routes(&self) -> Routes {
        Routes::new(FeedServiceServer::new(self.clone()))
            .add_service(Credit(self.clone()))
            .add_service(Subjects(self.clone()))
    }

    /// From now on the registry answers nothing but its feed.
    pub fn set_down(&self, down: bool) {
        self.facts().down = down;
    }

    /// Tells an event through the feed.
    fn tell<M: Message + Name>(&self, message: &M) {
        let mut facts = self.facts();
        let position = i64::try_from(facts.events.len()).unwrap() + 1;
        facts.events.push(common::Envelope {
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
        self.told.send_replace(facts.events.len());
    }

    /// A firm enters the register, with an account in its own name.
    pub fn enter(&self, uscc: &str, title: &str) {
        self.facts().titles.insert(uscc.to_owned(), title.to_owned());
        self.set_account(uscc, "", title);
        self.set_status(uscc, "", pb::SubjectStatus::Active);
    }

    /// Its status changes from a day on (empty = from the beginning).
    pub fn set_status(&self, uscc: &str, since: &str, status: pb::SubjectStatus) {
        let title = self.facts().titles[uscc].clone();
        self.facts().statuses.entry(uscc.to_owned()).or_default().insert(since.to_owned(), status);
        let subject = pb::Subject {
            name: SubjectId::new(uuid::Uuid::from_u128(7)).to_string(),
            kind: pb::SubjectKind::Enterprise.into(),
            uscc: uscc.to_owned(),
            title,
            status: status.into(),
            status_since: since.to_owned(),
            ..Default::default()
        };
        self.tell(&pb::SubjectChanged { subject: Some(subject) });
    }

    /// The account on file from a day on, without telling anyone.
    pub fn set_account(&self, uscc: &str, since: &str, payee: &str) {
        self.facts().accounts.entry(uscc.to_owned()).or_default().insert(since.to_owned(), payee.to_owned());
    }

    /// A corrected account holds from a day on, which the feed tells.
    pub fn correct(&self, uscc: &str, effective_on: &str, payee: &str) {
        self.set_account(uscc, effective_on, payee);
        let (uscc, effective_on) = (uscc.to_owned(), effective_on.to_owned());
        self.tell(&pb::PaymentAccountCorrected { uscc, effective_on });
    }

    /// A listing is live from a day on, up to another.
    pub fn list(&self, uscc: &str, number: &str, from: &str, until: &str) {
        let row = (uscc.to_owned(), number.to_owned(), from.to_owned(), until.to_owned());
        self.facts().listings.push(row);
    }

    /// A recognition is granted.
    pub fn grant(&self, qualification: pb::Qualification) {
        self.tell(&pb::QualificationGranted { qualification: Some(qualification) });
    }

    /// A recognition ends.
    pub fn end(&self, qualification: pb::Qualification) {
        self.tell(&pb::QualificationEnded { qualification: Some(qualification) });
    }

    /// A recognition is assessed.
    pub fn assess(&self, qualification: pb::Qualification, assessed_on: &str) {
        let assessed_on = assessed_on.to_owned();
        self.tell(&pb::QualificationAssessed { qualification: Some(qualification), assessed_on });
    }

    /// The calendar of autumn 2022 comes into force.
    pub fn calendar(&self) {
        let off = ["09-10", "09-11", "09-12", "10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"];
        let day = |day: &str, kind: pb::CalendarDayKind| pb::ReferenceRow {
            row: Some(pb::reference_row::Row::CalendarDay(pb::CalendarDay {
                day: format!("2022-{day}"),
                kind: kind.into(),
            })),
            ..Default::default()
        };
        let rows = off.iter().map(|it| day(it, pb::CalendarDayKind::Off));
        let rows =
            rows.chain(["10-08", "10-09"].iter().map(|it| day(it, pb::CalendarDayKind::Work))).collect();
        let kind = pb::ReferenceKind::Calendar.into();
        let set = pb::ReferenceSet { name: "ref_calendar".to_owned(), kind, ..Default::default() };
        self.tell(&pb::ReferenceSetActivated { set: Some(set), rows });
    }

    fn standings(
        &self,
        asked: &pb::BatchCheckStandingRequest,
    ) -> Result<pb::BatchCheckStandingResponse, Failure> {
        let facts = self.facts();
        facts.require_up()?;
        let standing = |uscc: &String| {
            let statuses = facts.statuses.get(uscc);
            let now = statuses.and_then(|all| all.range(..=asked.on.clone()).next_back());
            let (since, status) = now.map_or(("", pb::SubjectStatus::Active), |(day, status)| (day, *status));
            let live =
                |it: &&(String, String, String, String)| it.0 == *uscc && it.2 <= asked.on && asked.on < it.3;
            let blocking = facts.listings.iter().filter(live).map(|it| pb::BlockingListing {
                listing_no: it.1.clone(),
                decided_on: it.2.clone(),
                ..Default::default()
            });
            pb::Standing {
                uscc: uscc.clone(),
                registered: facts.titles.contains_key(uscc),
                status: status.into(),
                status_since: since.to_owned(),
                blocking: blocking.collect(),
                rule_version: "ref_rules".to_owned(),
                on: asked.on.clone(),
                ..Default::default()
            }
        };
        Ok(pb::BatchCheckStandingResponse { standings: asked.usccs.iter().map(standing).collect() })
    }

    fn accounts(
        &self,
        asked: &pb::BatchGetPaymentAccountsRequest,
    ) -> Result<pb::BatchGetPaymentAccountsResponse, Failure> {
        let facts = self.facts();
        facts.require_up()?;
        let account = |uscc: &String| {
            let all = facts.accounts.get(uscc);
            let now = all.and_then(|all| all.range(..=asked.as_of.clone()).next_back());
            let data = now.map(|(since, payee)| pb::PaymentAccountData {
                account_name: payee.clone(),
                bank: "江城商业银行".to_owned(),
                account_no: format!("62{:0>17}", since.replace('-', "")),
            });
            let name_matches = now.is_some_and(|(_, payee)| facts.titles.get(uscc) == Some(payee));
            pb::PaymentAccount { uscc: uscc.clone(), data, name_matches, ..Default::default() }
        };
        Ok(pb::BatchGetPaymentAccountsResponse { accounts: asked.usccs.iter().map(account).collect() })
    }

    /// Where the feed stands.
    pub fn head(&self) -> common::FeedHead {
        let position = i64::try_from(self.facts().events.len()).unwrap();
        common::FeedHead { epoch: "epoch-1".to_owned(), position }
    }

    fn after(&self, position: i64) -> Vec<common::Envelope> {
        self.facts().events.iter().filter(|it| it.position > position).take(500).cloned().collect()
    }
}

impl Facts {
    fn require_up(&self) -> Result<(), Failure> {
        match self.down {
            false => Ok(()),
            true => Err(Failure::new(&reason::SERVICE_DOWN).with("service", "registry")),
        }
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

/// Answers one unary call by a function of its message.
async fn unary<M, R>(
    request: http::Request<Body>,
    answer: impl Fn(&M) -> Result<R, Failure> + Clone + Send + Sync + 'static,
) -> http::Response<Body>
where
    M: Message + Default + Send + Sync + 'static,
    R: Message + Default + Send + Sync + 'static,
{
    struct Unary<F>(F);
    impl<M: Send + 'static, R, F> UnaryService<M> for Unary<F>
    where
        R: Send + 'static,
        F: Fn(&M) -> Result<R, Failure> + Clone + Send + Sync + 'static,
    {
        type Response = R;
        type Future = BoxFuture<'static, Answer<R>>;

        fn call(&mut self, request: Request<M>) -> Self::Future {
            let answer = self.0.clone();
            Box::pin(async move {
                answer(request.get_ref()).map(Response::new).map_err(|failure| to_status(&failure))
            })
        }
    }
    let codec = tonic_prost::ProstCodec::<R, M>::default();
    Grpc::new(codec).unary(Unary(answer), request).await
}

/// The standing check.
#[derive(Clone)]
struct Credit(World);

impl NamedService for Credit {
    const NAME: &'static str = "canopy.registry.v1.CreditService";
}

/// The payment accounts.
#[derive(Clone)]
struct Subjects(World);

impl NamedService for Subjects {
    const NAME: &'static str = "canopy.registry.v1.SubjectService";
}

impl tower::Service<http::Request<Body>> for Credit {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let world = self.0.clone();
        Box::pin(async move { Ok(unary(request, move |asked| world.standings(asked)).await) })
    }
}

impl tower::Service<http::Request<Body>> for Subjects {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let world = self.0.clone();
        Box::pin(async move { Ok(unary(request, move |asked| world.accounts(asked)).await) })
    }
}
