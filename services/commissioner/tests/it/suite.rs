//! A running commissioner service on a fresh database behind a registry of the test.

use std::collections::BTreeMap;

use canopy_commissioner::{Config, MIGRATOR, NAME};
use canopy_kernel::{Actor, Clock, Role, Uscc};
use canopy_persistence::testing::TestDatabase;
use canopy_platform::metadata::ASSERTION;
use canopy_platform::{ServerSettings, SigningIdentity, from_rpc_status, from_status, generate_key};
use canopy_proto::commissioner::v1::commissioner_service_client::CommissionerServiceClient;
use canopy_proto::commissioner::v1::feed_service_client::FeedServiceClient;
use canopy_proto::commissioner::v1::operations_service_client::OperationsServiceClient;
use canopy_proto::common::v1::{AdvanceToRequest, RowResult};
use canopy_proto::registry::v1::qualification_service_server::QualificationServiceServer;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::interceptor::InterceptedService;
use tonic::service::{Interceptor, Routes};
use tonic::transport::Channel;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};

use crate::grants::Grants;
use crate::registry::World;

/// The day that is open when a test begins: nothing later is due yet.
pub const BEFORE: &str = "2022-01-01";

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
    pub grants: Grants,
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
pub async fn stand_in(routes: Routes) -> String {
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
    /// A service that knows the calendar and the year's rule parameters, with the day [`BEFORE`] open.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts the service with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut suite = Self::prepared().await;
        change(&mut suite.config);
        suite.serve().await;
        suite.registry.calendar();
        suite.registry.settings(&[("area_prefix", "4201"), ("city", "武汉")]);
        suite.registry.rules(&[
            ("inventor_income_share_bp", "9600", "bp"),
            ("unit_equity_share_bp", "1000", "bp"),
            ("use_right_max_years", "30", "years"),
            ("use_right_min_years", "10", "years"),
            ("agreed_price_publicity_days", "15", "calendar days"),
        ]);
        suite.open(BEFORE).await;
        suite
    }

    /// Everything but the service itself.
    pub async fn prepared() -> Self {
        let database = TestDatabase::new(NAME, &MIGRATOR).await.unwrap();
        let registry = World::new();
        let grants = Grants::new(registry.clone());
        let routes = registry.routes().add_service(QualificationServiceServer::new(grants.clone()));
        let (gateway, _) = identity("gateway");
        let (_, pem) = identity(NAME);
        let key_file = database.folder().join("commissioner.pem");
        std::fs::write(&key_file, pem).unwrap();
        let mut server = ServerSettings { tryout: true, drain_seconds: 1, ..ServerSettings::default() };
        server.identity.name = NAME.to_owned();
        server.identity.key_file = key_file;
        let accepted = (gateway.name().to_owned(), gateway.public_key().to_base64());
        server.identity.accept.extend([accepted]);
        let config = Config {
            server,
            database: database.settings.clone(),
            registry: stand_in(routes).await,
            permit: None,
            matching: Default::default(),
            activity: Default::default(),
            transfer: Default::default(),
            recognition: Default::default(),
            suggest: Default::default(),
        };
        let pool = PgPool::connect(&database.settings.url).await.unwrap();
        let channel = Channel::from_static("http://127.0.0.1:1").connect_lazy();
        Self { database, pool, registry, grants, config, gateway, channel, served: None }
    }

    /// Starts the service in this process.
    pub async fn serve(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        self.channel = Channel::from_shared(uri).unwrap().connect_lazy();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(canopy_commissioner::run(self.config.clone(), listener, async {
            let _ = stopped.await;
        }));
        self.served = Some(Served { stop, task });
    }

    /// Stops the service of this process and starts it again on the same database.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.serve().await;
    }

    /// Stops the service of this process.
    pub async fn stop(&mut self) {
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
        self.calls_at(actor, &format!("{on}T12:00:00+08:00"))
    }

    /// Calls as that actor at a business instant.
    pub fn calls_at(&self, actor: &Actor, at: &str) -> As {
        let at = at.parse().unwrap();
        let token = self.gateway.issue(actor, NAME, Some(at), Clock::System.now()).unwrap();
        InterceptedService::new(self.channel.clone(), Asserted(token.parse().unwrap()))
    }

    /// The bureau.
    pub fn bureau(&self, on: &str) -> As {
        self.calls(&person("zhang", Role::StBureau), on)
    }

    /// A district's office.
    pub fn district(&self, on: &str) -> As {
        self.calls(&person("li", Role::DistrictOffice), on)
    }

    /// A commissioner; the person of the token is his number.
    pub fn commissioner(&self, number: &str, on: &str) -> As {
        self.calls(&person(number, Role::Commissioner), on)
    }

    /// A university or institute that acts for itself.
    pub fn institute(&self, code: &str, on: &str) -> As {
        let represented = Some(Uscc::from_stored(code).unwrap());
        self.calls(&Actor { represented, ..person("dean", Role::Institute) }, on)
    }

    /// A firm that acts for itself.
    pub fn firm(&self, code: &str, on: &str) -> As {
        let represented = Some(Uscc::from_stored(code).unwrap());
        self.calls(&Actor { represented, ..person("boss", Role::Enterprise) }, on)
    }

    pub fn commissioners(&self, role: Role, on: &str) -> CommissionerServiceClient<As> {
        CommissionerServiceClient::new(self.calls(&person("zhang", role), on))
    }

    pub fn feed(&self) -> FeedServiceClient<As> {
        FeedServiceClient::new(self.calls(&person("audit", Role::Auditor), BEFORE))
    }

    pub fn operations(&self, role: Role) -> OperationsServiceClient<As> {
        OperationsServiceClient::new(self.calls(&person("op", role), BEFORE))
    }

    /// Waits until everything that the registry has told is applied; no day is opened that is not open.
    pub async fn followed(&self) {
        self.open(BEFORE).await;
    }

    /// Opens a day and waits until the feed is applied and the work due by its end is done.
    pub async fn open(&self, day: &str) -> i64 {
        let request = AdvanceToRequest { request_id: id(), day: day.to_owned() };
        self.operations(Role::Operator).advance_to(request).await.unwrap().into_inner().done
    }

    /// What stands in every table but the idempotency records: number and digest of the rows.
    pub async fn tables(&self) -> BTreeMap<String, (i64, String)> {
        let names: Vec<String> = sqlx::query_scalar(
            "select table_schema || '.' || table_name from information_schema.tables
             where table_schema = 'commissioner' or (table_schema, table_name) in
                 (('platform', 'outbox'), ('platform', 'audit'), ('platform', 'due_work'),
                  ('platform', 'ledger_account'), ('platform', 'ledger_transfer')) order by 1",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut tables = BTreeMap::new();
        for name in names {
            let sql = format!(
                "select count(*), coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {name} t"
            );
            let row: (i64, String) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&self.pool).await.unwrap();
            tables.insert(name, row);
        }
        tables
    }

    /// Checks that no table holds these texts, as they are or as bytes.
    pub async fn require_unreadable(&self, texts: &[&str]) {
        let mut tables: Vec<String> = self.tables().await.into_keys().collect();
        tables.push("platform.idempotency".to_owned());
        for text in texts {
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            for table in &tables {
                let sql = format!(
                    "select count(*) from {table} t where strpos(t::text, $1) > 0 or strpos(t::text, $2) > 0"
                );
                let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                    .bind(*text)
                    .bind(&hex)
                    .fetch_one(&self.pool)
                    .await
                    .unwrap();
                assert_eq!(found, 0, "a personal value in {table}");
            }
        }
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

/// The reasons of the refused rows of an import, by place; empty where the row was taken.
pub fn reasons_of(results: &[RowResult]) -> Vec<&'static str> {
    let reason = |row: &RowResult| row.refusal.as_ref().map_or("", |it| from_rpc_status(it).reason().name);
    results.iter().map(reason).collect()
}
