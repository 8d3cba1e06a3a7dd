//! A running subsidy service on a fresh database between a registry and a bank of the test.

use std::path::PathBuf;

use canopy_kernel::{Actor, Clock, Role, Uscc};
use canopy_persistence::testing::{self, Contents, TestDatabase};
use canopy_platform::metadata::ASSERTION;
use canopy_platform::{ServerSettings, SigningIdentity, from_status, generate_key};
use canopy_proto::common::v1::AdvanceToRequest;
use canopy_proto::subsidy::v1::budget_service_client::BudgetServiceClient;
use canopy_proto::subsidy::v1::feed_service_client::FeedServiceClient;
use canopy_proto::subsidy::v1::operations_service_client::OperationsServiceClient;
use canopy_proto::subsidy::v1::payment_service_client::PaymentServiceClient;
use canopy_proto::subsidy::v1::policy_service_client::PolicyServiceClient;
use canopy_proto::subsidy::v1::run_service_client::RunServiceClient;
use canopy_subsidy::config::PaymentSettings;
use canopy_subsidy::{Config, MIGRATOR, NAME};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::service::{Interceptor, Routes};
use tonic::transport::Channel;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};

use crate::bank::Bank;
use crate::registry::World;

/// The day that is open when a test begins: nothing later is due yet.
pub const BEFORE: &str = "2022-08-01";
/// How long the bank may stay silent in tests.
const PATIENCE_MS: u64 = 300;

/// A channel that says who is calling.
pub type As = InterceptedService<Channel, Asserted>;

/// Puts a caller's assertion on each request.
#[derive(Clone)]
pub struct Asserted(MetadataValue<Ascii>);

impl Interceptor for Asserted {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(ASSERTION, self.0.clone());
        Ok(request)
    }
}

/// The service in this process.
struct Served {
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

pub struct Suite {
    pub database: TestDatabase,
    pub pool: PgPool,
    pub registry: World,
    pub bank: Bank,
    pub config: Config,
    gateway: SigningIdentity,
    channel: Channel,
    served: Option<Served>,
}

fn identity(name: &str) -> (SigningIdentity, String) {
    let (pem, _) = generate_key().unwrap();
    (SigningIdentity::from_bytes(name, pem.as_bytes()).unwrap(), pem.to_string())
}

/// A named person of an agency in that role.
pub fn person(name: &str, role: Role) -> Actor {
    Actor {
        issuer: "gateway".to_owned(),
        agency: "wuhan".to_owned(),
        system: "back-office".to_owned(),
        person: Some(name.to_owned()),
        assurance: "high".to_owned(),
        represented: None,
        roles: [role].into(),
        purpose: None,
    }
}

/// Serves an outside party for as long as the test runs; returns its address.
async fn stand_in(routes: Routes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_routes(routes)
            .serve_with_incoming(TcpIncoming::from(listener)),
    );
    uri
}

impl Suite {
    /// A service that knows the calendar, with the day [`BEFORE`] open.
    pub async fn start() -> Self {
        let mut suite = Self::prepared().await;
        suite.serve().await;
        suite.registry.calendar();
        suite.open(BEFORE).await;
        suite
    }

    /// Everything but the service itself.
    pub async fn prepared() -> Self {
        let database = TestDatabase::new(NAME, &MIGRATOR).await.unwrap();
        let (registry, bank) = (World::new(), Bank::default());
        let (gateway, _) = identity("gateway");
        let (_, pem) = identity(NAME);
        let key_file: PathBuf = database.folder().join("subsidy.pem");
        std::fs::write(&key_file, pem).unwrap();
        let mut server = ServerSettings { tryout: true, drain_seconds: 1, ..ServerSettings::default() };
        server.identity.name = NAME.to_owned();
        server.identity.key_file = key_file;
        let accepted = (gateway.name().to_owned(), gateway.public_key().to_base64());
        server.identity.accept.extend([accepted]);
        let payment = PaymentSettings { bank_patience_ms: PATIENCE_MS, ..PaymentSettings::default() };
        let config = Config {
            server,
            database: database.settings.clone(),
            registry: stand_in(registry.routes()).await,
            treasury: stand_in(bank.routes()).await,
            payment,
        };
        let pool = PgPool::connect(&database.settings.url).await.unwrap();
        let channel = Channel::from_static("http://127.0.0.1:1").connect_lazy();
        Self { database, pool, registry, bank, config, gateway, channel, served: None }
    }

    /// Starts the service in this process.
    pub async fn serve(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.call_at(&format!("http://{}", listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(canopy_subsidy::run(self.config.clone(), listener, async {
            let _ = stopped.await;
        }));
        self.served = Some(Served { stop, task });
    }

    /// Calls the service at that address from now on.
    pub fn call_at(&mut self, uri: &str) {
        self.channel = Channel::from_shared(uri.to_owned()).unwrap().connect_lazy();
    }

    /// Stops the service of this process and starts it again on the same database.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.serve().await;
    }

    /// Keeps a copy of the database as it stands; the service is away meanwhile.
    pub async fn copy(&mut self) {
        self.leave().await;
        self.database.copy().await.unwrap();
        self.come_back().await;
    }

    /// Puts the database back to the copy beneath the service; the registry and the bank have gone on.
    pub async fn put_back(&mut self) {
        self.leave().await;
        self.database.put_back().await.unwrap();
        self.come_back().await;
    }

    async fn leave(&mut self) {
        self.stop().await;
        self.pool.close().await;
    }

    async fn come_back(&mut self) {
        self.pool = PgPool::connect(&self.database.settings.url).await.unwrap();
        self.serve().await;
    }

    async fn stop(&mut self) {
        if let Some(Served { stop, task }) = self.served.take() {
            stop.send(()).unwrap();
            task.await.unwrap().unwrap();
        }
    }

    pub async fn close(mut self) {
        self.stop().await;
        self.pool.close().await;
        self.database.close().await.unwrap();
    }

    /// Calls as that actor at noon of a business day.
    pub fn calls(&self, actor: &Actor, on: &str) -> As {
        let at = format!("{on}T12:00:00+08:00").parse().unwrap();
        let token = self.gateway.issue(actor, NAME, Some(at), Clock::System.now()).unwrap();
        InterceptedService::new(self.channel.clone(), Asserted(token.parse().unwrap()))
    }

    pub fn policies(&self, name: &str, on: &str) -> PolicyServiceClient<As> {
        PolicyServiceClient::new(self.calls(&person(name, Role::StBureau), on))
    }

    pub fn runs(&self, name: &str, on: &str) -> RunServiceClient<As> {
        RunServiceClient::new(self.calls(&person(name, Role::StBureau), on))
    }

    pub fn budgets(&self, on: &str) -> BudgetServiceClient<As> {
        BudgetServiceClient::new(self.calls(&person("chen", Role::FinanceBureau), on))
    }

    pub fn payments(&self, name: &str, role: Role, on: &str) -> PaymentServiceClient<As> {
        PaymentServiceClient::new(self.calls(&person(name, role), on))
    }

    /// A firm that acts for itself.
    pub fn firm(&self, code: &str) -> As {
        let represented = Some(Uscc::from_stored(code).unwrap());
        self.calls(&Actor { represented, ..person("boss", Role::Enterprise) }, "2022-11-30")
    }

    pub fn feed(&self) -> FeedServiceClient<As> {
        FeedServiceClient::new(self.calls(&person("audit", Role::Auditor), BEFORE))
    }

    pub fn operations(&self, role: Role) -> OperationsServiceClient<As> {
        OperationsServiceClient::new(self.calls(&person("op", role), BEFORE))
    }

    /// Opens a day and waits until the work due by its end is done.
    pub async fn open(&self, day: &str) -> i64 {
        self.try_open(day).await.unwrap()
    }

    pub async fn try_open(&self, day: &str) -> Result<i64, Status> {
        let request = AdvanceToRequest { request_id: id(), day: day.to_owned() };
        Ok(self.operations(Role::Operator).advance_to(request).await?.into_inner().done)
    }

    /// What stands in every table but the kept answers. What the registry told before is mirrored first: it is no trace
    /// of what the test does next.
    pub async fn tables(&self) -> Contents {
        testing::applied(&self.pool, "registry", self.registry.head().position).await.unwrap();
        testing::contents(&self.pool).await.unwrap()
    }

    /// Checks that no table holds these texts, as they are or as bytes.
    pub async fn require_unreadable(&self, texts: &[&str]) {
        assert_eq!(
            testing::tables_with(&self.pool, texts).await.unwrap(),
            [""; 0],
            "they hold a personal value"
        );
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

/// The reason of a refusal.
pub fn reason_of<T: std::fmt::Debug>(answer: Result<T, Status>) -> &'static str {
    from_status(&answer.unwrap_err()).reason().name
}

/// A fresh request id.
pub fn id() -> String {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}
