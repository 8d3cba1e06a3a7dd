//! A running registry on a fresh database, and clients that call it as the gateway's callers.

use canopy_kernel::{Actor, Clock, Role, Uscc};
use canopy_persistence::testing::{self, Contents, TestDatabase};
use canopy_platform::metadata::ASSERTION;
use canopy_platform::{ServerSettings, SigningIdentity, generate_key};
use canopy_proto::registry::v1::credit_service_client::CreditServiceClient;
use canopy_proto::registry::v1::fact_service_client::FactServiceClient;
use canopy_proto::registry::v1::feed_service_client::FeedServiceClient;
use canopy_proto::registry::v1::operations_service_client::OperationsServiceClient;
use canopy_proto::registry::v1::qualification_service_client::QualificationServiceClient;
use canopy_proto::registry::v1::reference_service_client::ReferenceServiceClient;
use canopy_proto::registry::v1::subject_service_client::SubjectServiceClient;
use canopy_registry::{Config, MIGRATOR, NAME};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

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

pub struct Suite {
    database: TestDatabase,
    pub pool: PgPool,
    channel: Channel,
    gateway: SigningIdentity,
    subsidy: SigningIdentity,
    stop: oneshot::Sender<()>,
    served: JoinHandle<anyhow::Result<()>>,
}

fn identity(name: &str) -> SigningIdentity {
    let (pem, _) = generate_key().unwrap();
    SigningIdentity::from_bytes(name, pem.as_bytes()).unwrap()
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

impl Suite {
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts the registry with a changed configuration.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::new(NAME, &MIGRATOR).await.unwrap();
        let (gateway, subsidy) = (identity("gateway"), identity("subsidy"));
        let mut server = ServerSettings { tryout: true, drain_seconds: 1, ..ServerSettings::default() };
        server.identity.name = NAME.to_owned();
        for issuer in [&gateway, &subsidy] {
            server.identity.accept.insert(issuer.name().to_owned(), issuer.public_key().to_base64());
        }
        let mut config = Config { server, database: database.settings.clone(), register: Default::default() };
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(canopy_registry::run(config, listener, async {
            let _ = stopped.await;
        }));
        let channel = Channel::from_shared(uri).unwrap().connect_lazy();
        let pool = PgPool::connect(&database.settings.url).await.unwrap();
        Self { database, pool, channel, gateway, subsidy, stop, served }
    }

    pub async fn close(self) {
        drop(self.channel);
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
        self.pool.close().await;
        self.database.close().await.unwrap();
    }

    /// Calls as that actor, now or at a business day's noon.
    pub fn calls(&self, actor: &Actor, on: Option<&str>) -> As {
        let at = on.map(|day| format!("{day}T12:00:00+08:00").parse().unwrap());
        let issuer = if actor.has(Role::System) { &self.subsidy } else { &self.gateway };
        let token = issuer.issue(actor, NAME, at, Clock::System.now()).unwrap();
        InterceptedService::new(self.channel.clone(), Asserted(token.parse().unwrap()))
    }

    fn role(&self, role: Role) -> As {
        self.calls(&person("zhang", role), None)
    }

    /// A firm that acts for itself.
    pub fn firm(&self, code: &str) -> As {
        let represented = Some(Uscc::parse(code).unwrap());
        self.calls(&Actor { represented, ..person("boss", Role::Enterprise) }, None)
    }

    pub fn subjects(&self, role: Role) -> SubjectServiceClient<As> {
        SubjectServiceClient::new(self.role(role))
    }

    pub fn qualifications(&self, role: Role) -> QualificationServiceClient<As> {
        QualificationServiceClient::new(self.role(role))
    }

    pub fn facts(&self, role: Role) -> FactServiceClient<As> {
        FactServiceClient::new(self.role(role))
    }

    pub fn credit(&self, role: Role) -> CreditServiceClient<As> {
        CreditServiceClient::new(self.role(role))
    }

    /// Reference data as a named operator.
    pub fn reference(&self, name: &str) -> ReferenceServiceClient<As> {
        ReferenceServiceClient::new(self.calls(&person(name, Role::Operator), None))
    }

    pub fn feed(&self) -> FeedServiceClient<As> {
        FeedServiceClient::new(self.role(Role::System))
    }

    pub fn operations(&self, role: Role) -> OperationsServiceClient<As> {
        OperationsServiceClient::new(self.role(role))
    }

    /// What stands in every table but the kept answers.
    pub async fn tables(&self) -> Contents {
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

/// A fresh request id.
pub fn id() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = 0x40 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    uuid::Uuid::from_bytes(bytes).to_string()
}
